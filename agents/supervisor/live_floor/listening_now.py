"""Who listens in now: what a supervisor's bar shows, their own conversation or one to join; and all on the floor."""

from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy import func, literal, select
from sqlalchemy.orm import aliased

from agents.listening_in import TAKE_EAR, may_be_heard
from agents.models import (
    ANSWERED_DIAL,
    OPEN_OFFER,
    SERVING_PURPOSES,
    Agent,
    Dial,
    Ear,
    Offer,
    OfferState,
    Presence,
    Purpose,
)
from agents.offering import ears
from config.centre import Centre
from config.database import Transaction
from config.due_work import DueWork
from ivr.calls.models import Call


@dataclass(frozen=True)
class Listening:
    """The conversation, and its agent. `ear` None: it rings at the supervisor since then. `is_changing`: the carrier
    has not been brought there yet.
    """

    call_id: str
    line: str
    code: str
    title: str
    ear: Ear | None
    since: datetime
    is_changing: bool


@dataclass(frozen=True)
class Bar:
    """`has_desk_call`: another call rings at them, or is theirs. `offered`: the codes of the agents of the page's own
    call who can be listened to.
    """

    own: Listening | None
    has_desk_call: bool
    offered: tuple[str, ...]


@dataclass(frozen=True)
class ListenedTo:
    """A supervisor (`by`, a code) in an agent's conversation, or with `ear` None rung to be. Both by their ids too."""

    by_id: str
    by: str
    agent_id: str
    agent: str
    ear: Ear | None


def everybody_listened_to(tx: Transaction, insurer_id: str) -> list[ListenedTo]:
    """The insurer's conversations that a supervisor is in, or rung into; in the order in which they were asked for."""
    theirs, hosts, supervisor = aliased(Offer), aliased(Offer), aliased(Agent)
    has_caller = hosts.purpose.in_(SERVING_PURPOSES) & (hosts.state == OfferState.ACCEPTED)
    statement = (
        select(theirs.agent_id, supervisor.code, Agent.id, Agent.code, theirs.ear)
        .join(supervisor, supervisor.id == theirs.agent_id)
        .outerjoin(hosts, (hosts.conference == theirs.conference) & has_caller)
        .outerjoin(Dial, Dial.id == theirs.conference)
        .join(Agent, Agent.id == func.coalesce(hosts.agent_id, Dial.agent_id))
        .where(
            supervisor.insurer_id == insurer_id,
            supervisor.presence.in_((Presence.OFFERED, Presence.ON_CALL)),
            theirs.purpose == Purpose.MONITOR,
            theirs.state.in_((OfferState.MADE, OfferState.RINGING, OfferState.ACCEPTED)),
        )
        .order_by(theirs.made_at, theirs.id)
    )
    return [ListenedTo(*row[:4], None if row[4] is None else Ear(row[4])) for row in tx.execute(statement)]


def bar_of(tx: Transaction, centre: Centre, *, insurer_id: str, agent_id: str | None, call_id: str | None) -> Bar:
    """The bar of a supervisor who is `agent_id` at the telephone, on the page of a call or of none."""
    agent = None if agent_id is None else tx.get(Agent, agent_id)
    own = None if agent is None else _own(tx, agent)
    is_busy = agent is not None and agent.presence in (Presence.OFFERED, Presence.ON_CALL)
    return Bar(own, is_busy and own is None, () if call_id is None else _offered(tx, centre, insurer_id, call_id))


def _own(tx: Transaction, agent: Agent) -> Listening | None:
    statement = select(Offer).where(Offer.agent_id == agent.id, Offer.purpose == Purpose.MONITOR, OPEN_OFFER)
    offer = tx.scalar(statement)
    host = None if offer is None else ears.host_of(tx, offer.conference)
    if offer is None or host is None:
        return None
    call = tx.get_one(Call, offer.call_id)
    is_due = select(DueWork.id).where(DueWork.kind == TAKE_EAR, DueWork.subject_id == offer.id)
    return Listening(
        call_id=call.id,
        line=call.line,
        code=host.agent.code,
        title=host.agent.title,
        ear=None if offer.ear is None else Ear(offer.ear),
        since=offer.ear_since or offer.made_at,
        is_changing=tx.scalar(is_due) is not None,
    )


def _offered(tx: Transaction, centre: Centre, insurer_id: str, call_id: str) -> tuple[str, ...]:
    offered = (
        select(Agent.code, Offer.queue, Call)
        .join(Offer, Offer.agent_id == Agent.id)
        .join(Call, Call.id == Offer.call_id)
        .where(
            Offer.call_id == call_id,
            Offer.insurer_id == insurer_id,
            Offer.purpose.in_(SERVING_PURPOSES),
            Offer.state == OfferState.ACCEPTED,
        )
    )
    made = (
        select(Agent.code, literal(""), Call)
        .join(Dial, Dial.agent_id == Agent.id)
        .join(Call, Call.id == Dial.call_id)
        .where(Dial.call_id == call_id, Dial.insurer_id == insurer_id, ANSWERED_DIAL)
    )
    found = chain(tx.execute(offered), tx.execute(made))
    return tuple(code for code, queue, call in found if may_be_heard(centre, call, queue))
