"""The agents' side of the carrier's webhooks: news of agents' legs, of conversations, and of calls that we placed."""

from collections.abc import Callable
from typing import Final, Protocol

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from agents.addresses import (
    colleague_leg_url,
    dial_over_url,
    dial_ringing_url,
    dial_through_answer_url,
    dial_through_over_url,
)
from agents.calling_back import placing
from agents.dialling import colleague_calls, dialled_calls, dialled_numbers, passing_outside
from agents.errors import UnknownOffer
from agents.floor import Floor
from agents.models import Callback, Dial, Offer
from agents.offering import answering, ringing
from agents.waiting.estimates import RING_SECONDS
from config.database import Transaction
from ivr.calls.models import Call
from ivr.carrier.port import CarrierStatus
from ivr.twiml import elements
from ivr.urls import Urls, ringing_tone_url
from ivr.web import answers
from recordings.addresses import recording_url
from recordings.models import RecordingKind

_OVER: Final = {
    "completed": CarrierStatus.COMPLETED,
    "busy": CarrierStatus.BUSY,
    "no-answer": CarrierStatus.NO_ANSWER,
    "canceled": CarrierStatus.CANCELED,
    "failed": CarrierStatus.FAILED,
}
_OF_A_LEG: Final = {
    "ringing": CarrierStatus.UNDER_WAY,
    "in-progress": CarrierStatus.IN_PROGRESS,
    **_OVER,
}
_HANG_UP: Final = '<?xml version="1.0" encoding="UTF-8"?><Response><Hangup/></Response>'

_TONE_SECONDS: Final = 5

Guard = Callable[[], ResponseReturnValue | None]
"""Refuses a request that the carrier did not sign, before any view; None lets it pass."""


class OutgoingCalls(Protocol):
    """What the phone side does with a call that we placed; bound in agents/house/composing.py."""

    def answer(self, tx: Transaction, callback: Callback, promised_in: Call, *, carrier_sid: str) -> str:
        """Create the outgoing call (once) and begin the flow that verifies the person; the document to run."""
        ...

    def sorry(self, promised_in: Call) -> str:
        """The document where `answer` failed: an apology and the line's duty number."""
        ...

    def tell_of_recording(self, tx: Transaction, call: Call, *, language: str | None = None) -> str:
        """Note on the locked call that whoever answered is told of the recording; the verb that says so."""
        ...

    def ended(self, *, carrier_sid: str, status: CarrierStatus) -> None:
        """The outgoing call is over: sends `call_ended` in a transaction of its own. One never answered is unknown."""
        ...


def blueprint(floor: Floor, outgoing: OutgoingCalls, guard: Guard) -> Blueprint:
    """The routes under /voice/offers, /voice/callbacks and /voice/dials, and /voice/outgoing, each behind `guard`."""
    routes = Blueprint("agents", __name__, url_prefix="/voice")
    routes.before_request(guard)

    @routes.errorhandler(UnknownOffer)
    def unknown(_error: UnknownOffer) -> ResponseReturnValue:
        return Response(status=204)

    _hear_of_offers(routes, floor)
    _hear_of_callbacks(routes, floor, outgoing)
    _hear_of_dials(routes, floor, outgoing)
    _hear_of_passing_outside(routes, floor, outgoing)
    return routes


def _hear_of_offers(routes: Blueprint, floor: Floor) -> None:
    @routes.post("/offers/<offer_id>/status")
    def offer_status(offer_id: str) -> ResponseReturnValue:
        hear_leg(floor, offer_id, request.form.get("CallSid", ""), request.form.get("CallStatus", ""))
        return Response(status=204)

    @routes.post("/offers/<offer_id>/conference")
    def offer_conference(offer_id: str) -> ResponseReturnValue:
        event, sid = request.form.get("StatusCallbackEvent", ""), request.form.get("CallSid", "")
        hear_conference(floor, offer_id, event, sid)
        return Response(status=204)


def _hear_of_callbacks(routes: Blueprint, floor: Floor, outgoing: OutgoingCalls) -> None:
    @routes.post("/callbacks/<callback_id>/answer")
    def callback_answer(callback_id: str) -> ResponseReturnValue:
        sid = request.form.get("CallSid", "")
        return answers.opening(
            sid,
            lambda: answer_callback(floor, outgoing, callback_id, sid),
            lambda: sorry_for_callback(floor, outgoing, callback_id),
        )

    @routes.post("/callbacks/<callback_id>/status")
    def callback_status(callback_id: str) -> ResponseReturnValue:
        status = _OVER.get(request.form.get("CallStatus", ""))
        if status is not None:
            end_callback_call(floor, outgoing, callback_id, request.form.get("CallSid", ""), status)
        return Response(status=204)


