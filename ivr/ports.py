"""What the phone side must ask of the packages above it; `agents` and `recordings` answer, the house binds."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from config.database import Transaction
from ivr.calls.models import Call
from ivr.diversions import Diversion

_FIVE_MINUTES: Final = timedelta(minutes=5)


class QueueEntry(StrEnum):
    """Whether a caller may join a queue now."""

    JOINED = "joined"
    CLOSED = "closed"
    FULL = "full"


class StandingAdvice(StrEnum):
    """What a waiting round must do."""

    KEEP_WAITING = "keep_waiting"
    LEAVE_TIMED_OUT = "leave_timed_out"
    LEAVE_DIVERTED = "leave_diverted"


class Parting(StrEnum):
    """How the agent's side left the last conversation; `outside` has passed the caller on to a number, and goes on."""

    CONCLUDED = "concluded"
    OUTSIDE = "outside"
    TRANSFERRED = "transferred"
    LOST = "lost"


class ShiftState(StrEnum):
    """Whether the agent asked for works now."""

    ON_SHIFT = "on_shift"
    OFF_SHIFT = "off_shift"
    NONE = "none"


@dataclass(frozen=True)
class Standing:
    """A wait's place now: callers ahead, an honest estimate in seconds (None: unknown), seconds waited so far.

    `queues` are those whose announcements concern the caller: the one asked for, and the one that serves. After
    `leave_in_seconds` more (None: never) the advice will be to leave.
    """

    ahead: int
    wait_seconds: int | None
    waited_seconds: int
    advice: StandingAdvice
    queues: tuple[str, ...] = ()
    leave_in_seconds: int | None = None


@dataclass(frozen=True)
class Curator:
    """A curator's shift: who (by extension, never by name), whether at work, and when next."""

    state: ShiftState
    extension: str | None
    back_at: datetime | None


@dataclass(frozen=True)
class CallbackPlan:
    """A promise to call back: whether it is new, and its window."""

    is_new: bool
    from_at: datetime
    until_at: datetime

    @property
    def told(self) -> tuple[datetime, datetime]:
        """The window as people say it, from 14:35 until 16:40 and not from 14:37 until 16:37; no shorter than it is."""
        return _to_five_minutes(self.from_at), _to_five_minutes(self.until_at + _FIVE_MINUTES - timedelta.resolution)


class CallbackRefusal(StrEnum):
    """Why no call is promised: there is no number to ring, or it was rung in vain too often."""

    NO_PHONE = "no_phone"
    TOO_OFTEN = "too_often"


class Queues(Protocol):
    """The waiting callers. Every method works inside the caller's transaction and does no I/O."""

    def is_open(self, tx: Transaction, call: Call, queue: str) -> tuple[bool, datetime | None]:
        """Whether `queue` takes this caller now, and if not when it next does; by the region's hours if it has any."""
        ...

    def join(
        self,
        tx: Transaction,
        call: Call,
        *,
        queue: str,
        is_emergency: bool,
        prefer_curator: bool,
        at_head: bool = False,
    ) -> QueueEntry:
        """Start (or, after a lost agent, resume) the call's wait. An emergency is never refused."""
        ...

    def standing(self, tx: Transaction, call: Call, *, round_number: int) -> Standing | None:
        """The place of the call's wait; None when it does not wait any more (claimed, ended)."""
        ...

    def diversion(self, tx: Transaction, call: Call) -> Diversion | None:
        """Where a duty manager sends the waiting caller, out of the queues; None who may stay, or has an agent."""
        ...

    def leave(self, tx: Transaction, call: Call, *, reason: str) -> None:
        """The caller left the queue by a key, by its end, or by hanging up; open offers are withdrawn after commit."""
        ...

    def parting(self, tx: Transaction, call: Call) -> Parting:
        """How the agent's side left the last conversation: on purpose, then survey or goodbye; else
        `join(at_head=True)`.
        """
        ...

    def may_ask_for_mark(self, tx: Transaction, call: Call) -> bool:
        """Whether a survey fits the call: nobody is asked after an emergency, or a talk in confidence."""
        ...

    def queue_of(self, tx: Transaction, call: Call) -> str | None:
        """The queue that serves the call's wait, or served its last; None for a call that never waited."""
        ...


class Curators(Protocol):
    """Who is on shift."""

    def preferred(self, tx: Transaction, call: Call) -> Curator:
        """Who was dialled by extension in this call, else the curator of the identified insured's policy; or the
        substitute during leave.
        """
        ...

    def by_extension(self, tx: Transaction, insurer_id: str, extension: str) -> Curator:
        """The agent with this extension."""
        ...


class Callbacks(Protocol):
    """Calls that we owe."""

    def plan(self, tx: Transaction, call: Call, *, reason: str, keep_place: bool) -> CallbackPlan | CallbackRefusal:
        """Promise a callback to the caller's number, at once where the call is an emergency; or say why not."""
        ...


class Voicemail(Protocol):
    """Messages left by callers."""

    def announce(self, tx: Transaction, call: Call, *, recording_sid: str, duration_seconds: int) -> None:
        """A message exists at the carrier: fetch it, seal it, delete it there, and owe a callback."""
        ...


class OutsideRecordings(Protocol):
    """Recordings of callers who are connected with a number outside; each such conversation has a name of its own.

    Every method works inside the transaction that holds the call, and may be repeated.
    """

    def expect(self, tx: Transaction, call: Call, *, conversation: str) -> str:
        """The call is about to be connected, and to be recorded: the url where the carrier tells of the recording."""
        ...

    def number_left(self, tx: Transaction, call: Call, *, conversation: str, is_answered: bool) -> None:
        """The number is done with the caller, or nobody answered there; nothing where nothing was to be recorded."""
        ...


@dataclass(frozen=True)
class Ports:
    """All that the phone side asks upward."""

    queues: Queues
    curators: Curators
    callbacks: Callbacks
    voicemail: Voicemail
    outside_recordings: OutsideRecordings


def _to_five_minutes(at: datetime) -> datetime:
    return at.replace(minute=at.minute // 5 * 5, second=0, microsecond=0)
