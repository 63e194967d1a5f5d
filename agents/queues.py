"""The waiting callers, as the phone side asks about them (`ivr.ports.Queues`)."""

import math
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, func, or_, select

from agents.calling_back import callbacks
from agents.confidence import was_confidential
from agents.curators import preferred_on_shift
from agents.dialling.passing_outside import is_on_the_way
from agents.models import SERVING_PURPOSES, Agent, Callback, Offer, OfferState, Presence, Purpose, Wait, WaitState
from agents.offering import answering, offers
from agents.rows import locked, open_offers
from agents.waiting import waits
from agents.waiting.estimates import ahead_of, estimate_seconds
from agents.waiting.queue_rules import QueueRules, rules_for
from agents.waiting.serving import diverted_away, overflow_rules, serving_rules
from config.calendars import CalendarError
from config.centre import Centre
from config.database import Transaction
from config.found_rows import ChangedRows
from config.prepared import Prepared
from ivr.calls.log import record
from ivr.calls.models import Call
from ivr.diversions import Diversion
from ivr.ports import Parting, QueueEntry, Standing, StandingAdvice

_HUNG_UP: Final = ("hangup", "hung_up", "abandoned", "ended")
_MOMENT: Final = timedelta(minutes=2)


class WaitingLines:
    """Answers `ivr.ports.Queues` from the waits on record; every method stays inside the caller's transaction."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre

    def is_open(self, tx: Transaction, call: Call, queue: str) -> tuple[bool, datetime | None]:
        """Whether whoever serves `queue` takes this caller now; if not, when they next do."""
        now = self._centre.clock.now()
        hours = serving_rules(tx, self._centre, call, queue, at=now).hours
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

        An emergency is never refused, and served where it is, whatever is diverted; somebody who waited before is not
        refused either, and who goes from one queue straight into another has waited since the first.
        """
        now = self._centre.clock.now()
        last = waits.last_wait(tx, call.id)
        kept = self._kept(tx, call, last, at_head=at_head)
        if is_emergency:
            rules = rules_for(self._centre.insurers, call, queue)
        else:
            rules = serving_rules(tx, self._centre, call, queue, at=now)
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
            # Nobody waits for somebody who is away.
            is_held=preferred is not None and preferred.presence != Presence.AWAY,
            since=_waited_since(last, now),
            at=now,
        )
        record(tx, call, "wait_began", at=now, wait=wait.id, queue=rules.name, emergency=is_emergency)
        return QueueEntry.JOINED

    def standing(self, tx: Transaction, call: Call, *, round_number: int) -> Standing | None:
        """The place of the call's wait, the told estimate put on record once a round; None when it waits no more.

        A queue that was diverted to another since the last round is served by that from now.
        """
        wait = waits.open_wait(tx, call.id)
        if wait is None or wait.state not in waits.STANDING:
            return None
        now = self._centre.clock.now()
        self._follow_diversion(tx, call, wait, now)
        ahead = ahead_of(tx, wait)
        estimate = estimate_seconds(tx, wait, ahead=ahead, at=now)
        if round_number > wait.round:
            _TELL.change(tx, wait, round=round_number, estimate_told_seconds=estimate)
            record(tx, call, "place_told", at=now, ahead=ahead, estimate_seconds=estimate, round=round_number)
        waited = int((now - wait.since).total_seconds())
        leave_in = self._leave_in_seconds(tx, call, wait, now)
        advice = self._advice(tx, call, wait, leave_in, now)
        return Standing(ahead, estimate, waited, advice, tuple({wait.joined_queue, wait.queue}), leave_in)

    def diversion(self, tx: Transaction, call: Call) -> Diversion | None:
        """Where a duty manager sends the waiting caller, out of the queues; None who may stay, or has an agent."""
        wait = waits.open_wait(tx, call.id)
        if wait is None or wait.state not in waits.STANDING:
            return None
        return diverted_away(tx, call, wait, at=self._centre.clock.now())

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

    def parting(self, tx: Transaction, call: Call) -> Parting:
        """How the agent's side left the last conversation.

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
                Offer.purpose.in_(SERVING_PURPOSES),
            )
            .order_by(Offer.bridged_at.desc(), Offer.id.desc())
            .limit(1)
        ).first()
        if is_on_the_way(tx, call, at=self._centre.clock.now()):
            return Parting.OUTSIDE
        wait = waits.last_wait(tx, call.id)
        if row is not None and wait is not None and wait.purpose == Purpose.TRANSFER:
            return Parting.TRANSFERRED
        is_meant = row is not None and (row.is_ended_by_desk or not row.address.startswith("client:"))
        return Parting.CONCLUDED if is_meant else Parting.LOST

    def may_ask_for_mark(self, tx: Transaction, call: Call) -> bool:
        """Nobody is asked after an emergency, nor who is anonymous or was to talk with a psychologist."""
        insurer = self._centre.insurers[call.insurer_id]
        return not (call.is_emergency or call.is_anonymous or was_confidential(tx, insurer, call))

    def queue_of(self, tx: Transaction, call: Call) -> str | None:
        """The queue that serves the call's wait, or served its last; None for a call that never waited."""
        wait = waits.last_wait(tx, call.id)
        return None if wait is None else wait.queue

    def _kept(self, tx: Transaction, call: Call, wait: Wait | None, *, at_head: bool) -> Wait | None:
        """The wait that goes on: the call's last, where it may, else the one that a promised call continues."""
        if wait is not None and wait.state in (WaitState.WAITING, WaitState.OFFERED, WaitState.CLAIMED):
            return wait
        if wait is not None and wait.state == WaitState.SERVED and at_head:
            return wait
        if wait is not None and wait.state == WaitState.CALLBACK:
            # A call was promised, but the caller stays in line after all.
            callbacks.take_back(tx, wait, at=self._centre.clock.now())
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
        if wait.state in waits.STANDING:
            if is_emergency and not wait.is_emergency:
                self._make_urgent(tx, call, wait, queue=queue, rules=rules, at=at)
            return
        if wait.call_id == call.id:
            self._close_conversation(tx, call, wait, at)
        else:
            wait.purpose = Purpose.CALLBACK
        if is_emergency:
            waits.become_emergency(wait, at=at)
        served_by = rules_for(self._centre.insurers, call, wait.queue)
        waits.resume(tx, wait, call, joined_queue=queue, rules=served_by, at=at)
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
        waits.note_stay(tx, wait, at=at)
        waits.become_emergency(wait, at=at)
        wait.joined_queue, wait.joined_at = queue, at
        if wait.state == WaitState.OFFERED:
            waits.put_back(tx, wait, at=at)
        waits.change_queue(tx, wait, rules=rules, at=at)
        record(tx, call, "wait_became_emergency", at=at, wait=wait.id, queue=wait.queue)

    def _refusal(self, tx: Transaction, insurer_id: str, rules: QueueRules, now: datetime) -> QueueEntry | None:
        if not rules.hours.is_open(now):
            return QueueEntry.CLOSED
        if rules.max_size is not None and _size(tx, insurer_id, rules.name, rules.max_size) >= rules.max_size:
            return QueueEntry.FULL
        return None

    def _follow_diversion(self, tx: Transaction, call: Call, wait: Wait, now: datetime) -> None:
        if wait.is_emergency:
            return
        rules = serving_rules(tx, self._centre, call, wait.queue, at=now)
        if rules.name != wait.queue:
            waits.change_queue(tx, wait, rules=rules, at=now)
            record(tx, call, "wait_diverted", at=now, wait=wait.id, queue=wait.queue)

    def _advice(
        self, tx: Transaction, call: Call, wait: Wait, leave_in: int | None, now: datetime
    ) -> StandingAdvice:
        # Nobody is sent away while an agent's telephone rings.
        if wait.state == WaitState.OFFERED:
            return StandingAdvice.KEEP_WAITING
        if diverted_away(tx, call, wait, at=now) is not None:
            return StandingAdvice.LEAVE_DIVERTED
        return StandingAdvice.LEAVE_TIMED_OUT if leave_in == 0 else StandingAdvice.KEEP_WAITING

    def _leave_in_seconds(self, tx: Transaction, call: Call, wait: Wait, now: datetime) -> int | None:
        """How long the queue may still keep the caller; None where another takes over then, by its own appointment."""
        if overflow_rules(tx, self._centre, call, wait, at=now) is not None:
            return None
        rules = rules_for(self._centre.insurers, call, wait.queue)
        return max(0, math.ceil(rules.max_wait_seconds - (now - wait.queue_since).total_seconds()))


