"""統一目錄 (Art. 13, 14): an immutable catalog of agencies, code lists and data sets, and the check that it holds together."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from hashlib import sha256

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.dataset import Dataset, Golden, GoldenSource, Union
from catalog_service.catalog.declared_rules import rule_problems
from catalog_service.catalog.errors import Problem, problem
from catalog_service.catalog.linkage import linkage_problems
from catalog_service.catalog.model import Model
from catalog_service.catalog.schema import CodeList, Field
from catalog_service.catalog.survivorship import survivorship_problems
from catalog_service.catalog.treatment_rules import treatment_problems
from catalog_service.catalog.vocabularies import AgencyKind, OpeningClass, SharingClass


class Catalog(Model):
    """dcat:Catalog: agencies, code lists and data sets, each once."""

    agencies: tuple[Agency, ...] = ()
    code_lists: tuple[CodeList, ...] = ()
    datasets: tuple[Dataset, ...] = ()

    @cached_property
    def agency(self) -> dict[str, Agency]:
        """Agencies by slug."""
        return {one.slug: one for one in self.agencies}

    @cached_property
    def code_list(self) -> dict[str, CodeList]:
        """Code lists by name."""
        return {one.name: one for one in self.code_lists}

    @cached_property
    def dataset(self) -> dict[str, Dataset]:
        """Data sets by id."""
        return {one.id: one for one in self.datasets}

    @cached_property
    def revision(self) -> str:
        """A hash of all it says: equal for equal catalogs."""
        return sha256(self.model_dump_json().encode()).hexdigest()

    @cached_property
    def references(self) -> dict[str, frozenset[str]]:
        """Per data set the others its fields refer to: what its checks need. Empty for all where references form a circle."""
        found = {one.id: one.referred for one in self.datasets}
        known = {id_: others & self.dataset.keys() for id_, others in found.items()}
        try:
            TopologicalSorter({d.id: {*d.upstream, *known[d.id]} for d in self.datasets}).prepare()
        except CycleError:
            return dict.fromkeys(known, frozenset())
        return known

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Data set ids, each after all it is derived from and refers to; CycleError where derivation forms a circle."""
        needed = {d.id: {*d.upstream, *self.references[d.id]} for d in self.datasets}
        return tuple(TopologicalSorter(needed).static_order())

    def problems(self) -> list[Problem]:
        """Return every fault of form or law of every entry, empty where the catalog holds together."""
        found = [one for dataset in self.datasets for one in dataset_problems(dataset, self)]
        seen: set[str] = set()
        for dataset in self.datasets:
            if dataset.id in seen:
                found.append(problem("duplicate-dataset", f"目录条目 {dataset.id} 重复", f"entry {dataset.id} occurs twice"))
            seen.add(dataset.id)
        try:
            _ = self.order
        except CycleError as error:
            ids = " → ".join(error.args[1])
            found.append(
                problem("cycle", f"数据集互相派生，形成循环：{ids}", f"data sets derive from each other: {ids}", article=15)
            )
        return found


def dataset_problems(dataset: Dataset, catalog: Catalog) -> Iterator[Problem]:
    """Yield the faults of one entry against the catalog it is to live in."""
    yield from _legal(dataset, catalog)
    yield from _structure(dataset, catalog)
    yield from _derivation(dataset, catalog)
    yield from rule_problems(dataset, catalog)
    yield from treatment_problems(dataset)


def _legal(dataset: Dataset, catalog: Catalog) -> Iterator[Problem]:
    yield from _provider_problems(dataset, catalog)
    yield from _attribute_problems(dataset)


def _provider_problems(dataset: Dataset, catalog: Catalog) -> Iterator[Problem]:
    agency = catalog.agency.get(dataset.agency)
    if agency is None:
        yield problem(
            "unknown-agency",
            f"提供机构 {dataset.agency} 未登记，请先登记机构",
            f"agency {dataset.agency} is not registered; register it first",
            field="agency",
            article=14,
        )
    elif not (agency.responsible_unit and agency.responsible_person):
        yield problem(
            "no-responsible",
            f"{agency.name}未明确负责公共数据管理的内设机构和责任人，不得发布目录；请先登记内设机构和责任人",
            f"agency {agency.slug} names no responsible unit and person and cannot publish; register both first",
            field="agency",
            article=31,
        )
    if agency is not None and agency.kind is AgencyKind.BY_REFERENCE and not agency.reference_basis:
        yield problem(
            "no-reference-basis",
            f"{agency.name}为参照执行单位，应先在机构登记中列明参照执行的依据（reference_basis：经费保障或派驻文件）",
            f"agency {agency.slug} is managed by reference; register first on what that rests (reference_basis)",
            field="agency",
            article=37,
        )


