"""A recording to be heard by a supervisor: its page, and what the player in it, or in a call's page, asks for.

A page that shows recordings includes `supervisor/recording_player.html` with `recordings` (what
`recordings.playing_conversations.parts_of` gives) and loads `recording_player.js`.
"""

import io
from typing import Final

from flask import Blueprint, Response, abort, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from werkzeug.wsgi import wrap_file

from agents.accounts.models import Role
from agents.staff.guarding import only_for
from agents.staff.parts import refused_text
from agents.staff.side import actor, side, staff
from agents.supervisor.one_call.waveforms import silences, waveform
from recordings import playing_conversations
from recordings.errors import NotThere, RecordingError
from recordings.models import RecordingKind, RecordingState
from recordings.playing_conversations import Link
from recordings.sealing import CHUNK_BYTES

bp: Final = Blueprint("recordings", __name__, url_prefix="/recordings")

STATES: Final = {
    RecordingState.EXPECTED: lazy_gettext("is being recorded"),
    RecordingState.RECORDING: lazy_gettext("is being recorded"),
    RecordingState.ANNOUNCED: lazy_gettext("is being fetched"),
    RecordingState.SEALED: lazy_gettext("sealed"),
    RecordingState.DELETED_AT_CARRIER: lazy_gettext("sealed"),
    RecordingState.ABSENT: lazy_gettext("nothing was recorded"),
    RecordingState.FAILED: lazy_gettext("could not be fetched"),
    RecordingState.DESTROYED: lazy_gettext("destroyed"),
}
KINDS: Final = {
    RecordingKind.CONVERSATION: lazy_gettext("Conversation"),
    RecordingKind.OWN_CALL: lazy_gettext("Call that an agent made"),
    RecordingKind.OUTSIDE: lazy_gettext("With a number outside"),
    RecordingKind.VOICEMAIL: lazy_gettext("Message left"),
}


@bp.app_context_processor
def words() -> dict[str, object]:
    """For the player, wherever it is included."""
    return {"recording_states": STATES, "recording_kinds": KINDS, "waveform": waveform, "silences": silences}


@bp.get("/<recording_id>")
@only_for(Role.SUPERVISOR)
def show(recording_id: str) -> ResponseReturnValue:
    """The recording by itself."""
    with side().centre.database.reading("recording_page") as tx:
        try:
            part = playing_conversations.part(tx, insurer_id=staff().insurer_id, recording_id=recording_id)
        except NotThere:
            abort(404)
    return render_template("supervisor/recording.html", recordings=[part])


@bp.post("/<recording_id>/play")
@only_for(Role.SUPERVISOR)
def play(recording_id: str) -> ResponseReturnValue:
    """A link to the sound, for a few minutes; who plays it is audited."""
    who = staff()
    try:
        link = playing_conversations.play(
            side().centre,
            insurer_id=who.insurer_id,
            recording_id=recording_id,
            session_id=who.session_id,
            actor=actor(),
        )
    except NotThere:
        return refused_text(gettext("This recording cannot be heard: its sound is not here."))
    return jsonify(url=url_for("recordings.sound", recording_id=recording_id, until=link.until, key=link.key))


@bp.get("/<recording_id>/sound")
@only_for(Role.SUPERVISOR)
def sound(recording_id: str) -> ResponseReturnValue:
    """The sound, or the part of it that is asked for (`Range`)."""
    return sound_of_link(recording_id)


def sound_of_link(recording_id: str) -> Response:
    """What the link in the address opens; 410 once it holds no longer, or was another's."""
    centre, who = side().centre, staff()
    link = Link(request.args.get("until", 0, type=int), request.args.get("key", ""))
    if not playing_conversations.is_good(centre, link, recording_id=recording_id, session_id=who.session_id):
        return _gone(gettext("This link holds no longer. Play the recording again."))
    try:
        clear = playing_conversations.sound_of(centre, insurer_id=who.insurer_id, recording_id=recording_id)
        # Whatever is wrong with its seal shows before the first byte goes out.
        file = io.BufferedReader(clear, buffer_size=CHUNK_BYTES)
        file.peek(1)
    except NotThere:
        abort(404)
    except RecordingError:
        return _gone(gettext("The recording cannot be unsealed. Tell the administrator."))
    response = Response(wrap_file(request.environ, file), mimetype="audio/wav", direct_passthrough=True)
    response.content_length = clear.length
    response.make_conditional(request.environ, accept_ranges=True, complete_length=clear.length)
    return response


def _gone(why: str) -> Response:
    return Response(why, 410, content_type="text/plain; charset=utf-8")
