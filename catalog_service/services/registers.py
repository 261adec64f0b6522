"""Exchange channels (Art. 12): existing ones are registered and integrated, new ones are refused.

Here: registering, planning, progress. Not here: plans and standards (services.planning), storing (store.registers).
"""

import datetime as dt

from pydantic import Field as Attribute

from catalog_service.catalog.errors import ForbiddenError, InvalidError, NotFoundError, problem
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import CITY_WIDE, PERMITTED, Action, Principal, authorize, is_permitted
from catalog_service.catalog.register import ChannelState, ExchangeChannel, LongText, Milestone, require_existing
from catalog_service.services import clocks
from catalog_service.services.platform import Platform
from catalog_service.store.database import Transaction


class ChannelView(Model):
    """A channel, how far its integration is, and which of its milestones are late."""

    channel: ExchangeChannel
    edition: int
    state: ChannelState
    progress: float
    late: tuple[Milestone, ...]
    names: dict[str, str]
    """Names of the two agencies."""


class Integration(Model):
    """What is planned and done to integrate a channel."""

    plan: LongText = ""
    milestones: tuple[Milestone, ...] = Attribute(default=(), max_length=50)
    closed_on: dt.date | None = None


def register_channel(platform: Platform, principal: Principal, channel: ExchangeChannel) -> ChannelView:
    """Register an exchange channel that was built before the Measures came into force; a new one is refused, and that is noted.

    Raises:
        ForbiddenError: it is a new channel (Art. 12); the message names the remedy.
        NotFoundError: one of its agencies is not registered.
        ConflictError: there is one of that id.
    """
    _authorize(principal, channel)
    try:
        require_existing(channel)
    except ForbiddenError:
        with platform.database.transaction() as transaction:
            details = {"established_on": str(channel.established_on), "title": channel.title, "article": 12}
            target = f"channel:{channel.id}"
            transaction.ledger.append(entry_by(principal, "register_channel", target, outcome="denied", details=details))
        raise
    with platform.database.transaction() as transaction:
        for slug in (channel.provider, channel.receiver):
            _require_agency(transaction, slug)
        _require_past(platform, channel)
        transaction.registers.channels.add(channel.id, channel)
        transaction.ledger.append(
            entry_by(principal, "register_channel", f"channel:{channel.id}", details={"title": channel.title})
        )
        return _view(platform, transaction, channel, 1)


def integrate_channel(
    platform: Platform, principal: Principal, id_: str, integration: Integration, edition: int
) -> ChannelView:
    """Set a channel's integration plan, its milestones and their progress, or close it.

    Raises:
        NotFoundError: it is not registered.
        InvalidError: it is closed with open milestones, or a day of what is done lies in the future.
        ConflictError: somebody else changed it since `edition`.
    """
    with platform.database.transaction() as transaction:
        stored, _ = transaction.registers.channels.get(id_)
        _authorize(principal, stored)
        _require_done(integration)
        changed = ExchangeChannel.model_validate(dict(stored) | dict(integration))
        _require_past(platform, changed)
        now = transaction.registers.channels.change(id_, changed, edition)
        details = {"before": stored.state.value, "after": changed.state.value, "progress": round(changed.progress, 3)}
        transaction.ledger.append(entry_by(principal, "integrate_channel", f"channel:{id_}", details=details))
        return _view(platform, transaction, changed, now)


def list_channels(platform: Platform, principal: Principal) -> tuple[ChannelView, ...]:
    """Return the channels: those of one's own agency, or all for city-wide roles; the least integrated first."""
    authorize(principal, Action.SEE_CHANNELS)
    with platform.database.reading() as transaction:
        found = transaction.registers.channels.all().values()
        shown = [_view(platform, transaction, one, edition) for one, edition in found if _sees(principal, one)]
        return tuple(sorted(shown, key=lambda one: (one.progress, one.channel.id)))


def show_channel(platform: Platform, principal: Principal, id_: str) -> ChannelView:
    """Return one channel.

    Raises:
        NotFoundError: it is not registered, or is none of one's own agency.
    """
    authorize(principal, Action.SEE_CHANNELS)
    for one in list_channels(platform, principal):
        if one.channel.id == id_:
            return one
    zh, en = f"没有登记的共享交换通道 {id_}", f"no exchange channel {id_} is registered"
    raise NotFoundError(problem("not-registered", zh, en, article=12))


def _authorize(principal: Principal, channel: ExchangeChannel) -> None:
    """Both agencies of a channel, and the authority, may register and integrate it."""
    if not is_permitted(principal, Action.MANAGE_CHANNELS, agency=channel.receiver):
        authorize(principal, Action.MANAGE_CHANNELS, agency=channel.provider)


def _sees(principal: Principal, channel: ExchangeChannel) -> bool:
    reaches_all = bool(principal.roles & PERMITTED[Action.SEE_CHANNELS] & CITY_WIDE)
    return reaches_all or principal.agency in {channel.provider, channel.receiver}


def _require_agency(transaction: Transaction, slug: str) -> None:
    if slug not in transaction.catalog.registry().agency:
        zh, en = f"机构 {slug} 未登记，请先登记机构", f"agency {slug} is not registered; register it first"
        raise NotFoundError(problem("unknown-agency", zh, en, article=12))


def _require_done(integration: Integration) -> None:
    if integration.closed_on is not None and any(one.done_on is None for one in integration.milestones):
        zh, en = "还有未完成的整合节点，不能停用", "milestones are open; the channel cannot be closed yet"
        raise InvalidError(problem("open-milestones", zh, en, field="milestones", article=12))


def _require_past(platform: Platform, channel: ExchangeChannel) -> None:
    today = clocks.today(platform)
    done = [channel.established_on, channel.closed_on, *(one.done_on for one in channel.milestones)]
    if any(day is not None and day > today for day in done):
        zh, en = "已完成事项的日期尚未到来，请更正", "what is done has a day that has not come yet; correct it"
        raise InvalidError(problem("in-the-future", zh, en, field="milestones", article=12))


def _view(platform: Platform, transaction: Transaction, channel: ExchangeChannel, edition: int) -> ChannelView:
    known = transaction.catalog.registry().agency
    return ChannelView(
        channel=channel,
        edition=edition,
        state=channel.state,
        progress=channel.progress,
        late=() if channel.closed_on else channel.late(clocks.today(platform)),
        names={slug: known[slug].name for slug in (channel.provider, channel.receiver) if slug in known},
    )
