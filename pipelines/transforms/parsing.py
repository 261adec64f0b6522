"""Delivered texts to typed values, as DuckDB SQL: the one place that knows how agencies write numbers and dates.

Each function takes SQL for a trimmed, folded text (NULL for "no value") and returns SQL for a typed value that is NULL
where the text does not fit. Not here: what happens to rows that do not fit (standardise).
"""

from typing import assert_never

from catalog_service.catalog.schema import Field
from catalog_service.catalog.vocabularies import DateOrder, FieldType
from lake.expressions import literal, literal_list

# Years 1800–2199: a ROC date such as 1040101 must not pass as the year 1040.
_YEAR = "(?:1[89]|2[01])[0-9]{2}"
_TRUE = ["true", "t", "yes", "y", "1", "是", "有", "真"]
_FALSE = ["false", "f", "no", "n", "0", "否", "无", "假"]
_DATE_FORMATS = ["%Y%m%d", "%Y年%m月%d日", "%Y.%m.%d", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]
_DATETIME_FORMATS = ["%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y%m%d%H%M%S", "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日%H时%M分%S秒"]


def typed(field: Field, text: str) -> str:
    """Return SQL for the value of `field` parsed from `text`."""
    match field.type:
        case FieldType.TEXT:
            return text
        case FieldType.INTEGER:
            number = _ungrouped(text)
            whole = f"regexp_full_match({number}, '[+-]?[0-9]+(\\.0*)?')"
            return f"TRY_CAST(CASE WHEN {whole} THEN split_part({number}, '.', 1) END AS BIGINT)"
        case FieldType.DECIMAL:
            number = _ungrouped(text)
            exact = f"regexp_full_match({number}, '[+-]?[0-9]*(\\.[0-9]{{0,2}}0*)?')"
            return f"CASE WHEN {exact} THEN TRY_CAST({number} AS DECIMAL(18, 2)) END"
        case FieldType.NUMBER:
            number = f"TRY_CAST({_ungrouped(text)} AS DOUBLE)"
            return f"CASE WHEN isfinite({number}) THEN {number} END"
        case FieldType.BOOLEAN:
            word = f"lower({text})"
            return f"CASE WHEN {word} IN {literal_list(_TRUE)} THEN TRUE WHEN {word} IN {literal_list(_FALSE)} THEN FALSE END"
        case FieldType.DATE:
            return _roc_date(text) if field.date_order is DateOrder.ROC else _date(text)
        case FieldType.DATETIME:
            return _datetime(text)
        case _:
            assert_never(field.type)


def _ungrouped(text: str) -> str:
    """Drop thousands separators where they stand in their places."""
    grouped = f"contains({text}, ',') AND regexp_full_match({text}, '[+-]?[0-9]{{1,3}}(,[0-9]{{3}})+(\\.[0-9]*)?')"
    return f"(CASE WHEN {grouped} THEN replace({text}, ',', '') ELSE {text} END)"


def _formats(formats: list[str]) -> str:
    return "[" + ", ".join(literal(one) for one in formats) + "]"


def _date(text: str) -> str:
    """Year first, four digits: 2020-01-05, 2020/1/5, 20200105, 2020年1月5日, 2020.01.05, or any of them at 00:00:00."""
    plain = f"regexp_full_match({text}, '{_YEAR}[-/][0-9]{{1,2}}[-/][0-9]{{1,2}}')"
    other = f"try_strptime({text}, {_formats(_DATE_FORMATS)})"
    midnight = f"CASE WHEN {other} = date_trunc('day', {other}) THEN CAST({other} AS DATE) END"
    return f"CASE WHEN {plain} THEN TRY_CAST({text} AS DATE) WHEN regexp_matches({text}, '^{_YEAR}') THEN {midnight} END"


def _roc_date(text: str) -> str:
    """民國 years, 1040101 or 104/1/1 or 104年1月1日: year + 1911."""
    pattern = "^([0-9]{2,3}?)(?:[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?|([0-9]{2})([0-9]{2}))$"
    parts = f"regexp_extract({text}, '{pattern}', ['y', 'm1', 'd1', 'm2', 'd2'])"
    date = "TRY_CAST(concat(TRY_CAST(p.y AS INTEGER) + 1911, '-', p.m1 || p.m2, '-', p.d1 || p.d2) AS DATE)"
    return f"list_transform([{parts}], lambda p: {date})[1]"


def _datetime(text: str) -> str:
    """An instant with an offset, or local time in Asia/Shanghai."""
    offset = f"regexp_matches({text}, '[0-9:](Z|[+-][0-9]{{2}}:?[0-9]{{2}})$')"
    local = f"COALESCE(TRY_CAST({text} AS TIMESTAMP), try_strptime({text}, {_formats(_DATETIME_FORMATS)}))"
    value = f"CASE WHEN {offset} THEN TRY_CAST({text} AS TIMESTAMPTZ) ELSE timezone('Asia/Shanghai', {local}) END"
    return f"CASE WHEN regexp_matches({text}, '^{_YEAR}') THEN {value} END"
