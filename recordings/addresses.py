"""Where the carrier finds the recordings' side: the urls of its webhooks."""

from config.settings import Settings
from recordings.models import RecordingKind


def recording_url(settings: Settings, *, call_id: str, conversation: str, kind: RecordingKind) -> str:
    """News of the recording of a conversation of this call."""
    return f"{settings.public_url}/voice/conversations/{call_id}/{kind}/{conversation}/recording"
