"""What the database knows: what is so now, and what happened since midnight UTC.

Counters begin anew at midnight, which Prometheus takes for a restart: so they cost a day's rows however long the log
is, and whichever process is asked says the same. Within the day none may fall, so that they count only what stays as
it is; what may be changed afterwards is a gauge. Labels are names of the configuration and states: few, and nobody's
data.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from prometheus_client.core import Metric
from sqlalchemy import Row, func, or_, select

from agents.metrics.families import By, counter, gauge, histogram
from agents.models import Agent, Offer, Presence, Wait, WaitState
from agents.waiting.past_waits import AS_IT_WENT, HAS_JOINED, past_wait
from agents.waiting.service_level import Answering, PastWait, answering
from config.database import Transaction
from config.due_work import DueWork
from config.ids import first_id_at
from config.line_descriptions import Insurers
from ivr.calls.models import NOT_ENDED, Call, Outcome
from recordings.models import Recording, RecordingState

# What ended since midnight began at most so much earlier.
_LONGEST: Final = timedelta(days=1)
# Younger work is on its way: the sweep looks twice a second.
_OVERDUE: Final = timedelta(seconds=5)
_NO_OUTCOME: Final = "none"
_IN_QUEUE: Final = (WaitState.WAITING, WaitState.OFFERED)


def measurements(tx: Transaction, insurers: Insurers, *, at: datetime) -> Iterator[Metric]:
    """Every family, of all insurers."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    yield from _calls(tx, midnight)
    yield from _waits(tx, insurers, midnight)
    yield from _queues(tx, insurers, at)
    yield _offers(tx, midnight)
    yield _presence(tx, insurers)
    yield from _due_work(tx, at)
    yield _recordings(tx)


def _calls(tx: Transaction, midnight: datetime) -> Iterator[Metric]:
    was_ended = (Call.id >= first_id_at(midnight - _LONGEST), Call.ended_at >= midnight)
    ended = (
        select(Call.insurer_id, Call.line, Call.direction, func.count())
        .where(*was_ended)
        .group_by(Call.insurer_id, Call.line, Call.direction)
    )
    yield counter(
        "pult_calls_ended",
        "Calls that ended since midnight UTC.",
        ("insurer", "line", "direction"),
        _by(tx.execute(ended).all()),
    )
    # Written down, and corrected, after the call's end: a count of them falls.
    outcomes = (
        select(Call.insurer_id, Call.line, func.coalesce(Outcome.code, _NO_OUTCOME), func.count())
        .outerjoin(Outcome, (Outcome.call_id == Call.id) & Outcome.is_primary)
        .where(*was_ended)
        .group_by(Call.insurer_id, Call.line, Outcome.code)
    )
    yield gauge(
        "pult_calls_by_outcome",
        "Calls that ended since midnight UTC, by their primary outcome as it stands; none where none is written down.",
        ("insurer", "line", "outcome"),
        _by(tx.execute(outcomes).all()),
    )
    begun = (
        select(Call.insurer_id, Call.line, Call.direction, func.count())
        .where(Call.id >= first_id_at(midnight))
        .group_by(Call.insurer_id, Call.line, Call.direction)
    )
    yield counter(
        "pult_calls_begun",
        "Calls that began since midnight UTC.",
        ("insurer", "line", "direction"),
        _by(tx.execute(begun).all()),
    )
    open_now = (
        select(Call.insurer_id, Call.line, Call.state, func.count())
        .where(NOT_ENDED)
        .group_by(Call.insurer_id, Call.line, Call.state)
    )
    yield gauge(
        "pult_calls_open", "Calls that go on now.", ("insurer", "line", "state"), _by(tx.execute(open_now).all())
    )


def _waits(tx: Transaction, insurers: Insurers, midnight: datetime) -> Iterator[Metric]:
    rows = tx.execute(
        select(Wait.insurer_id, *AS_IT_WENT).where(
            Wait.id >= first_id_at(midnight - _LONGEST), Wait.since >= midnight, HAS_JOINED
        )
    ).all()
    waits = [((one.insurer_id, one.first_queue), past_wait(one)) for one in rows]
    yield histogram(
        "pult_wait_seconds",
        "How long callers waited who joined a queue since midnight UTC, by how the wait ended.",
        ("insurer", "queue", "end"),
        [(own, (end_at - wait.since).total_seconds()) for own, wait, end_at in _over(waits)],
    )
    yield from _answering(waits, insurers)


def _over(
    waits: Sequence[tuple[tuple[str, str], PastWait]],
) -> Iterator[tuple[tuple[str, str, str], PastWait, datetime]]:
    """Those that are over: an answered one when an agent took it, whatever came then."""
    for (insurer, queue), wait in waits:
        if wait.answered_at is not None:
            yield (insurer, queue, "answered"), wait, wait.answered_at
        elif wait.ended_at is not None:
            yield (insurer, queue, wait.state), wait, wait.ended_at


