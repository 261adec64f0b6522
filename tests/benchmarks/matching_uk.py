"""Lists of British local authorities: tables, and which of their columns say the same, derived from the register's maps.

18 tables with 107 columns: all lists in TSV or CSV but the European regions (no map knows them), the orders (malformed) and
three second files of a publisher whose list is here already (counties of OS, websites of Directgov, a copy of the Welsh names).

How the labels come about. `maps/` and `data/` tell for each spelling of a name, each code, each website whose it is.
- A column says what the map says that knows most of its distinct values: at least 75 % for names, half for codes, 90 % for
  codes that are short numbers (else counts of things would be codes). Names are looked up in all columns of names, official
  names and Welsh names; case and punctuation do not count; of a URI its last part counts; OS writes the type after the name,
  which is left away. Less than three distinct values say nothing.
- The publishers' own `meta.yml`, or the column's name, says which column is the name (NAME of OS, name-cy) or the type.
- Two columns of different tables are a true pair where they say the same kind of thing and share at least half of the bodies
  of the one with fewer. So lists of different parts of the country are no pair, and a Welsh and an English name of the
  same bodies are one. All columns of the type of an authority are pairs.
What the rule leaves out stays out, though one may see it otherwise: postal counties and cities (70 and 62 % known).
"""

import csv
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.shared_data import SHARED

ROOT = SHARED / "uk_local_authority"
Column = tuple[str, str]
Pair = tuple[Column, Column]
Tables = dict[str, dict[str, list[str]]]

_LEFT_OUT = {
    "nuts/nuts.csv",
    "nuts/local-authorities.tsv",
    "legislation/legislation.tsv",
    "os-boundary-line/county.csv",
    "welsh-government/welsh-names.tsv",
    "local-directgov/local-authorities.tsv",
}
_DISTRICT, _BOUNDARY = "os-boundary-line/district.csv", "os-boundary-line/local-authority.tsv"
_NAMED = {(_DISTRICT, "NAME"): "CODE", (_BOUNDARY, "name"): "code"}
"""Names whose bodies the code in the same row tells."""
_TYPES = {
    ("boundary-commission/local-authorities.tsv", "local-authority-category"),
    ("iso/second_level_divisions.tsv", "category"),
    ("ons-api-admin-areas/ward-hierarchy.tsv", "area-type"),
    ("ons-api-admin-areas/ward-hierarchy.tsv", "area-type-name"),
    ("opendatacommunities/opendatacommunities.tsv", "LA_Type_Label"),
    ("opendatacommunities/opendatacommunities.tsv", "Authority_Type"),
    (_DISTRICT, "AREA_CODE"),
    (_DISTRICT, "DESCRIPTIO"),
    (_BOUNDARY, "type"),
    ("os-open-names/os.tsv", "type"),
}
_MAPS = {
    "gss": ("gss", "gss"),
    "opendatacommunities": ("opendatacommunities", "gss"),
    "edubase": ("edubase", "edubase"),
    "food-authority": ("food-authority", "food"),
    "gaz50k": ("gaz50k", "gaz50k"),
    "iso-code": ("iso-code", "iso"),
    "local-custodian": ("local-custodian", "custodian"),
    "os": ("os", "os"),
    "registration-district": ("registration-district", "district"),
    "snac": ("snac", "snac"),
    "name": ("name", "name"),
    "street-administrative-area": ("street-administrative-area", "name"),
}
_REGISTERS = {
    "local-authority-eng": "local-authorities.tsv",
    "local-authority-nir": "local-authorities.tsv",
    "local-authority-sct": "local-authority-sct.tsv",
    "principal-local-authority": "principal-local-authority.tsv",
}
_NAMES = ("name", "name-cy", "official-name", "official-name-cy", "local-authority-name")
_URI = re.compile(r"^[a-z]+://[^/]*/(?:.*/)?([^/?#]+)/?$")
_OS_SUFFIX = re.compile(r"( \(?(b|county|district|district b|london boro|city and county|city))+$")


