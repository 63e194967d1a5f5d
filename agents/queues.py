"""The waiting callers, as the phone side asks about them (`ivr.ports.Queues`)."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, or_, select

from agents import answering, offers, waits
from agents.curators import preferred_on_shift
from agents.estimates import ahead_of, estimate_seconds
from agents.models import Agent, Callback, Offer, OfferState, Purpose, Wait, WaitState
from agents.queue_rules import QueueRules, rules_of
from agents.rows import locked, open_offers
from config.calendars import CalendarError
from config.centre import Centre
from config.database import Transaction
from ivr.calls.log import record
from ivr.calls.models import Call
from ivr.ports import QueueEntry, Standing, StandingAdvice

_HUNG_UP: Final = ("hangup", "hung_up", "abandoned", "ended")


class WaitingLines:
    """Answers `ivr.ports.Queues` from the waits on record; every method stays inside the caller's transaction."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre

    def is_open(self, tx: Transaction, insurer_id: str, queue: str) -> tuple[bool, datetime | None]:
        """Whether `queue` takes callers now, by the insurer's own clock; if not, when it next does."""
        now = self._centre.clock.now()
        hours = rules_of(self._centre.insurers, insurer_id, queue).hours
        if hours.is_open(now):
            return True, None
        try:
            return False, hours.next_open(now)
        except CalendarError:
            return False, None

    def join(
        self,
        tx: Transaction,
        call: Call,
        *,
        queue: str,
        is_emergency: bool,
        prefer_curator: bool,
        at_head: bool = False,
    ) -> QueueEntry:
        """Start the call's wait, or resume the one it had: after a lost agent, or as a callback that kept its place.

        An emergency is never refused; somebody who waited before is not refused either.
        """
        now = self._centre.clock.now()
        rules = rules_of(self._centre.insurers, call.insurer_id, queue, region=call.region)
        kept = self._kept(tx, call, at_head=at_head)
        if kept is not None:
            self._resume(tx, call, kept, queue=queue, rules=rules, is_emergency=is_emergency, at=now)
            return QueueEntry.JOINED
        if not is_emergency and (refused := self._refusal(tx, call.insurer_id, rules, now)):
            return refused
        preferred = preferred_on_shift(tx, call, now) if prefer_curator else None
        wait = waits.start(
            tx,
            call,
            rules=rules,
            joined_queue=queue,
            is_emergency=is_emergency,
            preferred_agent_id=None if preferred is None else preferred.id,
            at=now,
        )
        record(tx, call, "wait_began", at=now, wait=wait.id, queue=rules.name, emergency=is_emergency)
        return QueueEntry.JOINED

    def standing(self, tx: Transaction, call: Call, *, round_number: int) -> Standing | None:
        """The place of the call's wait, the told estimate put on record once a round; None when it waits no more."""
        wait = waits.open_wait(tx, call.id)
        if wait is None or wait.state not in (WaitState.WAITING, WaitState.OFFERED):
            return None
        now = self._centre.clock.now()
        ahead = ahead_of(tx, wait)
        estimate = estimate_seconds(tx, wait, ahead=ahead, at=now)
        if round_number > wait.round:
            wait.round, wait.estimate_told_seconds = round_number, estimate
            record(tx, call, "place_told", at=now, ahead=ahead, estimate_seconds=estimate, round=round_number)
        waited = int((now - wait.since).total_seconds())
        return Standing(ahead, estimate, waited, self._advice(wait, now))

    def leave(self, tx: Transaction, call: Call, *, reason: str) -> None:
        """The caller left the queue; open offers are withdrawn, agents free at once, legs ended as due work.

        A wait whose caller is talking already ends with the conversation; one that became a callback stays.
        """
        wait = waits.open_wait(tx, call.id)
        if wait is None or wait.state == WaitState.CALLBACK:
            return
        now = self._centre.clock.now()
        if wait.state == WaitState.CLAIMED and _is_bridged(tx, wait):
            if reason in _HUNG_UP:
                waits.end(tx, wait, WaitState.SERVED, reason="served", at=now)
            return
        offers.withdraw_all(tx, call=call, wait=wait, reason="caller_left", at=now)
        to = WaitState.ABANDONED if reason in _HUNG_UP else WaitState.LEFT
        waits.end(tx, wait, to, reason=reason, at=now)
        record(tx, call, "wait_ended", at=now, wait=wait.id, state=str(to), reason=reason)

    def is_concluded(self, tx: Transaction, call: Call) -> bool:
        """Whether the agent's side ended the last conversation on purpose.

        A desk says so; a telephone has no desk, so there the hang-up itself is meant.
        """
        row = tx.execute(
            select(Offer.is_ended_by_desk, Agent.address, Offer.purpose)
            .join(Agent, Agent.id == Offer.agent_id)
            .where(
                Offer.call_id == call.id,
                Offer.insurer_id == call.insurer_id,
                Offer.bridged_at.is_not(None),
                Offer.state.in_((OfferState.ACCEPTED, OfferState.DONE)),
            )
            .order_by(Offer.bridged_at.desc(), Offer.id.desc())
            .limit(1)
        ).first()
        if row is None:
            return False
        wait = waits.last_wait(tx, call.id)
        if wait is not None and wait.purpose == Purpose.TRANSFER:
            return False
        return row.is_ended_by_desk or not row.address.startswith("client:")

    def _kept(self, tx: Transaction, call: Call, *, at_head: bool) -> Wait | None:
        wait = waits.last_wait(tx, call.id)
        if wait is not None and wait.state in (WaitState.WAITING, WaitState.OFFERED, WaitState.CLAIMED):
            return wait
        if wait is not None and wait.state == WaitState.SERVED and at_head:
            return wait
        return _promised_wait(tx, call)

    def _resume(
        self,
        tx: Transaction,
        call: Call,
        wait: Wait,
        *,
        queue: str,
        rules: QueueRules,
        is_emergency: bool,
        at: datetime,
    ) -> None:
        if wait.state in (WaitState.WAITING, WaitState.OFFERED):
            if is_emergency and not wait.is_emergency:
                self._make_urgent(tx, call, wait, queue=queue, rules=rules, at=at)
            return
        if wait.call_id == call.id:
            self._close_conversation(tx, call, wait, at)
        if is_emergency:
            wait.is_emergency, wait.rank = True, waits.RANK_EMERGENCY
        waits.resume(tx, wait, call, joined_queue=queue, rules=rules, at=at)
        record(tx, call, "wait_resumed", at=at, wait=wait.id, queue=wait.queue)

    def _close_conversation(self, tx: Transaction, call: Call, wait: Wait, at: datetime) -> None:
        """The agent was lost: one who spoke to the caller wraps up, one who had not yet is free."""
        for offer in open_offers(tx, wait.id):
            agent = locked(tx, Agent, offer.agent_id)
            if agent is not None and offer.bridged_at is not None:
                answering.conclude(tx, call=call, wait=wait, offer=offer, agent=agent, at=at)
        offers.withdraw_all(tx, call=call, wait=wait, reason="agent_lost", at=at)

    def _make_urgent(
        self, tx: Transaction, call: Call, wait: Wait, *, queue: str, rules: QueueRules, at: datetime
    ) -> None:
        offers.withdraw_all(tx, call=call, wait=wait, reason="became_emergency", at=at)
        wait.is_emergency, wait.rank, wait.joined_queue, wait.joined_at = True, waits.RANK_EMERGENCY, queue, at
        if wait.state == WaitState.OFFERED:
            waits.put_back(tx, wait, at=at)
        waits.change_queue(tx, wait, rules=rules, at=at)
        record(tx, call, "wait_became_emergency", at=at, wait=wait.id)

    def _refusal(self, tx: Transaction, insurer_id: str, rules: QueueRules, now: datetime) -> QueueEntry | None:
        if not rules.hours.is_open(now):
            return QueueEntry.CLOSED
        if rules.max_size is not None and _size(tx, insurer_id, rules.name, rules.max_size) >= rules.max_size:
            return QueueEntry.FULL
        return None

    def _advice(self, wait: Wait, now: datetime) -> StandingAdvice:
        rules = rules_of(self._centre.insurers, wait.insurer_id, wait.queue)
        in_queue = (now - wait.queue_since).total_seconds()
        # A wait that overflows has its own appointment; and nobody is sent away while an agent's telephone rings.
        will_overflow = rules.overflow_to is not None and not waits.has_overflowed(wait)
        if in_queue < rules.max_wait_seconds or wait.state == WaitState.OFFERED or will_overflow:
            return StandingAdvice.KEEP_WAITING
        return StandingAdvice.LEAVE_TIMED_OUT


