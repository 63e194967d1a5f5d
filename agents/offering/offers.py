"""Offers as rows: made, and brought to an end, within somebody's transaction; the agent's presence follows along."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, assert_never

from sqlalchemy import select

from agents import presence, transitions
from agents.models import OPEN_OFFER, Agent, Offer, OfferState, Presence, Purpose, Wait, WaitState
from agents.offering import ears
from agents.rows import locked, open_offers
from agents.waiting import waits
from agents.waiting.estimates import RING_SECONDS
from config import due_work
from config.database import Transaction
from config.ids import new_id
from ivr.calls.log import record
from ivr.calls.models import Call

RING: Final = "ring_offer"
TIMEOUT: Final = "offer_timeout"
CONNECT: Final = "connect_offer"
END_LEG: Final = "end_offer_leg"
CLOSE: Final = "close_conference"
CHECK: Final = "check_offer"

# A carrier that never says "ringing" must not keep an agent: the count then runs from the making.
_UNRUNG_SECONDS: Final = RING_SECONDS + 15


_BESIDE: Final = (Purpose.CONSULT, Purpose.MONITOR)


def is_beside(offer: Offer) -> bool:
    """Whether the offer is to join a conversation that another agent has: to be consulted, or to listen."""
    return offer.purpose in _BESIDE


def make(tx: Transaction, *, call: Call, wait: Wait, agent: Agent, at: datetime) -> Offer:
    """Invite a free, locked agent to a locked wait, for its purpose. Ringing is due work. An emergency is broadcast."""
    offer = _make(tx, call=call, wait=wait, agent=agent, at=at, purpose=Purpose(wait.purpose))
    if wait.state != WaitState.OFFERED:
        waits.move(wait, WaitState.OFFERED)
    _announce(tx, call, offer, agent, at)
    return offer


def make_beside(
    tx: Transaction, *, call: Call, wait: Wait | None, conference: str, agent: Agent, at: datetime, purpose: Purpose
) -> Offer:
    """Invite a free, locked agent into a conversation that another agent has. A call that they made has no wait."""
    offer = _make(tx, call=call, wait=wait, agent=agent, at=at, purpose=purpose, conference=conference)
    _announce(tx, call, offer, agent, at)
    return offer


def _make(
    tx: Transaction,
    *,
    call: Call,
    wait: Wait | None,
    agent: Agent,
    at: datetime,
    purpose: Purpose,
    conference: str | None = None,
) -> Offer:
    offer_id = new_id(at)
    offer = Offer(
        id=offer_id,
        insurer_id=call.insurer_id,
        wait_id=None if wait is None else wait.id,
        call_id=call.id,
        agent_id=agent.id,
        queue="" if wait is None else wait.queue,
        purpose=purpose,
        is_broadcast=wait is not None and wait.is_emergency and purpose not in _BESIDE,
        presence_before=agent.presence,
        reason_before=agent.presence_reason,
        state=OfferState.MADE,
        conference=conference or offer_id,
        made_at=at,
    )
    presence.change(tx, agent, Presence.OFFERED, at=at, call_id=call.id)
    tx.add(offer)
    tx.flush()
    return offer


def _announce(tx: Transaction, call: Call, offer: Offer, agent: Agent, at: datetime) -> None:
    # The language is said to the agent before hello (`pult agent show`), and so belongs to the record.
    record(
        tx,
        call,
        "offer_made",
        at=at,
        offer=offer.id,
        agent=agent.code,
        queue=offer.queue,
        purpose=str(offer.purpose),
        language=call.language,
    )
    schedule(tx, offer, RING, at)
    schedule(tx, offer, TIMEOUT, at + timedelta(seconds=_UNRUNG_SECONDS))


def move(offer: Offer, to: OfferState) -> None:
    """Bring a locked offer to `to`; raises ImpossibleChange."""
    transitions.check(transitions.OFFER, OfferState(offer.state), to)
    offer.state = to


def end(
    tx: Transaction,
    *,
    call: Call,
    offer: Offer,
    agent: Agent,
    state: OfferState,
    reason: str,
    at: datetime,
) -> None:
    """Close an offer that led to no conversation: the agent is freed at once and a leg that may ring is ended."""
    ears.end(tx, call=call, offer=offer, supervisor=agent, at=at)
    move(offer, state)
    offer.ended_at, offer.end_reason = at, reason
    for kind in (RING, TIMEOUT, CONNECT):
        due_work.cancel(tx, kind=kind, subject_id=offer.id)
    if offer.ring_tried_at is not None:
        schedule(tx, offer, END_LEG, at)
    to, why = _presence_after(offer, agent)
    if agent.presence in (Presence.OFFERED, Presence.ON_CALL) and agent.call_id == call.id:
        presence.change(tx, agent, to, at=at, reason=why)
    record(tx, call, "offer_ended", at=at, offer=offer.id, agent=agent.code, state=str(state), reason=reason)
    tx.flush()


def end_and_requeue(
    tx: Transaction,
    *,
    call: Call,
    wait: Wait | None,
    offer: Offer,
    agent: Agent,
    state: OfferState,
    reason: str,
    at: datetime,
    at_head: bool = False,
) -> None:
    """Close an offer; where it was the wait's last, the wait keeps its place and is routed again."""
    end(tx, call=call, offer=offer, agent=agent, state=state, reason=reason, at=at)
    if wait is not None and wait.state in (WaitState.OFFERED, WaitState.CLAIMED) and not open_offers(tx, wait.id):
        waits.put_back(tx, wait, at=at, at_head=at_head)


