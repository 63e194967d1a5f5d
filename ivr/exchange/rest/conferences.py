"""/Conferences and their participants: add, mute, hold, coach, announce, kick (twilio.md §4, §5)."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from ivr.exchange.conferencing import inviting, rooms
from ivr.exchange.conferencing.inviting import Guest
from ivr.exchange.core import Core
from ivr.exchange.errors import Refused, not_found
from ivr.exchange.model import Conference, Participant
from ivr.exchange.rest import desk, shapes
from ivr.exchange.rest.calls import address, check_room, own_address
from ivr.exchange.twiml.verbs import Callback

bp = Blueprint("conferences", __name__)


@bp.get("/Conferences.json")
def index(account: str) -> Response:
    """Conferences, the newest first; FriendlyName and Status filter."""
    name, status = request.args.get("FriendlyName"), request.args.get("Status")
    with desk.turn() as core:
        found = [
            room
            for room in reversed(core.conferences.values())
            if name in (None, "", room.friendly_name) and status in (None, "", str(room.status))
        ]
        return desk.page(found, "conferences", lambda it: shapes.conference(core, it))


@bp.get("/Conferences/<sid>.json")
def show(account: str, sid: str) -> Response:
    """One conference."""
    with desk.turn() as core:
        return jsonify(shapes.conference(core, _find(core, sid)))


@bp.post("/Conferences/<sid>.json")
def change(account: str, sid: str) -> Response:
    """End a conference, or announce something to all in it."""
    url, method = desk.url("AnnounceUrl"), desk.text("AnnounceMethod", "POST").upper()
    with desk.turn() as core:
        room = _find(core, sid)
        if desk.text("Status") == "completed":
            rooms.end(core, room, "conference-ended-via-api")
        elif url:
            inviting.announce_to(core, room, None, url, method)
        return jsonify(shapes.conference(core, room))


@bp.post("/Conferences/<ref>/Participants.json")
def add(account: str, ref: str) -> tuple[Response, int]:
    """Call somebody into a conference, which is made if there is none: 201 with ``queued``."""
    guest, callback = _guest(), desk.callback("ConferenceStatusCallback", ("start", "end"))
    recording = _recording()
    with desk.turn() as core:
        check_room(core)
        if ref.startswith("CF") and rooms.live_named(core, ref) is None:
            raise not_found(request.path)
        room = rooms.open_room(core, ref, callback, recording)
        inviting.check_label(room, desk.text("Label"))
        is_coaching = desk.flag("Coaching") or False
        if is_coaching and desk.text("CallSidToCoach") not in room.participants:
            raise Refused(13240, "There is no such participant to coach")
        participant = inviting.invite(core, room, guest)
        _furnish(participant, is_coaching)
        return jsonify(shapes.participant(core, room, participant)), 201


def _guest() -> Guest:
    return Guest(
        sender=own_address("From", 21213, 21212),
        to=address("To", 21201, 21211),
        ring_seconds=desk.whole("Timeout", 60),
        limit_seconds=desk.whole("TimeLimit", 14400),
        progress=desk.callback("StatusCallback", ("completed",)),
    )


def _recording() -> Callback | None:
    is_wanted = desk.text("ConferenceRecord") in ("true", "record-from-start")
    return desk.callback("ConferenceRecordingStatusCallback", ("completed",)) if is_wanted else None


def _furnish(participant: Participant, is_coaching: bool) -> None:
    """Set a new participant up from the form; what is missing keeps Twilio's default."""
    participant.label = desk.text("Label")
    participant.is_muted = desk.flag("Muted") or False
    participant.beep = desk.text("Beep", "true")
    participant.is_starting = desk.flag("StartConferenceOnEnter") is not False
    participant.is_ending = desk.flag("EndConferenceOnExit") or False
    participant.is_coaching = is_coaching
    participant.coach = desk.text("CallSidToCoach") if is_coaching else ""
    participant.wait_url = request.form.get("WaitUrl")
    participant.wait_method = desk.text("WaitMethod", "POST").upper()


@bp.get("/Conferences/<ref>/Participants.json")
def participants(account: str, ref: str) -> Response:
    """The participants, those on the way included; none once the conference is over."""
    wanted = {name: request.args.get(name) for name in ("Muted", "Hold", "Coaching")}
    with desk.turn() as core:
        room = _find(core, ref)
        found = [*room.participants.values(), *room.invited.values()]
        found = [it for it in found if _fits(it, wanted)]
        return desk.page(found, "participants", lambda it: shapes.participant(core, room, it))


def _fits(it: Participant, wanted: dict[str, str | None]) -> bool:
    has = {"Muted": it.is_muted, "Hold": it.is_held, "Coaching": it.is_coaching}
    return all(value in (None, "") or (value == "true") == has[name] for name, value in wanted.items())


@bp.get("/Conferences/<ref>/Participants/<who>.json")
def participant(account: str, ref: str, who: str) -> Response:
    """One participant, by call sid or label."""
    with desk.turn() as core:
        room, found = _find_participant(core, ref, who)
        return jsonify(shapes.participant(core, room, found))


@bp.post("/Conferences/<ref>/Participants/<who>.json")
def change_participant(account: str, ref: str, who: str) -> Response:
    """Mute, hold, coach, announce to, or set the flags of a participant."""
    hold_url = desk.url("HoldUrl") or None
    announce_url = desk.url("AnnounceUrl")
    with desk.turn() as core:
        room, found = _find_participant(core, ref, who)
        # The end flag first: within one request a participant that is still held ignores it (§5).
        _change_flags(core, room, found)
        if (is_held := desk.flag("Hold")) is not None:
            method = desk.text("HoldMethod", "GET").upper()
            inviting.hold(core, room, found, is_held, hold_url, method)
        if announce_url:
            method = desk.text("AnnounceMethod", "POST").upper()
            inviting.announce_to(core, room, found, announce_url, method)
        return jsonify(shapes.participant(core, room, found))


def _change_flags(core: Core, room: Conference, found: Participant) -> None:
    if (is_muted := desk.flag("Muted")) is not None:
        inviting.mute(core, room, found, is_muted)
    if (is_ending := desk.flag("EndConferenceOnExit")) is not None:
        inviting.set_ending(core, room, found, is_ending)
    if (is_coaching := desk.flag("Coaching")) is not None:
        whom = desk.text("CallSidToCoach", found.coach)
        inviting.coach(core, room, found, is_coaching, whom)
    if (beep := desk.flag("BeepOnExit")) is not None:
        found.beep = "onExit" if beep else "false"
    found.wait_url = request.form.get("WaitUrl", found.wait_url)


@bp.delete("/Conferences/<ref>/Participants/<who>.json")
def kick(account: str, ref: str, who: str) -> tuple[str, int]:
    """Take a participant out: 204."""
    with desk.turn() as core:
        room, found = _find_participant(core, ref, who)
        inviting.kick(core, room, found)
        return "", 204


def _find(core: Core, ref: str) -> Conference:
    room = core.conferences.get(ref) or core.live_conferences.get(ref)
    if room is None:
        raise not_found(request.path)
    return room


def _find_participant(core: Core, ref: str, who: str) -> tuple[Conference, Participant]:
    room = _find(core, ref)
    found = inviting.find(room, who)
    if found is None or room.is_over:
        raise not_found(request.path)
    return room, found
