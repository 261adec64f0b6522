"""Made-up values as DuckDB SQL: codes with right check characters, names, addresses, dates, drawn by hash().

Words stand as lists in a table of one row, `words`, which every query joins: an element of such a list costs a tenth of
a literal list or of string arithmetic. Not here: which rows and files (bulk).
"""

from collections.abc import Sequence

import duckdb

from lake.expressions import ident, literal
from pipelines.demo.names import BRANDS, DISTRICT_CODES, ROADS, SURNAMES, TRADES, VILLAGES

SEED = 320200

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_BODY = 8
"""Position of the first of the nine characters of the organisation code."""
_CHUNK = 31**3
# A prime: number * prime mod 31^9 is different for different numbers and looks like noise. 2.9 million of it fit in 64 bits.
_SCATTER = 1_000_000_007

_TRADES = [f"{trade}有限公司" for group in TRADES.values() for trade in group]
_WORDS: dict[str, Sequence[str]] = {
    "pairs": [one + other for one in BRANDS for other in BRANDS],
    "brands": list(BRANDS),
    "trades": _TRADES,
    "roads": [f"{one}路" for one in ROADS],
    "numbers": [f"{one}号" for one in range(1, 999)],
    "villages": VILLAGES,
    "surnames": list(SURNAMES),
    "districts": DISTRICT_CODES,
    "matters": ("食品经营许可", "特种设备使用登记", "道路货物运输经营许可", "建筑业企业资质核准", "取水许可", "城市排水许可"),
    "types": ("1130", "1151", "1219", "4530", "9500"),
    "statuses": ("1", "1", "1", "1", "2", "3"),
    "letters": _ALPHABET,
}


def create_words(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the table `words`: lists of words, and of three characters of a code with their part of the weighted sum."""
    lists = [f"[{', '.join(literal(one) for one in words)}] AS {ident(name)}" for name, words in _WORDS.items()]
    letters = literal(_ALPHABET)
    chunk = f"list_transform(range({_CHUNK}), lambda k: {' || '.join(f'{letters}[k // {31**n} % 31 + 1]' for n in range(3))})"
    lists.append(f"{chunk} AS chunks")
    for part in range(3):
        weights = _WEIGHTS[_BODY + 3 * part : _BODY + 3 * part + 3]
        value = " + ".join(f"k // {31**n} % 31 * {weight}" for n, weight in enumerate(weights))
        lists.append(f"list_transform(range({_CHUNK}), lambda k: {value}) AS sums_{part}")
    prefixes = [sum(int(c) * w for c, w in zip(f"91{code}", _WEIGHTS, strict=False)) for code in DISTRICT_CODES]
    lists.append(f"{prefixes} AS prefix_sums")
    connection.execute(f"CREATE TABLE words AS SELECT {', '.join(lists)}").fetchall()


def draw(what: str, *keys: str) -> str:
    """Return SQL for a non-negative pseudo-random integer that depends on the seed, a purpose and columns."""
    return f"(hash({', '.join((*keys, literal(f'{SEED} {what}')))}) >> 2)::BIGINT"


def pick(words: str, number: str) -> str:
    """Return SQL for one of the words of a list, chosen by a number."""
    return f"{words}[{number} % {len(_WORDS[words])} + 1]"


def uscc(number: str, *, broken: str = "FALSE") -> str:
    """Return SQL for the unified social credit code of an entity's number; where `broken`, its check character is wrong."""
    scattered = f"({number} * {_SCATTER} % {31**9})"
    parts = [f"({scattered} // {_CHUNK**part} % {_CHUNK} + 1)" for part in range(3)]
    body = " || ".join(f"chunks[{one}]" for one in parts)
    total = " + ".join(f"sums_{part}[{one}]" for part, one in enumerate(parts))
    prefix = f"prefix_sums[{number} % {len(DISTRICT_CODES)} + 1]"
    check = f"letters[(31 - ({prefix} + {total}) % 31 + ({broken})::INTEGER) % 31 + 1]"
    return f"'91' || {pick('districts', number)} || {body} || {check}"


def true_values(entity: str) -> dict[str, str]:
    """Return SQL for the true value of each column of an entity, by its number."""
    name = f"{pick('pairs', draw('pair', entity))} || {pick('brands', draw('brand', entity))}"
    return {
        "name": f"'无锡' || {name} || {pick('trades', draw('trade', entity))}",
        "entity_type_code": pick("types", draw("type", entity)),
        "division_code": pick("districts", entity),
        "address": f"{pick('roads', draw('road', entity))} || {pick('numbers', draw('number', entity))}",
        "established_date": f"DATE '1992-01-01' + ({draw('date', entity)} % 11800)::INTEGER",
        "registered_capital": f"(({draw('capital', entity)} % 500 + 1) * 10)::DECIMAL(18, 2)",
        "status_code": pick("statuses", draw("status", entity)),
        # No local number begins with 1.
        "phone": f"'0510-' || (10000000 + {draw('phone', entity)} % 10000000)::VARCHAR",
    }


def permit_values() -> dict[str, str]:
    """Return SQL for 22 columns about administrative permit number `i`: codes, names, long texts, dates, numbers."""
    true = true_values("i")
    village, road, matter = (pick(one, draw(f"permit {one}", "i")) for one in ("villages", "roads", "matters"))
    person = f"{pick('surnames', draw('surname', 'i'))} || {pick('pairs', draw('given', 'i'))}"
    day = f"DATE '2019-01-01' + ({draw('day', 'i')} % 2000)::INTEGER"
    return {
        "decision_number": "'锡行审许字〔' || (2019 + i % 6)::VARCHAR || '〕' || (10000000 + i)::VARCHAR || '号'",
        "holder_uscc": uscc("i"),
        "holder_name": true["name"],
        "entity_type_code": true["entity_type_code"],
        "legal_representative": person,
        "division_code": true["division_code"],
        "address": f"'无锡市' || {village} || '街道' || {true['address']}",
        "phone": true["phone"],
        "matter": matter,
        "content": f"'准予' || {matter} || '：经营场所位于' || {village} || '社区' || {road}",
        "agency_name": "'无锡市行政审批局'",
        "decided_date": day,
        "valid_until_date": f"{day} + 1825",
        "published_at": f"{day} + INTERVAL 1 DAY + INTERVAL (i % 86400) SECOND",
        "registered_capital": true["registered_capital"],
        "insured_count": f"{draw('insured', 'i')} % 3000",
        "floor_area_m2": f"round(({draw('floor', 'i')} % 1000000) / 37.0, 1)",
        "longitude": f"round(119.6 + ({draw('x', 'i')} % 900000) / 1000000.0, 6)",
        "latitude": f"round(31.2 + ({draw('y', 'i')} % 700000) / 1000000.0, 6)",
        "is_online": f"CASE WHEN {draw('online', 'i')} % 10 < 8 THEN '是' ELSE '否' END",
        "status_code": true["status_code"],
        "remark": f"'由' || {village} || '为民服务中心' || {person} || '受理，材料编号' || md5(i::VARCHAR)",
    }