def _attribute_problems(dataset: Dataset) -> Iterator[Problem]:
    sharing, opening = dataset.sharing, dataset.opening
    if sharing.class_ is not SharingClass.UNCONDITIONAL and sharing.basis is None:
        yield problem(
            "sharing-basis",
            "有条件共享、不予共享的数据应当列明法律、法规或国家有关规定依据；请填写依据，没有依据的列为无条件共享",
            "conditional or no sharing needs a legal basis; name it, or share unconditionally",
            field="sharing.basis",
            article=19,
        )
    if sharing.class_ is SharingClass.CONDITIONAL and not sharing.conditions:
        yield problem(
            "sharing-conditions",
            "有条件共享的数据应当列明共享条件；请填写条件，或改为无条件共享",
            "conditional sharing must list its conditions; list them, or share unconditionally",
            field="sharing.conditions",
            article=19,
        )
    if opening.class_ is OpeningClass.NONE and opening.basis is None:
        yield problem(
            "opening-basis",
            "不予开放的数据应当列明依据；请填写法律、法规或国家有关规定，没有依据的应当开放",
            "data that are not open need a legal basis; name it, or open them",
            field="opening.basis",
            article=22,
        )
    if opening.class_ is OpeningClass.CONDITIONAL and not opening.conditions:
        yield problem(
            "opening-conditions",
            "有条件开放的数据应当列明开放条件；请填写条件，或改为无条件开放",
            "conditional opening must list its conditions; list them, or open unconditionally",
            field="opening.conditions",
            article=22,
        )
    if dataset.basis.statute is None and dataset.basis.consent is None:
        yield problem(
            "collection-basis",
            "未列明采集依据：请填写法律法规依据；法律法规未作规定的，填写被采集人同意的记录（目的、方式、范围、查询更正渠道）",
            "no collection basis: name a statute or, where none provides for it, the record of consent "
            "(purpose, manner, scope, channel)",
            field="basis",
            article=16,
        )


def _structure(dataset: Dataset, catalog: Catalog) -> Iterator[Problem]:
    names = dataset.schema_.names
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield problem("duplicate-field", f"信息项 {name} 重复", f"field {name} occurs twice", field=f"schema.{name}")
    for name in dataset.schema_.key:
        if name not in names:
            yield problem(
                "unknown-key",
                f"主键 {name} 不在信息项中，请改正主键或补充信息项",
                f"key {name} is not among the fields; correct the key or add the field",
                field="schema.key",
            )
    for field in dataset.schema_.fields:
        for one in _field_problems(dataset, field, catalog):
            yield one.at(field=f"schema.{field.name}.{one.where.field}")


def _field_problems(dataset: Dataset, field: Field, catalog: Catalog) -> Iterator[Problem]:
    if field.code_list is not None and field.code_list not in catalog.code_list:
        yield problem(
            "unknown-code-list",
            f"代码表 {field.code_list} 不存在，请先登记代码表",
            f"there is no code list {field.code_list}; register it first",
            field="code_list",
        )
    if field.sharing is not None and field.sharing.strictness < dataset.sharing.class_.strictness:
        yield problem(
            "looser-sharing",
            f"信息项的共享属性（{field.sharing.zh}）不得宽于数据集（{dataset.sharing.class_.zh}）；请改严或留空",
            "the field's sharing attribute is looser than the data set's; make it stricter or leave it empty",
            field="sharing",
            article=19,
        )
    if field.opening is not None and field.opening.strictness < dataset.opening.class_.strictness:
        yield problem(
            "looser-opening",
            f"信息项的开放属性（{field.opening.zh}）不得宽于数据集（{dataset.opening.class_.zh}）；请改严或留空",
            "the field's opening attribute is looser than the data set's; make it stricter or leave it empty",
            field="opening",
            article=22,
        )
    if field.reference is not None:
        target = catalog.dataset.get(field.reference.dataset)
        if target is None or field.reference.field not in target.schema_.names:
            place = f"{field.reference.dataset}.{field.reference.field}"
            yield problem(
                "unknown-reference",
                f"引用的数据项 {place} 不存在，请先发布被引用的条目",
                f"the reference {place} does not exist; publish it first",
                field="reference",
            )


def _derivation(dataset: Dataset, catalog: Catalog) -> Iterator[Problem]:
    if (dataset.delivery is None) == (dataset.derivation is None):
        yield problem(
            "delivery-or-derivation",
            "应当且只能填写 delivery（汇聚方式）或 derivation（派生方式）之一",
            "give exactly one of delivery and derivation",
            field="delivery",
        )
    for upstream in dataset.upstream:
        if upstream not in catalog.dataset:
            yield problem(
                "unknown-source",
                f"来源数据集 {upstream} 不在目录中，请先编制该条目",
                f"source {upstream} is not in the catalog; compile that entry first",
                field="derivation.sources",
                article=15,
            )
    match dataset.derivation:
        case Golden() as golden:
            yield from _golden(dataset, golden, catalog)
        case Union() as union:
            yield from _union(dataset, union, catalog)
        case None:
            pass


