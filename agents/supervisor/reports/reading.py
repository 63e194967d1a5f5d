"""Reads what happened in a period at one insurer, as facts: a few columns of each table, found along ids, which are in
the order of their making.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select

from agents.models import (
    SERVING_PURPOSES,
    Agent,
    Callback,
    CallbackState,
    Offer,
    Presence,
    PresenceInterval,
    QueuedCall,
    Wait,
)
from agents.models.evaluations import WHOLE, Evaluation
from agents.supervisor.call_log.searching import HAD_THE_CALLER
from agents.supervisor.reports.facts import (
    CallbackFact,
    ContactFact,
    EmergencyFact,
    EvaluationFact,
    Facts,
    PresenceFact,
    RatingFact,
    ServiceFact,
    WaitFact,
)
from agents.supervisor.reports.figures import REPEAT_DAYS
from agents.waiting.past_waits import AS_IT_WENT, HAS_JOINED, past_wait
from config.database import Transaction
from config.ids import first_id_at
from config.line_descriptions import Insurer
from ivr.calls.log import RATED
from ivr.calls.models import Call, CallEvent, Direction, Outcome

_REPEAT: Final = timedelta(days=REPEAT_DAYS)
# What a caller keys is keyed in a call that began not longer ago.
_LONGEST_CALL: Final = timedelta(days=1)
# A place that is taken over from an earlier wait, and an offer, may be made that much later than what they count by.
_LATER: Final = timedelta(days=1)
_RINGS: Final = timedelta(hours=1)
# Nobody is at work longer than this without a change of presence.
_LONGEST_PRESENCE: Final = timedelta(days=2)
_BUSY: Final = (Presence.ON_CALL, Presence.WRAP_UP)
_AT_WORK: Final = (Presence.AVAILABLE, Presence.OFFERED, *_BUSY)


@dataclass(frozen=True)
class _Taken:
    """Who took a call of a queue, and when."""

    at: datetime
    agent: str
    queue: str


def read_facts(tx: Transaction, *, insurer: Insurer, since: datetime, until: datetime, at: datetime) -> Facts:
    """All facts of the insurer that count in the half-open period, as they stand at `at`."""
    agents = _agents(tx, insurer)
    taken_by_wait, last_by_call, services = _services(tx, insurer, agents, since, until)
    return Facts(
        waits=_waits(tx, insurer, taken_by_wait, since, until),
        emergencies=_emergencies(tx, insurer, taken_by_wait, since, until),
        services=services,
        presences=_presences(tx, insurer, agents, since, min(until, at)),
        callbacks=_callbacks(tx, insurer, since, min(until, at)),
        contacts=_contacts(tx, insurer, last_by_call, since, min(until, at - _REPEAT)),
        ratings=_ratings(tx, insurer, last_by_call, since, until),
        evaluations=_evaluations(tx, insurer, agents, since, until),
    )


@dataclass(frozen=True)
class OutcomeCount:
    """How many calls of a line had this primary outcome."""

    line: str
    code: str
    calls: int


def read_outcomes(
    tx: Transaction,
    *,
    insurer: Insurer,
    since: datetime,
    until: datetime,
    line: str | None = None,
    queue: str | None = None,
    agent: str | None = None,
) -> list[OutcomeCount]:
    """Primary outcomes of the calls that began in the period, the most frequent first: of those that went through
    `queue`, and whose caller `agent` had. The log finds the same calls, where it is asked for what reports count.
    """
    calls = func.count()
    statement = (
        select(Call.line, Outcome.code, calls.label("calls"))
        .join(Outcome, Outcome.call_id == Call.id)
        .where(*_begun(insurer, since, until), Outcome.is_primary)
        .group_by(Call.line, Outcome.code)
        .order_by(calls.desc(), Call.line, Outcome.code)
    )
    if line is not None:
        statement = statement.where(Call.line == line)
    if queue is not None:
        went = (QueuedCall.call_id == Call.id, QueuedCall.insurer_id == insurer.id, QueuedCall.queue == queue)
        statement = statement.where(select(QueuedCall.call_id).where(*went).exists())
    if agent is not None:
        took = select(Offer.id).join(Agent, Agent.id == Offer.agent_id)
        statement = statement.where(took.where(*HAD_THE_CALLER, Agent.code == agent).exists())
    return [OutcomeCount(one.line, one.code, one.calls) for one in tx.execute(statement)]


def _begun(insurer: Insurer, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Call.insurer_id == insurer.id, Call.id >= first_id_at(since), Call.id < first_id_at(until))


def _agents(tx: Transaction, insurer: Insurer) -> Mapping[str, str]:
    statement = select(Agent.id, Agent.code).where(Agent.insurer_id == insurer.id)
    return {one.id: one.code for one in tx.execute(statement)}


def _services(
    tx: Transaction, insurer: Insurer, agents: Mapping[str, str], since: datetime, until: datetime
) -> tuple[Mapping[str, list[_Taken]], Mapping[str, _Taken], list[ServiceFact]]:
    """Who took each wait, one after the other, and each call last, and the conversations that ended. An agent whom the
    caller never came to, because one of them was gone, took nobody.
    """
    statement = (
        select(
            *(Offer.wait_id, Offer.call_id, Offer.agent_id, Offer.queue, Offer.accepted_at, Offer.bridged_at),
            *(Offer.ended_at, Offer.handled_until, Call.line),
        )
        .join(Call, Call.id == Offer.call_id)
        .where(
            *(Offer.id >= first_id_at(since - _RINGS), Offer.id < first_id_at(until + _LATER)),
            *(Offer.insurer_id == insurer.id, Offer.purpose.in_(SERVING_PURPOSES), Offer.bridged_at.is_not(None)),
        )
        .order_by(Offer.bridged_at, Offer.id)
    )
    taken_by_wait: defaultdict[str, list[_Taken]] = defaultdict(list)
    last_by_call: dict[str, _Taken] = {}
    services = []
    for one in tx.execute(statement):
        taken = _Taken(one.accepted_at, agents[one.agent_id], one.queue)
        taken_by_wait[one.wait_id].append(taken)
        last_by_call[one.call_id] = taken
        if one.ended_at is not None and since <= one.bridged_at < until:
            talk = (one.ended_at - one.bridged_at).total_seconds()
            wrap_up = ((one.handled_until or one.ended_at) - one.ended_at).total_seconds()
            services.append(ServiceFact(one.bridged_at, one.line, one.queue, taken.agent, talk, max(0.0, wrap_up)))
    return taken_by_wait, last_by_call, services


def _waits(
    tx: Transaction, insurer: Insurer, taken: Mapping[str, list[_Taken]], since: datetime, until: datetime
) -> list[WaitFact]:
    statement = (
        select(Wait.id, *AS_IT_WENT, Call.line)
        .join(Call, Call.id == Wait.call_id)
        .where(
            *(Wait.id >= first_id_at(since), Wait.id < first_id_at(until + _LATER), Wait.insurer_id == insurer.id),
            *(Wait.since >= since, Wait.since < until, HAS_JOINED),
        )
        .order_by(Wait.id)
    )
    found = []
    for one in tx.execute(statement):
        past, described = past_wait(one), insurer.queues.get(one.first_queue)
        first = None if past.answered_at is None else next(iter(taken.get(one.id, ())), None)
        found.append(
            WaitFact(
                past=past,
                target_seconds=0 if described is None else described.answer_target_seconds,
                line=one.line,
                agent=None if first is None else first.agent,
            )
        )
    return found


def _emergencies(
    tx: Transaction, insurer: Insurer, taken: Mapping[str, list[_Taken]], since: datetime, until: datetime
) -> list[EmergencyFact]:
    """Those that began here, be it in the middle of a wait or after a conversation, and that an agent answered then.
    Who was rung back for one was promised it, and is counted with the callbacks.
    """
    statement = (
        select(Wait.id, Wait.emergency_since, Wait.promised_at, Call.line)
        .join(Call, Call.id == Wait.call_id)
        .where(
            *(Wait.id >= first_id_at(since - _LONGEST_CALL), Wait.id < first_id_at(until), HAS_JOINED),
            *(Wait.insurer_id == insurer.id, Wait.emergency_since >= since, Wait.emergency_since < until),
        )
        .order_by(Wait.id)
    )
    found = []
    for one in tx.execute(statement):
        first = next((then for then in taken.get(one.id, ()) if then.at >= one.emergency_since), None)
        if first is not None and (one.promised_at is None or first.at < one.promised_at):
            seconds = (first.at - one.emergency_since).total_seconds()
            found.append(EmergencyFact(one.emergency_since, one.line, first.queue, first.agent, seconds))
    return found


def _presences(
    tx: Transaction, insurer: Insurer, agents: Mapping[str, str], since: datetime, until: datetime
) -> list[PresenceFact]:
    """Cut to the period; what goes on ends with it."""
    statement = select(
        PresenceInterval.agent_id, PresenceInterval.presence, PresenceInterval.since, PresenceInterval.until
    ).where(
        PresenceInterval.id >= first_id_at(since - _LONGEST_PRESENCE),
        PresenceInterval.id < first_id_at(until),
        PresenceInterval.insurer_id == insurer.id,
        PresenceInterval.presence.in_(_AT_WORK),
        or_(PresenceInterval.until.is_(None), PresenceInterval.until > since),
    )
    found = []
    for agent_id, presence, began_at, ended_at in tx.execute(statement):
        begins, ends = max(began_at, since), min(ended_at or until, until)
        if begins < ends:
            found.append(PresenceFact(agents[agent_id], begins, ends, presence in _BUSY))
    return found


def _callbacks(tx: Transaction, insurer: Insurer, since: datetime, until: datetime) -> list[CallbackFact]:
    """Those whose promised time ran out, as it was told: after an attempt in vain it is tried later, and not promised
    anew. One whose person rang by themselves before is kept too.
    """
    statement = select(
        *(Callback.promised_until, Callback.line, Callback.queue, Callback.state),
        *(Callback.dialled_at, Callback.ended_at),
    ).where(Callback.insurer_id == insurer.id, Callback.promised_until >= since, Callback.promised_until < until)
    return [
        CallbackFact(
            one.promised_until,
            one.line,
            one.queue,
            _is_kept(one.state, one.dialled_at or one.ended_at, one.promised_until),
        )
        for one in tx.execute(statement)
    ]


def _is_kept(state: str, reached_at: datetime | None, promised_until: datetime) -> bool:
    is_reached = state in (CallbackState.ANSWERED, CallbackState.DONE)
    return is_reached and reached_at is not None and reached_at <= promised_until


def _contacts(
    tx: Transaction, insurer: Insurer, taken: Mapping[str, _Taken], since: datetime, until: datetime
) -> list[ContactFact]:
    """Read from the newest to the oldest: what a person did next is known before what they did."""
    statement = (
        select(Call.id, Call.line, Call.insured_id, Call.started_at)
        .where(
            *_begun(insurer, since, until + _REPEAT),
            *(Call.direction == Direction.INBOUND, Call.insured_id.is_not(None), Call.is_anonymous.is_(False)),
        )
        .order_by(Call.id.desc())
    )
    next_at: dict[str, datetime] = {}
    found = []
    for one in tx.execute(statement):
        again_at = next_at.get(one.insured_id)
        next_at[one.insured_id] = one.started_at
        took = taken.get(one.id)
        if took is not None and since <= one.started_at < until:
            is_resolved = again_at is None or again_at - one.started_at > _REPEAT
            found.append(ContactFact(one.started_at, one.line, took.queue, took.agent, is_resolved))
    return found


def _ratings(
    tx: Transaction, insurer: Insurer, taken: Mapping[str, _Taken], since: datetime, until: datetime
) -> list[RatingFact]:
    """Where a call goes on after an answer and is rated again, the last answer counts."""
    statement = (
        select(CallEvent.call_id, CallEvent.at, CallEvent.data, Call.line)
        .join(Call, Call.id == CallEvent.call_id)
        .where(
            *_begun(insurer, since - _LONGEST_CALL, until),
            *(CallEvent.kind == RATED, CallEvent.at >= since, CallEvent.at < until),
        )
        .order_by(CallEvent.call_id, CallEvent.seq)
    )
    last = {one.call_id: one for one in tx.execute(statement)}
    return [
        RatingFact(one.at, one.line, took.queue, took.agent, int(one.data["score"]))
        for call_id, one in last.items()
        if (took := taken.get(call_id)) is not None
    ]


def _evaluations(
    tx: Transaction, insurer: Insurer, agents: Mapping[str, str], since: datetime, until: datetime
) -> list[EvaluationFact]:
    statement = select(
        *(Evaluation.call_at, Evaluation.line, Evaluation.queue, Evaluation.agent_id),
        *(Evaluation.score, Evaluation.has_failed),
    ).where(
        *(Evaluation.call_id >= first_id_at(since), Evaluation.call_id < first_id_at(until)),
        *(Evaluation.insurer_id == insurer.id, Evaluation.calibration_id.is_(None), Evaluation.score.is_not(None)),
    )
    return [
        EvaluationFact(
            one.call_at, one.line, one.queue or "", agents[one.agent_id], one.score / WHOLE, bool(one.has_failed)
        )
        for one in tx.execute(statement)
    ]
