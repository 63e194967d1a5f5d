"""The carrier's words for how a call or a recording stands, in ours (twilio.md §1)."""

from typing import Final

from ivr.carrier.port import CarrierStatus, RecordingStatus

_STATUSES: Final = {
    "queued": CarrierStatus.UNDER_WAY,
    "initiated": CarrierStatus.UNDER_WAY,
    "ringing": CarrierStatus.UNDER_WAY,
    "in-progress": CarrierStatus.IN_PROGRESS,
    "completed": CarrierStatus.COMPLETED,
    "busy": CarrierStatus.BUSY,
    "no-answer": CarrierStatus.NO_ANSWER,
    "canceled": CarrierStatus.CANCELED,
    "failed": CarrierStatus.FAILED,
}

_RECORDINGS: Final = {
    "completed": RecordingStatus.COMPLETED,
    "absent": RecordingStatus.ABSENT,
    "failed": RecordingStatus.FAILED,
}


def status_named(word: str) -> CarrierStatus:
    """The carrier's word for a call's status; one that nobody has told us of counts as still under way."""
    return _STATUSES.get(word, CarrierStatus.UNDER_WAY)


def recording_status_named(word: str) -> RecordingStatus:
    """The carrier's word for a recording's status; in progress, paused, processing and unknown words are under way."""
    return _RECORDINGS.get(word, RecordingStatus.UNDER_WAY)
