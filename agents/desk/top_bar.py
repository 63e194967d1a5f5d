"""What the bar above the desk tells: what the agent is doing since when, and how many wait."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString
from sqlalchemy import func, select

from agents.models import Agent, Presence, Wait, WaitState
from config.database import Transaction
from config.line_descriptions import Insurer

_OWN_REASONS: Final[Mapping[str, LazyString]] = {
    "connection_lost": lazy_gettext("Connection lost"),
    "rona": lazy_gettext("Missed a call"),
    "declined": lazy_gettext("Declined a call"),
    "unreachable": lazy_gettext("Telephone out of reach"),
}
"""The centre's own (`config.line_descriptions.OWN_AWAY_REASONS`); the others are the insurer's."""

PRESENCES: Final[Mapping[Presence, LazyString]] = {
    Presence.AVAILABLE: lazy_gettext("Available"),
    Presence.OFFERED: lazy_gettext("A call rings"),
    Presence.ON_CALL: lazy_gettext("In a call"),
    Presence.WRAP_UP: lazy_gettext("Wrap-up"),
    Presence.AWAY: lazy_gettext("Away"),
}
"""What an agent is doing, in words."""


@dataclass(frozen=True)
class TopBar:
    """The bar as it is now; `may_choose` is False while a call or its wrap-up decides the presence."""

    code: str
    presence: Presence
    word: LazyString
    reason: LazyString | str | None
    since: datetime
    may_choose: bool
    waiting: int


def top_bar(tx: Transaction, *, insurer: Insurer, agent_id: str, language: str) -> TopBar:
    """The bar of one agent."""
    agent = tx.get_one(Agent, agent_id)
    presence = Presence(agent.presence)
    waiting = tx.scalar(
        select(func.count())
        .select_from(Wait)
        .where(Wait.insurer_id == insurer.id, Wait.state.in_((WaitState.WAITING, WaitState.OFFERED)))
    )
    return TopBar(
        code=agent.code,
        presence=presence,
        word=PRESENCES[presence],
        reason=_reason(insurer, agent.presence_reason or "", language) if presence is Presence.AWAY else None,
        since=agent.presence_since,
        may_choose=presence in (Presence.AVAILABLE, Presence.AWAY),
        waiting=waiting or 0,
    )


def _reason(insurer: Insurer, code: str, language: str) -> LazyString | str | None:
    own = insurer.away_reasons.get(code)
    return _OWN_REASONS.get(code) if own is None else (own.get(language) or own["ru"])
