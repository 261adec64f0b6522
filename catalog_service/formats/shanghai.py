"""The Shanghai plan of 2014: 190 kinds of data to be opened, as a flat table (CSV or XLSX), read as draft entries.

Here: what that table says, and what its rows lack. Not here: registration of its agencies (services.compiling).

The plan names no field types, codes or update cycles. So every field is a text called f01, f02, …; entries are called
item_001, item_002, … after their number; agencies get the slugs below. What the plan decides is that the data are to
be opened: sharing and opening are unconditional, the plan is the legal basis, the update cycle is irregular.
A joint entry belongs to the first agency named; the others are reported. Field lists are split at 、 outside brackets
and lose a trailing 等 ("and so on").
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from catalog_service.catalog.errors import Problem, Where, problem
from catalog_service.formats.entries import CatalogDocument, Entry, assemble
from catalog_service.formats.faults import Location
from catalog_service.formats.tabular import Row

PLAN = "2014年度上海市政府数据资源向社会开放工作计划"
COLUMNS = ("编号", "提供部门", "数据项名称", "数据项描述", "数据项内容", "领域")

AGENCIES = {
    "市交通委员会": "transport",
    "市人力资源和社会保障局": "human_resources",
    "市住房保障和房屋管理局": "housing",
    "市体育局": "sports",
    "市公安局": "public_security",
    "市卫生和计划生育委员会": "health",
    "市司法局": "justice",
    "市商务委员会": "commerce",
    "市城乡建设和管理委员会": "construction",
    "市安全生产监督管理局": "work_safety",
    "市工商行政管理局": "industry_commerce",
    "市教育委员会": "education",
    "市文化广播影视管理局": "culture",
    "市新闻出版局": "press",
    "市旅游局": "tourism",
    "市民政局": "civil_affairs",
    "市民防办公室": "civil_defence",
    "市消防局": "fire",
    "市环境保护局": "environment",
    "市社会团体管理局": "social_organisations",
    "市科学技术委员会": "science",
    "市经济和信息化委员会": "economy",
    "市统计局": "statistics",
    "市绿化和市容管理局": "landscaping",
    "市规划和国土资源管理局": "planning",
    "市质量技术监督局": "quality_supervision",
    "市金融服务办公室": "finance",
    "市食品药品监督管理局": "food_drug",
}
"""Provider as the plan names it → slug of the agency that is to be registered."""

_NUMBER = re.compile(r"^(\d+)")
_BRACKETS = str.maketrans("()", "（）")
_OPENING, _CLOSING = "（《〈【“", "）》〉】”"
_MAX_TITLE = 400


@dataclass
class _Tidying:
    """Counts what was tidied up, by column and kind, with the first row."""

    rows: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def clean(self, row: Row, index: int) -> str:
        """Return the text of a cell with plain blanks, trimmed, and with full-width brackets."""
        raw = row.cells[index] if index < len(row.cells) else ""
        spaced = " ".join(raw.split())
        text = spaced.translate(_BRACKETS)
        for kind, is_changed in (("spaces", spaced != raw), ("brackets", text != spaced)):
            if is_changed:
                self.rows.setdefault((COLUMNS[index], kind), []).append(row.number)
        return text

    def notices(self) -> Iterator[Problem]:
        """Yield one notice per column and kind."""
        said = {
            "spaces": ("多余空格或不间断空格", "superfluous or no-break spaces"),
            "brackets": ("半角括号", "half-width brackets"),
        }
        for (column, kind), rows in self.rows.items():
            zh, en = said[kind]
            yield problem(
                f"tidied-{kind}",
                f"{len(rows)} 格含{zh}，已整理，第一处在第 {rows[0]} 行",
                f"{len(rows)} cells had {en} and were tidied, the first in row {rows[0]}",
                row=rows[0],
                field=column,
            )


def is_plan(rows: Sequence[Row]) -> bool:
    """Tell whether a table has the header of the plan (the number column goes by two names)."""
    if not rows or len(rows[0].cells) < len(COLUMNS):
        return False
    titles = [unicodedata.normalize("NFKC", rows[0].cell(index)) for index in range(len(COLUMNS))]
    return titles[0] in {"编号", "序号"} and all(
        title.startswith(name) for title, name in zip(titles[1:], COLUMNS[1:], strict=True)
    )


def read(rows: Sequence[Row]) -> CatalogDocument:
    """Return the drafts of the plan's rows."""
    tidying = _Tidying()
    notices: list[Problem] = []
    entries = [_entry(row, tidying, notices) for row in rows[1:]]
    return assemble(entries, notices=[*notices, *tidying.notices()])


def split_fields(text: str) -> list[str]:
    """Return the distinct field titles in a free-text list: split at 、 outside brackets and quotes, without a trailing 等."""
    titles = [""]
    depth = 0
    for char in text.rstrip("。； "):
        depth = max(0, depth + (char in _OPENING) - (char in _CLOSING))
        if char == "、" and depth == 0:
            titles.append("")
        else:
            titles[-1] += char
    titles[-1] = titles[-1].removesuffix("等")
    return list(dict.fromkeys(title.strip() for title in titles if title.strip()))


def agency_slug(provider: str) -> str:
    """Return the slug of a provider; of one that the plan does not know, a stable slug made of its name."""
    return AGENCIES.get(provider) or "agency_" + sha256(provider.encode()).hexdigest()[:8]


def _entry(row: Row, tidying: _Tidying, notices: list[Problem]) -> Entry:
    number, providers, title, description, content, theme = (tidying.clean(row, index) for index in range(len(COLUMNS)))
    first, *others = [name.strip() for name in providers.split("、")]
    if others:
        notices.append(
            problem(
                "joint-providers",
                f"多部门共同提供：记入{first}，其余 {'、'.join(others)} 未记入，请按一数一源确认",
                f"several providers: entered for {agency_slug(first)}, not for {', '.join(map(agency_slug, others))}; "
                "confirm the one source",
                row=row.number,
                field="提供部门",
                article=15,
            )
        )
    digits = _NUMBER.match(number)
    basis = {"law": PLAN}
    data = {
        "agency": agency_slug(first),
        "name": f"item_{int(digits[1]):03d}" if digits else number,
        "title": title,
        "description": description,
        "keywords": [first, *others],
        "theme": theme,
        "frequency": "irregular",
        "sharing": {"class": "unconditional"},
        "opening": {"class": "unconditional"},
        "basis": {"statute": basis},
        "schema": {"fields": _fields(content)},
        "delivery": {},
    }
    return Entry("datasets", data, _locator(row), tuple(_formulas(row)))


def _formulas(row: Row) -> Iterator[Problem]:
    for index in row.formulas:
        zh, en = "单元格是公式，请改为数值", "the cell is a formula; replace it by its value"
        yield problem("formula", zh, en, row=row.number, field=COLUMNS[index] if index < len(COLUMNS) else None)


def _fields(content: str) -> list[dict[str, str]]:
    return [
        {"name": f"f{index:02d}", "title": title[:_MAX_TITLE]} for index, title in enumerate(split_fields(content), start=1)
    ]


_PLACES = {"agency": "提供部门", "name": "编号", "title": "数据项名称", "description": "数据项描述", "schema": "数据项内容"}


def _locator(row: Row) -> Callable[[Location], Where]:
    return lambda loc: Where(row=row.number, field=_PLACES.get(str(loc[0]), "领域") if loc else None)
