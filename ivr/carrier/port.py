"""What Pult asks of a carrier, in the centre's own words.

Every method is an exchange with the outside: it refuses to run inside a transaction, gives up after a
time-out, raises only what `ivr/carrier/errors.py` draws, and passes the failpoint `carrier:<verb>` after the
carrier has answered. Sids are the carrier's own opaque ids. Urls are absolute, as `ivr.web.urls` makes them.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class CarrierStatus(StrEnum):
    """Where the carrier says a call is."""

    UNDER_WAY = "under_way"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    CANCELED = "canceled"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Whether nothing can follow."""
        return self not in (CarrierStatus.UNDER_WAY, CarrierStatus.IN_PROGRESS)


@dataclass(frozen=True)
class CarrierCall:
    """A call as the carrier lists it. `parent_sid` is set on legs that belong to another call."""

    sid: str
    parent_sid: str | None
    from_number: str
    to_number: str
    is_inbound: bool
    status: CarrierStatus
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class CarrierMessage:
    """A text message as the carrier lists it; `status` is the carrier's word (`queued`, `sent`, `delivered`,
    …).
    """

    sid: str
    to_number: str
    body: str
    status: str
    created_at: datetime | None


class RecordingStatus(StrEnum):
    """Where a recording is at the carrier; `absent` is one in which nothing was said."""

    UNDER_WAY = "under_way"
    COMPLETED = "completed"
    ABSENT = "absent"
    FAILED = "failed"


@dataclass(frozen=True)
class CarrierRecording:
    """A recording as the carrier lists it."""

    sid: str
    status: RecordingStatus
    duration_seconds: int
    started_at: datetime | None


class Seat(StrEnum):
    """What a participant may do in a conversation; the conversation ends when its host leaves."""

    HOST = "host"
    GUEST = "guest"
    LISTENER = "listener"
    WHISPERER = "whisperer"


class Telephony(Protocol):
    """Calls: placing, moving and ending them."""

    def place_call(
        self,
        *,
        to: str,
        caller_id: str,
        answer_url: str,
        fallback_url: str,
        status_url: str,
        timeout_seconds: int,
        extension: str | None = None,
    ) -> str:
        """Ring `to`; once answered its extension is keyed after a second, and it runs the document at `answer_url`, or
        where that fails at `fallback_url`. The new call's sid.

        `status_url` hears initiated, ringing, answered and completed. CarrierUnavailable: it may be ringing.
        """
        ...

    def take_from_queue(self, *, queue_sid: str, call_sid: str, document_url: str) -> None:
        """Take the caller out of the carrier's queue and run the document. Raises LostRace, never twice for
        one caller.
        """
        ...

    def redirect(self, *, call_sid: str, document_url: str) -> None:
        """Let a live call run another document. Raises CallGone."""
        ...

    def end_call(self, *, call_sid: str) -> None:
        """Stop a call, ringing or live. A call that is over, or unknown, is no error."""
        ...

    def call_status(self, sid: str) -> CarrierCall | None:
        """The call as the carrier has it now; None if it knows none."""
        ...

    def calls_since(self, at: datetime) -> list[CarrierCall]:
        """Every call begun at or after `at`, newest first."""
        ...

    def queue_sid(self, name: str) -> str | None:
        """The carrier's sid of the queue called `name`; None before the first caller was put in."""
        ...


class Conferencing(Protocol):
    """Conversations: an agent and a caller meet in a conference of the offer's own name."""

    def ring_agent(
        self,
        *,
        conference: str,
        address: str,
        caller_id: str,
        label: str,
        timeout_seconds: int,
        status_url: str,
        conference_url: str,
        seat: Seat = Seat.HOST,
        recording_url: str | None = None,
    ) -> str:
        """Ring `address` as a participant of `conference`, in no other seat than host, guest or listener; the
        participant's call sid.

        `status_url` hears initiated, ringing, answered and completed of the leg, `conference_url` start,
        end, join, leave and hold of the conference. CarrierUnavailable: it may be ringing; `participant_sid`
        by label tells. Whoever is rung there already under this label is not rung twice: that sid is returned.
        With a `recording_url` the conference is recorded from its start, if this participant is its first;
        that url hears in-progress, completed and absent.
        """
        ...

    def participant_sid(self, *, conference: str, label: str) -> str | None:
        """The call sid of the participant with this label in a live conference, ringing included; None if
        not there.
        """
        ...

    def hold(self, *, conference: str, call_sid: str, on: bool, hold_url: str) -> None:
        """Put a participant on hold (the document at `hold_url` plays) or take them off. Raises CallGone."""
        ...

    def take_seat(self, *, conference: str, call_sid: str, seat: Seat, coached_sid: str | None = None) -> None:
        """Give a participant another seat; a whisperer is heard by `coached_sid` alone. Raises CallGone."""
        ...

    def end_conference(self, name: str) -> None:
        """End every live conference of this name; none is no error."""
        ...


class Messaging(Protocol):
    """Text messages."""

    def send_sms(self, *, to: str, sender: str, body: str, status_url: str) -> str:
        """Hand a text message over; its sid. CarrierUnavailable: it may have been sent; `messages_to`
        tells.
        """
        ...

    def messages_to(self, to: str, *, since: datetime) -> list[CarrierMessage]:
        """What was sent to this number since: for looking before a repeat."""
        ...


class Shelf(Protocol):
    """Recordings as they are made, and as they are kept at the carrier until we have them."""

    def fetch_recording(self, sid: str, *, most_bytes: int) -> bytes:
        """The recording as a WAV file. Raises CallGone when it is not there, NotReady while it is still being
        made, and Unusable for an answer that is longer than `most_bytes`, packed, or from anywhere else than the
        carrier.
        """
        ...

    def recordings_of(self, conference: str) -> list[CarrierRecording]:
        """Every recording of the conferences of this name, ended ones included; deleted ones are not among them."""
        ...

    def recordings_of_dials(self, call_sid: str) -> list[CarrierRecording]:
        """Every recording of this call's being connected with numbers, one for each that answered; no conference's."""
        ...

    def pause_recording(self, conference: str, *, on: bool) -> None:
        """Let silence stand for what is said from now, or record again. Raises CallGone where nothing is recorded."""
        ...

    def delete_recording(self, sid: str) -> None:
        """Delete it at the carrier; one that is not there is no error."""
        ...


class Carrier(Telephony, Conferencing, Messaging, Shelf, Protocol):
    """All that Pult asks of a carrier."""
