"""Measurements in words: those that could not be made, and examples short enough to show.

Here: the few texts that checks add to a measurement. Not here: how anything is measured.
"""

from catalog_service.catalog.quality import Measurement, Rule

EXAMPLE_COUNT = 5
"""Greatest number of offending values kept per rule."""

_EXAMPLE_LENGTH = 120


def not_evaluated(rule: Rule, detail: str) -> Measurement:
    """Return the measurement of a rule that could not be evaluated (未评); `detail` must not quote data."""
    zh = f"未评：检查未能完成（{detail}），请核对规则参数与字段类型"
    en = f"not evaluated: the check could not be completed ({detail}); verify the rule's parameters and the field's type"
    return Measurement(rule=rule, passed=None, evaluated_count=0, unexpected_count=0, error=f"{zh} / {en}")


def unpublished(rule: Rule, dataset: str) -> Measurement:
    """Return the measurement of a reference whose target data set is not published yet."""
    zh = f"未评：所引用的数据集 {dataset} 尚未发布，发布后重新检查"
    en = f"not evaluated: the referenced data set {dataset} is not published; check again once it is"
    return Measurement(rule=rule, passed=None, evaluated_count=0, unexpected_count=0, error=f"{zh} / {en}")


def shorten(value: object) -> str:
    """Return a value as a text short enough to show; in quotes and escaped where blanks or controls would not be seen."""
    text = str(value)
    shown = text if len(text) <= _EXAMPLE_LENGTH else text[: _EXAMPLE_LENGTH - 1] + "…"
    return shown if shown.isprintable() and shown == shown.strip() and shown else repr(shown)
