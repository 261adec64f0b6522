"""数据开放清单 and 动态调整 (Art. 23): what an agency opens, published in versions, and what could now be opened.

Here: the list, its making out of entries, proposals and their reasons. Not here: storing (services.open_lists).
"""

import datetime as dt
from collections.abc import Iterable

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import Text
from catalog_service.catalog.model import DatasetId, Line, Model, Slug
from catalog_service.catalog.principal import Action
from catalog_service.catalog.procedure import Move, Side, Step
from catalog_service.catalog.vocabularies import Frequency, OpeningClass, Sensitivity, SharingClass, Term

GOOD_SHARE = 0.95
"""Least share of satisfied checks of a data set whose quality counts as good."""


class OpenListItem(Model):
    """One data set of the list and what of it is opened."""

    dataset: DatasetId
    title: Line
    title_en: str
    opening: OpeningClass
    conditions: str
    fields: tuple[Line, ...]
    """Titles of the fields that are opened."""
    frequency: Frequency


class OpenList(Model):
    """Article 23 数据开放清单 of one agency; a published version never changes."""

    agency: Slug
    version: int
    published_at: dt.datetime
    published_by: Line
    items: tuple[OpenListItem, ...]


def list_items(datasets: Iterable[Dataset]) -> tuple[OpenListItem, ...]:
    """Return the list that entries make: those opened with or without conditions, with the fields that are not closed."""
    return tuple(
        OpenListItem(
            dataset=one.id,
            title=one.title,
            title_en=one.title_en,
            opening=one.opening.class_,
            conditions=one.opening.conditions,
            fields=tuple(field.title for field in one.schema_.fields if one.opening_of(field) is not OpeningClass.NONE),
            frequency=one.frequency,
        )
        for one in sorted(datasets, key=lambda entry: entry.id)
        if one.opening.class_ is not OpeningClass.NONE
    )


class ProposalState(Term):
    """Where a proposal stands."""

    PROPOSED = "proposed", "待机构答复", "to be answered by the agency"
    ACCEPTED = "accepted", "机构已采纳，待修订目录", "accepted, the entry is to be revised"
    DECLINED = "declined", "机构不采纳", "declined"
    DONE = "done", "已纳入开放", "opened"


class ProposalEvent(Term):
    """What happens to a proposal."""

    ACCEPT = "accept", "采纳", "accept"
    DECLINE = "decline", "不采纳", "decline"
    FULFIL = "fulfil", "目录已开放", "note that the entry is open now"


PROPOSAL_MOVES: dict[ProposalEvent, Move[ProposalState]] = {
    ProposalEvent.ACCEPT: Move((ProposalState.PROPOSED,), ProposalState.ACCEPTED, Side.SOURCE, Action.DECIDE_OPEN),
    ProposalEvent.DECLINE: Move(
        (ProposalState.PROPOSED,), ProposalState.DECLINED, Side.SOURCE, Action.DECIDE_OPEN, needs_reason=True
    ),
    ProposalEvent.FULFIL: Move((ProposalState.PROPOSED, ProposalState.ACCEPTED), ProposalState.DONE, Side.PLATFORM, None),
}


class OpenProposal(Model):
    """Article 23 动态调整: an entry that now qualifies for opening without conditions, and why."""

    id: str
    revision: int = 1
    dataset: DatasetId
    source: Slug
    state: ProposalState
    entry_version: int
    """The version of the entry that was looked at."""
    reasons: tuple[Text, ...]
    proposed_at: dt.datetime
    reason: str = ""
    """The agency's reason for declining."""
    history: tuple[Step, ...] = ()


def reasons_to_open(dataset: Dataset, share: float | None, failed_blocking: int) -> tuple[Text, ...]:
    """Return why an entry qualifies for opening without conditions; empty where it does not.

    Args:
        dataset: the published entry.
        share: share of satisfied checks in the latest quality run; None: never checked.
        failed_blocking: blocking rules that failed in it.
    """
    fields = dataset.schema_.fields
    is_shared = all(dataset.sharing_of(one) is SharingClass.UNCONDITIONAL for one in fields)
    is_harmless = all(one.sensitivity is Sensitivity.PUBLIC for one in fields) and dataset.deidentification is None
    is_good = share is not None and share >= GOOD_SHARE and not failed_blocking
    if dataset.opening.class_ is OpeningClass.UNCONDITIONAL or not (is_shared and is_harmless and is_good and share):
        return ()
    reasons = [
        Text(zh="已无条件共享给所有机构", en="shared with every agency without conditions"),
        Text(
            zh=f"{len(fields)} 个信息项均为公开级，不含敏感项", en=f"none of its {len(fields)} fields is sensitive or internal"
        ),
        Text(zh=f"最近一次质量检查合格率 {share:.1%}", en=f"{share:.1%} of the checks satisfied in the latest run"),
    ]
    if dataset.opening.class_ is OpeningClass.NONE and (basis := dataset.opening.basis) is not None:
        zh = f"列为不予开放的依据为《{basis.law}》{basis.article}，请复核其是否确实禁止开放；确实禁止的，请不采纳并说明"
        en = f"it is closed by {basis.law} {basis.article}: verify that this forbids opening; where it does, decline and say so"
        reasons.append(Text(zh=zh, en=en))
    return tuple(reasons)
