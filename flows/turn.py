"""What passes between the flow engine and whoever runs it: what was heard, what is said, what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec import Struct

Scalar = str | int | bool | None


class Prompt(Struct, frozen=True, array_like=True):
    """One prompt to speak: its id and the values of its placeholders, sorted by name."""

    id: str
    variables: tuple[tuple[str, Scalar], ...] = ()

    def values(self) -> dict[str, Scalar]:
        return dict(self.variables)


# --- heard: what comes into a turn -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Begin:
    """The call has just been answered; `variables` are facts known before the first word."""

    variables: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pressed:
    """Keys, as the carrier collected them: 0-9, `*` and `#`, with or without the finishing key.

    `is_hasty` says that they came so soon that the caller cannot have heard what is asked.
    """

    digits: str
    is_hasty: bool = False


@dataclass(frozen=True, slots=True)
class Silence:
    """The caller was asked and pressed nothing."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The result of a `Do`, an `Enqueue`, a `LeaveQueue` (`left`), a `Transfer` or a `Record`."""

    result: str
    variables: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Round:
    """One more round of waiting in a queue; an unknown estimate is None and is then not spoken."""

    ahead: int
    wait_seconds: int | None
    waited_seconds: int


Heard = Begin | Pressed | Silence | Answered | Round


# --- step: what the turn ends in ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ask:
    """Say `said`, then collect keys: up to `max_digits`, or until `finish` (empty for menus).

    `is_passing` asks nothing: silence goes on, and keys that work everywhere are heard meanwhile.
    """

    max_digits: int
    min_digits: int
    finish: str
    timeout: int
    is_menu: bool
    is_passing: bool = False


@dataclass(frozen=True, slots=True)
class Do:
    """Carry out an action of `flows.actions` and answer with `Answered` in the same turn."""

    action: str
    arguments: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Put the caller into a queue; `Round`s follow, and one `Answered` once they are out of it."""

    queue: str
    reason: Mapping[str, str]
    prefer_curator: bool
    is_emergency: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Say `said`, then hold music for so many seconds, listening for one of `keys`."""

    seconds: int
    keys: str


@dataclass(frozen=True, slots=True)
class LeaveQueue:
    """Take the caller out of the queue by their own wish, then answer `Answered("left")`."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Say `said`, then connect to a destination of the insurer; `Answered` follows."""

    destination: str


@dataclass(frozen=True, slots=True)
class Record:
    """Say `said`, then record a message; any key ends it. 0, 9, `*` and keys before the tone come back as `Pressed`."""

    max_seconds: int


@dataclass(frozen=True, slots=True)
class HangUp:
    """Say `said`, then end the call with this primary outcome."""

    outcome: str


Step = Ask | Do | Enqueue | Wait | LeaveQueue | Transfer | Record | HangUp


# --- trace: what happened in the turn, for the call's event log --------------------------------


@dataclass(frozen=True, slots=True)
class Entered:
    """A node was entered."""

    flow: str
    node: str


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A key, or its class where keys could identify a person: `digits`, `silence`, `nomatch`.

    `finish` is a `#` that belonged to the entry before and changed nothing.
    """

    flow: str
    node: str
    key: str


Trace = tuple[Entered | KeyPressed, ...]
