"""Development plans (Art. 9) and standards (Art. 10): registering, advancing, and what rests on a standard.

Here: the hierarchy of plans and the register of standards. Not here: exchange channels (services.registers).
"""

from catalog_service.catalog.errors import ForbiddenError, InvalidError, NotFoundError, problem
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import Action, Principal, authorize, is_permitted
from catalog_service.catalog.register import CITY, DIVISIONS, Plan, PlanState, PlanStep, Standard, StandardLink
from catalog_service.services import clocks
from catalog_service.services.platform import Platform
from catalog_service.store.database import Transaction

_PUBLIC = frozenset({PlanState.PUBLISHED, PlanState.FILED})


class PlanView(Model):
    """A plan, where it stands and what comes next."""

    plan: Plan
    edition: int
    state: PlanState
    next_state: PlanState | None
    division: str
    """Name of its jurisdiction."""


class PlanHierarchy(Model):
    """The city's plans, those of the districts under them, and the districts of which nothing is filed."""

    city: tuple[PlanView, ...]
    districts: tuple[PlanView, ...]
    not_filed: tuple[str, ...]
    """Names of districts and county-level cities without a filed plan."""


class StandardView(Model):
    """A standard and what rests on it."""

    standard: Standard
    edition: int
    links: tuple[StandardLink, ...]


def register_plan(platform: Platform, principal: Principal, plan: Plan) -> PlanView:
    """Register a plan that is being drafted, by the authority of its jurisdiction.

    Raises:
        ForbiddenError: the principal's authority is that of another jurisdiction.
        InvalidError: a district's plan names a plan that is not the city's.
        ConflictError: there is one of that id.
    """
    authorize(principal, Action.MANAGE_PLANS)
    drafted = plan.model_copy(update={"steps": ()})
    with platform.database.transaction() as transaction:
        _require_own(transaction, principal, drafted)
        _require_link(transaction, drafted)
        transaction.registers.plans.add(drafted.id, drafted)
        transaction.ledger.append(entry_by(principal, "register_plan", f"plan:{plan.id}", details={"title": plan.title}))
    return _plan_view(drafted, 1)


def advance_plan(platform: Platform, principal: Principal, id_: str, step: PlanStep, edition: int) -> PlanView:
    """Take a plan to its next station: approved by its own government, published, and a district's filed to the city (Art. 9).

    Raises:
        NotFoundError: it is not registered.
        InvalidError: it is not the next station, its day is impossible, or a district's plan is not linked to the city's.
        ForbiddenError: the principal's authority is that of another jurisdiction.
        ConflictError: somebody else changed it since `edition`.
    """
    authorize(principal, Action.MANAGE_PLANS)
    with platform.database.transaction() as transaction:
        plan, _ = transaction.registers.plans.get(id_)
        _require_own(transaction, principal, plan)
        _require_next(platform, plan, step)
        if not plan.is_city and plan.linked_to is None:
            raise _invalid(
                "not-linked", "市（县）、区规划应当与市规划相衔接，请先填写 linked_to", "link it to the city's plan first"
            )
        advanced = plan.model_copy(update={"steps": (*plan.steps, step)})
        now = transaction.registers.plans.change(id_, advanced, edition)
        details = {"state": step.state.value, "on": str(step.on), "document": step.document}
        transaction.ledger.append(entry_by(principal, "advance_plan", f"plan:{id_}", details=details))
    return _plan_view(advanced, now)


def revise_plan(platform: Platform, principal: Principal, plan: Plan, edition: int) -> PlanView:
    """Change what is registered of a plan that is still being drafted.

    Raises:
        NotFoundError: it is not registered.
        InvalidError: it is approved already, or names a plan that is not the city's.
        ConflictError: somebody else changed it since `edition`.
    """
    authorize(principal, Action.MANAGE_PLANS)
    with platform.database.transaction() as transaction:
        stored, _ = transaction.registers.plans.get(plan.id)
        for one in (stored, plan):
            _require_own(transaction, principal, one)
        if stored.steps:
            raise _invalid(
                "plan-approved", "规划已经批准，不能修改；请登记新的规划", "the plan is approved; register a new one"
            )
        drafted = plan.model_copy(update={"steps": ()})
        _require_link(transaction, drafted)
        now = transaction.registers.plans.change(plan.id, drafted, edition)
        transaction.ledger.append(entry_by(principal, "revise_plan", f"plan:{plan.id}", details={"title": plan.title}))
    return _plan_view(drafted, now)


def plans(platform: Platform, principal: Principal) -> PlanHierarchy:
    """Return the plans by hierarchy; for the public those that are published."""
    sees_all = is_permitted(principal, Action.MANAGE_PLANS)
    with platform.database.reading() as transaction:
        stored = transaction.registers.plans.all().values()
    shown = [_plan_view(one, edition) for one, edition in stored if sees_all or one.state in _PUBLIC]
    filed = {one.plan.jurisdiction for one in shown if one.state is PlanState.FILED}
    return PlanHierarchy(
        city=tuple(one for one in shown if one.plan.is_city),
        districts=tuple(one for one in shown if not one.plan.is_city),
        not_filed=tuple(name for code, name in DIVISIONS.items() if code != CITY and code not in filed),
    )


