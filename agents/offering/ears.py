"""How supervisors are in conversations, as rows: each stretch of listening, whispering or barging in is audited at its
beginning and at its end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from agents.models import SERVING_PURPOSES, Agent, Dial, Ear, Offer, OfferState, Purpose
from agents.rows import locked
from config.audit import audit
from config.database import Transaction
from ivr.calls.log import record
from ivr.calls.models import Call

_HAD_IT: Final = (OfferState.ACCEPTED, OfferState.DONE)


@dataclass(frozen=True)
class Host:
    """The agent who has a conversation, or had it last, and their leg, once that is known."""

    agent: Agent
    carrier_sid: str | None


def host_of(tx: Transaction, conference: str) -> Host | None:
    """Whose conversation it is: of an agent who was offered the caller, or who made the call."""
    statement = (
        select(Agent, Offer.carrier_sid)
        .join(Offer, Offer.agent_id == Agent.id)
        .where(Offer.conference == conference, Offer.purpose.in_(SERVING_PURPOSES), Offer.state.in_(_HAD_IT))
        .order_by(Offer.accepted_at.desc(), Offer.id.desc())
    )
    made = select(Agent, Dial.carrier_sid).join(Dial, Dial.agent_id == Agent.id).where(Dial.id == conference)
    row = tx.execute(statement.limit(1)).first() or tx.execute(made).first()
    return None if row is None else Host(row[0], row[1])


def begin(tx: Transaction, *, call: Call, offer: Offer, supervisor: Agent, at: datetime) -> None:
    """A supervisor has answered and listens; `offer` is theirs, accepted."""
    to_code = _host_code(tx, offer)
    offer.ear, offer.ear_since = Ear.LISTEN, at
    record(tx, call, "monitor_began", at=at, agent=supervisor.code, to=to_code)
    _audit(tx, call, supervisor, "listened_in", at, agent=to_code)


def change(tx: Transaction, *, call: Call, offer: Offer, supervisor: Agent, ear: Ear, at: datetime) -> None:
    """They are in it another way from now on, or the same way with another agent."""
    end(tx, call=call, offer=offer, supervisor=supervisor, at=at)
    offer.ear, offer.ear_since = ear, at
    record(tx, call, f"monitor_{ear}", at=at, agent=supervisor.code)
    _audit(tx, call, supervisor, f"monitor_{ear}", at, agent=_host_code(tx, offer))


def end(tx: Transaction, *, call: Call, offer: Offer, supervisor: Agent, at: datetime) -> None:
    """What `offer` is in the conversation for is over; of one that nobody answered nothing is said."""
    ear, since = offer.ear, offer.ear_since
    if ear is None or since is None:
        return
    offer.ear = offer.ear_since = None
    _audit(tx, call, supervisor, f"ended_{ear}", at, agent=_host_code(tx, offer), since=since.isoformat())


def listeners(tx: Transaction, conference: str) -> Iterator[tuple[Agent, Offer]]:
    """The supervisors who are in a conversation, and their offers, in the order in which they came."""
    statement = (
        select(Agent, Offer)
        .join(Offer, Offer.agent_id == Agent.id)
        .where(Offer.conference == conference, Offer.purpose == Purpose.MONITOR, Offer.ear.is_not(None))
        .order_by(Offer.accepted_at, Offer.id)
    )
    return ((row[0], row[1]) for row in tx.execute(statement))


@contextmanager
def passed_on(tx: Transaction, *, call: Call, conference: str, at: datetime) -> Iterator[list[Offer]]:
    """Within the block another agent takes the conversation over: whoever is in it is so with them afterwards. Gives
    the listeners' offers.
    """
    found = [(offer, locked(tx, Agent, offer.agent_id), offer.ear) for _, offer in list(listeners(tx, conference))]
    there = [(offer, supervisor, Ear(ear)) for offer, supervisor, ear in found if supervisor is not None and ear]
    for offer, supervisor, _ in there:
        end(tx, call=call, offer=offer, supervisor=supervisor, at=at)
    yield [offer for offer, _, _ in there]
    for offer, supervisor, ear in there:
        change(tx, call=call, offer=offer, supervisor=supervisor, ear=ear, at=at)


def _host_code(tx: Transaction, offer: Offer) -> str | None:
    host = host_of(tx, offer.conference)
    return None if host is None else host.agent.code


def _audit(tx: Transaction, call: Call, supervisor: Agent, action: str, at: datetime, **detail: str | None) -> None:
    audit(
        tx,
        insurer_id=call.insurer_id,
        at=at,
        actor=supervisor.code,
        action=action,
        subject_kind="call",
        subject_id=call.id,
        **detail,
    )
