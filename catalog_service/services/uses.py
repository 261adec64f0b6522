"""一源多用 (Art. 15, 21): who uses which field of a data set for what, and whom a change would touch.

Here: uses by derivation, reference, opening and grant, followed through what is derived. Not here: single reads (the ledger),
sources of a data set (tracing).
"""

import datetime as dt
from collections.abc import Iterator

from catalog_service.catalog.dataset import Dataset, Golden, Union
from catalog_service.catalog.errors import NotFoundError, Text, problem
from catalog_service.catalog.grant import Grant, GranteeKind, GrantState
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import Action, Principal, is_permitted
from catalog_service.catalog.vocabularies import Term
from catalog_service.services import clocks
from catalog_service.services.platform import Platform
from catalog_service.services.reading import agency_of, open_table, published_record
from catalog_service.store.database import Transaction


class UseKind(Term):
    """How a field is used."""

    DERIVED = "derived", "归集或汇总", "derived from it"
    REFERENCE = "reference", "引用", "refers to it"
    OPEN = "open", "开放产品", "open product"
    GRANT = "grant", "共享或开放授权", "granted"


class Use(Model):
    """One use of one field."""

    kind: UseKind
    field: str
    """The field of the data set that was asked about."""
    consumer: str
    """Data set id, table of the open product, or name of who holds the grant."""
    consumer_title: str
    consumer_field: str | None
    agency: str | None
    """The agency that uses it; None for the public and for applicants."""
    agency_name: str
    agency_name_en: str
    purpose: str = ""
    via: tuple[str, ...] = ()
    """Data sets through which it gets there."""


class Impact(Model):
    """Whom a change of a field, or of the whole data set, would touch."""

    dataset: str
    field: str | None
    agencies: tuple[str, ...]
    agency_names: tuple[str, ...]
    open_products: tuple[str, ...]
    applicant_count: int
    """Grants held by others than agencies."""
    uses: tuple[Use, ...]
    summary: Text


def uses(platform: Platform, principal: Principal, dataset_id: str, field: str | None = None) -> tuple[Use, ...]:
    """Return the uses of a published entry, or of one of its fields; grants for those only who may see them (Art. 21).

    Raises:
        NotFoundError: there is no published entry, or no such field.
    """
    with platform.database.reading() as transaction:
        dataset = published_record(transaction, dataset_id).dataset
        _require_field(dataset, field)
        found = _Uses(transaction, principal, clocks.today(platform)).of(dataset)
    return tuple(one for one in found if field is None or one.field == field)


def impact(platform: Platform, principal: Principal, dataset_id: str, field: str | None = None) -> Impact:
    """Return whom a change would touch: agencies, open products, holders of grants.

    Raises:
        NotFoundError: there is no published entry, or no such field.
    """
    found = uses(platform, principal, dataset_id, field)
    own = dataset_id.partition("/")[0]
    agencies = {one.agency: one.agency_name for one in found if one.agency is not None and one.agency != own}
    products = sorted({one.consumer for one in found if one.kind is UseKind.OPEN})
    applicants = {one.consumer for one in found if one.kind is UseKind.GRANT and one.agency is None}
    what = ("该信息项", "this field") if field is not None else ("该数据集", "this data set")
    zh = f"{len(agencies)} 个其他机构和 {len(products)} 个开放产品读取{what[0]}"
    en = f"{len(agencies)} other agencies and {len(products)} open products read {what[1]}"
    more = (
        (f"，另有 {len(applicants)} 个数据利用主体获得授权", f"; {len(applicants)} applicants hold grants")
        if applicants
        else ("", "")
    )
    return Impact(
        dataset=dataset_id,
        field=field,
        agencies=tuple(sorted(agencies)),
        agency_names=tuple(agencies[slug] for slug in sorted(agencies)),
        open_products=tuple(products),
        applicant_count=len(applicants),
        uses=found,
        summary=Text(zh=zh + more[0], en=en + more[1]),
    )


