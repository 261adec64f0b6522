"""De-identification (Art. 19, 22): what a field becomes before data are given away, and how safe the whole must be.

Here: declarations. Not here: their SQL (services.treating), measuring and refusing (services.products).
"""

from typing import Annotated, Literal

from pydantic import Field as Attribute

from catalog_service.catalog.model import Model, Slug


class Drop(Model):
    """Left out altogether."""

    kind: Literal["drop"] = "drop"


class Mask(Model):
    """遮盖: every character but the first and last few becomes `*`; a value too short to keep any is masked whole."""

    kind: Literal["mask"] = "mask"
    keep_first: int = Attribute(default=0, ge=0, le=20)
    keep_last: int = Attribute(default=0, ge=0, le=20)


class Pseudonym(Model):
    """假名: HMAC-SHA256 with a key of the grant; the same value has the same pseudonym within it, and another one elsewhere."""

    kind: Literal["pseudonym"] = "pseudonym"


class CoarseDate(Model):
    """日期泛化: the first day of the year, quarter or month."""

    kind: Literal["date"] = "date"
    to: Literal["year", "quarter", "month"] = "year"


class CoarseRegion(Model):
    """区划泛化: the leading digits of a division code stay (2 province, 4 city, 6 county), the rest become zeros."""

    kind: Literal["region"] = "region"
    digits: Literal[2, 4, 6] = 4


class CoarseNumber(Model):
    """数值泛化: rounded down to a multiple of `step`."""

    kind: Literal["number"] = "number"
    step: float = Attribute(gt=0)


class TopCode(Model):
    """封顶: values above `maximum` become `maximum`, values below `minimum`, where given, become `minimum`."""

    kind: Literal["top_code"] = "top_code"
    maximum: float
    minimum: float | None = None


Treatment = Annotated[
    Drop | Mask | Pseudonym | CoarseDate | CoarseRegion | CoarseNumber | TopCode, Attribute(discriminator="kind")
]
"""One treatment of one field."""


class Deidentification(Model):
    """How many people, at least, every published row must be indistinguishable from (k-anonymity), measured after treatment."""

    quasi_identifiers: tuple[Slug, ...] = Attribute(min_length=1)
    """Fields that together may point at somebody."""
    confidential: tuple[Slug, ...] = ()
    """Fields whose variety within each group (l-diversity) is measured and reported."""
    k_share: int = Attribute(default=5, ge=2, le=10_000)
    """Smallest group in what a grant gives."""
    k_open: int = Attribute(default=20, ge=2, le=10_000)
    """Smallest group in what is opened to all."""
    suppress_small_groups: bool = False
    """Leave the rows of smaller groups out; else the product is refused."""