def _hear_of_dials(routes: Blueprint, floor: Floor, outgoing: OutgoingCalls) -> None:
    @routes.post("/outgoing")
    def outgoing_call() -> ResponseReturnValue:
        return answers.document(
            place_dial(
                floor, request.form.get("To", ""), request.form.get("From", ""), request.form.get("CallSid", "")
            )
        )

    @routes.post("/dials/<dial_id>/over")
    def dial_over(dial_id: str) -> ResponseReturnValue:
        status = _OVER.get(request.form.get("DialCallStatus", ""), CarrierStatus.COMPLETED)
        dialled_calls.ended(floor, dial_id=dial_id, status=status)
        return answers.document(_HANG_UP)

    @routes.post("/dials/<dial_id>/ringing")
    def dial_ringing(dial_id: str) -> ResponseReturnValue:
        return answers.document(ring_out(floor))

    @routes.post("/dials/<dial_id>/answer")
    def dial_answer(dial_id: str) -> ResponseReturnValue:
        return answers.document(answer_dial(floor, outgoing, dial_id, request.form.get("CallSid", "")))

    @routes.post("/dials/<dial_id>/status")
    def dial_status(dial_id: str) -> ResponseReturnValue:
        status = _OVER.get(request.form.get("CallStatus", ""))
        if status is not None and (sid := request.form.get("CallSid", "")):
            dialled_numbers.over(floor, dial_id, sid=sid, status=status)
        return Response(status=204)

    @routes.post("/dials/<dial_id>/colleague")
    def dial_colleague(dial_id: str) -> ResponseReturnValue:
        status = _OF_A_LEG.get(request.form.get("CallStatus", ""))
        if status is not None and (sid := request.form.get("CallSid", "")):
            colleague_calls.hear_leg(floor, dial_id, sid, status)
        return Response(status=204)


def _hear_of_passing_outside(routes: Blueprint, floor: Floor, outgoing: OutgoingCalls) -> None:
    @routes.post("/dials/<dial_id>/through")
    def dial_through(dial_id: str) -> ResponseReturnValue:
        return answers.document(connect_outside(floor, dial_id, request.form.get("CallSid", "")))

    @routes.post("/dials/<dial_id>/through/answer")
    def dial_through_answer(dial_id: str) -> ResponseReturnValue:
        return answers.document(tell_outside(floor, outgoing, dial_id))

    @routes.post("/dials/<dial_id>/through/over")
    def dial_through_over(dial_id: str) -> ResponseReturnValue:
        is_answered = request.form.get("DialCallStatus", "") == "completed"
        return answers.document(
            go_on_after_outside(floor, dial_id, request.form.get("CallSid", ""), is_answered=is_answered)
        )


def connect_outside(floor: Floor, dial_id: str, sid: str) -> str:
    """The document of a caller who is passed on to a number outside."""
    found = passing_outside.through(floor, dial_id, carrier_sid=sid)
    if found is None:
        return _HANG_UP
    dial, call = found
    recording = passing_outside.recording_url(floor, dial, call)
    return elements.document(
        elements.dial_number(
            dial.e164 or "",
            extension=dial.extension,
            action=dial_through_over_url(floor.centre.settings, dial.id),
            caller_id=call.dnis,
            timeout=dialled_numbers.RING_SECONDS,
            recording_url=recording,
            answer_url=dial_through_answer_url(floor.centre.settings, dial.id) if recording else None,
        )
    )


def tell_outside(floor: Floor, outgoing: OutgoingCalls, dial_id: str) -> str:
    """What whoever answers at a number outside hears before they hear the caller, who was told at the call's beginning.
    """
    with floor.centre.database.reading("who_is_passed_on") as tx:
        dial = tx.get(Dial, dial_id)
        call = None if dial is None or dial.about_call_id is None else tx.get(Call, dial.about_call_id)
        return _HANG_UP if call is None else elements.document(outgoing.tell_of_recording(tx, call, language="ru"))


def go_on_after_outside(floor: Floor, dial_id: str, sid: str, *, is_answered: bool) -> str:
    """On to where a conversation's end leads: the survey or the goodbye, or the queue where nobody answered."""
    call = passing_outside.through_over(floor, dial_id, carrier_sid=sid, is_answered=is_answered)
    if call is None:
        return _HANG_UP
    urls = Urls(floor.centre.settings.public_url, call.id)
    return elements.document(elements.redirect(urls.bridge_left(call.turn)))


