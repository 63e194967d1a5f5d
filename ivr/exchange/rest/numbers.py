"""/IncomingPhoneNumbers: the account's numbers and what is asked when they are called."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from ivr.exchange.core import Core
from ivr.exchange.errors import not_found
from ivr.exchange.model import Number
from ivr.exchange.rest import desk, shapes
from ivr.exchange.twiml.verbs import Callback

bp = Blueprint("numbers", __name__)


@bp.post("/IncomingPhoneNumbers.json")
def create(account: str) -> tuple[Response, int]:
    """Take a number: any that is asked for."""
    wanted = desk.needed("PhoneNumber", 21402)
    with desk.turn() as core:
        number = core.numbers.get(wanted) or Number(core.sids.make("PN"), wanted, core.now())
        _update(number)
        core.numbers[wanted] = number
        return jsonify(shapes.number(core, number)), 201


@bp.get("/IncomingPhoneNumbers.json")
def index(account: str) -> Response:
    """The account's numbers; PhoneNumber and FriendlyName filter."""
    wanted, name = request.args.get("PhoneNumber", ""), request.args.get("FriendlyName")
    with desk.turn() as core:
        found = [
            it for it in core.numbers.values() if wanted in it.number and name in (None, "", it.friendly_name)
        ]
        return desk.page(found, "incoming_phone_numbers", lambda it: shapes.number(core, it))


@bp.get("/IncomingPhoneNumbers/<sid>.json")
def show(account: str, sid: str) -> Response:
    """One number."""
    with desk.turn() as core:
        return jsonify(shapes.number(core, _find(core, sid)))


@bp.post("/IncomingPhoneNumbers/<sid>.json")
def change(account: str, sid: str) -> Response:
    """Change what is asked when the number is called."""
    with desk.turn() as core:
        number = _find(core, sid)
        _update(number)
        return jsonify(shapes.number(core, number))


@bp.delete("/IncomingPhoneNumbers/<sid>.json")
def delete(account: str, sid: str) -> tuple[str, int]:
    """Give a number up."""
    with desk.turn() as core:
        del core.numbers[_find(core, sid).number]
        return "", 204


def _update(number: Number) -> None:
    number.friendly_name = desk.text("FriendlyName", number.friendly_name)
    number.voice = _asked("VoiceUrl", "VoiceMethod", number.voice)
    number.fallback = _asked("VoiceFallbackUrl", "VoiceFallbackMethod", number.fallback)
    number.progress = _asked("StatusCallback", "StatusCallbackMethod", number.progress)
    number.sms = _asked("SmsUrl", "SmsMethod", number.sms)


def _asked(name: str, method: str, before: Callback) -> Callback:
    return Callback(desk.url(name, before.url), desk.text(method, before.method).upper())


def _find(core: Core, sid: str) -> Number:
    for number in core.numbers.values():
        if number.sid == sid:
            return number
    raise not_found(request.path)
