"""The node type `menu`: ask for one key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from flows.moves import Go, Jump, Move
from flows.nodes import fragments
from flows.nodes.keying import key_of
from flows.nodes.node import Node
from flows.nodes.parts import Exit, Key, Said, Spec, listed
from flows.nodes.tapered import TAPERED, Tapered
from flows.nodes.visiting import Visit
from flows.turn import Ask, Heard, Pressed, Silence, Step

PURPOSES = ("service", "language", "region", "entry")


@dataclass(frozen=True, slots=True)
class Menu(Node):
    """Says what there is and takes one key; the prompt may be talked over.

    main:
      menu: [vsk.main]
      keys: {"1": appointment, "5": {to: bonus, why: {ru: второе мнение или психолог}}}
      noinput: {say: [[menu.again], [menu.example]], then: operator}
      nomatch: {say: [[menu.wrong_key]], then: operator}

    0, 9, `*` and `#` work without being written. `purpose` says what is asked: a `service` counts towards
    the depth and options that a caller can bear; language, region and confirming an entry do not.
    """

    type: ClassVar[str] = "menu"
    schema: ClassVar[Spec] = fragments.node(
        {"menu": fragments.PROMPTS, "keys": fragments.KEYS, "noinput": TAPERED, "nomatch": TAPERED},
        {"timeout": fragments.TIMEOUT, "purpose": {"enum": list(PURPOSES)}},
    )

    prompts: tuple[str, ...]
    keys: Mapping[str, Key]
    noinput: Tapered
    nomatch: Tapered
    timeout: int = 5
    purpose: str = "service"

    @classmethod
    def parse(cls, name: str, spec: Spec) -> Self:
        return cls(
            name,
            spec.get("why", {}),
            tuple(spec["menu"]),
            fragments.keys(spec["keys"]),
            Tapered.parse(spec["noinput"]),
            Tapered.parse(spec["nomatch"]),
            spec.get("timeout", 5),
            spec.get("purpose", "service"),
        )

    def ask(self) -> Ask:
        return Ask(max_digits=1, min_digits=1, finish="", timeout=self.timeout, is_menu=True)

    def enter(self, visit: Visit) -> Move | Step:
        visit.pass_menu(self.name)
        visit.say(self.prompts)
        return self.ask()

    def hear(self, visit: Visit, heard: Heard) -> Move | Step:
        match heard:
            case Silence():
                return visit.no_input(self)
            case Pressed(digits):
                return self._pressed(visit, key_of(digits))
            case _:
                return visit.repeat(self.ask())

    def _pressed(self, visit: Visit, key: str) -> Move | Step:
        if (chosen := self.keys.get(key)) is not None:
            visit.choose(key)
            return Go(chosen.to)
        match key:
            case "":
                return visit.no_input(self)
            case "*":
                visit.pressed(key)
                return visit.repeat(self.ask())
            case "#":
                visit.pressed(key)
                return Jump.BACK
        if (jump := visit.shortcut(key)) is not None:
            visit.pressed(key)
            return jump
        return visit.no_match(self)

    def resume(self, visit: Visit) -> Step:
        return self.ask()

    def key(self, key: str) -> Key | None:
        return self.keys.get(key)

    def exits(self) -> tuple[Exit, ...]:
        keys = (Exit(("keys", key), chosen.to) for key, chosen in self.keys.items())
        return (*keys, self.noinput.exit("noinput"), self.nomatch.exit("nomatch"))

    def speech(self) -> tuple[Said, ...]:
        retries = (*self.noinput.speech("noinput"), *self.nomatch.speech("nomatch"))
        return (*listed("menu", self.prompts), *retries)
