"""To whom a call can go: colleagues by what they are doing, the insurer's queues, and its named numbers outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from agents.confidence import codes_in_confidence
from agents.models import Agent, Presence
from config.database import Transaction
from config.line_descriptions import EMERGENCY_QUEUE, Insurer, Words
from config.phone_numbers import PhoneNumber

_ORDER: Final = (Presence.AVAILABLE, Presence.WRAP_UP, Presence.ON_CALL, Presence.OFFERED, Presence.AWAY)


@dataclass(frozen=True)
class Colleague:
    """An agent of the same insurer. `last_seen_at` is when a page of theirs was open last."""

    code: str
    title: str
    extension: str | None
    presence: Presence
    reason: str | None
    since: datetime
    last_seen_at: datetime | None

    @property
    def is_free(self) -> bool:
        """Whether they can be asked now."""
        return self.presence is Presence.AVAILABLE


@dataclass(frozen=True)
class Place:
    """A queue by the name that the insurer's description gives it."""

    name: str
    title: Words


@dataclass(frozen=True)
class Targets:
    """All of them, those who can be asked first."""

    colleagues: Sequence[Colleague]
    queues: Sequence[Place]
    outside: Mapping[str, PhoneNumber]


def targets(tx: Transaction, *, insurer: Insurer, agent_id: str) -> Targets:
    """To whom an agent of this insurer can pass a call on."""
    alone = codes_in_confidence(tx, insurer)
    found = [one for one in colleagues_of(tx, insurer_id=insurer.id, agent_id=agent_id) if one.code not in alone]
    queues = [one for one in insurer.queues.values() if not one.is_anonymous and one.name != EMERGENCY_QUEUE]
    return Targets(found, [Place(one.name, one.title) for one in queues], insurer.destinations)


def colleagues_of(tx: Transaction, *, insurer_id: str, agent_id: str) -> list[Colleague]:
    """The other agents of the insurer, those who can be asked first."""
    statement = select(Agent).where(Agent.insurer_id == insurer_id, Agent.id != agent_id).order_by(Agent.code)
    return sorted(map(_colleague, tx.scalars(statement)), key=lambda one: _ORDER.index(one.presence))


def _colleague(agent: Agent) -> Colleague:
    return Colleague(
        code=agent.code,
        title=agent.title,
        extension=agent.extension,
        presence=Presence(agent.presence),
        reason=agent.presence_reason,
        since=agent.presence_since,
        last_seen_at=agent.last_seen_at,
    )
