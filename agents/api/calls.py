"""Calls for other systems: the log, searched as supervisors search it, and one call with what came of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from agents.api import reading
from agents.api.errors import Refused, Why
from agents.api.names import require_known
from agents.api.operations import Asked, Operation, Page, Paged, Shape
from agents.api.written import Code, Id, Instant, Name, YesOrNo
from agents.scopes import Scope
from agents.sight import kinds_in_sight
from agents.supervisor.call_log.rows import LogRow, log_rows
from agents.supervisor.call_log.searching import CallSearch, search_calls
from config.audit import audited_reading
from config.database import Transaction
from ivr.calls.models import Call, Outcome
from ivr.calls.outcomes import insured_on_record

_Person = Annotated[str | None, Field(description="Who was identified. Null without the scope health:read.")]


class CallShape(Shape):
    """A call. `waited_seconds` is how long its caller stood in a queue at the longest, `agents` who spoke, by code,
    `outcome` the primary one.
    """

    id: Id
    line: str
    direction: str
    language: str
    state: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    is_emergency: bool
    is_anonymous: bool
    queues: list[str]
    waited_seconds: int | None
    agents: list[str]
    outcome: str | None
    recordings: int
    insured_id: _Person
    caller: Annotated[str | None, Field(description="Masked. Null without the scope health:read.")]
    identification: Annotated[str | None, Field(description="How sure that is. Null without the scope health:read.")]


class OutcomeShape(Shape):
    """What came of a call. `note` needs the scopes health:read and notes:read."""

    code: str
    is_primary: bool
    recorded_at: datetime
    recorded_by: str
    next_action: str | None
    due_at: datetime | None
    done_at: datetime | None
    note: str | None


class WholeCall(CallShape):
    """A call with everything that came of it; of requests those that the token may read."""

    outcomes: list[OutcomeShape]
    request_ids: list[Id]
    recording_ids: list[Id]


class CallPage(Page[CallShape]):
    """A page of calls."""


class CallQuery(Paged):
    """Which calls."""

    since: Annotated[Instant | None, Field(description="Begun then or later.")] = None
    until: Annotated[Instant | None, Field(description="Begun before.")] = None
    updated_since: Annotated[
        Instant | None,
        Field(description="Begun, ended, or given an outcome then or later. Say `since` too: it bounds the search."),
    ] = None
    line: Name | None = None
    queue: Name | None = None
    agent: Code | None = None
    outcome: Name | None = None
    insured_id: Annotated[Id | None, Field(description="Needs the scope health:read.")] = None
    is_emergency: Annotated[YesOrNo | None, Field(description="true: emergencies only.")] = None
    is_open: Annotated[YesOrNo | None, Field(description="true: only calls that go on.")] = None
    has_recording: YesOrNo | None = None


def list_calls(asked: Asked) -> CallPage:
    """A page of the log; audited as a supervisor's search is."""
    query, sight = asked.query_as(CallQuery), asked.system.sight
    if query.insured_id is not None and not sight.health:
        raise Refused(Why.SCOPE_MISSING, "To ask for a person's calls needs the scope health:read.")
    wanted = CallSearch(
        since=query.since,
        until=query.until,
        updated_since=query.updated_since,
        line=query.line,
        queue=query.queue,
        agent=query.agent,
        outcome=query.outcome,
        insured_id=query.insured_id,
        has_recording=query.has_recording,
        is_emergency=bool(query.is_emergency),
        is_open=bool(query.is_open),
    )
    named = {"line": query.line, "queue": query.queue, "agent": query.agent, "outcome": query.outcome}
    with audited_reading(asked.centre.database, "list_calls_for_system") as tx:
        require_known(tx, asked.insurer, named)
        found = search_calls(
            tx,
            insurer=asked.insurer,
            wanted=wanted,
            by=asked.system.actor,
            at=asked.at,
            before=query.cursor,
            most=query.limit,
        )
        items = _shapes(tx, asked, found.calls)
    if query.insured_id is not None:
        items = [one for one in items if one.insured_id == query.insured_id]
    return CallPage(items=items, next_cursor=found.go_on_at)


def show_call(asked: Asked) -> WholeCall:
    """One call."""
    call_id = asked.ids["call_id"]
    with audited_reading(asked.centre.database, "show_call_to_system") as tx:
        call = reading.call_of(tx, asked.insurer, call_id)
        if call is None:
            raise Refused(Why.NOT_FOUND)
        reading.note(tx, asked.system, "call_shown", "call", call.id, at=asked.at)
        sight = asked.system.sight
        kinds = kinds_in_sight(asked.insurer, sight) if Scope.REQUESTS in asked.system.scopes else []
        has_notes = sight.health and Scope.NOTES in asked.system.scopes and not call.is_anonymous
        return WholeCall(
            **_shapes(tx, asked, [call])[0].model_dump(),
            outcomes=[_outcome(one, has_note=has_notes) for one in reading.outcomes_of(tx, call)],
            # Which call it was tells why somebody called.
            request_ids=reading.requests_of_call(tx, call, kinds) if sight.health else [],
            recording_ids=reading.recordings_of_call(tx, call) if Scope.RECORDINGS in asked.system.scopes else [],
        )


def _shapes(tx: Transaction, asked: Asked, calls: Sequence[Call]) -> list[CallShape]:
    rows = log_rows(tx, calls, at=asked.at)
    return [_shape(asked, call, row) for call, row in zip(calls, rows, strict=True)]


def _shape(asked: Asked, call: Call, row: LogRow) -> CallShape:
    queues = asked.insurer.queues
    is_anonymous = call.is_anonymous or any(one in queues and queues[one].is_anonymous for one in row.queues)
    is_person_told = asked.system.sight.health and not is_anonymous
    return CallShape(
        id=call.id,
        line=call.line,
        direction=call.direction,
        language=call.language,
        state=call.state,
        started_at=call.started_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        is_emergency=call.is_emergency,
        is_anonymous=is_anonymous,
        queues=list(row.queues),
        waited_seconds=row.waited_seconds,
        agents=list(row.agents),
        outcome=row.outcome,
        recordings=row.recordings,
        # A calling number is a hint at somebody, and no proof.
        insured_id=insured_on_record(call) if is_person_told else None,
        caller=row.caller if is_person_told and asked.system.sight.phone else None,
        identification=call.level if is_person_told else None,
    )


def _outcome(outcome: Outcome, *, has_note: bool) -> OutcomeShape:
    return OutcomeShape(
        code=outcome.code,
        is_primary=outcome.is_primary,
        recorded_at=outcome.recorded_at,
        recorded_by=outcome.recorded_by,
        next_action=outcome.next_action,
        due_at=outcome.due_at,
        done_at=outcome.done_at,
        note=outcome.note if has_note else None,
    )


LIST: Final = Operation(
    name="list_calls",
    method="GET",
    path="/calls",
    scopes=(Scope.CALLS,),
    summary="Calls, the newest first",
    query=CallQuery,
    answer=CallPage,
    answerer=list_calls,
    refusals=(Why.UNKNOWN_NAME,),
)
SHOW: Final = Operation(
    name="show_call",
    method="GET",
    path="/calls/{call_id}",
    scopes=(Scope.CALLS,),
    summary="One call, and what came of it",
    answer=WholeCall,
    answerer=show_call,
)
