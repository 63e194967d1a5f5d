"""The state of one call in its flow: a small immutable value that is stored between turns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from msgspec import Struct, field
from msgspec.json import Decoder, Encoder
from msgspec.structs import replace

from flows.turn import Prompt, Scalar, Step, Trace


class Frame(NamedTuple):
    """Where one flow of the stack stands, and the menus passed in it, for the key `#`."""

    flow: str
    node: str
    menus: tuple[str, ...] = ()


class Choice(NamedTuple):
    """A key chosen in a menu: the path of choices tells why the caller rings."""

    flow: str
    node: str
    key: str


class Session(Struct, frozen=True, omit_defaults=True):
    """Everything that the next turn needs; `frames` is empty until the first `Begin`.

    `noinput` and `nomatch` count at the current node and start anew wherever an edge leads.
    `said` holds what has been said since the caller last heard anything, `last` what `*` repeats.
    `keyed` holds digits that a correction (`12*34`) pushed over the carrier's limit.
    `leaving` is the node to go to once the caller is out of the queue, `is_offered` says that the
    queue's offer was made and its keys work. `is_hash_heard` says that a lone `#` was the last thing pressed: another
    one is meant, however soon it comes. A session may hold digits
    that identify a person: store it sealed or with the call, and never log it.
    """

    line: str
    digest: str
    language: str
    frames: tuple[Frame, ...] = ()
    variables: Mapping[str, Scalar] = field(default_factory=dict)
    noinput: int = 0
    nomatch: int = 0
    said: tuple[Prompt, ...] = ()
    last: tuple[Prompt, ...] = ()
    keyed: str = ""
    leaving: str = ""
    is_offered: bool = False
    is_hash_heard: bool = False
    path: tuple[Choice, ...] = ()

    def to_json(self) -> str:
        """Compact JSON that `from_json` reads back to an equal session."""
        return _ENCODER.encode(self).decode()

    def without_digits(self) -> Session:
        """Where the call stood and why it rang, and nothing of what was keyed, looked up or read back."""
        return replace(self, variables={}, said=(), last=(), keyed="")

    @staticmethod
    def from_json(text: str) -> Session:
        """Read what `to_json` wrote; raises ValueError on anything else."""
        return _DECODER.decode(text)


_ENCODER: Final = Encoder()
_DECODER: Final = Decoder(Session)


@dataclass(frozen=True, slots=True)
class Turn:
    """What `advance` returns: the new session, what to say, what to do, and what happened.

    `said` is empty for steps that the caller does not hear (`Do`, `LeaveQueue`): their prompts
    stay in the session and come with the step that is heard.
    """

    session: Session
    said: tuple[Prompt, ...]
    step: Step
    trace: Trace
