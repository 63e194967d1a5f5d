"""/Calls: place, list, read, redirect, cancel and end calls."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, request

from ivr.exchange import calls
from ivr.exchange.core import Core
from ivr.exchange.errors import DocumentFault, Refused, not_found
from ivr.exchange.model import Call
from ivr.exchange.rest import desk, shapes
from ivr.exchange.script import fetch, run_body
from ivr.exchange.transitions import CallStatus
from ivr.exchange.twiml.verbs import Callback
from ivr.exchange.verbs.saying import key_digits

bp = Blueprint("calls", __name__)
LONGEST_INLINE = 4000
_ADDRESS = re.compile(r"\+[1-9]\d{4,14}|client:[\w.@+-]{1,121}|sips?:\S+")


@dataclass(frozen=True, slots=True)
class Instructions:
    """What a call is to do once it is up: a document's address, or the document."""

    url: str = ""
    method: str = "POST"
    twiml: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """Owns a call that REST placed: runs its instructions when it is answered."""

    instructions: Instructions

    def ringing(self, core: Core, call: Call) -> None:
        """The status callback tells."""

    def answered(self, core: Core, call: Call) -> None:
        """Up: the document runs, once the digits that the call was placed with are keyed."""
        key_digits(core, call, lambda: obey(core, call, self.instructions))

    def finished(self, core: Core, call: Call) -> None:
        """The status callback tells."""


def obey(core: Core, call: Call, what: Instructions) -> None:
    """Let a call run these instructions from the first verb."""
    script = calls.redirect(core, call)
    if what.url:
        fetch(core, script, what.url, what.method)
        return
    try:
        run_body(core, script, "", what.twiml.encode(), "text/xml")
    except DocumentFault as fault:
        core.alert(fault.code, fault.message, call)
        calls.hang_up(core, call, "bad inline document")


def instructions() -> Instructions:
    """Url or Twiml from the form; Url beats Twiml (twilio.md §4)."""
    url, twiml = desk.url("Url"), desk.text("Twiml")
    if not url and len(twiml) > LONGEST_INLINE:
        raise Refused(32018, f"Twiml must be at most {LONGEST_INLINE} characters")
    return Instructions(url, desk.text("Method", "POST").upper(), "" if url else twiml)


def address(name: str, missing: int, invalid: int) -> str:
    """A number, client or SIP address from the form."""
    value = desk.needed(name, missing)
    if not _ADDRESS.fullmatch(value):
        raise Refused(invalid, f"The '{name}' {value} is not a valid phone number, client or SIP URI.")
    return value


def own_address(name: str, missing: int, invalid: int) -> str:
    """An address that calls may come from; raises Refused 21210 for a number that the account does not have."""
    value = address(name, missing, invalid)
    with desk.turn() as core:
        if value.startswith("+") and value not in core.numbers:
            raise Refused(21210, f"'{name}' phone number {value} is not verified for the account.")
    return value


def check_room(core: Core) -> None:
    """Raises Refused (20429, or 10004 as the settings say) where the account has as many calls as it may have."""
    most = core.settings.most_concurrent_calls
    if most is not None and len(core.live_calls) >= most:
        raise Refused(core.settings.concurrency_code, "Too Many Requests", 429)


@bp.post("/Calls.json")
def place(account: str) -> tuple[Response, int]:
    """Place a call: 201 with ``queued``."""
    what = instructions()
    if not what.url and not what.twiml:
        raise Refused(21205, "Url or Twiml is required")
    to, sender = address("To", 21201, 21211), own_address("From", 21213, 21212)
    progress = desk.callback("StatusCallback", ("completed",))
    fallback = Callback(desk.url("FallbackUrl"), desk.text("FallbackMethod", "POST"))
    recording = desk.callback("RecordingStatusCallback", ("completed",))
    with desk.turn() as core:
        check_room(core)
        call = calls.new_outgoing(
            core,
            direction="outbound-api",
            sender=sender,
            to=to,
            owner=Placed(what),
            ring_seconds=desk.whole("Timeout", 60),
            progress=progress,
        )
        call.fallback = fallback
        call.limit_seconds = desk.whole("TimeLimit", 14400)
        call.send_digits = desk.text("SendDigits")
        call.is_recorded, call.recording = desk.flag("Record") or False, recording
        call.recording_channels = 2 if desk.text("RecordingChannels") == "dual" else 1
        calls.place(core, call)
        return jsonify(shapes.call(core, call)), 201


@bp.get("/Calls.json")
def index(account: str) -> Response:
    """Calls, the newest first; To From Status ParentCallSid StartTime[<>] EndTime[<>] filter."""
    is_wanted = _wanted()
    with desk.turn() as core:
        found = [call for call in reversed(core.calls.values()) if is_wanted(call)]
        return desk.page(found, "calls", lambda call: shapes.call(core, call))


def _wanted() -> Callable[[Call], bool]:
    """Whether a call fits the query, which is read once and not for each of thousands of calls."""
    to, sender, status, parent = (request.args.get(name) for name in ("To", "From", "Status", "ParentCallSid"))
    began, ended = desk.between("StartTime"), desk.between("EndTime")

    def fits(call: Call) -> bool:
        return (
            to in (None, "", call.to)
            and sender in (None, "", call.sender)
            and status in (None, "", call.status)
            and parent in (None, "", call.parent.sid if call.parent else "")
            and began(call.started_at)
            and ended(call.ended_at)
        )

    return fits


@bp.get("/Calls/<sid>.json")
def show(account: str, sid: str) -> Response:
    """One call."""
    with desk.turn() as core:
        return jsonify(shapes.call(core, find(core, sid)))


@bp.post("/Calls/<sid>.json")
def change(account: str, sid: str) -> Response:
    """Redirect a call that is up, cancel one that is not yet, or end it; else 21220."""
    what, status = instructions(), desk.text("Status")
    with desk.turn() as core:
        call = find(core, sid)
        if call.is_over:
            raise Refused(21220, "Call is not in-progress. Cannot redirect.")
        if "StatusCallback" in request.form:
            call.progress = desk.callback("StatusCallback", ("completed",))
        if status:
            _end(core, call, status)
        elif what.url or what.twiml:
            _redirect(core, call, what)
        if "TimeLimit" in request.form:
            seconds = desk.whole("TimeLimit", 14400)
            core.after_unless_over(call, seconds, lambda: calls.hang_up(core, call, "time limit"))
        return jsonify(shapes.call(core, call))


def _redirect(core: Core, call: Call, what: Instructions) -> None:
    is_ringing_in = call.direction == "inbound" and call.status is CallStatus.RINGING
    if not call.is_up and not is_ringing_in:
        raise Refused(21220, "Call is not in-progress. Cannot redirect.")
    obey(core, call, what)


def _end(core: Core, call: Call, status: str) -> None:
    if status not in ("canceled", "completed"):
        raise Refused(21218, f"Invalid Status {status}")
    if status == "canceled" and call.is_up:
        raise Refused(21220, "Call is in-progress. Cannot cancel.")
    calls.hang_up(core, call, "ended by REST")


@bp.delete("/Calls/<sid>.json")
def delete(account: str, sid: str) -> tuple[str, int]:
    """Forget a call that is over."""
    with desk.turn() as core:
        call = find(core, sid)
        if not call.is_over:
            raise Refused(20009, "Cannot delete a call that is in progress")
        core.calls.pop(sid)
        return "", 204


def find(core: Core, sid: str) -> Call:
    """The call with this sid; raises Refused 20404."""
    call = core.calls.get(sid)
    if call is None:
        raise not_found(request.path)
    return call
