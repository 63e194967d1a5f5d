"""/exchange/…: the control API, by which tests, demos and the terminal work telephones and faults.

JSON in and out. It is meant for loopback: whoever reaches it can place calls.
"""

from __future__ import annotations

import threading
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, request

from ivr.exchange.behaviours import Person, behaviour_from
from ivr.exchange.conferencing.hearing import heard_by
from ivr.exchange.errors import ExchangeError, NoSuchPhone
from ivr.exchange.mischief import Ambush, RestFault, mischief_from
from ivr.exchange.phones import WITHHELD
from ivr.exchange.rest import desk
from ivr.exchange.rest.shapes import call as call_shape

bp = Blueprint("control", __name__, url_prefix="/exchange")
LONGEST_WAIT = 25.0
# Each wait holds a thread of the server, so that most of them stay free for REST.
_waits = threading.BoundedSemaphore(16)


def _body() -> dict[str, Any]:
    given = request.get_json(silent=True)
    if request.content_length and not isinstance(given, dict):
        raise ValueError("the body must be a JSON object, with Content-Type application/json")
    return given or {}


@bp.errorhandler(NoSuchPhone)
def _no_phone(error: NoSuchPhone) -> tuple[Response, int]:
    return jsonify({"error": str(error)}), 404


@bp.errorhandler(ExchangeError)
@bp.errorhandler(ValueError)
def _wrong(error: Exception) -> tuple[Response, int]:
    return jsonify({"error": str(error)}), 400


@bp.get("/health")
def health() -> Response:
    """How many calls there are, and the time here."""
    with desk.turn() as core:
        return jsonify(
            {
                "now": core.now().isoformat(),
                "live_calls": len(core.live_calls),
                "numbers": sorted(core.numbers),
                "account_sid": core.settings.account_sid,
            }
        )


@bp.post("/calls")
def dial() -> tuple[Response, int]:
    """Call a number: ``{"to", "from"?, "presses"?, "think_seconds"?, "patience"?, "dictation_seconds"?}``."""
    given = _body()
    phone = desk.switch().dial(
        str(given.get("to", "")),
        str(given.get("from") or WITHHELD),
        presses=tuple(map(str, given["presses"])) if given.get("presses") else None,
        think_seconds=float(given.get("think_seconds", 1.0)),
        patience=given.get("patience"),
        dictation_seconds=given.get("dictation_seconds"),
        forwarded_from=str(given.get("forwarded_from", "")),
    )
    with desk.turn() as core:
        return jsonify({"phone": phone, "call_sid": core.phones[phone].calls[-1].sid}), 201


@bp.get("/calls")
def live() -> Response:
    """The calls in progress, with the phone of each and whom it hears."""
    with desk.turn() as core:
        found = [
            {**call_shape(core, call), "phone": call.phone.id, "hears": [c.sid for c in heard_by(core, call)]}
            for call in core.live_calls.values()
        ]
        return jsonify({"calls": found})


@bp.put("/phones/<path:address>")
def register(address: str) -> Response:
    """Put a telephone at an address; the body may be a behaviour, else a person works it."""
    given = _body()
    behaviour = behaviour_from(given) if given else Person()
    return jsonify({"phone": desk.switch().register(address, behaviour)})


@bp.delete("/phones/<path:address>")
def unregister(address: str) -> tuple[str, int]:
    """Take the telephone at an address away."""
    desk.switch().unregister(address)
    return "", 204


@bp.get("/phones/<path:phone>/events")
def events(phone: str) -> Response:
    """Events after number ``after``; with ``wait`` up to 25 seconds for the next one."""
    after = request.args.get("after", 0, type=int)
    wait = min(LONGEST_WAIT, request.args.get("wait", 0.0, type=float))
    if wait and not _waits.acquire(blocking=False):
        wait = 0.0
    try:
        found = desk.switch().events_since(phone, after, wait)
    finally:
        if wait:
            _waits.release()
    return jsonify({"events": [event.as_json() for event in found]})


@bp.post("/phones/<path:phone>/<act>")
def act(phone: str, act: str) -> tuple[Response, int]:
    """``press`` {"keys"}, ``speak`` {"text"}, ``hang_up``, ``accept``, ``decline``."""
    given, switch = _body(), desk.switch()
    match act:
        case "press":
            switch.press(phone, str(given.get("keys", "")))
        case "speak":
            switch.speak(phone, str(given.get("text", "")))
        case "hang_up":
            switch.hang_up(phone)
        case "accept":
            switch.accept(phone)
        case "decline":
            switch.decline(phone)
        case _:
            return jsonify({"error": f"a telephone cannot {act}"}), 404
    return jsonify({}), 200


@bp.put("/behaviours")
def behave() -> Response:
    """How addresses behave: ``{"pattern": "client:*", "kind": "auto_answer", "after": 2, …}``."""
    given = _body()
    pattern = str(given.pop("pattern", ""))
    if not pattern:
        raise ValueError("a pattern is required")
    desk.switch().behave(pattern, behaviour_from(given))
    return jsonify({})


@bp.put("/numbers/<number>")
def number(number: str) -> Response:
    """Give the account a number: ``{"voice_url", "fallback_url"?, "status_callback"?}``."""
    given = _body()
    sid = desk.switch().add_number(
        number,
        str(given.get("voice_url", "")),
        fallback_url=str(given.get("fallback_url", "")),
        status_callback=str(given.get("status_callback", "")),
    )
    return jsonify({"sid": sid})


@bp.get("/mischief")
def mischief() -> Response:
    """The misbehaviour that is set."""
    with desk.turn() as core:
        return jsonify(asdict(core.trickster.mischief))


@bp.put("/mischief")
@bp.post("/mischief")
def misbehave() -> Response:
    """Set misbehaviour; ``next`` lays ambushes, ``down_seconds`` refuses REST for a while.

    ``{"seed": 1, "doubled": 0.1, …, "next": [{"fault": "answer_500", "method": "POST",
    "path": "*Participants*", "times": 1}], "down_seconds": 5}``
    """
    given = _body()
    ambushes = [_ambush(one) for one in given.pop("next", [])]
    down = given.pop("down_seconds", None)
    switch = desk.switch()
    if given:
        switch.misbehave(mischief_from(given))
    for ambush in ambushes:
        switch.ambush(ambush)
    if down is not None:
        switch.go_down(float(down))
    return mischief()


@bp.delete("/mischief")
def behave_well() -> tuple[str, int]:
    """Good behaviour again, no ambush, up again."""
    desk.switch().behave_well()
    return "", 204


def _ambush(given: dict[str, Any]) -> Ambush:
    return Ambush(
        RestFault(str(given.get("fault", ""))),
        str(given.get("method", "*")),
        str(given.get("path", "*")),
        int(given.get("times", 1)),
    )


@bp.get("/alerts")
def alerts() -> Response:
    """What Twilio's debugger would show."""
    found = [{**asdict(alert), "at": alert.at.isoformat()} for alert in desk.switch().alerts()]
    return jsonify({"alerts": found})
