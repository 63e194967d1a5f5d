"""The floor as it is now: queues, who waits, agents, emergencies, alarms; read once for everybody who looks."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select

from agents.listening_in import may_be_heard
from agents.models import ANSWERED_DIAL, SERVING_PURPOSES, Agent, Dial, Offer, OfferState, Presence, Wait, WaitState
from agents.offering import emergencies as urgent
from agents.supervisor.live_floor.alarms import Raised, Staffed, WaitingCaller, alarms
from agents.supervisor.live_floor.listening_now import ListenedTo, everybody_listened_to
from agents.waiting.estimates import agents_at_work, ahead_of, estimate_seconds
from agents.waiting.past_waits import AS_IT_WENT, HAS_JOINED, past_wait
from agents.waiting.service_level import Answering, PastWait, answering
from agents.waiting.waits import RANK_HEAD
from agents.webhooks.looking_after import given_up_lately
from config.centre import Centre
from config.database import Transaction
from config.ids import first_id_at
from config.line_descriptions import Insurer, Queue, Words
from ivr.calls.models import NOT_ENDED, Call, CallEvent, CallState, LineNotice, Outcome
from ivr.calls.replay import masked_caller
from ivr.line_notices import current_notices
from recordings.models import HAS_FAILED, Recording

BARS: Final = 12
"""How many bars the last hour has."""
_BAR: Final = timedelta(minutes=5)
MOST_WAITING: Final = 40
_DROPPED: Final = "emergency_drop"
_GIVEN_UP_WITHIN: Final = timedelta(hours=24)


@dataclass(frozen=True)
class QueueNow:
    """One queue. Estimates are seconds: what the last one in line was told, and what would be told now; `hour` counts
    who joined in each twelfth of the last hour, the newest last.
    """

    name: str
    target_seconds: int
    is_open: bool
    waiting: int
    longest_since: datetime | None
    told_seconds: int | None
    estimate_seconds: int | None
    today: Answering
    hour: tuple[int, ...]
    at_work: int
    free: int


@dataclass(frozen=True)
class AgentNow:
    """One agent; `line` says what the call is that they have. `may_be_heard`: a supervisor may listen in on them.

    `listens`: the conversation of a colleague that they are in or rung into; `heard_by`: who is in theirs.
    """

    id: str
    code: str
    title: str
    presence: Presence
    reason: str | None
    since: datetime
    call_id: str | None
    line: str | None
    is_emergency: bool
    may_be_heard: bool
    listens: ListenedTo | None
    heard_by: tuple[ListenedTo, ...]


class Stage(StrEnum):
    """Where an emergency is that no agent has. Whether somebody answers at the duty number is known when it is over."""

    IN_MENU = "in_menu"
    WAITING = "waiting"
    TO_DUTY = "to_duty"
    AT_DUTY = "at_duty"


@dataclass(frozen=True)
class EmergencyNow:
    """An emergency that goes on: since when, and the agents who have it; `to_duty_at`: when the house gave it up."""

    call_id: str
    line: str
    since: datetime
    stage: Stage
    agents: tuple[AgentNow, ...]
    to_duty_at: datetime | None


@dataclass(frozen=True)
class FloorNow:
    """Everything that the floor shows, at one instant."""

    at: datetime
    queues: tuple[QueueNow, ...]
    waiting: tuple[WaitingCaller, ...]
    waiting_in_all: int
    agents: tuple[AgentNow, ...]
    emergencies: tuple[EmergencyNow, ...]
    alarms: tuple[Raised, ...]
    notices: tuple[LineNotice, ...]


def floor_now(tx: Transaction, centre: Centre, insurer: Insurer, *, at: datetime) -> FloorNow:
    """The insurer's floor. A handful of reads, however many callers wait and however long the log is."""
    found = _waiting_rows(tx, insurer)
    rows = [wait for wait, _ in found]
    reasons = _reasons(tx, [call.id for _, call in found[:MOST_WAITING]])
    waiting = [_caller(insurer, wait, call, reasons.get(call.id, {})) for wait, call in found]
    agents = _agents(tx, centre, insurer)
    emergencies = _emergencies(tx, insurer, agents)
    today = _waits_today(tx, insurer, at)
    queues = tuple(_queue(tx, insurer, one, rows, today[one.name], at) for one in insurer.queues.values())
    return FloorNow(
        at=at,
        queues=queues,
        waiting=tuple(waiting[:MOST_WAITING]),
        waiting_in_all=len(waiting),
        agents=agents,
        emergencies=emergencies,
        alarms=tuple(
            alarms(
                insurer,
                waiting=waiting,
                staffed=[Staffed(one.name, one.at_work) for one in queues if one.is_open],
                at_duty=[(one.call_id, one.to_duty_at) for one in emergencies if one.to_duty_at and not one.agents],
                dropped=_dropped(tx, insurer, at),
                failed_recordings=_failed_recordings(tx, insurer, at),
                events_given_up=given_up_lately(tx, insurer.id, at=at, within=_GIVEN_UP_WITHIN),
                at=at,
            )
        ),
        notices=tuple(current_notices(tx, insurer.id, now=at)),
    )


