"""Requests for other systems: what is open, how far each has come, and bringing one on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from agents.api import reading
from agents.api.errors import Refused, Why
from agents.api.names import unknown_names
from agents.api.operations import Asked, Operation, Page, Paged, Shape
from agents.api.written import Given, Id, Instant, Name, YesOrNo
from agents.scopes import Scope
from agents.sight import Sight, kinds_in_sight
from config.audit import audited_reading
from config.database import Transaction
from ivr.calls.errors import RequestUnknown, StepRefused
from ivr.calls.models import Request
from ivr.calls.requests import APPROVAL, advance_request, appointment_at, steps_ahead, steps_of


class RequestShape(Shape):
    """A request; a clock runs for it until `due_at`."""

    id: Id
    kind: str
    step: str
    is_open: bool
    is_overdue: bool
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    owner: str | None
    insured_id: Id | None
    call_id: Annotated[Id | None, Field(description="The call that brought it. Null without the scope health:read.")]
    approval: Annotated[str | None, Field(description="The number of the insurer's approval.")]
    appointment_at: datetime | None


class StepShape(Shape):
    """A step that was reached: when, and by whom."""

    step: str
    reached_at: datetime
    by: str


class WholeRequest(RequestShape):
    """A request with the steps that it reached, in order, and those to which it may be brought on."""

    steps: list[StepShape]
    steps_ahead: list[str]


class RequestPage(Page[RequestShape]):
    """A page of requests."""


class RequestQuery(Paged):
    """Which requests; `updated_since` finds those that reached a step since then, their opening among them."""

    kind: Name | None = None
    is_open: YesOrNo | None = None
    is_overdue: Annotated[YesOrNo | None, Field(description="true: only open ones whose promise has run out.")] = None
    since: Annotated[Instant | None, Field(description="Opened then or later.")] = None
    until: Annotated[Instant | None, Field(description="Opened before.")] = None
    updated_since: Instant | None = None
    insured_id: Id | None = None


class StepBody(Given):
    """The step to bring the request to, and the number of the approval, if there is one."""

    step: Name
    approval: Annotated[str, Field(pattern="^[0-9A-Za-zА-Яа-яЁё][0-9A-Za-zА-Яа-яЁё ./-]{0,63}$")] | None = None


def list_requests(asked: Asked) -> RequestPage:
    """A page of requests of the kinds in sight; audited."""
    query, sight = asked.query_as(RequestQuery), asked.system.sight
    if query.kind not in (None, *asked.insurer.requests):
        raise unknown_names(["kind"])
    wanted = reading.WantedRequests(
        kinds=[one for one in kinds_in_sight(asked.insurer, sight) if query.kind in (None, one)],
        is_open=query.is_open,
        overdue_at=asked.at if query.is_overdue else None,
        since=query.since,
        until=query.until,
        updated_since=query.updated_since,
        insured_id=query.insured_id,
    )
    with audited_reading(asked.centre.database, "list_requests_for_system") as tx:
        rows, next_cursor = reading.requests_page(
            tx, asked.insurer, wanted, before=query.cursor, most=query.limit
        )
        reading.note(
            tx, asked.system, "requests_listed", "requests", query.insured_id or "", at=asked.at,
            count=len(rows), requests=" ".join(row.id for row in rows) or None,
        )  # fmt: skip
    items = [_shape(one, sight, asked.at) for one in rows]
    return RequestPage(items=items, next_cursor=next_cursor)


def show_request(asked: Asked) -> WholeRequest:
    """One request, if its kind is in sight; audited."""
    with audited_reading(asked.centre.database, "show_request_to_system") as tx:
        row = _in_sight(tx, asked)
        reading.note(tx, asked.system, "request_shown", "request", row.id, at=asked.at)
        return _whole(tx, asked, row)


def step_request(asked: Asked) -> WholeRequest:
    """Bring a request on. To where it stands already changes nothing, so that it may be sent again; it is answered as
    whole as where it is shown, and audited as that.
    """
    body = asked.body_as(StepBody)
    with asked.centre.database.transaction("step_request_for_system") as tx:
        row = _in_sight(tx, asked)
        try:
            moved = advance_request(
                tx,
                insurer=asked.insurer,
                request_id=row.id,
                step=body.step,
                by=asked.system.actor,
                at=asked.at,
                approval=body.approval,
            )
        except RequestUnknown as error:
            raise Refused(Why.NOT_FOUND) from error
        except StepRefused as error:
            raise Refused(Why.CONFLICT, f"{error}.") from error
        reading.note(tx, asked.system, "request_shown", "request", moved.id, at=asked.at)
        return _whole(tx, asked, moved)


def _in_sight(tx: Transaction, asked: Asked) -> Request:
    row = reading.request_of(tx, asked.insurer, asked.ids["request_id"])
    if row is None or row.kind not in kinds_in_sight(asked.insurer, asked.system.sight):
        raise Refused(Why.NOT_FOUND)
    return row


def _whole(tx: Transaction, asked: Asked, row: Request) -> WholeRequest:
    reached = steps_of(tx, insurer=asked.insurer, request=row)
    ahead: Sequence[str] = steps_ahead(asked.insurer, row)
    return WholeRequest(
        **_shape(row, asked.system.sight, asked.at).model_dump(),
        steps=[StepShape(step=one.step, reached_at=one.reached_at, by=one.by) for one in reached],
        steps_ahead=list(ahead),
    )


def _shape(row: Request, sight: Sight, at: datetime) -> RequestShape:
    approval = row.details.get(APPROVAL)
    return RequestShape(
        id=row.id,
        kind=row.kind,
        step=row.step,
        is_open=row.closed_at is None,
        is_overdue=row.closed_at is None and row.due_at is not None and row.due_at < at,
        opened_at=row.opened_at,
        due_at=row.due_at,
        closed_at=row.closed_at,
        owner=row.owner,
        insured_id=row.insured_id,
        call_id=row.call_id if sight.health else None,
        approval=None if approval is None else str(approval),
        appointment_at=appointment_at(row),
    )


LIST: Final = Operation(
    name="list_requests",
    method="GET",
    path="/requests",
    scopes=(Scope.REQUESTS,),
    summary="Requests, the newest first",
    query=RequestQuery,
    answer=RequestPage,
    answerer=list_requests,
    refusals=(Why.UNKNOWN_NAME,),
)
SHOW: Final = Operation(
    name="show_request",
    method="GET",
    path="/requests/{request_id}",
    scopes=(Scope.REQUESTS,),
    summary="One request, and how far it has come",
    answer=WholeRequest,
    answerer=show_request,
)
STEP: Final = Operation(
    name="step_request",
    method="POST",
    path="/requests/{request_id}/steps",
    scopes=(Scope.REQUESTS_WRITE, Scope.REQUESTS),
    summary="Bring a request on to a step ahead of it",
    body=StepBody,
    answer=WholeRequest,
    answerer=step_request,
    refusals=(Why.CONFLICT,),
)
