"""What an agent does for the caller on the line: says who it is, books an appointment, moves a request on."""

from agents.at_work.wrap_up import call_of_agent
from agents.errors import NothingToDo
from agents.floor import Floor
from config.audit import audit
from ivr.calls.booking import Appointment, Booked, book_appointment
from ivr.calls.log import record
from ivr.calls.models import Request
from ivr.calls.requests import advance_request, open_request
from ivr.insured.identification import identify_by_questions, verify


def identify_caller(floor: Floor, *, insurer_id: str, code: str, insured_id: str) -> str:
    """The agent asked, and knows whose policy this is about; returns the call's id. Audited.

    Raises NothingToDo without a call, for an anonymous one, and for an insured person of nobody or another insurer.
    """
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("identify_caller") as tx:
        call, agent = call_of_agent(tx, insurer_id, code)
        if not identify_by_questions(tx, call=call, insured_id=insured_id, by=agent.code, at=now):
            raise NothingToDo("no such insured person, or the call is anonymous")
        return call.id


def verify_caller(floor: Floor, *, insurer_id: str, code: str) -> None:
    """The agent's questions confirmed who is calling; audited. Raises NothingToDo without a call, or where nobody has
    been identified yet.
    """
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("verify_caller") as tx:
        call, _ = call_of_agent(tx, insurer_id, code)
        if not verify(tx, call=call, by=code, at=now):
            raise NothingToDo(f"{code}: nobody was identified in this call, so nobody can be verified")
        audit(
            tx,
            insurer_id=insurer_id,
            at=now,
            actor=code,
            action="verified_caller",
            subject_kind="call",
            subject_id=call.id,
        )


def book(floor: Floor, *, insurer_id: str, code: str, appointment: Appointment) -> Booked:
    """Book an appointment for the insured whom the agent's call is about.

    Raises NothingToDo without a call, and AppointmentRefused (`ivr.calls.booking`).
    """
    now = floor.centre.clock.now()
    insurer = floor.centre.insurers[insurer_id]
    with floor.centre.database.transaction("book_appointment") as tx:
        call, agent = call_of_agent(tx, insurer_id, code)
        return book_appointment(tx, insurer=insurer, call=call, appointment=appointment, by=agent.code, at=now)


def move_request(
    floor: Floor, *, insurer_id: str, code: str, kind: str, step: str, approval: str | None = None
) -> Request:
    """Bring the caller's request of a kind to a step, opening it if none is open.

    An approval's number stays on the request and on the call. Raises NothingToDo without a call, RequestUnknown and
    StepRefused (`ivr.calls.requests`).
    """
    now = floor.centre.clock.now()
    insurer = floor.centre.insurers[insurer_id]
    with floor.centre.database.transaction("move_request") as tx:
        call, agent = call_of_agent(tx, insurer_id, code)
        request = open_request(tx, insurer=insurer, call=call, kind=kind, by=agent.code, at=now).request
        moved = advance_request(
            tx, insurer=insurer, request_id=request.id, step=step, by=agent.code, at=now, approval=approval
        )
        facts = {"request_kind": kind, "step": step, "by": agent.code, "approval": approval}
        record(tx, call, "request_moved", at=now, request=moved.id, **facts)
        return moved