def _waiting_rows(tx: Transaction, insurer: Insurer) -> list[tuple[Wait, Call]]:
    """In the order in which they are served: emergencies, then rank and age."""
    statement = (
        select(Wait, Call)
        .join(Call, Call.id == Wait.call_id)
        .where(Wait.insurer_id == insurer.id, Wait.state.in_((WaitState.WAITING, WaitState.OFFERED)))
        .order_by(Wait.rank, Wait.since, Wait.id)
    )
    return [(wait, call) for wait, call in tx.execute(statement)]


def _reasons(tx: Transaction, call_ids: Sequence[str]) -> dict[str, Words]:
    """What each call's caller chose on the way to the queue, by language."""
    if not call_ids:
        return {}
    statement = select(CallEvent.call_id, CallEvent.data).where(
        CallEvent.call_id.in_(call_ids), CallEvent.kind == "queued"
    )
    return {row.call_id: row.data.get("reason") or {} for row in tx.execute(statement.order_by(CallEvent.seq))}


def _caller(insurer: Insurer, wait: Wait, call: Call, reason: Words) -> WaitingCaller:
    queue = insurer.queues.get(wait.queue)
    return WaitingCaller(
        wait_id=wait.id,
        call_id=wait.call_id,
        queue=wait.queue,
        since=wait.joined_at,
        is_emergency=wait.is_emergency,
        is_ringing=wait.state == WaitState.OFFERED,
        is_head=wait.rank <= RANK_HEAD,
        told_seconds=wait.estimate_told_seconds,
        caller="" if queue is not None and queue.is_anonymous else masked_caller(call),
        reason=reason,
    )


def _waits_today(tx: Transaction, insurer: Insurer, at: datetime) -> Mapping[str, list[PastWait]]:
    """By the queue that they joined, all that began since the insurer's midnight, or within the last hour: ids are in
    the order of age.
    """
    midnight = datetime.combine(at.astimezone(insurer.time_zone).date(), time(), insurer.time_zone)
    since = min(midnight, at - BARS * _BAR)
    statement = select(*AS_IT_WENT).where(Wait.id >= first_id_at(since), Wait.insurer_id == insurer.id, HAS_JOINED)
    found: defaultdict[str, list[PastWait]] = defaultdict(list)
    for row in tx.execute(statement):
        wait = past_wait(row)
        found[wait.queue].append(wait)
    return found


def _queue(
    tx: Transaction,
    insurer: Insurer,
    queue: Queue,
    rows: Sequence[Wait],
    today: Sequence[PastWait],
    at: datetime,
) -> QueueNow:
    own = [one for one in rows if one.queue == queue.name]
    last = own[-1] if own else None
    midnight = datetime.combine(at.astimezone(insurer.time_zone).date(), time(), insurer.time_zone)
    staff = agents_at_work(tx, insurer.id, queue.skills)
    return QueueNow(
        name=queue.name,
        target_seconds=queue.answer_target_seconds,
        is_open=queue.is_by_region or queue.hours.is_open(at),
        waiting=len(own),
        longest_since=min((one.joined_at for one in own), default=None),
        told_seconds=last.estimate_told_seconds if last else None,
        estimate_seconds=estimate_seconds(tx, last, ahead=ahead_of(tx, last), at=at) if last else None,
        today=answering((one for one in today if one.since >= midnight), target_seconds=queue.answer_target_seconds),
        hour=_bars([one.since for one in today], at),
        at_work=staff.at_work,
        free=staff.free,
    )


def _bars(since: Sequence[datetime], at: datetime) -> tuple[int, ...]:
    bars = [0] * BARS
    for one in since:
        ago = int((at - one) / _BAR)
        if 0 <= ago < BARS:
            bars[BARS - 1 - ago] += 1
    return tuple(bars)


