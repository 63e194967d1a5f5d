"""The recordings' side of the carrier's webhooks: news of the recording of a conversation."""

from email.utils import parsedate_to_datetime
from typing import Final

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from ivr.carrier.port import CarrierRecording
from ivr.carrier.words import recording_status_named
from ivr.web.webhook import Guard
from recordings.conversations import Conversations
from recordings.models import RecordingKind

_KINDS: Final = (RecordingKind.CONVERSATION, RecordingKind.OWN_CALL, RecordingKind.OUTSIDE)


def blueprint(conversations: Conversations, guard: Guard) -> Blueprint:
    """The routes under /voice/conversations, each behind `guard`. The recording's own url is never looked at."""
    routes = Blueprint("recordings", __name__, url_prefix="/voice/conversations")
    routes.before_request(guard)

    @routes.post("/<call_id>/<kind>/<conversation>/recording")
    def news(call_id: str, kind: str, conversation: str) -> ResponseReturnValue:
        if kind not in _KINDS:
            abort(404)
        if request.form.get("RecordingSid"):
            conversations.hear(call_id, conversation=conversation, kind=RecordingKind(kind), news=_news())
        return Response(status=204)

    return routes


def _news() -> CarrierRecording:
    seconds, began = request.form.get("RecordingDuration", ""), request.form.get("RecordingStartTime", "")
    try:
        started_at = parsedate_to_datetime(began)
    except ValueError:
        started_at = None
    return CarrierRecording(
        sid=request.form["RecordingSid"],
        status=recording_status_named(request.form.get("RecordingStatus", "")),
        duration_seconds=int(seconds) if seconds.isascii() and seconds.isdigit() else 0,
        started_at=started_at,
    )
