"""Measurements from results: what was counted, what could not be evaluated and why, examples short enough to show.

Here: reading a result of Great Expectations and the texts that are added to it. Not here: how anything is evaluated.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from catalog_service.catalog.quality import OF_TABLES, Measurement, Metric, Rule

_EXAMPLE_COUNT = 5
"""Greatest number of offending values kept per rule."""

_EXAMPLE_LENGTH = 120


class ExpectationResult(Protocol):
    """What is read of Great Expectations' result of one expectation."""

    success: bool | None
    result: Any
    exception_info: Any


def measurement_of(rule: Rule, result: ExpectationResult, failures: Mapping[str, str]) -> Measurement:
    """Return what a result says about a rule; `failures` has the true reason of each failed metric, by its id."""
    failure = _failure(result.exception_info or {}, failures)
    if failure is not None:
        return not_evaluated(rule, failure)
    found = result.result
    if rule.metric in OF_TABLES:
        return Measurement(rule=rule, passed=result.success, evaluated_count=found["observed_value"], unexpected_count=0)
    missing = 0 if rule.metric is Metric.NOT_NULL else found.get("missing_count", 0)
    return Measurement(
        rule=rule,
        passed=result.success,
        evaluated_count=found["element_count"] - missing,
        unexpected_count=found["unexpected_count"],
    )


def with_examples(measurement: Measurement, values: Iterable[str]) -> Measurement:
    """Return a measurement with a few of the offending values, short enough to show."""
    examples = tuple(dict.fromkeys(shorten(value) for value in values))[:_EXAMPLE_COUNT]
    return measurement.model_copy(update={"examples": examples}) if examples else measurement


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


def _failure(info: Mapping[str, Any], failures: Mapping[str, str]) -> str | None:
    """Return what went wrong in a result, if anything did; GX nests exceptions by metric, or not at all."""
    entries = {"": info} if "raised_exception" in info else info
    raised = {key: str(entry["exception_message"]) for key, entry in entries.items() if entry["raised_exception"]}
    return next((failures.get(key, message) for key, message in raised.items()), None)