def _agents(tx: Transaction, centre: Centre, insurer: Insurer) -> tuple[AgentNow, ...]:
    """In the order of their codes, so that everybody keeps their row."""
    has_caller = (Offer.agent_id == Agent.id) & Offer.purpose.in_(SERVING_PURPOSES)
    has_rung = (Dial.agent_id == Agent.id) & (Dial.call_id == Agent.call_id) & ANSWERED_DIAL
    statement = (
        select(Agent, Call, Offer.queue, Dial.id)
        .outerjoin(Call, Call.id == Agent.call_id)
        .outerjoin(Offer, has_caller & (Offer.state == OfferState.ACCEPTED))
        .outerjoin(Dial, has_rung)
        .where(Agent.insurer_id == insurer.id)
        .order_by(Agent.code)
    )
    listened_to = everybody_listened_to(tx, insurer.id)
    return tuple(_agent(centre, listened_to, *row) for row in tx.execute(statement))


def _agent(
    centre: Centre,
    listened_to: Sequence[ListenedTo],
    agent: Agent,
    call: Call | None,
    queue: str | None,
    dial_id: str | None,
) -> AgentNow:
    is_talk = queue is not None or dial_id is not None
    return AgentNow(
        id=agent.id,
        code=agent.code,
        title=agent.title,
        presence=Presence(agent.presence),
        reason=agent.presence_reason,
        since=agent.presence_since,
        call_id=None if call is None else call.id,
        line=None if call is None else call.line,
        is_emergency=call is not None and call.is_emergency and agent.presence != Presence.WRAP_UP,
        may_be_heard=call is not None and is_talk and may_be_heard(centre, call, queue or ""),
        listens=next((one for one in listened_to if one.by_id == agent.id), None),
        heard_by=tuple(one for one in listened_to if one.agent_id == agent.id and one.ear is not None),
    )


def _emergencies(tx: Transaction, insurer: Insurer, agents: Sequence[AgentNow]) -> tuple[EmergencyNow, ...]:
    statement = select(Call.id, Call.line, Call.started_at, Call.state).where(
        Call.insurer_id == insurer.id, Call.is_emergency.is_(True), NOT_ENDED
    )
    rows = tx.execute(statement.order_by(Call.started_at, Call.id)).all()
    to_duty = _given_to_duty(tx, [row.id for row in rows])
    busy = (Presence.ON_CALL,)
    return tuple(
        EmergencyNow(
            call_id=row.id,
            line=row.line,
            since=row.started_at,
            stage=_stage(row.state, is_to_duty=row.id in to_duty),
            agents=tuple(one for one in agents if one.call_id == row.id and one.presence in busy),
            to_duty_at=to_duty.get(row.id),
        )
        for row in rows
    )


def _given_to_duty(tx: Transaction, call_ids: Sequence[str]) -> dict[str, datetime]:
    """Since when, of those calls whose newest wait was given up for the duty number."""
    if not call_ids:
        return {}
    statement = select(Wait.call_id, Wait.end_reason, Wait.ended_at).where(Wait.call_id.in_(call_ids))
    newest = {row.call_id: row for row in tx.execute(statement.order_by(Wait.joined_at, Wait.id))}
    return {call_id: row.ended_at for call_id, row in newest.items() if row.end_reason == urgent.TO_DUTY}


def _stage(state: str, *, is_to_duty: bool) -> Stage:
    if state == CallState.TRANSFERRED:
        return Stage.AT_DUTY
    if is_to_duty:
        return Stage.TO_DUTY
    return Stage.WAITING if state == CallState.WAITING else Stage.IN_MENU


def _dropped(tx: Transaction, insurer: Insurer, at: datetime) -> list[tuple[str, datetime]]:
    """Emergencies that broke off lately and that nobody has dealt with: the outcome stands, and is not done."""
    since = at - timedelta(hours=insurer.alarms.dropped_within_hours)
    statement = select(Outcome.call_id, Outcome.recorded_at).where(
        Outcome.insurer_id == insurer.id,
        Outcome.code == _DROPPED,
        Outcome.call_id >= first_id_at(since),
        Outcome.is_primary,
        Outcome.done_at.is_(None),
    )
    return [(row.call_id, row.recorded_at) for row in tx.execute(statement.order_by(Outcome.call_id))]


def _failed_recordings(tx: Transaction, insurer: Insurer, at: datetime) -> int:
    """Those that failed lately: one that the carrier never handed out is a day old before it has."""
    since = at - timedelta(hours=insurer.alarms.recording_failed_within_hours)
    statement = select(func.count()).where(HAS_FAILED, Recording.insurer_id == insurer.id, Recording.ended_at > since)
    return tx.scalar(statement) or 0
