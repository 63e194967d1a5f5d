"""Appointments that agents book: when, where and by which approval, told to the insured without a word of health."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from config.audit import audit
from config.database import Transaction
from config.line_descriptions import Insurer
from flows.speech import LONGEST_TEXT
from ivr.calls.errors import AppointmentRefused
from ivr.calls.log import record
from ivr.calls.models import Call, Message, Request
from ivr.calls.outcomes import insured_on_record
from ivr.calls.requests import APPOINTMENT_AT, APPROVAL, advance_request, open_request, rules_of
from ivr.calls.zones import has_name, told_there
from ivr.insured.eligibility import Cover, CoverResult, InsuredRecord, check_cover, record_of
from ivr.insured.models import InsuredPerson, InsuredPhone
from ivr.messages import write_message

KIND: Final = "appointment"
BOOKED: Final = "booked"
TOLD: Final = "insured_told"
PLACE: Final = "place"
_CONFIRMATION: Final = "sms.appointment"


@dataclass(frozen=True)
class Appointment:
    """What an agent booked: an instant, a facility in words, a service of the insurer's, the approval's number.

    `is_told` says that the insured heard it on the telephone; `is_decided` that the agent answers for a cover that is
    not plain.
    """

    at: datetime
    place: str
    service: str = "outpatient"
    approval: str | None = None
    is_told: bool = False
    is_decided: bool = False


@dataclass(frozen=True)
class Booked:
    """The request that now holds the appointment, what cover was found on its day, and the message that is owed."""

    request: Request
    cover: Cover
    message: Message | None


def book_appointment(
    tx: Transaction, *, insurer: Insurer, call: Call, appointment: Appointment, by: str, at: datetime
) -> Booked:
    """Book for the insured whom `call` is about: on their open request, or on a new one; booked anew, it is moved.

    The cover is asked for the day of the service, not of the call (domain.md §1). The insured gets a text message, on
    a telephone of their own. `call` must be locked. Raises AppointmentRefused: nobody is identified, the time is past,
    the place is too long to be said, the service is unknown, or the cover is in doubt and nobody has decided. Audited.
    """
    insured = _insured(tx, insurer, call)
    cover = _cover(tx, insurer, insured, call, appointment, at)
    request = open_request(tx, insurer=insurer, call=call, kind=KIND, by=by, at=at).request
    _write(request, appointment)
    for step in (BOOKED, TOLD) if appointment.is_told else (BOOKED,):
        _reach(tx, insurer, request, step, by=by, at=at)
    _note(tx, call, request, appointment, cover, by=by, at=at)
    return Booked(request, cover, _tell(tx, insurer, call, insured.person, appointment, at=at))


def zone_to_tell(person: InsuredPerson, language: str) -> ZoneInfo | None:
    """The insured's own zone, where it is known and has a name in the language: the time would mislead without."""
    zone = person.time_zone
    return ZoneInfo(zone) if zone is not None and has_name(zone, language) else None


def _insured(tx: Transaction, insurer: Insurer, call: Call) -> InsuredRecord:
    found = record_of(tx, insurer.id, insured_on_record(call))
    if found is None:
        raise AppointmentRefused("nobody is identified on this call: say first whose appointment it is")
    return found


def _cover(
    tx: Transaction, insurer: Insurer, insured: InsuredRecord, call: Call, appointment: Appointment, at: datetime
) -> Cover:
    if appointment.at <= at:
        raise AppointmentRefused("an appointment lies in the future")
    if len(appointment.place) > LONGEST_TEXT:
        raise AppointmentRefused(f"the place is said to the insured: at most {LONGEST_TEXT} letters")
    if appointment.service not in insurer.services:
        raise AppointmentRefused(f"no service '{appointment.service}': one of {', '.join(insurer.services)}")
    zone = ZoneInfo(insured.person.time_zone) if insured.person.time_zone else insurer.time_zone
    day = appointment.at.astimezone(zone).date()
    cover = check_cover(tx, insurer=insurer, record=insured, service=appointment.service, on=day, call=call)
    if cover.result is not CoverResult.COVERED and not appointment.is_decided:
        raise AppointmentRefused(f"on {day:%d.%m.%Y} the cover is in doubt ({cover.rule}): {cover.reason}")
    return cover


def _write(request: Request, appointment: Appointment) -> None:
    details = {**request.details, APPOINTMENT_AT: appointment.at.isoformat(), PLACE: appointment.place}
    request.details = details if appointment.approval is None else {**details, APPROVAL: appointment.approval}


def _reach(tx: Transaction, insurer: Insurer, request: Request, step: str, *, by: str, at: datetime) -> None:
    """Forward to the step, unless the chain lacks it or the request is past it."""
    steps = rules_of(insurer, KIND).steps
    if step in steps and steps.index(request.step) < steps.index(step):
        advance_request(tx, insurer=insurer, request_id=request.id, step=step, by=by, at=at)


def _note(
    tx: Transaction, call: Call, request: Request, appointment: Appointment, cover: Cover, *, by: str, at: datetime
) -> None:
    facts = {"by": by, "rule": cover.rule, "cover": str(cover.result), "approval": appointment.approval}
    record(tx, call, "appointment_booked", at=at, request=request.id, **facts)
    audit(
        tx,
        insurer_id=call.insurer_id,
        at=at,
        actor=by,
        action="appointment_booked",
        subject_kind="request",
        subject_id=request.id,
        rule=cover.rule,
        decided_by_agent=cover.result is not CoverResult.COVERED,
        approved=appointment.approval is not None,
    )


def _tell(
    tx: Transaction, insurer: Insurer, call: Call, person: InsuredPerson, appointment: Appointment, *, at: datetime
) -> Message | None:
    number = own_number(tx, call, person)
    if number is None:
        return None
    language = person.language if person.language in insurer.languages else insurer.languages[0]
    zone = zone_to_tell(person, language) or insurer.time_zone
    variables = {"appointment_at": told_there(appointment.at, zone, language)}
    return write_message(
        tx, call=call, template=_CONFIRMATION, variables=variables, language=language, at=at, to=number
    )


def own_number(tx: Transaction, call: Call, person: InsuredPerson) -> str | None:
    """A registered telephone of the insured's, the one that calls if it is among them; never somebody else's."""
    own = tx.scalars(
        select(InsuredPhone.e164)
        .where(InsuredPhone.insured_id == person.id, InsuredPhone.extension.is_(None))
        .order_by(InsuredPhone.id)
    ).all()
    return call.ani if call.ani in own else next(iter(own), None)
