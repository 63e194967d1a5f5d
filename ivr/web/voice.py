"""The voice webhooks: what the carrier asks while a call goes on. Each view reads a form, takes a turn, and renders
it.
"""

from flask import Blueprint, Response, current_app, request

from ivr.carrier.words import status_named
from ivr.messages import message_news
from ivr.phone_side import PhoneSide
from ivr.turns.apologies import apology, unknown_number
from ivr.turns.leaving import bridge_left, join_agent, queue_left, queue_result
from ivr.turns.messages import Spoken, message_spoken, recording_ready
from ivr.turns.opening import Arrival, answer_call
from ivr.turns.promised import take_keys
from ivr.turns.status import call_over
from ivr.turns.taking import call_duty, diversion_result, take_turn, transfer_result
from ivr.turns.waiting import hold_music, waiting_key, waiting_round
from ivr.web import answers
from ivr.web.webhook import Webhook, webhook

EXTENSION = "pult.phone"

bp = Blueprint("voice", __name__, url_prefix="/voice")


def phone_side() -> PhoneSide:
    """The phone side of the app that serves this request."""
    phone: PhoneSide = current_app.extensions[EXTENSION]
    return phone


@bp.post("/incoming")
def incoming() -> Response:
    """A call came in."""
    phone, arrival = phone_side(), _arrival(webhook())
    return answers.turn(phone, arrival.carrier_sid, lambda: answer_call(phone, arrival), lambda: _sorry(phone, arrival))


@bp.post("/calls/<call_id>/turns/<int:number>")
def turn(call_id: str, number: int) -> Response:
    """Keys, silence, or what came of a transfer or of a diverted queue."""
    phone, asked = phone_side(), webhook()
    dialled, has_hung_up = asked.field("DialCallStatus"), asked.is_last
    if not dialled:
        return answers.turn(phone, call_id, lambda: take_keys(phone, call_id, number, asked.field("Digits")))
    listen = diversion_result(dialled) if request.args.get("after") == "queue" else transfer_result(dialled)
    return answers.turn(phone, call_id, lambda: take_turn(phone, call_id, number, listen, has_hung_up=has_hung_up))


@bp.post("/calls/<call_id>/recorded/<int:number>")
def recorded(call_id: str, number: int) -> Response:
    """A message was spoken, or not."""
    phone, asked = phone_side(), webhook()
    key = asked.field("Digits")
    has_hung_up = asked.is_last or key == "hangup"
    sid, seconds = _recording_sid(asked), asked.field("RecordingDuration")
    # A key over the words comes from their Gather, which knows of no recording.
    is_before_tone = bool(key) and not has_hung_up and sid is None and not seconds
    spoken = Spoken(sid, _whole(seconds), "" if key == "hangup" else key, is_before_tone)
    return answers.turn(phone, call_id, lambda: message_spoken(phone, call_id, number, spoken, has_hung_up=has_hung_up))


@bp.post("/calls/<call_id>/waiting/<int:round_number>")
def waiting(call_id: str, round_number: int) -> Response:
    """What a waiting caller hears."""
    phone = phone_side()
    return answers.turn(
        phone,
        call_id,
        lambda: waiting_round(phone, call_id, round_number),
        lambda: hold_music(phone, call_id, round_number),
    )


@bp.post("/calls/<call_id>/waiting/<int:round_number>/key")
def waiting_pressed(call_id: str, round_number: int) -> Response:
    """A key pressed while waiting."""
    phone, digits = phone_side(), webhook().field("Digits")
    return answers.turn(
        phone,
        call_id,
        lambda: waiting_key(phone, call_id, round_number, digits),
        lambda: hold_music(phone, call_id, round_number),
    )


@bp.post("/calls/<call_id>/queue-left/<int:number>")
def left_queue(call_id: str, number: int) -> Response:
    """How the caller left the queue."""
    phone, result = phone_side(), queue_result(webhook().field("QueueResult"))
    return answers.turn(phone, call_id, lambda: queue_left(phone, call_id, number, result))


@bp.post("/calls/<call_id>/agent")
def agent(call_id: str) -> Response:
    """The document of a caller who was claimed; a conference has its offer's id for a name."""
    phone, offer = phone_side(), request.args.get("offer", "")
    return answers.turn(phone, call_id, lambda: join_agent(phone, call_id, offer))


@bp.post("/calls/<call_id>/bridge-left/<int:number>")
def left_bridge(call_id: str, number: int) -> Response:
    """The conversation is over."""
    phone, has_hung_up = phone_side(), webhook().is_last
    return answers.turn(phone, call_id, lambda: bridge_left(phone, call_id, number, has_hung_up=has_hung_up))


@bp.post("/calls/<call_id>/duty")
def duty(call_id: str) -> Response:
    """The document of a waiting emergency that nobody answered."""
    phone = phone_side()
    return answers.turn(phone, call_id, lambda: call_duty(phone, call_id))


@bp.post("/calls/<call_id>/hold/<int:round_number>")
def hold(call_id: str, round_number: int) -> Response:
    """What a caller on hold hears."""
    phone = phone_side()
    return answers.document(hold_music(phone, call_id, round_number, is_on_hold=True))


@bp.post("/status")
def status() -> Response:
    """A call is over."""
    asked = webhook()
    call_over(phone_side(), _arrival(asked), status_named(asked.field("CallStatus")))
    return answers.noted()


@bp.post("/messages/<message_id>/status")
def message_status(message_id: str) -> Response:
    """How far a text message has come."""
    asked = webhook()
    message_news(
        phone_side().centre,
        message_id,
        carrier_sid=asked.field("MessageSid"),
        status=asked.field("MessageStatus"),
        error_code=asked.field("ErrorCode") or None,
    )
    return answers.noted()


@bp.post("/recordings/status")
def recording_status() -> Response:
    """A recording is ready."""
    asked = webhook()
    if asked.field("RecordingStatus") == "completed":
        recording_ready(
            phone_side(),
            carrier_sid=asked.field("CallSid"),
            recording_sid=asked.field("RecordingSid"),
            seconds=_whole(asked.field("RecordingDuration")),
        )
    return answers.noted()


def _arrival(asked: Webhook) -> Arrival:
    return Arrival(asked.field("CallSid"), asked.field("To"), asked.field("From"))


def _sorry(phone: PhoneSide, arrival: Arrival) -> str:
    line = phone.centre.insurers.line_by_number(arrival.dialled)
    if line is None:
        return unknown_number()
    return apology(line.languages[0], line.duty_number, arrival.dialled, phone.deliveries.of(line))


def _recording_sid(asked: Webhook) -> str | None:
    """The sid stands at the end of the recording's url; Record's action has no field of its own for it."""
    sid = asked.field("RecordingSid") or asked.field("RecordingUrl").rpartition("/")[2]
    return sid or None


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