def tables() -> Tables:
    """Return the lists: table → column → values, blank ones as empty texts."""
    found = {}
    for path in sorted((ROOT / "lists").glob("**/*")):
        name = path.relative_to(ROOT / "lists").as_posix()
        if path.suffix in (".tsv", ".csv") and name not in _LEFT_OUT:
            found[name] = _read(path)
    return found


def true_pairs(lists: Tables) -> set[Pair]:
    """Return the pairs of columns that say the same."""
    labels = {
        (table, column): label
        for table, columns in lists.items()
        for column in columns
        if (label := _label(table, column, columns)) is not None
    }
    columns = sorted(labels)
    found = set()
    for number, one in enumerate(columns):
        for other in columns[number + 1 :]:
            (kind, bodies), (other_kind, other_bodies) = labels[one], labels[other]
            shared = len(bodies & other_bodies) >= 0.5 * min(len(bodies), len(other_bodies))
            if one[0] != other[0] and kind == other_kind and shared:
                found.add((one, other))
    return found


def _read(path: Path) -> dict[str, list[str]]:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    # One list has a quotation mark that is part of a name.
    quotes: Any = {"quoting": csv.QUOTE_NONE} if "street-administrative" in path.name else {}
    rows = list(csv.reader(text.splitlines(), delimiter="\t" if path.suffix == ".tsv" else ",", **quotes))
    return {name: [row[i].strip() if i < len(row) else "" for row in rows[1:]] for i, name in enumerate(rows[0])}


def _looked_up(value: str) -> str:
    uri = _URI.match(value)
    return " ".join(re.findall(r"[^\W_]+", (uri[1] if uri else value).casefold()))


@cache
def _bodies() -> dict[str, dict[str, set[str]]]:
    """Kind of thing → value → the bodies that it stands for."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for file, (key, kind) in _MAPS.items():
        table = _read(ROOT / "maps" / f"{file}.tsv")
        columns = {key: kind} | {name: "name" for name in _NAMES if name in table and kind != "name"}
        columns |= {name: name for name in ("website", "email") if name in table}
        for column, meaning in columns.items():
            for value, body in zip(table[column], table["local-authority"], strict=True):
                if value and body:
                    found[meaning][_looked_up(value)].add(body)
    for register, file in _REGISTERS.items():
        table = _read(ROOT / "data" / register / file)
        for column in _NAMES:
            for value, code in zip(table.get(column, ()), table[register], strict=False):
                if value:
                    found["name"][_looked_up(value)].add(f"{register}:{code}")
    websites = _read(ROOT / "maps" / "website.tsv")
    for register in ("local-authority-nir", "local-authority-sct", "principal-local-authority"):
        for value, code in zip(websites["website"], websites[register], strict=True):
            if code:
                found["website"][_looked_up(value)].add(f"{register}:{code}")
    return found


def _label(table: str, column: str, columns: dict[str, list[str]]) -> tuple[str, set[str]] | None:
    """Return what a column says, and of which bodies; None where the maps do not know."""
    if (table, column) in _TYPES:
        return "type", {"all"}
    bodies = _bodies()
    if (table, column) in _NAMED:
        codes = columns[_NAMED[table, column]]
        return "name", set().union(*(bodies["gss"].get(_looked_up(code), set()) for code in codes))
    values = [_looked_up(value) for value in dict.fromkeys(columns[column]) if value]
    if table.startswith("os-boundary"):
        values = [_OS_SUFFIX.sub("", value) for value in values]
    if len(values) < 3:
        return None
    shares = {kind: sum(value in known for value in values) / len(values) for kind, known in bodies.items()}
    kind = "name" if column == "name-cy" else max(shares, key=lambda one: shares[one])
    is_short_number = all(value.isdigit() and len(value) < 6 for value in values)
    needed = 0.0 if column == "name-cy" else 0.9 if is_short_number else 0.75 if kind == "name" else 0.5
    return (kind, set().union(*(bodies[kind].get(value, set()) for value in values))) if shares[kind] >= needed else None
