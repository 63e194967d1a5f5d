"""/Recordings of calls and conferences: begin, pause, stop, list, fetch the sound, delete."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from ivr.exchange import recorder
from ivr.exchange.core import Core
from ivr.exchange.errors import Refused, not_found
from ivr.exchange.model import Recording, RecordingStatus
from ivr.exchange.rest import desk, shapes
from ivr.exchange.rest.calls import find as find_call
from ivr.exchange.talk.recorded import sound_of

bp = Blueprint("recordings", __name__)


@bp.post("/Calls/<sid>/Recordings.json")
def begin(account: str, sid: str) -> tuple[Response, int]:
    """Begin to record a call that is up."""
    callback = desk.callback("RecordingStatusCallback", ("completed",))
    with desk.turn() as core:
        call = find_call(core, sid)
        if not call.is_up:
            raise Refused(21220, "Call is not in-progress. Cannot record.")
        recording = recorder.begin(
            core,
            source="StartCallRecordingAPI",
            call_sid=sid,
            channels=2 if desk.text("RecordingChannels") == "dual" else 1,
            track=desk.text("RecordingTrack", "both"),
            callback=callback,
        )
        return jsonify(shapes.recording(core, recording)), 201


@bp.post("/Calls/<subject>/Recordings/<sid>.json")
@bp.post("/Conferences/<subject>/Recordings/<sid>.json")
def change(account: str, subject: str, sid: str) -> Response:
    """Pause, resume or stop; ``Twilio.CURRENT`` is the one recording that runs."""
    status = desk.text("Status")
    with desk.turn() as core:
        recording = _current(core, subject) if sid == "Twilio.CURRENT" else _find(core, sid)
        match status:
            case "paused":
                recorder.pause(core, recording, desk.text("PauseBehavior") == "skip")
            case "in-progress":
                recorder.resume(core, recording)
            case "stopped":
                recorder.stop(core, recording)
            case _:
                raise Refused(21220, f"Invalid Status {status}")
        return jsonify(shapes.recording(core, recording))


def _current(core: Core, subject: str) -> Recording:
    running = recorder.live_of(core, subject)
    if not running:
        raise not_found(request.path)
    return running[-1]


@bp.get("/Recordings.json")
def index(account: str) -> Response:
    """Recordings, the newest first; CallSid, ConferenceSid, IncludeSoftDeleted."""
    return _list(request.args.get("CallSid"), request.args.get("ConferenceSid"))


@bp.get("/Calls/<sid>/Recordings.json")
def of_call(account: str, sid: str) -> Response:
    """The recordings of one call."""
    return _list(sid, None)


@bp.get("/Conferences/<sid>/Recordings.json")
def of_conference(account: str, sid: str) -> Response:
    """The recordings of one conference."""
    return _list(None, sid)


def _list(call_sid: str | None, conference_sid: str | None) -> Response:
    has_deleted = request.args.get("IncludeSoftDeleted", "").lower() == "true"
    with desk.turn() as core:
        found = [
            it
            for it in reversed(core.recordings.values())
            if (has_deleted or not it.is_deleted)
            and call_sid in (None, "", it.call_sid)
            and conference_sid in (None, "", it.conference_sid)
        ]
        return desk.page(found, "recordings", lambda it: shapes.recording(core, it))


@bp.get("/Recordings/<sid>.json")
@bp.get("/Calls/<_subject>/Recordings/<sid>.json")
@bp.get("/Conferences/<_subject>/Recordings/<sid>.json")
def show(account: str, sid: str, _subject: str = "") -> Response:
    """One recording."""
    with desk.turn() as core:
        return jsonify(shapes.recording(core, _find(core, sid)))


@bp.get("/Recordings/<sid>")
@bp.get("/Recordings/<sid>.wav")
@bp.get("/Recordings/<sid>.mp3")
def media(account: str, sid: str) -> Response:
    """The sound, once completed; an mp3 is not made, and a WAV comes in its place."""
    with desk.turn() as core:
        recording = _find(core, sid)
        channels = request.args.get("RequestedChannels", recording.channels, type=int)
        if recording.status is not RecordingStatus.COMPLETED:
            raise not_found(request.path)
        if channels == 2 and recording.channels != 2:
            raise Refused(21218, "The recording is not dual-channel")
        sound = core.sound
    wav = sound.wav_of(recording, channels) or sound_of(recording, channels)
    return Response(wav, mimetype="audio/x-wav")


@bp.delete("/Recordings/<sid>.json")
@bp.delete("/Calls/<_subject>/Recordings/<sid>.json")
def delete(account: str, sid: str, _subject: str = "") -> tuple[str, int]:
    """Delete the sound: 204; the metadata stay for IncludeSoftDeleted."""
    with desk.turn() as core:
        recording = _find(core, sid)
        if recording in recorder.live_of(core, recording.call_sid or recording.conference_sid):
            raise Refused(21220, "The recording is in progress")
        recording.is_deleted = True
        core.sound.recorded(core, recording)
        return "", 204


def _find(core: Core, sid: str) -> Recording:
    recording = core.recordings.get(sid)
    if recording is None or recording.is_deleted:
        raise not_found(request.path)
    return recording
