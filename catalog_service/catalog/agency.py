"""公共管理服务机构 (Art. 2, 31, 37): who compiles catalog entries and delivers data."""

from typing import Annotated

from pydantic import StringConstraints, field_validator

from catalog_service.catalog.identifiers import is_valid
from catalog_service.catalog.model import Line, Model, Slug
from catalog_service.catalog.vocabularies import AgencyKind, IdentifierScheme


class Agency(Model):
    """Article 2 公共管理服务机构 (foaf:Agent)."""

    slug: Slug
    """Short name in asset keys and table paths."""
    uscc: str
    """统一社会信用代码, check digit verified (GB 32100)."""
    name: Line
    name_en: str = ""
    kind: AgencyKind = AgencyKind.ADMINISTRATIVE
    jurisdiction: str = "320200"
    """Division code (GB/T 2260) of the government it belongs to."""
    responsible_unit: str = ""
    """Article 31: internal unit in charge of public data."""
    responsible_person: str = ""
    """Article 31: person in charge of public data."""
    reference_basis: Annotated[str, StringConstraints(max_length=400)] = ""
    """Article 37: on what the management by reference rests (funding by the city, or the document that posts it here)."""

    @field_validator("uscc")
    @classmethod
    def _check_digit(cls, value: str) -> str:
        if not is_valid(IdentifierScheme.USCC, value):
            raise ValueError("统一社会信用代码校验失败 / invalid unified social credit code")
        return value
