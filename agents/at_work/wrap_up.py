"""Wrap-up: what came of a call, said by the agent; only then comes the next call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from agents import presence, wrap_up_drafts
from agents.dialling import dialled_calls
from agents.dialling.colleague_calls import is_between_colleagues
from agents.draft_editions import Edition
from agents.errors import ChangedMeanwhile, NothingToDo
from agents.finding import agent_named, open_offer_of
from agents.floor import Floor
from agents.models import Agent, Offer, OfferState, Presence
from agents.offering.offers import is_beside
from agents.rows import locked
from config import due_work
from config.audit import audit
from config.database import Transaction
from ivr.calls.log import record
from ivr.calls.models import Call
from ivr.calls.outcomes import drop_secondary, record_outcome

_HAS_A_CALL: Final = (Presence.ON_CALL, Presence.WRAP_UP)


@dataclass(frozen=True)
class WrittenOutcome:
    """What an agent writes down: one primary code of domain.md §7, others beside it, and what is to be done next."""

    code: str
    secondary: tuple[str, ...] = ()
    note: str | None = None
    next_action: str | None = None
    due_at: datetime | None = None
    owner: str | None = None


def record_call_outcome(
    floor: Floor,
    *,
    insurer_id: str,
    code: str,
    outcome: WrittenOutcome,
    call_id: str | None = None,
    recordings: int | None = None,
) -> str:
    """Record the outcome of the agent's call and end the wrap-up; returns the call's id. Audited.

    During the call it may be recorded too; the agent is then available as soon as it ends. With `call_id` it may also
    be one that the agent still owes after a release. `recordings` is how often it was recorded as the form shows it.

    Raises NothingToDo without a call (or for another than `call_id`), ChangedMeanwhile where it was recorded since, and
    OutcomeUnknown for a code that the insurer does not have.
    """
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("record_outcome") as tx:
        call, agent = call_to_write_down(tx, insurer_id, code, call_id)
        if recordings not in (None, wrap_up_drafts.recordings_of(tx, agent, call)):
            raise ChangedMeanwhile(f"{code}: the outcome of {call.id} was recorded already")
        _write(tx, floor, call, agent, outcome, now)
        wrap_up_drafts.close(tx, agent, call, at=now)
        audit(
            tx,
            insurer_id=insurer_id,
            at=now,
            actor=code,
            action="recorded_outcome",
            subject_kind="call",
            subject_id=call.id,
            outcome=outcome.code,
        )
        if agent.presence == Presence.WRAP_UP and agent.call_id == call.id:
            _finish(tx, call, agent, now)
        return call.id


def keep_draft(
    floor: Floor, *, insurer_id: str, code: str, call_id: str, draft: wrap_up_drafts.Draft, edition: Edition
) -> int:
    """Keep what the agent has written down so far; the draft's new version, which the next one must name.

    Raises NothingToDo for a call that is not the agent's to write down, and ChangedMeanwhile where another version than
    `edition` knows is on record.
    """
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("keep_draft") as tx:
        call, agent = call_to_write_down(tx, insurer_id, code, call_id)
        return wrap_up_drafts.keep(tx, agent, call, draft, edition=edition, at=now)


def release(floor: Floor, *, insurer_id: str, code: str, by: str) -> None:
    """A supervisor lets an agent out of wrap-up without an outcome, which the agent owes from then on; audited."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("release_agent") as tx:
        doing = agent_named(tx, insurer_id, code).presence
        if doing != Presence.WRAP_UP:
            raise NothingToDo(f"{code} is {doing}, not in wrap-up")
        call, agent = call_of_agent(tx, insurer_id, code)
        wrap_up_drafts.owe(tx, agent, call, at=now)
        _finish(tx, call, agent, now, reason="released")
        audit(
            tx,
            insurer_id=insurer_id,
            at=now,
            actor=by,
            action="released_from_wrap_up",
            subject_kind="agent",
            subject_id=agent.id,
            call=call.id,
        )


