"""Quality in the W3C Data Quality Vocabulary (DQV, 2016): the measurements of one run as JSON-LD or Turtle text.

Here: text, pure. Offending values are never published this way. Not here: reading runs (services.measuring).
"""

import json
from typing import Any

from catalog_service.catalog.quality import Measurement, QualityRun
from catalog_service.catalog.vocabularies import Dimension

_PREFIXES = {
    "dqv": "http://www.w3.org/ns/dqv#",
    "ldqd": "http://www.w3.org/2016/05/ldqd#",
    "dcterms": "http://purl.org/dc/terms/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "prov": "http://www.w3.org/ns/prov#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_DIMENSIONS = {
    Dimension.CONFORMITY: "ldqd:consistency",
    Dimension.COMPLETENESS: "ldqd:completeness",
    Dimension.ACCURACY: "ldqd:semanticAccuracy",
    Dimension.CONSISTENCY: "ldqd:consistency",
    Dimension.TIMELINESS: "ldqd:timeliness",
    Dimension.ACCESSIBILITY: "ldqd:availability",
}
"""GB/T 36344 → the nearest dimension of the Linked Data Quality Dimensions that DQV recommends."""


def to_json_ld(run: QualityRun, dataset: str, base: str) -> str:
    """Return a run as JSON-LD; `base` is the address of the platform, without a slash at its end."""
    graph = [_dataset(run, dataset, base), *(node for one in run.measurements for node in _nodes(run, one, dataset, base))]
    return json.dumps({"@context": _PREFIXES, "@graph": graph}, ensure_ascii=False, indent=2)


def to_turtle(run: QualityRun, dataset: str, base: str) -> str:
    """Return a run as Turtle; `base` is the address of the platform, without a slash at its end."""
    lines = [f"@prefix {name}: <{uri}> ." for name, uri in _PREFIXES.items()]
    graph = [_dataset(run, dataset, base), *(node for one in run.measurements for node in _nodes(run, one, dataset, base))]
    return "\n".join([*lines, "", *(_turtle(node) for node in graph)]) + "\n"


def _dataset(run: QualityRun, dataset: str, base: str) -> dict[str, Any]:
    measurements = [{"@id": _measurement_id(run, one, dataset, base)} for one in run.measurements if one.passed is not None]
    subject = {"@id": f"{base}/datasets/{dataset}", "@type": "dcat:Dataset"}
    return {**subject, **({"dqv:hasQualityMeasurement": measurements} if measurements else {})}


def _nodes(run: QualityRun, one: Measurement, dataset: str, base: str) -> list[dict[str, Any]]:
    """Return the metric, and its measurement where it could be evaluated: what was not is no measurement of DQV."""
    rule = one.rule
    metric_id = f"{base}/datasets/{dataset}#metric-{rule.name}"
    metric: dict[str, Any] = {
        "@id": metric_id,
        "@type": "dqv:Metric",
        "skos:prefLabel": rule.name,
        "skos:definition": [{"@value": rule.reason.zh, "@language": "zh"}, {"@value": rule.reason.en, "@language": "en"}],
        "dqv:expectedDataType": {"@id": "xsd:double"},
        "dqv:inDimension": {"@id": _DIMENSIONS[rule.dimension]},
    }
    if rule.standard:
        metric["dcterms:conformsTo"] = rule.standard
    if one.passed is None:
        return [metric]
    return [metric, _measurement(run, one, dataset, base, metric_id)]


def _measurement(run: QualityRun, one: Measurement, dataset: str, base: str, metric_id: str) -> dict[str, Any]:
    share = (one.evaluated_count - one.unexpected_count) / one.evaluated_count if one.evaluated_count else 1.0
    comment = f"{one.unexpected_count} / {one.evaluated_count}"
    return {
        "@id": _measurement_id(run, one, dataset, base),
        "@type": "dqv:QualityMeasurement",
        "dqv:computedOn": {"@id": f"{base}/datasets/{dataset}"},
        "dqv:isMeasurementOf": {"@id": metric_id},
        "dqv:value": {"@value": repr(share), "@type": "xsd:double"},
        "prov:generatedAtTime": {"@value": run.measured_at.isoformat(), "@type": "xsd:dateTime"},
        "dcterms:description": comment,
    }


def _measurement_id(run: QualityRun, one: Measurement, dataset: str, base: str) -> str:
    return f"{base}/datasets/{dataset}#measurement-{run.run_id}-{one.rule.name}"


def _turtle(node: dict[str, Any]) -> str:
    pairs = [f"    {'a' if key == '@type' else key} {_object(key, value)}" for key, value in node.items() if key != "@id"]
    return f"<{node['@id']}>\n" + " ;\n".join(pairs) + " .\n"


def _object(key: str, value: Any) -> str:  # noqa: ANN401  any JSON-LD value
    if key == "@type":
        return str(value)
    if isinstance(value, list):
        return ", ".join(_object(key, one) for one in value)
    if not isinstance(value, dict):
        return json.dumps(str(value), ensure_ascii=False)
    if "@id" in value:
        name = value["@id"]
        return name if name.partition(":")[0] in _PREFIXES else f"<{name}>"
    text = json.dumps(value["@value"], ensure_ascii=False)
    return f"{text}@{value['@language']}" if "@language" in value else f"{text}^^{value['@type']}"