def _answering(waits: Sequence[tuple[tuple[str, str], PastWait]], insurers: Insurers) -> Iterator[Metric]:
    """The parts of the service level, by the one definition of it: in time ÷ (answered + abandoned)."""
    parts: dict[tuple[str, ...], Answering] = {}
    for insurer_id, queue in {own for own, _ in waits}:
        described = insurers[insurer_id].queues.get(queue) if insurer_id in insurers else None
        if described is not None:
            own = [wait for place, wait in waits if place == (insurer_id, queue)]
            parts[insurer_id, queue] = answering(own, target_seconds=described.answer_target_seconds)
    labels = ("insurer", "queue")
    for name, words in _PARTS.items():
        values = {own: float(getattr(part, name)) for own, part in parts.items()}
        yield counter(f"pult_waits_{name}", f"{words} Of those who joined since midnight UTC.", labels, values)


_PARTS: Final = {
    "answered": "Waits that an agent answered.",
    "in_time": "Waits that an agent answered within the queue's target.",
    "abandoned": "Callers who hung up after the queue's target.",
    "short": "Callers who hung up within the queue's target, who count for nothing.",
}


def _queues(tx: Transaction, insurers: Insurers, at: datetime) -> Iterator[Metric]:
    places = [(insurer.id, queue) for insurer in insurers for queue in insurer.queues]
    waiting = tx.execute(
        select(Wait.insurer_id, Wait.queue, func.count(), func.min(Wait.joined_at).label("since"))
        .where(Wait.state.in_(_IN_QUEUE))
        .group_by(Wait.insurer_id, Wait.queue)
    ).all()
    now: By = {(one[0], one[1]): float(one[2]) for one in waiting}
    oldest: By = {(one[0], one[1]): (at - one.since).total_seconds() for one in waiting}
    labels = ("insurer", "queue")
    yield gauge("pult_callers_waiting", "Callers in the queue now.", labels, _with_zeros(places, now))
    yield gauge(
        "pult_longest_wait_seconds",
        "How long the first of the queue has waited; 0 where nobody waits.",
        labels,
        _with_zeros(places, oldest),
    )
    emergencies = tx.execute(
        select(Wait.insurer_id, func.count())
        .where(Wait.state.in_(_IN_QUEUE), Wait.is_emergency)
        .group_by(Wait.insurer_id)
    ).all()
    yield gauge(
        "pult_emergencies_waiting",
        "Emergencies that no agent has yet.",
        ("insurer",),
        _with_zeros([(one,) for one in insurers.ids], _by(emergencies)),
    )


def _offers(tx: Transaction, midnight: datetime) -> Metric:
    statement = (
        select(Offer.insurer_id, Offer.queue, Offer.purpose, Offer.state, func.count())
        .where(Offer.id >= first_id_at(midnight - _LONGEST), Offer.ended_at >= midnight)
        .group_by(Offer.insurer_id, Offer.queue, Offer.purpose, Offer.state)
    )
    return counter(
        "pult_offers_ended",
        "Offers of calls to agents that ended since midnight UTC; end=missed is RONA: nobody picked up.",
        ("insurer", "queue", "purpose", "end"),
        _by(tx.execute(statement).all()),
    )


def _presence(tx: Transaction, insurers: Insurers) -> Metric:
    statement = select(Agent.insurer_id, Agent.presence, func.count()).group_by(Agent.insurer_id, Agent.presence)
    nobody = [(insurer, str(presence)) for insurer in insurers.ids for presence in Presence]
    return gauge(
        "pult_agents",
        "Agents by presence.",
        ("insurer", "presence"),
        _with_zeros(nobody, _by(tx.execute(statement).all())),
    )


def _due_work(tx: Transaction, at: datetime) -> Iterator[Metric]:
    rows = tx.execute(
        select(DueWork.kind, func.count(), func.min(DueWork.due_at).label("due_at"))
        # What somebody is at is not late, however long it takes; once its lease is over it is.
        .where(DueWork.due_at < at - _OVERDUE, or_(DueWork.leased_until.is_(None), DueWork.leased_until <= at))
        .group_by(DueWork.kind)
    ).all()
    yield gauge(
        "pult_due_work_overdue",
        "Pieces of due work that should have been done 5 s ago.",
        ("kind",),
        {(one[0],): float(one[1]) for one in rows},
    )
    oldest = min((one.due_at for one in rows), default=at)
    yield gauge(
        "pult_due_work_oldest_seconds",
        "How late the oldest overdue work is; 0 where none is.",
        (),
        {(): (at - oldest).total_seconds()},
    )


def _recordings(tx: Transaction) -> Metric:
    statement = select(Recording.state, func.count()).group_by(Recording.state)
    none = [(str(state),) for state in RecordingState]
    return gauge(
        "pult_recordings", "Recordings by state.", ("state",), _with_zeros(none, _by(tx.execute(statement).all()))
    )


def _with_zeros(labels: Sequence[tuple[str, ...]], values: By) -> By:
    """A series that is missing alarms nobody: what is known and nought is said."""
    return {**dict.fromkeys(labels, 0.0), **values}


def _by(rows: Sequence[Row[*tuple[object, ...]]]) -> Mapping[tuple[str, ...], float]:
    """The last column is the count, the others its labels."""
    return {tuple(str(label) for label in row[:-1]): float(row[-1]) for row in rows}  # type: ignore[arg-type]
