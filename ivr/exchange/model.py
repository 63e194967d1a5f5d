"""The things that the exchange keeps: calls, queues, conferences, recordings, messages, numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from ivr.exchange.transitions import CallStatus, is_final
from ivr.exchange.twiml.verbs import NOWHERE, Callback

if TYPE_CHECKING:
    from ivr.exchange.conferencing.attending import Attending
    from ivr.exchange.core import Core
    from ivr.exchange.phones import Phone
    from ivr.exchange.script import Script
    from ivr.exchange.timeline import Timer
    from ivr.exchange.verbs.queueing import Queued


class Owner(Protocol):
    """Whoever placed an outgoing call and wants to know how it fares."""

    def ringing(self, core: Core, call: Call) -> None: ...

    def answered(self, core: Core, call: Call) -> None: ...

    def finished(self, core: Core, call: Call) -> None: ...


@dataclass(slots=True, eq=False)
class Call:
    """One leg: a connection between the carrier and one telephone. Instants are UTC."""

    sid: str
    direction: str
    sender: str
    to: str
    phone: Phone
    created_at: datetime
    status: CallStatus = CallStatus.QUEUED
    parent: Call | None = None
    forwarded_from: str = ""
    number_sid: str = ""
    ring_seconds: float = 60.0
    limit_seconds: float = 14400.0
    voice: Callback = NOWHERE
    fallback: Callback = NOWHERE
    progress: Callback = NOWHERE
    recording: Callback = NOWHERE
    parameters: tuple[tuple[str, str], ...] = ()
    owner: Owner | None = None
    main: Script | None = None
    keys_ahead: str = ""
    hands_used: int = 0
    sequence: int = 0
    queue_ms: int = 0
    sip_code: int = 0
    send_digits: str = ""
    cause: str = ""
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    is_bridged: bool = False
    is_recorded: bool = False
    recording_channels: int = 1
    recorded: Recording | None = None
    timers: list[Timer] = field(default_factory=list)
    fetches_now: tuple[datetime, int] | None = None

    @property
    def is_over(self) -> bool:
        return is_final(self.status)

    @property
    def is_up(self) -> bool:
        return self.status is CallStatus.IN_PROGRESS

    @property
    def duration_seconds(self) -> int:
        """Whole seconds from answer to end; 0 for a call that was never answered."""
        if self.answered_at is None or self.ended_at is None:
            return 0
        return round((self.ended_at - self.answered_at).total_seconds())


@dataclass(slots=True, eq=False)
class Number:
    """A number of the account: what to ask when it is called."""

    sid: str
    number: str
    created_at: datetime
    friendly_name: str = ""
    voice: Callback = NOWHERE
    fallback: Callback = NOWHERE
    progress: Callback = NOWHERE
    sms: Callback = NOWHERE


@dataclass(slots=True, eq=False)
class Member:
    """A caller in a queue."""

    call: Call
    enqueued_at: datetime
    activity: Queued
    is_taken: bool = False


@dataclass(slots=True, eq=False)
class Queue:
    """Callers in the order of their coming, and agents' legs that wait for one."""

    sid: str
    friendly_name: str
    created_at: datetime
    max_size: int = 1000
    members: list[Member] = field(default_factory=list)
    total_wait_seconds: float = 0.0
    served: int = 0

    @property
    def average_wait_seconds(self) -> int:
        return round(self.total_wait_seconds / self.served) if self.served else 0


class ConferenceStatus(StrEnum):
    INIT = "init"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"


@dataclass(slots=True, eq=False)
class Participant:
    """One call in a conference, or on its way in; ``attending`` is None until it has joined."""

    call: Call
    label: str = ""
    is_muted: bool = False
    is_held: bool = False
    coach: str = ""
    is_coaching: bool = False
    is_starting: bool = True
    is_ending: bool = False
    beep: str = "true"
    wait_url: str | None = None
    wait_method: str = "POST"
    created_at: datetime | None = None
    attending: Attending | None = None


@dataclass(slots=True, eq=False)
class Conference:
    """Participants by call sid, in the order of their joining; the invited are not in yet."""

    sid: str
    friendly_name: str
    created_at: datetime
    status: ConferenceStatus = ConferenceStatus.INIT
    callback: Callback | None = None
    recording: Callback | None = None
    participants: dict[str, Participant] = field(default_factory=dict)
    invited: dict[str, Participant] = field(default_factory=dict)
    sequence: int = 0
    most: int = 250
    ended_by: str = ""
    ended_by_label: str = ""
    reason_ended: str = ""
    ended_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.status is ConferenceStatus.COMPLETED


class RecordingStatus(StrEnum):
    IN_PROGRESS = "in-progress"
    PAUSED = "paused"
    PROCESSING = "processing"
    COMPLETED = "completed"
    ABSENT = "absent"


@dataclass(slots=True, eq=False)
class Recording:
    """A recording of a call or of a conference; durations in seconds.

    ``parties`` are the calls that took part when it began, ``silences`` where its sound was paused.
    """

    sid: str
    source: str
    started_at: datetime
    call_sid: str = ""
    conference_sid: str = ""
    name: str = ""
    channels: int = 1
    track: str = "both"
    status: RecordingStatus = RecordingStatus.IN_PROGRESS
    callback: Callback = NOWHERE
    paused_at: datetime | None = None
    skipped_seconds: float = 0.0
    is_skipping: bool = False
    silences: list[tuple[float, float]] = field(default_factory=list)
    parties: tuple[Call, ...] = ()
    duration_seconds: int = -1
    updated_at: datetime | None = None
    is_deleted: bool = False


@dataclass(slots=True, eq=False)
class Message:
    """A text message; ``error_code`` 0 means none."""

    sid: str
    to: str
    sender: str
    body: str
    created_at: datetime
    callback: Callback = NOWHERE
    service_sid: str = ""
    status: str = "queued"
    sent_at: datetime | None = None
    updated_at: datetime | None = None
    error_code: int = 0
    direction: str = "outbound-api"
