"""The quality of one data set as an Excel workbook (Art. 25, 32): summary, rules, dimensions, trend, failing rows.

Here: which tables, in which words. Not here: what a reader may see (quality_report), cells (formats.tables_workbook).
"""

import datetime as dt
import math
from collections.abc import Sequence

from catalog_service.catalog.errors import Language, Text
from catalog_service.catalog.vocabularies import Dimension
from catalog_service.formats.tables_workbook import Cell, Sheet, write_tables
from catalog_service.services import clocks
from catalog_service.services.quality_report import QualityReport


def workbook(found: QualityReport, language: Language) -> bytes:
    """Return a report as an Excel workbook, with the failing rows that its reader sees."""
    return write_tables(_Sheets(found, language).all())


class _Sheets:
    """The tables of a report in one language."""

    def __init__(self, found: QualityReport, language: Language) -> None:
        self._found = found
        self._language = language

    def all(self) -> list[Sheet]:
        """Return them."""
        sheets = [self._summary(), self._rules(), self._dimensions(), self._trend()]
        return [*sheets, self._rows()] if self._found.may_see_rows else sheets

    def _text(self, zh: str, en: str) -> str:
        return Text(zh=zh, en=en).to(self._language)

    def _sheet(self, name: tuple[str, str], columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Cell]]) -> Sheet:
        return Sheet(self._text(*name), [self._text(*one) for one in columns], rows)

    def _outcome(self, passed: bool | None) -> str:
        return self._text(*{True: ("通过", "passed"), False: ("未通过", "failed"), None: ("未评", "not evaluated")}[passed])

    def _summary(self) -> Sheet:
        view, due = self._found.quality, self._found.freshness
        rows: list[tuple[tuple[str, str], Cell]] = [
            (("数据集", "data set"), self._found.dataset),
            (("名称", "title"), self._text(self._found.title, self._found.title_en or self._found.title)),
            (("机构", "agency"), self._text(self._found.agency_name, self._found.agency_name_en)),
            (("检查时间", "checked"), _when(view.measured_at)),
            (("版本", "version"), view.version),
            (("记录数", "rows"), view.row_count),
            (
                ("该版本已发布", "that version is published"),
                self._text(*(("是", "yes") if view.is_published else ("否", "no"))),
            ),
            (("读者所见版本发布于", "version that readers see, published"), _when(view.published_at)),
            (("距今天数", "days ago"), self._found.good_days),
            (("应于此日前更新", "next update due"), None if due.due_on is None else str(due.due_on)),
        ]
        return self._sheet(
            ("概要", "summary"), (("项目", "item"), ("值", "value")), [(self._text(*name), value) for name, value in rows]
        )

    def _rules(self) -> Sheet:
        columns = (
            ("规则", "rule"),
            ("要求", "what it asks"),
            ("信息项", "field"),
            ("维度", "dimension"),
            ("性质", "severity"),
            ("结果", "outcome"),
            ("检查条数", "checked"),
            ("不符条数", "broken"),
            ("合格率（%）", "share, %"),
            ("条款", "article"),
            ("标准", "standard"),
            ("说明", "note"),
        )
        rows = [
            (
                one.rule,
                one.reason.to(self._language),
                one.field,
                self._text(one.dimension.zh, one.dimension.en),
                self._text(one.severity.zh, one.severity.en),
                self._outcome(one.passed),
                one.evaluated_count,
                one.unexpected_count,
                _per_cent(one.share),
                one.article,
                one.standard,
                one.error,
            )
            for one in (each.outcome for each in self._found.rules)
        ]
        return self._sheet(("规则", "rules"), columns, rows)

    def _dimensions(self) -> Sheet:
        columns = (
            ("维度", "dimension"),
            ("规则数", "rules"),
            ("通过", "passed"),
            ("未通过", "failed"),
            ("未评", "not evaluated"),
            ("合格率（%）", "share, %"),
        )
        rows = [
            (
                one.label.to(self._language),
                one.rule_count,
                one.passed_count,
                one.failed_count,
                one.not_evaluated_count,
                _per_cent(one.share),
            )
            for one in self._found.quality.dimensions
        ]
        return self._sheet(("维度", "dimensions"), columns, rows)

    def _trend(self) -> Sheet:
        dimensions = [(one.zh, one.en) for one in Dimension]
        columns = (("检查时间", "checked"), ("版本", "version"), ("合格率（%）", "share, %"), *dimensions)
        rows = [
            (
                _when(one.measured_at),
                one.version,
                _per_cent(one.share),
                *(_per_cent(one.dimensions.get(each)) for each in Dimension),
            )
            for one in self._found.steps
        ]
        return self._sheet(("趋势", "trend"), columns, rows)

    def _rows(self) -> Sheet:
        columns = (("规则", "rule"), ("报送批次", "delivery"), ("行号", "row"), ("主键", "key"), ("值", "value"))
        rows = [
            (row.rule, row.delivery, row.row_number, row.key, row.value) for one in self._found.rules for row in one.samples
        ]
        return self._sheet(("不合格记录（部分）", "failing rows (some)"), columns, rows)


def _when(at: dt.datetime | None) -> str | None:
    return None if at is None else at.astimezone(clocks.LOCAL).strftime("%Y-%m-%d %H:%M")


def _per_cent(share: float | None) -> float | None:
    """Return per cent to two digits, rounded down: only what is whole says 100."""
    return None if share is None else math.floor(share * 10_000 + 1e-9) / 100