def note_overdue(floor: Floor, agent_id: str) -> None:
    """The wrap-up takes longer than it should: an event on the call, for supervisors to see. Nothing is forced."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("note_wrap_up_overdue") as tx:
        agent = tx.get(Agent, agent_id)
        if agent is None or agent.presence != Presence.WRAP_UP or agent.call_id is None:
            return
        call = locked(tx, Call, agent.call_id)
        if call is not None and (now - agent.presence_since).total_seconds() >= presence.WRAP_UP_SECONDS:
            record(tx, call, "wrap_up_overdue", at=now, agent=agent.code)


def agents_in_wrap_up(tx: Transaction, insurer_id: str) -> Sequence[Agent]:
    """The insurer's agents who write down a call, the longest first."""
    in_wrap_up = select(Agent).where(Agent.insurer_id == insurer_id, Agent.presence == Presence.WRAP_UP)
    return tx.scalars(in_wrap_up.order_by(Agent.presence_since)).all()


def call_of_agent(tx: Transaction, insurer_id: str, code: str, call_id: str | None = None) -> tuple[Call, Agent]:
    """The call that the agent has, or wraps up, and the agent, both locked; raises NothingToDo.

    A call between colleagues is none: it is about nobody.
    """
    # The call is locked before its agent, as everywhere; so the agent is read twice.
    seen = tx.scalar(select(Agent.call_id).where(Agent.insurer_id == insurer_id, Agent.code == code))
    call = None if seen is None else locked(tx, Call, seen)
    agent = agent_named(tx, insurer_id, code)
    is_theirs = call is not None and agent.call_id == call.id and agent.presence in _HAS_A_CALL
    if call is None or not is_theirs or call_id not in (None, call.id) or is_between_colleagues(tx, call.id):
        raise NothingToDo(f"{code} has no call")
    return call, agent


def call_to_write_down(tx: Transaction, insurer_id: str, code: str, call_id: str | None) -> tuple[Call, Agent]:
    """As `call_of_agent`; or the call `call_id` that the agent was released from and still owes the outcome of.

    Who only joined a conversation (consulted, or listening) has nothing to write down: NothingToDo.
    """
    seen = agent_named(tx, insurer_id, code)
    if call_id is not None and seen.call_id != call_id and wrap_up_drafts.is_owed(tx, seen, call_id):
        call = locked(tx, Call, call_id)
        agent = agent_named(tx, insurer_id, code)
        if call is not None and agent.call_id != call_id:
            return call, agent
    call, agent = call_of_agent(tx, insurer_id, code, call_id)
    if only_joined(tx, agent):
        raise NothingToDo(f"{code} only joined this call")
    return call, agent


def only_joined(tx: Transaction, agent: Agent) -> bool:
    """Whether the call that the agent has is not about a caller of theirs: they were consulted, listen, or talk with a
    colleague.
    """
    offer = open_offer_of(tx, agent)
    if offer is not None:
        return is_beside(offer)
    return agent.call_id is not None and is_between_colleagues(tx, agent.call_id)


def _write(tx: Transaction, floor: Floor, call: Call, agent: Agent, outcome: WrittenOutcome, now: datetime) -> None:
    own_codes = floor.centre.insurers[call.insurer_id].outcomes
    record_outcome(
        tx,
        call=call,
        code=outcome.code,
        by=agent.code,
        at=now,
        note=outcome.note,
        next_action=outcome.next_action,
        due_at=outcome.due_at,
        owner=outcome.owner,
        own_codes=own_codes,
    )
    drop_secondary(tx, call=call, by=agent.code, keep=outcome.secondary, at=now)
    for code in outcome.secondary:
        record_outcome(tx, call=call, code=code, by=agent.code, at=now, is_primary=False, own_codes=own_codes)


def _finish(tx: Transaction, call: Call, agent: Agent, now: datetime, *, reason: str | None = None) -> None:
    offer = tx.scalar(
        select(Offer)
        .where(Offer.agent_id == agent.id, Offer.call_id == call.id, Offer.state == OfferState.DONE)
        .order_by(Offer.id.desc())
        .limit(1)
    )
    if offer is not None:
        offer.handled_until = now
    due_work.cancel(tx, kind=presence.WRAP_UP_OVERDUE, subject_id=agent.id)
    # Who made a call meanwhile talks on: the next one comes after it.
    own = dialled_calls.call_made_by(tx, agent)
    presence.change(
        tx, agent, Presence.AVAILABLE if own is None else Presence.ON_CALL, at=now, reason=reason, call_id=own
    )