def place_dial(floor: Floor, dial_id: str, address: str, sid: str) -> str:
    """The document of a call from an agent's page: the colleague whom they asked to ring, the conference in which they
    meet whoever answers at the number, or a hang-up.
    """
    placed = dialled_calls.place(floor, dial_id=dial_id, address=address, carrier_sid=sid) if sid else None
    if placed is None:
        return _HANG_UP
    dial, settings = placed.dial, floor.centre.settings
    action = dial_over_url(settings, dial.id)
    if placed.colleague_address is not None:
        return elements.document(
            elements.dial_telephone(
                placed.colleague_address,
                status_url=colleague_leg_url(settings, dial.id),
                action=action,
                caller_id=placed.line.numbers[0],
                timeout=RING_SECONDS,
            )
        )
    waiting = dial_ringing_url(settings, dial.id)
    recording = _recording_url(floor, dial) if placed.line.records_calls else None
    return elements.document(
        elements.await_in_conference(dial.id, action=action, wait_url=waiting, recording_url=recording)
    )


def _recording_url(floor: Floor, dial: Dial) -> str:
    return recording_url(
        floor.centre.settings, call_id=dial.call_id or "", conversation=dial.id, kind=RecordingKind.OWN_CALL
    )


def ring_out(floor: Floor) -> str:
    """What an agent hears for as long as a number rings."""
    url = ringing_tone_url(floor.centre.settings.public_url)
    return elements.document(elements.play(url, times=dialled_numbers.RING_SECONDS // _TONE_SECONDS + 1))


def answer_dial(floor: Floor, outgoing: OutgoingCalls, dial_id: str, sid: str) -> str:
    """The document of whoever answers at a number that an agent rang: the notice of a recording, then the agent."""
    with floor.centre.database.transaction("answer_dial") as tx:
        answered = dialled_numbers.answered(tx, floor, dial_id, sid) if sid else None
        if answered is None:
            return _HANG_UP
        notice = [outgoing.tell_of_recording(tx, answered.call)] if answered.is_recorded else []
        return elements.document(*notice, elements.dial_conference(dial_id, action=None))


def hear_leg(floor: Floor, offer_id: str, sid: str, status: str) -> None:
    """One piece of news about an agent's leg, in any order and any number of times."""
    if not sid:
        return
    match status:
        case "ringing":
            ringing.heard_ringing(floor, offer_id, sid)
        case "in-progress":
            answering.answered(floor, offer_id, sid)
        case _ if status in _OVER:
            answering.leg_ended(floor, offer_id, sid, _OVER[status])
        case _:
            return


def hear_conference(floor: Floor, offer_id: str, event: str, sid: str) -> None:
    """The caller's coming into the conference proves the connection; everything else is told by the legs."""
    if event != "participant-join":
        return
    with floor.centre.database.reading("who_joined") as tx:
        offer = tx.get(Offer, offer_id)
        call = None if offer is None else tx.get(Call, offer.call_id)
    if call is not None and call.carrier_sid == sid:
        answering.bridged(floor, offer_id)


def answer_callback(floor: Floor, outgoing: OutgoingCalls, callback_id: str, sid: str) -> str:
    """The document for the person whom we called back; a hang-up where the promise is kept or given up already."""
    if not sid or not placing.reached(floor, callback_id, sid):
        return _HANG_UP
    with floor.centre.database.transaction("begin_outgoing_call") as tx:
        callback = tx.get_one(Callback, callback_id)
        return outgoing.answer(tx, callback, tx.get_one(Call, callback.call_id), carrier_sid=sid)


def sorry_for_callback(floor: Floor, outgoing: OutgoingCalls, callback_id: str) -> str:
    """What the person whom we called back hears where even the greeting failed."""
    with floor.centre.database.reading("callback_to_apologise_for") as tx:
        return outgoing.sorry(tx.get_one(Call, tx.get_one(Callback, callback_id).call_id))


def end_callback_call(floor: Floor, outgoing: OutgoingCalls, callback_id: str, sid: str, status: CarrierStatus) -> None:
    """A call that we placed is over: unanswered it was an attempt; answered, its conversation decides."""
    placing.attempt_failed(floor, callback_id, reason=str(status), sid=sid)
    outgoing.ended(carrier_sid=sid, status=status)