def _waited_since(last: Wait | None, now: datetime) -> datetime | None:
    """Since when the contact waits already: in a queue of this call that was left a moment ago, for this one."""
    if last is None or last.state != WaitState.LEFT or last.ended_at is None:
        return None
    return last.since if now - last.ended_at < _MOMENT else None


def _is_bridged(tx: Transaction, wait: Wait) -> bool:
    return any(offer.bridged_at is not None for offer in open_offers(tx, wait.id))


# Built once: building a statement anew takes longer than the database needs for it.
_WAITING: Final = Prepared(
    select(func.count()).select_from(
        select(Wait.id)
        .where(
            Wait.insurer_id == bindparam("insurer_id"),
            Wait.queue == bindparam("queue"),
            or_(Wait.state == WaitState.WAITING, Wait.state == WaitState.OFFERED),
        )
        .limit(bindparam("enough"))
        .subquery()
    )
)
_TELL: Final = ChangedRows(Wait, "round", "estimate_told_seconds")
_PROMISED: Final = Prepared(
    select(Callback.wait_id).where(
        Callback.carrier_sid == bindparam("carrier_sid"),
        Callback.insurer_id == bindparam("insurer_id"),
        Callback.ended_at.is_(None),
    )
)


def _size(tx: Transaction, insurer_id: str, queue: str, enough: int) -> int:
    size: int = _WAITING.value(tx, {"insurer_id": insurer_id, "queue": queue, "enough": enough})
    return size


def _promised_wait(tx: Transaction, call: Call) -> Wait | None:
    """The wait that a callback, being kept by this very call, continues."""
    wait_id = _PROMISED.value(tx, {"carrier_sid": call.carrier_sid, "insurer_id": call.insurer_id})
    if wait_id is None:
        return None
    return tx.scalar(select(Wait).where(Wait.id == wait_id, Wait.state == WaitState.CALLBACK).with_for_update())
