"""The state of one call in its flow: a small immutable value that is stored between turns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple, Self

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


@dataclass(frozen=True, slots=True)
class Session:
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
        value = {
            "line": self.line,
            "digest": self.digest,
            "language": self.language,
            "frames": self.frames,
            "variables": dict(self.variables),
            "noinput": self.noinput,
            "nomatch": self.nomatch,
            "said": [[prompt.id, prompt.variables] for prompt in self.said],
            "last": [[prompt.id, prompt.variables] for prompt in self.last],
            "keyed": self.keyed,
            "leaving": self.leaving,
            "is_offered": self.is_offered,
            "is_hash_heard": self.is_hash_heard,
            "path": self.path,
        }
        kept = {key: item for key, item in value.items() if item or key in _ALWAYS}
        return _COMPACT.encode(kept)

    def without_digits(self) -> Self:
        """Where the call stood and why it rang, and nothing of what was keyed, looked up or read back."""
        return replace(self, variables={}, said=(), last=(), keyed="")

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; raises ValueError, KeyError or TypeError on anything else."""
        value = json.loads(text)
        return cls(
            line=value["line"],
            digest=value["digest"],
            language=value["language"],
            frames=tuple(Frame(flow, node, tuple(menus)) for flow, node, menus in value.get("frames", ())),
            variables=value.get("variables", {}),
            noinput=value.get("noinput", 0),
            nomatch=value.get("nomatch", 0),
            said=_prompts(value.get("said", ())),
            last=_prompts(value.get("last", ())),
            keyed=value.get("keyed", ""),
            leaving=value.get("leaving", ""),
            is_offered=value.get("is_offered", False),
            is_hash_heard=value.get("is_hash_heard", False),
            path=tuple(Choice(*choice) for choice in value.get("path", ())),
        )


_ALWAYS: Final = frozenset({"line", "digest", "language"})
_COMPACT: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _prompts(value: Any) -> tuple[Prompt, ...]:
    return tuple(Prompt(id_, tuple((name, scalar) for name, scalar in variables)) for id_, variables in value)


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