def put_standard(platform: Platform, principal: Principal, standard: Standard, edition: int | None = None) -> StandardView:
    """Register a standard (no edition), or change what is registered of it.

    Raises:
        NotFoundError: it is not registered, or the one that replaces it is not.
        ConflictError: it is registered already, or somebody else changed it since `edition`.
    """
    authorize(principal, Action.MANAGE_PLANS)
    with platform.database.transaction() as transaction:
        register = transaction.registers.standards
        if standard.replaced_by is not None:
            register.get(standard.replaced_by)
        if edition is None:
            register.add(standard.number, standard)
        else:
            register.get(standard.number)
            register.change(standard.number, standard, edition)
        details = {"title": standard.title, "status": standard.status.value, "replaced_by": standard.replaced_by}
        transaction.ledger.append(entry_by(principal, "put_standard", f"standard:{standard.number}", details=details))
        return StandardView(standard=standard, edition=(edition or 0) + 1, links=transaction.registers.links(standard.number))


def link_standard(platform: Platform, principal: Principal, link: StandardLink, *, remove: bool = False) -> bool:
    """Note that a rule, a rule set or a data element rests on a standard, or take that back; False where nothing changed.

    Raises:
        NotFoundError: the standard, or what rests on it, does not exist.
    """
    authorize(principal, Action.MANAGE_PLANS)
    with platform.database.transaction() as transaction:
        transaction.registers.standards.get(link.standard)
        if remove:
            changed = transaction.registers.unlink(link)
        else:
            _require_target(transaction, link)
            changed = transaction.registers.link(link)
        if changed:
            action = "unlink_standard" if remove else "link_standard"
            details = {"kind": link.kind, "target": link.target}
            transaction.ledger.append(entry_by(principal, action, f"standard:{link.standard}", details=details))
    return changed


def standards(platform: Platform) -> tuple[StandardView, ...]:
    """Return all standards with what rests on them; they are public."""
    with platform.database.reading() as transaction:
        links = transaction.registers.links()
        stored = transaction.registers.standards.all().values()
    return tuple(
        StandardView(standard=one, edition=edition, links=tuple(link for link in links if link.standard == one.number))
        for one, edition in stored
    )


def _require_own(transaction: Transaction, principal: Principal, plan: Plan) -> None:
    """A district's authority answers for its own plan; the city's for every one."""
    agency = transaction.catalog.registry().agency.get(principal.agency or "")
    own = CITY if agency is None else agency.jurisdiction
    if own not in {CITY, plan.jurisdiction}:
        zh = f"您所在地区为 {DIVISIONS.get(own, own)}，只能登记本行政区域的规划"
        en = f"your authority is that of {own}; it registers plans of its own jurisdiction only"
        raise ForbiddenError(problem("foreign-jurisdiction", zh, en, field="jurisdiction", article=9))


def _require_link(transaction: Transaction, plan: Plan) -> None:
    if plan.jurisdiction not in DIVISIONS:
        names = "、".join(f"{code} {name}" for code, name in DIVISIONS.items())
        raise _invalid(
            "unknown-jurisdiction", f"行政区划应为：{names}", f"the jurisdiction must be one of {', '.join(DIVISIONS)}"
        )
    if plan.linked_to is None:
        return
    target, _ = transaction.registers.plans.get(plan.linked_to)
    if plan.is_city or not target.is_city:
        raise _invalid(
            "bad-link", "只有市（县）、区规划可以、且只能与市规划相衔接", "only a district's plan is linked, and to the city's"
        )


def _require_next(platform: Platform, plan: Plan, step: PlanStep) -> None:
    if step.state is not plan.next_state:
        following = plan.next_state
        zh = f"规划目前为“{plan.state.zh}”，" + (f"下一步应为“{following.zh}”" if following else "已到最后一步")
        en = f"the plan is {plan.state.en}; " + (
            f"what comes next is: {following.en}" if following else "nothing comes after that"
        )
        raise _invalid("wrong-station", zh, en)
    earliest = plan.steps[-1].on if plan.steps else step.on
    if not earliest <= step.on <= clocks.today(platform):
        raise _invalid(
            "impossible-day", "日期不能早于上一步，也不能在将来", "the day lies before the last station, or in the future"
        )


def _require_target(transaction: Transaction, link: StandardLink) -> None:
    match link.kind:
        case "rule_set":
            clocks.rule_sets_in(transaction).get(link.target)
        case "rule":
            dataset_id, _, rule = link.target.partition("#")
            transaction.catalog.record(dataset_id)
            if not rule:
                raise _invalid("bad-rule", "规则应写作 机构/数据集#规则名", "write a rule as agency/dataset#rule", article=10)
        case "data_element":
            used = {f.data_element for one in transaction.catalog.snapshot().datasets for f in one.schema_.fields}
            if link.target not in used:
                zh, en = f"没有信息项使用数据元 {link.target}", f"no field uses the data element {link.target}"
                raise NotFoundError(problem("unknown-data-element", zh, en, article=10))


def _invalid(code: str, zh: str, en: str, *, article: int = 9) -> InvalidError:
    return InvalidError(problem(code, zh, en, article=article))


def _plan_view(plan: Plan, edition: int) -> PlanView:
    return PlanView(
        plan=plan,
        edition=edition,
        state=plan.state,
        next_state=plan.next_state,
        division=DIVISIONS.get(plan.jurisdiction, plan.jurisdiction),
    )