def _golden(dataset: Dataset, golden: Golden, catalog: Catalog) -> Iterator[Problem]:
    if not dataset.schema_.key:
        yield problem(
            "golden-without-key",
            "归集为主数据的数据集必须声明主键；未声明主键的数据不去重",
            "golden records need a declared key; without a key nothing is deduplicated",
            field="schema.key",
            article=15,
        )
    ids = [source.dataset for source in golden.sources]
    copies = {source.dataset: source.copy_of for source in golden.sources if source.copy_of is not None}
    yield from survivorship_problems(golden.survivorship, dataset.schema_, tuple(ids), copies)
    if golden.linkage is not None:
        yield from linkage_problems(golden.linkage, dataset.schema_)
    if golden.level == "record" and (golden.survivorship or golden.field_order):
        yield problem(
            "record-level-rules",
            "整行取值（level: record）时不得再按字段规定取值规则",
            "golden records of whole rows (level: record) cannot have rules per field",
            field="derivation.level",
            article=15,
        )
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        zh, en = f"来源 {name} 重复列出，请只列一次", f"source {name} is named twice; name it once"
        yield problem("duplicate-source", zh, en, field="derivation.sources", article=15)
    for source in golden.sources:
        upstream = catalog.dataset.get(source.dataset)
        if upstream is None:
            continue
        yield from _not_golden(source.dataset, upstream)
        yield from _unchecked_key(dataset, source, upstream)
        for name in (*source.fields.values(), *(k for k in dataset.schema_.key if k not in source.fields)):
            if name not in upstream.schema_.names:
                yield problem(
                    "unknown-source-field",
                    f"来源 {source.dataset} 没有信息项 {name}",
                    f"source {source.dataset} has no field {name}",
                    field="derivation.sources",
                )
        if source.copy_of is not None and (source.copy_of not in ids or source.copy_of == source.dataset):
            yield problem(
                "unknown-original",
                f"{source.dataset} 声明为 {source.copy_of} 的副本，但后者不是本数据集的其他来源",
                f"{source.dataset} is declared a copy of {source.copy_of}, which is not another source here",
                field="derivation.sources",
            )
    yield from _field_order(dataset, golden, ids)


def _field_order(dataset: Dataset, golden: Golden, ids: Sequence[str]) -> Iterator[Problem]:
    ruled = {name for rule in golden.survivorship for name in rule.fields}
    for name, order in golden.field_order.items():
        if name in ruled:
            zh = f"信息项 {name} 既有取值规则又有来源顺序，请把顺序写入取值规则的 order"
            en = f"the field {name} has both a rule of survivorship and an order of sources; give the order in the rule"
            yield problem("two-orders", zh, en, field="derivation.field_order", article=15)
        for source_id in order:
            if source_id not in ids or name not in dataset.schema_.names:
                yield problem(
                    "unknown-field-order",
                    f"字段来源顺序 {name}: {source_id} 指向不存在的信息项或来源",
                    f"field order {name}: {source_id} names an unknown field or source",
                    field="derivation.field_order",
                    article=15,
                )


def _unchecked_key(dataset: Dataset, source: GoldenSource, upstream: Dataset) -> Iterator[Problem]:
    """A key that is verified in the golden record is verified where it comes from: a wrong one would join two entities."""
    for name in dataset.schema_.key:
        own = source.fields.get(name, name)
        if name not in dataset.schema_.names or own not in upstream.schema_.names:
            continue
        scheme = dataset.schema_.field(name).identifier
        if scheme is not None and upstream.schema_.field(own).identifier is not scheme:
            yield problem(
                "key-without-check",
                f"来源 {source.dataset} 的关联键 {own} 未声明校验（{scheme.zh}），错误的号码会误并不同对象；请补充 identifier",
                f"key {own} of source {source.dataset} is not declared as {scheme.en}; unverified keys join "
                "different entities; add `identifier` to that entry",
                field="derivation.sources",
                article=15,
            )


def _union(dataset: Dataset, union: Union, catalog: Catalog) -> Iterator[Problem]:
    for source_id in union.sources:
        upstream = catalog.dataset.get(source_id)
        if upstream is not None:
            yield from _not_golden(source_id, upstream)
        missing = [] if upstream is None else [name for name in dataset.schema_.names if name not in upstream.schema_.names]
        if missing:
            yield problem(
                "union-fields",
                f"来源 {source_id} 缺少信息项：{'、'.join(missing)}",
                f"source {source_id} lacks the fields {', '.join(missing)}",
                field="derivation.sources",
            )


def _not_golden(source_id: str, upstream: Dataset) -> Iterator[Problem]:
    """Golden records have a provenance per field, not per row: they cannot be sources themselves."""
    if isinstance(upstream.derivation, Golden):
        zh = f"来源 {source_id} 本身是归集形成的主数据，请直接列出它的来源数据集"
        en = f"source {source_id} is itself golden; name the data sets it is made from instead"
        yield problem("golden-source", zh, en, field="derivation.sources", article=15)
