"""The check of the chain (Art. 34, 36): every fault by the number of its entry. Not here: reading entries, signatures."""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from catalog_service.catalog.errors import Problem, problem
from catalog_service.catalog.ledger import GENESIS, Checkpoint, LedgerRow, chain, source_of


def faults(
    rows: Iterable[LedgerRow], checkpoints: Sequence[Checkpoint], is_signed: Callable[[Checkpoint], bool]
) -> Iterator[Problem]:
    """Return what is wrong with a chain from its first entry on, in order of the entries.

    Found by itself: a changed byte, of the hashed text, of a hash or of a column that is searched; an entry removed from
    within, inserted, or moved. Found by the signed heads: a tail cut off, and a chain rewritten with all its hashes.
    """
    heads: dict[int, set[str]] = {}
    for one in checkpoints:
        if is_signed(one):
            heads.setdefault(one.size, set()).add(one.head)
        else:
            yield _unsigned(one)
    last, good = 0, 0
    for row, found in _walk(rows):
        yield from found
        last = row.sequence
        if last in heads:
            if heads[last] == {row.hash}:
                good = last
            else:
                yield _rewritten(good, last)
    for size in sorted(heads):
        if size > last:
            yield _cut(last, size)


def chain_faults(rows: Iterable[LedgerRow], after: int, head: str) -> Iterator[Problem]:
    """Return what is wrong with a stretch of the chain that follows entry `after`, whose hash is `head`."""
    for _, found in _walk(rows, after, head):
        yield from found


def _walk(
    rows: Iterable[LedgerRow], last: int = 0, previous: str | None = GENESIS
) -> Iterator[tuple[LedgerRow, list[Problem]]]:
    for row in rows:
        found = []
        if row.sequence != last + 1:
            found.append(_missing(last + 1, row.sequence - 1))
            previous = None  # nobody knows what its hash rests on
        if previous is not None and chain(previous, row.document) != row.hash:
            found.append(_changed(row.sequence))
        found += _inconsistent(row)
        yield row, found
        last, previous = row.sequence, row.hash


def _inconsistent(row: LedgerRow) -> list[Problem]:
    try:
        content = json.loads(row.document)
        number, told = content["sequence"], _told(content)
    except (ValueError, KeyError, TypeError, AttributeError):
        return [_unreadable(row.sequence)]
    if number != row.sequence:
        return [_moved(row.sequence, number)]
    return [] if told == row[3:] else [_columns(row.sequence)]


def _told(content: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the searched columns as the hashed text tells them, in the order of `LedgerRow`."""
    at = dt.datetime.fromisoformat(content["at"])
    names = ("principal_id", "principal_name", "agency", "action", "target", "outcome")
    source = source_of(content["action"], content["target"], content["rows"])
    return (at, *(content[name] for name in names), source)


def _fault(code: str, zh: str, en: str) -> Problem:
    return problem(code, zh, en, article=34)


def _changed(number: int) -> Problem:
    zh = f"第 {number} 条记录与其哈希不符：记录、哈希或其前一条被改动过"
    return _fault("entry-changed", zh, f"entry {number} does not fit its hash: it, its hash or the entry before was changed")


def _missing(first: int, last: int) -> Problem:
    zh = f"第 {first} 条记录缺失" if first == last else f"第 {first} 至 {last} 条记录缺失"
    en = f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"
    return _fault("entry-missing", zh, en)


def _moved(number: int, told: object) -> Problem:
    zh = f"第 {number} 条位置上是第 {told} 条记录：记录被调换、插入或重新编号"
    en = f"in the place of entry {number} stands entry {told}: entries were moved, inserted or renumbered"
    return _fault("entry-moved", zh, en)


def _unreadable(number: int) -> Problem:
    return _fault("entry-unreadable", f"第 {number} 条记录无法解读", f"entry {number} cannot be read")


def _columns(number: int) -> Problem:
    zh = f"第 {number} 条记录的检索列与其内容不符：检索列被改动过"
    return _fault("entry-columns", zh, f"the searched columns of entry {number} differ from its text: they were changed")


def _rewritten(good: int, size: int) -> Problem:
    zh = f"第 {size} 条记录与签名检查点不符：第 {good + 1} 至 {size} 条之间的记录被改写过"
    en = f"entry {size} is not the one of the signed head: entries between {good + 1} and {size} were rewritten"
    return _fault("chain-rewritten", zh, en)


def _cut(last: int, size: int) -> Problem:
    zh = f"签名检查点证明曾有 {size} 条记录，现仅到第 {last} 条：第 {last + 1} 至 {size} 条被删除"
    en = f"a signed head proves {size} entries, only {last} are left: entries {last + 1} to {size} were removed"
    return _fault("tail-missing", zh, en)


def _unsigned(one: Checkpoint) -> Problem:
    zh = f"大小为 {one.size} 的检查点签名无效"
    return _fault("bad-signature", zh, f"the signature of the head of size {one.size} is not valid")
