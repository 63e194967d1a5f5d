"""The node type `say`: speak, and go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Self

from flows.moves import Go, Jump, Move
from flows.nodes import fragments
from flows.nodes.keying import key_of
from flows.nodes.node import Node
from flows.nodes.parts import Exit, Said, Spec, listed
from flows.nodes.visiting import Visit
from flows.turn import Ask, Heard, Pressed, Step

_LISTENING: Final = Ask(max_digits=1, min_digits=1, finish="", timeout=1, is_menu=True, is_passing=True)


@dataclass(frozen=True, slots=True)
class Say(Node):
    """Says prompts, then goes on without waiting.

    notice: {say: [vsk.notice], next: main}
    rule: {say: [vsk.do_not_pay], heard_out: true, next: desk}

    What comes next may cut prompts short: an agent answers. With `heard_out` the call goes on only when they were heard
    to the end; 9, 0, `*` and `#` work meanwhile, and any other key goes on at once.
    """

    type: ClassVar[str] = "say"
    schema: ClassVar[Spec] = fragments.node(
        {"say": fragments.PROMPTS, "next": fragments.TARGET}, {"heard_out": {"type": "boolean"}}
    )

    prompts: tuple[str, ...]
    next: str
    is_heard_out: bool = False

    @classmethod
    def parse(cls, name: str, spec: Spec) -> Self:
        return cls(name, spec.get("why", {}), tuple(spec["say"]), spec["next"], spec.get("heard_out", False))

    def enter(self, visit: Visit) -> Move | Step:
        visit.say(self.prompts)
        return _LISTENING if self.is_heard_out else Go(self.next)

    def hear(self, visit: Visit, heard: Heard) -> Move | Step:
        return self._pressed(visit, key_of(heard.digits)) if isinstance(heard, Pressed) else Go(self.next)

    def _pressed(self, visit: Visit, key: str) -> Move | Step:
        visit.pressed(key if key in ("*", "#", "9", "0") else "nomatch")
        if key == "*":
            return visit.repeat(_LISTENING)
        if key == "#":
            return Jump.BACK
        return visit.shortcut(key) or Go(self.next)

    def resume(self, visit: Visit) -> Step:
        return _LISTENING

    def exits(self) -> tuple[Exit, ...]:
        return (Exit(("next",), self.next),)

    def speech(self) -> tuple[Said, ...]:
        return listed("say", self.prompts)
