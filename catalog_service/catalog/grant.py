"""授权 (Art. 20, 21, 24): who may read which fields and rows of a data set, for what purpose, and until when.

Here: the grant and whether it holds. Not here: how it came about (requests), the decision on a read (decision).
"""

import datetime as dt
import unicodedata
from functools import lru_cache
from typing import Annotated, Self

from pydantic import Field as Attribute
from pydantic import StringConstraints, model_validator

from catalog_service.catalog.errors import Problem
from catalog_service.catalog.model import DatasetId, Line, Model, Slug
from catalog_service.catalog.row_filter import RowFilter
from catalog_service.catalog.vocabularies import Term

CaseNumber = Annotated[str, StringConstraints(max_length=100)]


class GranteeKind(Term):
    """Who can be granted data."""

    AGENCY = "agency", "公共管理服务机构", "agency (Art. 20)"
    APPLICANT = "applicant", "数据利用主体", "citizen or organisation (Art. 24)"


class Grantee(Model):
    """An agency by its slug, or an applicant by account id. A grant never passes on to anybody else (Art. 21)."""

    kind: GranteeKind
    id: Annotated[str, StringConstraints(min_length=1, max_length=63)]


class GrantState(Term):
    """What a grant is worth on a day."""

    IN_FORCE = "in_force", "有效", "in force"
    NOT_YET = "not_yet", "尚未生效", "not in force yet"
    EXPIRED = "expired", "已到期", "expired"
    REVOKED = "revoked", "已收回", "revoked"


class Grant(Model):
    """Article 21: a reading right bound to one grantee and one purpose. It is never changed, only revoked."""

    id: str
    revision: int = 1
    """Counts its changes: the revocation is the only one."""
    request: str
    """The request that it answers."""
    dataset: DatasetId
    grantee: Grantee
    columns: tuple[Slug, ...] = Attribute(min_length=1)
    row_filter: RowFilter | None = None
    purpose: Line
    case_number: CaseNumber = ""
    """Where given, every read must name it."""
    valid_from: dt.date
    valid_until: dt.date
    """The last day."""
    granted_at: dt.datetime
    revoked_at: dt.datetime | None = None
    revocation_reason: str = ""

    @model_validator(mode="after")
    def _period(self) -> Self:
        if self.valid_until < self.valid_from:
            raise ValueError("授权期限的止日早于起日 / the period ends before it begins")
        return self

    def state(self, day: dt.date) -> GrantState:
        """Return what it is worth on `day` (Asia/Shanghai)."""
        if self.revoked_at is not None:
            return GrantState.REVOKED
        if day < self.valid_from:
            return GrantState.NOT_YET
        return GrantState.EXPIRED if day > self.valid_until else GrantState.IN_FORCE

    @property
    def table(self) -> str:
        """Key of the table made for it alone: `share/<grantee>/<agency>__<data set>__<grant>`."""
        holder = self.grantee.id if self.grantee.kind is GranteeKind.AGENCY else "applicants"
        return f"share/{holder}/{self.dataset.replace('/', '__')}__{self.id.replace('-', '')}"


def same_purpose(one: str, other: str) -> bool:
    """Tell whether two statements of purpose are the same but for spacing, width and case."""
    return one == other or _folded(one) == _folded(other)


@lru_cache(maxsize=4_096)
def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


class PrivacyMeasure(Model):
    """What was measured of a product's rows about people before it was published."""

    quasi_identifiers: tuple[Slug, ...]
    """Of those declared, the ones that the product has."""
    k_required: int
    k: int | None
    """Size of the smallest group that shares all quasi-identifiers; None: no rows."""
    small_groups: int
    """Groups smaller than required."""
    diversity: dict[Slug, int] = {}
    """Per confidential field: fewest different values within a group (l-diversity)."""
    suppressed_rows: int = 0
    """Rows of small groups that were left out."""

    @property
    def is_enough(self) -> bool:
        """No group is too small."""
        return self.small_groups == 0


class GrantProduct(Model):
    """What was made for a grant: a version of its table, or why it was withheld."""

    grant: str
    table: str
    recipe: str
    """Hash of the view that it was made by; a read under another view is refused until it is made again."""
    source_version: int
    """Version of the data set's main table."""
    version: int | None
    """Version of the grant's table; None: withheld."""
    row_count: int
    privacy: PrivacyMeasure | None = None
    withheld: tuple[Problem, ...] = ()
    made_at: dt.datetime
