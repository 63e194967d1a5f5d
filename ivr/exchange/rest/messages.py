"""/Messages: send, list, read."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from ivr.exchange import messaging
from ivr.exchange.errors import Refused, not_found
from ivr.exchange.rest import desk, shapes
from ivr.exchange.rest.calls import address

bp = Blueprint("messages", __name__)
LONGEST = 1600


@bp.post("/Messages.json")
def create(account: str) -> tuple[Response, int]:
    """Send a text: 201 with ``queued``."""
    to = address("To", 21604, 21211)
    service = desk.text("MessagingServiceSid")
    sender = desk.text("From")
    if not sender and not service:
        raise Refused(21603, "A 'From' or a 'MessagingServiceSid' is required.")
    body = desk.needed("Body", 21602)
    if len(body) > LONGEST:
        raise Refused(21617, f"The message is longer than {LONGEST} characters")
    callback = desk.callback("StatusCallback", ())
    with desk.turn() as core:
        message = messaging.send(
            core, to=to, sender=sender, body=body, callback=callback, service_sid=service
        )
        return jsonify(shapes.message(core, message)), 201


@bp.get("/Messages.json")
def index(account: str) -> Response:
    """Messages, the newest first; To, From and DateSent[<>] filter."""
    to, sender, sent = request.args.get("To"), request.args.get("From"), desk.between("DateSent")
    with desk.turn() as core:
        found = [
            it
            for it in reversed(core.messages.values())
            if to in (None, "", it.to)
            and sender in (None, "", it.sender)
            and sent(it.sent_at)
        ]
        return desk.page(found, "messages", lambda it: shapes.message(core, it))


@bp.get("/Messages/<sid>.json")
def show(account: str, sid: str) -> Response:
    """One message."""
    with desk.turn() as core:
        if sid not in core.messages:
            raise not_found(request.path)
        return jsonify(shapes.message(core, core.messages[sid]))