class _Uses:
    """The uses of one data set, in one transaction."""

    def __init__(self, transaction: Transaction, principal: Principal, today: dt.date) -> None:
        self._transaction = transaction
        self._principal = principal
        self._today = today
        self._agencies = transaction.catalog.agencies()

    def of(self, dataset: Dataset) -> tuple[Use, ...]:
        """Return all uses of all fields, nearest first."""
        found: dict[tuple[object, ...], Use] = {}
        names = {one.name: one.name for one in dataset.schema_.fields}
        waiting: list[tuple[Dataset, dict[str, str], tuple[str, ...]]] = [(dataset, names, ())]
        seen = {dataset.id}
        while waiting:
            here, names, via = waiting.pop(0)
            for use in self._at(here, names, via):
                found.setdefault((use.kind, use.field, use.consumer, use.consumer_field, use.via), use)
            for other in self._transaction.catalog.dependents(here.id):
                if other.id not in seen and other.derivation is not None:
                    seen.add(other.id)
                    onward = {new: names[old] for new, old in _carried(other, here).items() if old in names}
                    waiting.append((other, onward, (*via, other.id)))
        return tuple(found.values())

    def _at(self, here: Dataset, names: dict[str, str], via: tuple[str, ...]) -> Iterator[Use]:
        """Yield the uses of one data set's fields; `names` says which fields of the first one they carry."""
        for other in self._transaction.catalog.dependents(here.id):
            for new, old in _carried(other, here).items():
                if old in names:
                    yield self._use(UseKind.DERIVED, names[old], other, new, via)
            for one in other.schema_.fields:
                if one.reference is not None and one.reference.dataset == here.id and one.reference.field in names:
                    yield self._use(UseKind.REFERENCE, names[one.reference.field], other, one.name, via)
        published = self._transaction.publications.current(open_table(here.id))
        for one in here.open_fields if published is not None else ():
            if one.name in names:
                yield self._product(here, names[one.name], one.name, via)
        if is_permitted(self._principal, Action.SEE_USES, agency=here.agency):
            for grant in self._transaction.sharing.grants.find(*self._transaction.sharing.grants.where(dataset_id=here.id)):
                if grant.state(self._today) is GrantState.IN_FORCE:
                    yield from (self._granted(grant, names[one], one, via) for one in grant.columns if one in names)

    def _use(self, kind: UseKind, field: str, other: Dataset, other_field: str, via: tuple[str, ...]) -> Use:
        name, name_en = agency_of(self._agencies, other.agency)
        return Use(
            kind=kind,
            field=field,
            consumer=other.id,
            consumer_title=other.title,
            consumer_field=other_field,
            agency=other.agency,
            agency_name=name,
            agency_name_en=name_en,
            via=via,
        )

    def _product(self, here: Dataset, field: str, other_field: str, via: tuple[str, ...]) -> Use:
        return Use(
            kind=UseKind.OPEN,
            field=field,
            consumer=open_table(here.id),
            consumer_title=here.title,
            consumer_field=other_field,
            agency=None,
            agency_name="社会公众",
            agency_name_en="the public",
            via=via,
        )

    def _granted(self, grant: Grant, field: str, other_field: str, via: tuple[str, ...]) -> Use:
        slug = grant.grantee.id if grant.grantee.kind is GranteeKind.AGENCY else None
        name, name_en = agency_of(self._agencies, slug) if slug is not None else (grant.grantee.kind.zh, grant.grantee.kind.en)
        return Use(
            kind=UseKind.GRANT,
            field=field,
            consumer=grant.grantee.id,
            consumer_title=name,
            consumer_field=other_field,
            agency=slug,
            agency_name=name,
            agency_name_en=name_en,
            purpose=grant.purpose,
            via=via,
        )


def _carried(other: Dataset, source: Dataset) -> dict[str, str]:
    """Return which fields of a derived data set come from which fields of this source."""
    names = other.schema_.names
    match other.derivation:
        case Golden(sources=sources):
            mapped = next((one.fields for one in sources if one.dataset == source.id), None)
            if mapped is None:
                return {}
            return {name: old for name in names if (old := mapped.get(name, name)) in source.schema_.names}
        case Union(sources=ids) if source.id in ids:
            return {name: name for name in names if name in source.schema_.names}
        case _:
            return {}


def _require_field(dataset: Dataset, field: str | None) -> None:
    if field is not None and field not in dataset.schema_.names:
        zh, en = f"{dataset.id} 没有信息项 {field}", f"{dataset.id} has no field {field}"
        raise NotFoundError(problem("unknown-field", zh, en, field=field, article=13))
