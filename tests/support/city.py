"""A small city for tests: agencies and data sets in a few words, a platform in a temporary folder."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.schema import CodeList
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services.platform import Platform
from catalog_service.settings import Settings
from tests.support.homes import open_platform


def agency(slug: str) -> Agency:
    """Return an agency with a valid code that names its responsible unit and person."""
    from stdnum.cn import uscc

    stem = f"113202000{sum(map(ord, slug)):08d}"
    code = stem + uscc.calc_check_digit(stem)
    return Agency(slug=slug, uscc=code, name=f"{slug}局", responsible_unit="信息科", responsible_person="张三")


def dataset(id_: str, fields: Sequence[str | dict[str, Any]], key: Iterable[str] = (), **changes: Any) -> Dataset:
    """Return an entry opened and shared unconditionally, delivered as UTF-8 CSV unless told otherwise."""
    slug, name = id_.split("/")
    document: dict[str, Any] = {
        "agency": slug,
        "name": name,
        "title": f"{name}数据",
        "description": f"{name}的测试数据",
        "frequency": "daily",
        "sharing": {"class": "unconditional"},
        "opening": {"class": "unconditional"},
        "basis": {"statute": {"law": "无锡市公共数据管理办法", "article": "第十五条"}},
        "schema": {
            "fields": [{"name": f, "title": f} if isinstance(f, str) else {"title": f["name"], **f} for f in fields],
            "key": list(key),
        },
    }
    if "derivation" not in changes:
        document["delivery"] = {"format": "csv"}
    return Dataset.model_validate({**document, **changes})


def catalog(*datasets: Dataset, code_lists: Iterable[CodeList] = ()) -> Catalog:
    """Return a catalog of these data sets and their agencies."""
    slugs = sorted({one.agency for one in datasets})
    return Catalog(agencies=tuple(agency(slug) for slug in slugs), code_lists=tuple(code_lists), datasets=datasets)


def platform(home: Path, published: Catalog, **settings: Any) -> Platform:
    """Return an opened platform in `home` with all entries published."""
    assert published.problems() == []
    opened = open_platform(Settings(home=home, dagster_home_dir=home / "dagster", **settings))
    with opened.database.transaction() as transaction:
        transaction.catalog.put_agencies(published.agencies)
        transaction.catalog.put_code_lists(published.code_lists)
        for one in published.datasets:
            transaction.catalog.put_dataset(one, state=RecordState.PUBLISHED)
    return opened
