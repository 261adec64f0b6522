"""The life cycle of catalog entries (Art. 14): draft, submit, return, approve, publish, revise, suspend, resume, withdraw.

Every change is one transaction: state, history and ledger together. Every change names the edition it is based on; a stale
one is refused and shown what happened meanwhile. Of several entries each is changed whole or not at all, and reported.
Not here: which moves there are (catalog.life_cycle), what is checked (submission), reading (desk), bulk import (compiling).
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import ConflictError, InvalidError, Problem, WuxiError, problem
from catalog_service.catalog.history import Act, DeskEntry, Document, Target
from catalog_service.catalog.life_cycle import TRANSITIONS, Event, Standing, step
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import Principal
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services import submission
from catalog_service.services.editions import require_current
from catalog_service.services.moving import Move
from catalog_service.services.platform import Platform
from catalog_service.services.standing import Faults, foundations
from catalog_service.store.database import Transaction

MAX_REASONS = 2_000
_SLUG_FIELDS = ("agency", "name")


class Refusal(Model):
    """An entry that was left as it was, and why."""

    dataset_id: str
    problems: tuple[Problem, ...]


class BatchReport(Model):
    """What became of several entries: each is in one of the two lists, in the order asked for."""

    done: tuple[DeskEntry, ...]
    refused: tuple[Refusal, ...]


def save_draft(platform: Platform, principal: Principal, document: Document, *, edition: int) -> DeskEntry:
    """Store a draft, which may be incomplete; `edition` is the one it is based on, 0 for a new entry.

    Raises:
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: the role is not enough, or it is another agency's entry (Art. 14).
        InvalidError: agency or name are missing or malformed.
        NotFoundError: there is no such entry, or no longer.
        ConflictError: somebody changed it meanwhile, or it is not being worked on.
    """
    dataset_id = _identified(document)
    submission.authorize_entry(principal, TRANSITIONS[Event.SAVE].action, str(document["agency"]))
    with platform.database.transaction() as transaction:
        transaction.catalog.lock()
        before = transaction.desk.find(dataset_id)
        require_current(transaction, before, Target(dataset_id=dataset_id, edition=edition), document)
        standing = step(Standing() if before is None else before.standing, Event.SAVE, dataset_id)
        move = Move(transaction, Act(event=Event.SAVE, principal=principal))
        return move.save(before, dataset_id, standing, document)


def submit(platform: Platform, principal: Principal, target: Target) -> DeskEntry:
    """Submit an entry for review; it must be complete and pass the gates of law and every check."""
    return _one(perform(platform, principal, (Event.SUBMIT,), [target]))


def return_with_reasons(platform: Platform, principal: Principal, target: Target, reasons: str) -> DeskEntry:
    """Return a submitted entry to its agency."""
    return _one(perform(platform, principal, (Event.RETURN,), [target], reasons))


def approve(
    platform: Platform, principal: Principal, target: Target, *, reasons: str = "", publishing: bool = False
) -> DeskEntry:
    """Approve a submitted entry, and publish it in the same act if `publishing`."""
    events = (Event.APPROVE, Event.PUBLISH) if publishing else (Event.APPROVE,)
    return _one(perform(platform, principal, events, [target], reasons))


def publish(platform: Platform, principal: Principal, target: Target) -> DeskEntry:
    """Publish an approved entry: from now on readers, pipelines and search have this version."""
    return _one(perform(platform, principal, (Event.PUBLISH,), [target]))


def revise(platform: Platform, principal: Principal, target: Target) -> DeskEntry:
    """Begin a revision; what is published stays as it is until the revision is published."""
    return _one(perform(platform, principal, (Event.REVISE,), [target]))


def discard(platform: Platform, principal: Principal, target: Target) -> DeskEntry:
    """Give up a revision; its drafts stay in the history."""
    return _one(perform(platform, principal, (Event.DISCARD,), [target]))


def suspend(platform: Platform, principal: Principal, target: Target, reasons: str) -> DeskEntry:
    """Take a published entry out of the catalog for a time."""
    return _one(perform(platform, principal, (Event.SUSPEND,), [target], reasons))


def resume(platform: Platform, principal: Principal, target: Target, reasons: str = "") -> DeskEntry:
    """End a suspension."""
    return _one(perform(platform, principal, (Event.RESUME,), [target], reasons))


def withdraw(platform: Platform, principal: Principal, target: Target, reasons: str) -> DeskEntry:
    """Withdraw an entry for good; it stays in the history, and a revision can bring it back."""
    return _one(perform(platform, principal, (Event.WITHDRAW,), [target], reasons))


def perform(
    platform: Platform, principal: Principal, events: Sequence[Event], targets: Sequence[Target], reasons: str = ""
) -> BatchReport:
    """Let the same events, one after the other, happen to several entries: to each all of them or none.

    Raises:
        InvalidError: the reasons are too long or hold control characters.
        ConflictError: the same entry is named twice.
    """
    _require_proper(reasons, targets)
    with platform.database.transaction() as transaction:
        transaction.catalog.lock()
        return Batch(transaction, principal, events, reasons).run(targets)


class Batch:
    """Several entries, the same events, one transaction."""

    def __init__(self, transaction: Transaction, principal: Principal, events: Sequence[Event], reasons: str) -> None:
        self._transaction = transaction
        self._principal = principal
        self._events = events
        self._reasons = reasons.strip()
        self._refused: dict[str, Sequence[Problem]] = {}
        self.error: WuxiError | None = None

    def run(self, targets: Sequence[Target]) -> BatchReport:
        """Admit, check, then change; report."""
        admitted = {one.dataset_id: entry for one in targets if (entry := self._attempt(one)) is not None}
        datasets = {id_: found for id_, entry in admitted.items() if (found := self._dataset(entry)) is not None}
        for id_, faults in self._faults(datasets).items():
            self._refuse(id_, InvalidError(faults))
        self._require_no_dependents(admitted)
        done = [self._move(entry, datasets.get(id_)) for id_, entry in admitted.items() if id_ not in self._refused]
        refused = [Refusal(dataset_id=id_, problems=tuple(found)) for id_, found in self._refused.items()]
        if len(targets) == 1 and self.error is not None:
            raise self.error
        return BatchReport(done=tuple(done), refused=tuple(refused))

    def _attempt(self, target: Target) -> DeskEntry | None:
        """Return the entry if all events may happen to it as far as it alone can tell."""
        try:
            for event in self._events:
                agency = target.dataset_id.partition("/")[0]
                submission.authorize_entry(self._principal, TRANSITIONS[event].action, agency)
            entry = self._transaction.desk.entry(target.dataset_id)
            require_current(self._transaction, entry, target)
            standing = entry.standing
            for event in self._events:
                standing = step(standing, event, target.dataset_id, reasons=self._reasons)
        except WuxiError as error:
            self._refuse(target.dataset_id, error)
            return None
        return entry

    @cached_property
    def _agencies(self) -> Mapping[str, Agency]:
        return self._transaction.catalog.agencies()

    def _dataset(self, entry: DeskEntry) -> Dataset | None:
        """Return the content that the events are about; None where they are not about content, or it is incomplete."""
        first = self._events[0]
        if first is Event.SUBMIT:
            try:
                dataset = submission.completed(self._transaction.desk.draft(entry.dataset_id) or {})
                return submission.classified(dataset, self._agencies.get(dataset.agency))
            except InvalidError as error:
                self._refuse(entry.dataset_id, error)
                return None
        if first in {Event.APPROVE, Event.PUBLISH}:
            return self._transaction.catalog.version(entry.dataset_id, entry.version)
        if first is Event.RESUME and entry.live_version is not None:
            return self._transaction.catalog.version(entry.dataset_id, entry.live_version)
        return None

    def _faults(self, datasets: Mapping[str, Dataset]) -> Faults:
        """Return what law and checks have against the content, by id."""
        if not datasets:
            return {}
        is_public = bool({Event.PUBLISH, Event.RESUME} & set(self._events))
        transaction = self._transaction
        world = transaction.catalog.snapshot() if is_public else submission.reviewed_world(transaction)
        faults = submission.gates(datasets.values(), world)
        checks: Sequence[submission.SubmissionCheck] = ()
        if Event.SUBMIT in self._events:
            checks = submission.SUBMISSION_CHECKS
        elif Event.RESUME not in self._events:
            checks = submission.APPROVAL_CHECKS
        for id_, dataset in datasets.items():
            if id_ not in faults and (found := submission.checked(checks, transaction, dataset)):
                faults[id_] = found
        return faults

    def _require_no_dependents(self, admitted: Mapping[str, DeskEntry]) -> None:
        """Refuse to take away what published entries rest on, unless they go along."""
        if not {Event.SUSPEND, Event.WITHDRAW} & set(self._events):
            return
        going = {id_ for id_, entry in admitted.items() if entry.live is RecordState.PUBLISHED}
        if not going:
            return
        published = self._transaction.catalog.snapshot().datasets
        while held := {id_: names for id_ in going if (names := _dependents(id_, published, going))}:
            for id_, names in held.items():
                self._refuse(id_, ConflictError(has_dependents(id_, names)))
            going -= held.keys()

    def _move(self, entry: DeskEntry, dataset: Dataset | None) -> DeskEntry:
        for event in self._events:
            move = Move(self._transaction, Act(event=event, principal=self._principal, reasons=self._reasons))
            entry = move.make(entry, dataset)
        return entry

    def _refuse(self, dataset_id: str, error: WuxiError) -> None:
        self._refused.setdefault(dataset_id, error.problems)
        self.error = self.error or error


def has_dependents(dataset_id: str, dependents: Iterable[str]) -> Problem:
    """Return why an entry cannot be taken away: published ones rest on it."""
    names = sorted(dependents)
    return problem(
        "has-dependents",
        f"已发布的 {'、'.join(names)} 引用或派生自 {dataset_id}，请先撤回或修改这些条目",
        f"published entries rest on {dataset_id}: {', '.join(names)}; withdraw or change them first",
        article=15,
    )


def _dependents(dataset_id: str, published: Iterable[Dataset], going: set[str]) -> set[str]:
    return {one.id for one in published if one.id not in going and dataset_id in foundations(one)}


def _one(report: BatchReport) -> DeskEntry:
    return report.done[0]


def _identified(document: Document) -> str:
    """Return the id that a draft names."""
    parts = [document.get(name) for name in _SLUG_FIELDS]
    try:
        return Target(dataset_id="/".join(one if isinstance(one, str) else "" for one in parts), edition=0).dataset_id
    except ValueError as error:
        zh = "草稿至少应写明 agency（机构简称）和 name（标识）：小写字母开头，只含小写字母、数字和下划线，最多 63 个字符"
        en = "a draft needs agency and name: lower case letters, digits and underscores, beginning with a letter, at most 63"
        raise InvalidError(problem("no-identity", zh, en, field="name", article=13)) from error


def _require_proper(reasons: str, targets: Sequence[Target]) -> None:
    is_text = all(char.isprintable() or char in "\r\n\t" for char in reasons)
    if len(reasons) > MAX_REASONS or not is_text:
        zh, en = f"理由最多 {MAX_REASONS} 字，不含控制字符", f"reasons have at most {MAX_REASONS} printable characters"
        raise InvalidError(problem("bad-reasons", zh, en, field="reasons"))
    ids = [one.dataset_id for one in targets]
    if len(set(ids)) != len(ids):
        raise ConflictError(problem("named-twice", "同一条目出现两次，请只列一次", "an entry is named twice; name it once"))
