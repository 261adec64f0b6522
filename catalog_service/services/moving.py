"""One move in the life of a catalog entry (Art. 14): what is stored, remembered and logged when an event happens to it.

Here: record, version, draft, history and ledger, written together. Not here: whether the move may be made (life_cycle).
"""

import json

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import InvalidError, TooLargeError, problem
from catalog_service.catalog.history import Act, DeskEntry, Document, new_entry
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.life_cycle import Event, Standing, step
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services import submission
from catalog_service.store.database import Transaction
from catalog_service.store.entries import document_of

_HOOKS = {Event.PUBLISH: submission.PUBLICATION_HOOKS, Event.WITHDRAW: submission.WITHDRAWAL_HOOKS}
MAX_DRAFT_BYTES = 4 * 1024 * 1024


class Move:
    """One event that happens to one entry: what is stored, remembered and logged."""

    def __init__(self, transaction: Transaction, act: Act) -> None:
        self._transaction = transaction
        self._act = act

    def save(self, before: DeskEntry | None, dataset_id: str, standing: Standing, document: Document) -> DeskEntry:
        """Store a draft."""
        title = document.get("title")
        known = before or new_entry(dataset_id)
        after = known.moved(standing, self._act.principal.name, title=title if isinstance(title, str) else "")
        self._mirror(known, after)
        return self._store(before, after, draft_text(document), is_saved=True)

    def make(self, before: DeskEntry, dataset: Dataset | None) -> DeskEntry:
        """Let the event happen; `dataset` is the content where the event is about content."""
        event, id_ = self._act.event, before.dataset_id
        standing = step(before.standing, event, id_, reasons=self._act.reasons)
        by, catalog = self._act.principal.name, self._transaction.catalog
        match event:
            case Event.SUBMIT if dataset is not None:
                dataset = catalog.coded(dataset)
                version = self._version(before, dataset)
                after = before.moved(standing, by, version=version, title=dataset.title)
                self._keep(before, after, dataset)
            case Event.PUBLISH if dataset is not None:
                after = before.moved(standing, by, live_version=before.version, title=dataset.title)
                catalog.put_record(dataset, RecordState.PUBLISHED, before.version)
            case _:
                after = before.moved(standing, by)
                self._mirror(before, after)
        self._store(before, after, self._document(before, after, dataset))
        for hook in _HOOKS.get(event, ()):
            hook(self._transaction, self._act.principal, after)
        return after

    def _version(self, before: DeskEntry, dataset: Dataset) -> int:
        """Return the number of the version that a submission is: the last one where nothing changed since."""
        if before.version and self._transaction.catalog.version(before.dataset_id, before.version) == dataset:
            return before.version
        return before.version + 1

    def _keep(self, before: DeskEntry, after: DeskEntry, dataset: Dataset) -> None:
        if before.live is not None and before.version:
            self._transaction.catalog.put_version(dataset, after.version)
        else:  # no record yet: the entry is new, or was withdrawn before it was ever submitted
            self._transaction.catalog.put_record(dataset, after.live or RecordState.SUBMITTED, after.version)

    def _mirror(self, before: DeskEntry, after: DeskEntry) -> None:
        """Let the record, where there is one, have the state of what readers have, or of the work before there is that."""
        state = after.live or after.work
        if before.version and state is not None and state is not (before.live or before.work):
            self._transaction.catalog.put_state(before.dataset_id, state)

    def _document(self, before: DeskEntry, after: DeskEntry, dataset: Dataset | None) -> str | None:
        """Return the text of what is worked on after the event; what is submitted is reviewed as it was checked and coded."""
        if after.work is None:
            return None
        if self._act.event is Event.SUBMIT and dataset is not None:
            return document_of(dataset)
        if self._act.event is Event.REVISE:
            return draft_text(self._transaction.desk.document_at(before.dataset_id, before.edition))
        return draft_text(self._transaction.desk.draft(before.dataset_id) or {})

    def _store(self, before: DeskEntry | None, after: DeskEntry, text: str | None, *, is_saved: bool = False) -> DeskEntry:
        act = self._act
        self._transaction.desk.put(before, after, act, document=text, is_saved=is_saved)
        details = {"edition": after.edition, "version": after.version, "state": after.state.value}
        action = f"entry_{act.event.value}"
        reasons = {"reasons": act.reasons} if act.reasons else {}
        self._transaction.ledger.append(entry_by(act.principal, action, after.dataset_id, details=details | reasons))
        return after


def draft_text(document: Document) -> str:
    """Return the JSON text of a draft.

    Raises:
        InvalidError: it holds what is no text.
        TooLargeError: it is larger than an entry can be.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        zh, en = "草稿含有无效的 Unicode 字符，请删去", "the draft has invalid Unicode characters; remove them"
        raise InvalidError(problem("bad-text", zh, en)) from error
    if size > MAX_DRAFT_BYTES:
        zh, en = "草稿超过 4 MB，请减少内容", "the draft is over 4 MB; reduce it"
        raise TooLargeError(problem("draft-too-large", zh, en))
    return text