def withdraw_all(tx: Transaction, *, call: Call, wait: Wait, reason: str, at: datetime, but: str | None = None) -> None:
    """Take back every open offer of the wait, save `but`."""
    _withdraw(tx, [one for one in open_offers(tx, wait.id) if one.id != but], call=call, reason=reason, at=at)


def withdraw_listeners(tx: Transaction, *, call: Call, conference: str, reason: str, at: datetime) -> None:
    """Take back every open offer to listen to a call that an agent made."""
    found = select(Offer).where(Offer.conference == conference, Offer.purpose == Purpose.MONITOR, OPEN_OFFER)
    _withdraw(tx, tx.scalars(found.with_for_update()).all(), call=call, reason=reason, at=at)


def _withdraw(tx: Transaction, those: Sequence[Offer], *, call: Call, reason: str, at: datetime) -> None:
    for offer in those:
        agent = locked(tx, Agent, offer.agent_id)
        if agent is not None:
            end(tx, call=call, offer=offer, agent=agent, state=OfferState.WITHDRAWN, reason=reason, at=at)


def schedule(tx: Transaction, offer: Offer, kind: str, due_at: datetime) -> None:
    """Make `kind` due for the offer."""
    due_work.schedule(tx, kind=kind, subject_id=offer.id, insurer_id=offer.insurer_id, due_at=due_at)


def _presence_after(offer: Offer, agent: Agent) -> tuple[Presence, str | None]:
    was_away = offer.presence_before == Presence.AWAY
    match OfferState(offer.state):
        case OfferState.WITHDRAWN:
            return Presence(offer.presence_before), offer.reason_before
        case OfferState.MISSED | OfferState.DECLINED | OfferState.FAILED if was_away:
            return Presence.AWAY, offer.reason_before
        case OfferState.MISSED:
            return Presence.AWAY, "rona"
        case OfferState.DECLINED:
            return Presence.AWAY, "declined"
        case OfferState.FAILED:
            return Presence.AWAY, "unreachable"
        case OfferState.MADE | OfferState.RINGING | OfferState.ACCEPTED | OfferState.DONE:
            return Presence(agent.presence), agent.presence_reason
        case _ as never:
            assert_never(never)
