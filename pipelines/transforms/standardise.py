"""Raw texts to standard rows (Art. 17, 25): trimmed, folded, typed; what does not fit is set aside with its reason.

Every row either fits (accepted) or breaks at least one condition (quarantined): accepted + quarantined = read, always.
Not here: quality rules on rows that fit (expectations), reading files (connectors).
"""

from dataclasses import dataclass
from functools import cached_property

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import Text
from catalog_service.catalog.schema import Field
from catalog_service.catalog.vocabularies import FieldType
from lake.expressions import fold_text, ident, identifier_is_valid, literal, literal_list
from pipelines.transforms.parsing import typed

PROVENANCE = ("_delivery_id", "_row_number")
_TEXT_PREFIX = "_text_"


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a row does not fit: a stable code, the field, an SQL condition over parsed columns, the words."""

    code: str
    field: str
    condition: str
    message: Text


class Standardisation:
    """The SQL that turns raw rows of one data set into standard and quarantined rows."""

    def __init__(self, dataset: Dataset) -> None:
        self._fields = dataset.schema_.fields
        self._key = dataset.schema_.key
        self._nulls = [] if dataset.delivery is None else [value for value in dataset.delivery.null_values if value]

    @cached_property
    def faults(self) -> tuple[Fault, ...]:
        """All conditions under which a row is set aside, in the order in which they are reported."""
        return tuple(fault for field in self._fields for fault in self._faults_of(field))

    def accepted(self, raw: str) -> str:
        """Return SQL for the standard rows out of the relation `raw` (SQL usable after FROM)."""
        columns = ", ".join(ident(name) for name in (*(field.name for field in self._fields), *PROVENANCE))
        return f"SELECT {columns} FROM ({self._parsed(raw)}) WHERE NOT ({self._any_fault})"

    def quarantined(self, raw: str) -> str:
        """Return SQL for the rows that do not fit: provenance, position, code and field of the first fault, the row as text."""
        index = "CASE " + " ".join(f"WHEN {fault.condition} THEN {i}" for i, fault in enumerate(self.faults, 1)) + " END"
        codes = "([" + ", ".join(literal(fault.code) for fault in self.faults) + "]::VARCHAR[])"
        names = "([" + ", ".join(literal(fault.field) for fault in self.faults) + "]::VARCHAR[])"
        record = "to_json(struct_pack(" + ", ".join(f"{ident(f.name)} := {_text(f)}" for f in self._fields) + "))::VARCHAR"
        return (
            f"SELECT _delivery_id, _row_number, {codes}[_fault] AS code, {names}[_fault] AS field, {record} AS record "
            f"FROM (SELECT *, {index} AS _fault FROM ({self._parsed(raw)}) WHERE {self._any_fault})"
        )

    @cached_property
    def _any_fault(self) -> str:
        return " OR ".join(fault.condition for fault in self.faults) or "FALSE"

    def _parsed(self, raw: str) -> str:
        """Two steps, so that each text is cleaned once and parsed once."""
        cleaned = ", ".join(f"{self._clean(field)} AS {_text(field)}" for field in self._fields)
        values = ", ".join(f"{typed(field, _text(field))} AS {ident(field.name)}" for field in self._fields)
        kept = ", ".join(PROVENANCE)
        texts = ", ".join(_text(field) for field in self._fields)
        return f"SELECT {values}, {texts}, {kept} FROM (SELECT {cleaned}, {kept} FROM {raw})"

    def _clean(self, field: Field) -> str:
        folded = fold_text(ident(field.name))
        value = f"upper({folded})" if field.identifier is not None else folded
        if self._nulls:
            return f"CASE WHEN {value} NOT IN {literal_list(['', *self._nulls])} THEN {value} END"
        return f"nullif({value}, '')"

    def _faults_of(self, field: Field) -> list[Fault]:
        column, text = ident(field.name), _text(field)
        faults = []
        if field.name in self._key:
            zh, en = f"主键“{field.title}”为空，请补全", f'the key "{field.name}" is empty; supply it'
            faults.append(Fault("empty-key", field.name, f"{text} IS NULL", Text(zh=zh, en=en)))
        if field.type is not FieldType.TEXT:
            zh, en = (
                f"“{field.title}”不是{field.type.zh}，请改正格式",
                f'"{field.name}" is not of type {field.type.value}; correct it',
            )
            faults.append(Fault("bad-type", field.name, f"({text} IS NOT NULL AND {column} IS NULL)", Text(zh=zh, en=en)))
        if field.length is not None and field.type is FieldType.TEXT:
            zh = f"“{field.title}”超过 {field.length} 个字符，请核对"
            en = f'"{field.name}" has more than {field.length} characters; check it'
            condition = f"coalesce(length({column}) > {field.length}, FALSE)"
            faults.append(Fault("too-long", field.name, condition, Text(zh=zh, en=en)))
        if field.name in self._key and field.identifier is not None:
            valid = identifier_is_valid(field.identifier.value, column)
            zh = f"“{field.title}”不是有效的{field.identifier.zh}（格式或校验码错误），请核对"
            en = f'"{field.name}" is not a valid {field.identifier.en}: form or check digit; check it'
            condition = f"NOT coalesce({valid}, TRUE)"
            faults.append(Fault("bad-identifier", field.name, condition, Text(zh=zh, en=en)))
        return faults


def _text(field: Field) -> str:
    return ident(_TEXT_PREFIX + field.name)
