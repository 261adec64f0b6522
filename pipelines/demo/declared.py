"""The catalog of the demo city: read from the YAML files beside this module, short forms written out.

Short forms, so that the files stay readable: `fields` name data elements of `elements.yaml` or override them; `key` and
`need` mark required fields; sharing, opening and basis may be one line; templates stand for one entry per district or agency.
Not here: validation (catalog_service.catalog).
"""

from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from catalog_service.catalog.catalog import Catalog
from catalog_service.formats.classification import shipped_classification
from pipelines.demo.names import DISTRICTS

Document = dict[str, Any]
Filled = str | list["Filled"] | dict[str, "Filled"] | bool | int | float

_PARTS = ("base_legal_entity", "base_population", "base_others", "thematic_city", "thematic_flows")
_ISSUED = "2024-01-15"


def read_catalog() -> Document:
    """Return the whole catalog as a plain document: agencies, code_lists, datasets."""
    agencies = _load("agencies")["agencies"]
    lists = [
        one | {"items": [{"code": code, "label": label} for code, label in one["items"].items()]}
        for one in _load("code_lists")["code_lists"]
    ]
    short = [entry for part in _PARTS for entry in _load(part)["datasets"]] + _from_templates(agencies)
    elements = _load("elements")
    datasets = [_written_out(one, elements) for one in short]
    return _classified({"agencies": agencies, "code_lists": lists, "datasets": datasets})


def _classified(document: Document) -> Document:
    """Give every entry its place in the classification of resources, by the scheme's own rule."""
    scheme, catalog = shipped_classification(), as_catalog(document)
    places = {one.id: scheme.proposed(one, catalog.agency.get(one.agency)) for one in catalog.datasets}
    datasets = [one | {"classification": places[f"{one['agency']}/{one['name']}"]} for one in document["datasets"]]
    return document | {"datasets": datasets}


def read_faulty_catalog() -> Document:
    """Return a catalog with typical faults, with the agencies it needs."""
    document = _load("faulty")
    agencies = [one for one in _load("agencies")["agencies"] if one["slug"] in document["agencies"]]
    return document | {"agencies": agencies}


def write_catalog(document: Document, path: Path) -> None:
    """Write a catalog document as YAML, one line per field."""
    text = yaml.dump(
        document, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, default_flow_style=None, width=4_000
    )
    path.write_text(text, encoding="utf-8", newline="\n")


def as_catalog(document: Document) -> Catalog:
    """Return the document as a model; ValidationError where it is no catalog."""
    return Catalog.model_validate(document)


def _load(name: str) -> Document:
    text = files("pipelines.demo").joinpath("catalog", f"{name}.yaml").read_text(encoding="utf-8")
    document: Document = yaml.load(text, Loader=yaml.CSafeLoader)
    return document


def _from_templates(agencies: list[Document]) -> list[Document]:
    document = _load("templates")
    words = {one["slug"]: {"slug": one["slug"], "name": one["name"], "en": one["name_en"]} for one in agencies}
    words |= {one.slug: {"slug": one.slug, "name": one.name, "en": one.en} for one in DISTRICTS}
    return [
        {name: _filled(value, words[slug]) for name, value in template.items() if name != "for"}
        | {"delivery": document["deliveries"][slug]}
        for template in document["templates"]
        for slug in template["for"]
    ]


def _filled(value: Filled, words: dict[str, str]) -> Filled:
    """Fill `{name}`, `{en}` and `{slug}` into every text."""
    match value:
        case str():
            return value.format(**words)
        case list():
            return [_filled(one, words) for one in value]
        case dict():
            return {name: _filled(one, words) for name, one in value.items()}
        case _:
            return value


def _written_out(short: Document, elements: Document) -> Document:
    """One entry, as catalog_service.catalog.dataset reads it."""
    agency, name = short["id"].split("/")
    entry: Document = {"agency": agency, "name": name, "title": short["title"], "title_en": short["title_en"]}
    entry |= {part: short[part] for part in ("description", "description_en", "keywords", "theme")}
    entry |= {"base_database": short["base_database"]} if "base_database" in short else {}
    entry |= {"frequency": short["frequency"]}
    entry |= {part: _terms(short.get(part, "unconditional")) for part in ("sharing", "opening")}
    entry |= {"basis": _basis(short["basis"])}
    key, needed = short.get("key", []), short.get("need", [])
    fields = [_field(one, elements, {*key, *needed}) for one in short["fields"]]
    entry |= {"schema": {"key": key, "fields": fields}} if key else {"schema": {"fields": fields}}
    entry |= {part: short[part] for part in ("delivery", "derivation") if part in short}
    return entry | {"issued": _ISSUED}


def _field(short: str | Document, elements: Document, required: set[str]) -> Document:
    own: Document = {"name": short} if isinstance(short, str) else short
    required_too = {"required": True} if own["name"] in required else {}
    return {"name": own["name"], **elements.get(own["name"], {}), **own, **required_too}


def _terms(short: str | Document) -> Document:
    if isinstance(short, str):
        return {"class": short}
    return {**short, "basis": _law(short["basis"])} if "basis" in short else short


def _basis(short: str | Document) -> Document:
    return {"statute": _law(short)} if isinstance(short, str) else short


def _law(text: str) -> Document:
    """`law` or `law article`."""
    law, _, article = text.partition(" ")
    return {"law": law, "article": article} if article else {"law": law}
