"""The node type `digits`: take a number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from flows.moves import Go, Move
from flows.nodes import fragments
from flows.nodes.keying import entry_of
from flows.nodes.node import Node
from flows.nodes.parts import Exit, Said, Spec, listed
from flows.nodes.tapered import TAPERED, Tapered
from flows.nodes.visiting import Visit
from flows.turn import Ask, Heard, Pressed, Silence, Step


@dataclass(frozen=True, slots=True)
class Digits(Node):
    """Asks for a number, keyed and finished with `#`, and stores it as text.

    policy:
      digits: [ident.policy]
      store: policy
      min: 6
      max: 16
      noinput: {say: [[ident.policy_again]], then: operator}
      nomatch: {say: [[ident.policy_length]], then: operator}
      next: birth_date

    9 or 0 alone are the emergency and the operator, so no number has one digit only; `*` starts anew.
    """

    type: ClassVar[str] = "digits"
    schema: ClassVar[Spec] = fragments.node(
        {
            "digits": fragments.PROMPTS,
            "store": fragments.NAME,
            "min": {"type": "integer", "minimum": 2},
            "max": {"type": "integer", "minimum": 2, "maximum": 32},
            "noinput": TAPERED,
            "nomatch": TAPERED,
            "next": fragments.TARGET,
        },
        {"finish": {"const": "#"}, "timeout": fragments.TIMEOUT},
    )

    prompts: tuple[str, ...]
    store: str
    min: int
    max: int
    noinput: Tapered
    nomatch: Tapered
    next: str
    timeout: int = 5

    @classmethod
    def parse(cls, name: str, spec: Spec) -> Self:
        return cls(
            name,
            spec.get("why", {}),
            tuple(spec["digits"]),
            spec["store"],
            spec["min"],
            spec["max"],
            Tapered.parse(spec["noinput"]),
            Tapered.parse(spec["nomatch"]),
            spec["next"],
            spec.get("timeout", 5),
        )

    def ask(self) -> Ask:
        return Ask(self.max, self.min, finish="#", timeout=self.timeout, is_menu=False)

    def enter(self, visit: Visit) -> Move | Step:
        visit.say(self.prompts)
        return self.ask()

    def hear(self, visit: Visit, heard: Heard) -> Move | Step:
        match heard:
            case Silence():
                return visit.no_match(self) if visit.keyed else visit.no_input(self)
            case Pressed(digits):
                return self._pressed(visit, digits)
            case _:
                return visit.repeat(self.resume(visit))

    def _pressed(self, visit: Visit, digits: str) -> Move | Step:
        keyed = entry_of(digits) if "*" in digits else visit.keyed + entry_of(digits)
        if not keyed:
            return self._emptied(visit, digits)
        if (jump := visit.shortcut(keyed)) is not None:
            visit.pressed(keyed)
            return jump
        if self._is_cut(digits, keyed):
            visit.keyed = keyed
            visit.is_reprompt = True
            return self.resume(visit)
        if not (keyed.isdecimal() and self.min <= len(keyed) <= self.max):
            return visit.no_match(self)
        visit.pressed("digits")
        visit.remember({self.store: keyed})
        return Go(self.next)

    def _emptied(self, visit: Visit, digits: str) -> Move | Step:
        if "*" not in digits:
            return visit.no_input(self)
        visit.pressed("*")
        visit.keyed = ""
        return visit.repeat(self.ask())

    def _is_cut(self, digits: str, keyed: str) -> bool:
        """Whether the carrier ended the entry at its limit while a correction was still being keyed."""
        return "*" in digits and len(digits) == self.max and len(keyed) < self.min

    def resume(self, visit: Visit) -> Step:
        return replace(self.ask(), max_digits=self.max - len(visit.keyed)) if visit.keyed else self.ask()

    def exits(self) -> tuple[Exit, ...]:
        return (self.noinput.exit("noinput"), self.nomatch.exit("nomatch"), Exit(("next",), self.next))

    def speech(self) -> tuple[Said, ...]:
        retries = (*self.noinput.speech("noinput"), *self.nomatch.speech("nomatch"))
        return (*listed("digits", self.prompts), *retries)
