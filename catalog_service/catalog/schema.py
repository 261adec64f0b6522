"""信息项 (Art. 13): the fields of a data set, its key and its references.

Here: the declared structure from which Arrow schemas, Delta tables, rules and pages are generated. Not here: any of those.
"""

from pydantic import Field as Attribute

from catalog_service.catalog.model import DatasetId, Line, Model, Slug
from catalog_service.catalog.treatment import Treatment
from catalog_service.catalog.vocabularies import (
    DateOrder,
    FieldType,
    IdentifierScheme,
    OpeningClass,
    Sensitivity,
    SharingClass,
)


class Reference(Model):
    """A foreign key: values of the field must occur in a field of another published data set."""

    dataset: DatasetId
    field: Slug
    blocking: bool = False


class Field(Model):
    """Article 13 信息项."""

    name: Slug
    title: Line
    title_en: str = ""
    type: FieldType = FieldType.TEXT
    length: int | None = Attribute(default=None, ge=1, le=65_535)
    """Greatest number of characters of a text."""
    required: bool = False
    identifier: IdentifierScheme | None = None
    pattern: str | None = None
    """Regular expression (RE2) that the whole value must match."""
    minimum: float | None = None
    maximum: float | None = None
    code_list: Slug | None = None
    reference: Reference | None = None
    data_element: str = ""
    """Code of the national data element."""
    sensitivity: Sensitivity = Sensitivity.PUBLIC
    sharing: SharingClass | None = None
    """Own sharing attribute: stricter than the data set's, never looser."""
    opening: OpeningClass | None = None
    """Own opening attribute: stricter than the data set's, never looser."""
    sharing_treatment: Treatment | None = None
    """What its values become before a grant gives them to another agency; such a field is shared under conditions (Art. 19)."""
    opening_treatment: Treatment | None = None
    """What its values become before they are opened, to all or to an applicant."""
    date_order: DateOrder = DateOrder.AUTO
    source_names: tuple[str, ...] = ()
    """Header names (or JSON keys) under which agencies deliver this field, beside `name` and `title`."""


class CodeItem(Model):
    """One code with its label."""

    code: str
    label: str


class CodeList(Model):
    """A closed list of codes that fields may refer to."""

    name: Slug
    title: Line
    items: tuple[CodeItem, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """All codes in declared order."""
        return tuple(item.code for item in self.items)


class Schema(Model):
    """The fields of a data set and the key, if one is declared; without a key rows are never deduplicated."""

    fields: tuple[Field, ...] = Attribute(min_length=1, max_length=2_000)
    key: tuple[Slug, ...] = ()

    def field(self, name: str) -> Field:
        """Return the field called `name`; KeyError where there is none."""
        for one in self.fields:
            if one.name == name:
                return one
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Field names in declared order."""
        return tuple(one.name for one in self.fields)