def _is_bridged(tx: Transaction, wait: Wait) -> bool:
    return any(offer.bridged_at is not None for offer in open_offers(tx, wait.id))


# Built once: building a statement anew takes longer than the database needs for it.
_WAITING: Final = select(func.count()).select_from(
    select(Wait.id)
    .where(
        Wait.insurer_id == bindparam("insurer_id"),
        Wait.queue == bindparam("queue"),
        or_(Wait.state == WaitState.WAITING, Wait.state == WaitState.OFFERED),
    )
    .limit(bindparam("enough"))
    .subquery()
)
_PROMISED: Final = select(Callback.wait_id).where(
    Callback.carrier_sid == bindparam("carrier_sid"),
    Callback.insurer_id == bindparam("insurer_id"),
    Callback.ended_at.is_(None),
)


def _size(tx: Transaction, insurer_id: str, queue: str, enough: int) -> int:
    return tx.scalar(_WAITING, {"insurer_id": insurer_id, "queue": queue, "enough": enough}) or 0


def _promised_wait(tx: Transaction, call: Call) -> Wait | None:
    """The wait that a callback, being kept by this very call, continues."""
    wait_id = tx.scalar(_PROMISED, {"carrier_sid": call.carrier_sid, "insurer_id": call.insurer_id})
    statement = select(Wait).where(Wait.id == wait_id, Wait.state == WaitState.CALLBACK)
    return None if wait_id is None else tx.scalar(statement.with_for_update())
