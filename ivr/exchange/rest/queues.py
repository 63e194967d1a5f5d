"""/Queues and their members; taking a member out, which only the first one can."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from ivr.exchange.core import Core
from ivr.exchange.errors import Refused, not_found
from ivr.exchange.model import Member, Queue
from ivr.exchange.rest import desk, shapes
from ivr.exchange.rest.calls import Instructions, obey
from ivr.exchange.verbs.queueing import queue_named

bp = Blueprint("queues", __name__)
LARGEST = 5000


@bp.post("/Queues.json")
def create(account: str) -> tuple[Response, int]:
    """Make a queue; 22003 if there is one of that name."""
    name = desk.needed("FriendlyName", 22001)
    with desk.turn() as core:
        if any(queue.friendly_name == name for queue in core.queues.values()):
            raise Refused(22003, f"Queue {name} already exists")
        queue = queue_named(core, name, min(LARGEST, desk.whole("MaxSize", 1000)))
        return jsonify(shapes.queue(core, queue)), 201


@bp.get("/Queues.json")
def index(account: str) -> Response:
    """All queues."""
    with desk.turn() as core:
        return desk.page(list(core.queues.values()), "queues", lambda it: shapes.queue(core, it))


@bp.get("/Queues/<sid>.json")
def show(account: str, sid: str) -> Response:
    """One queue."""
    with desk.turn() as core:
        return jsonify(shapes.queue(core, _find(core, sid)))


@bp.post("/Queues/<sid>.json")
def change(account: str, sid: str) -> Response:
    """Rename or resize a queue."""
    with desk.turn() as core:
        queue = _find(core, sid)
        queue.friendly_name = desk.text("FriendlyName", queue.friendly_name)
        queue.max_size = min(LARGEST, desk.whole("MaxSize", queue.max_size))
        return jsonify(shapes.queue(core, queue))


@bp.delete("/Queues/<sid>.json")
def delete(account: str, sid: str) -> tuple[str, int]:
    """Delete a queue that is empty."""
    with desk.turn() as core:
        if _find(core, sid).members:
            raise Refused(22002, "The queue is not empty")
        del core.queues[sid]
        return "", 204


@bp.get("/Queues/<sid>/Members.json")
def members(account: str, sid: str) -> Response:
    """The members in order."""
    with desk.turn() as core:
        found = list(_find(core, sid).members)
        return desk.page(found, "queue_members", lambda it: shapes.member(core, it))


@bp.get("/Queues/<sid>/Members/<ref>.json")
def member(account: str, sid: str, ref: str) -> Response:
    """One member, by call sid or ``Front``."""
    with desk.turn() as core:
        return jsonify(shapes.member(core, _find_member(core, sid, ref)))


@bp.post("/Queues/<sid>/Members/<ref>.json")
def dequeue(account: str, sid: str, ref: str) -> Response:
    """Take a member out, to another document; whoever comes second by call sid gets 400."""
    url = desk.url("Url")
    if not url:
        raise Refused(21205, "A 'Url' is required.")
    method = desk.text("Method", "POST").upper()
    with desk.turn() as core:
        found = _find_member(core, sid, ref)
        answer = shapes.member(core, found)
        obey(core, found.call, Instructions(url, method))
        return jsonify(answer)


def _find(core: Core, sid: str) -> Queue:
    queue = core.queues.get(sid)
    if queue is None:
        raise not_found(request.path)
    return queue


def _find_member(core: Core, sid: str, ref: str) -> Member:
    queue = _find(core, sid)
    if ref == "Front" and queue.members:
        return queue.members[0]
    for found in queue.members:
        if found.call.sid == ref:
            return found
    if ref in core.calls and request.method == "POST":
        _refuse_gone(core, ref)
    raise not_found(request.path)


def _refuse_gone(core: Core, ref: str) -> None:
    """A call that was in the queue is dequeued already, or is not up any more."""
    if core.calls[ref].is_over:
        raise Refused(21220, "Call is not in-progress. Cannot redirect.")
    raise Refused(22005, f"Call {ref} is not in the queue any more", 400)
