"""How a telephone at the exchange behaves when it rings, and what its holder presses by itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hands:
    """Keys pressed without anyone: each entry answers the next prompt that waits for input.

    ``''`` is silence, ``'hangup'`` hangs up; ``think_seconds`` pass before each.
    """

    presses: tuple[str, ...] = ()
    think_seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class AutoAnswer:
    """Answers ``after`` seconds; hangs up ``talk_for`` seconds after first being connected to
    somebody, or ``patience`` seconds after answering if nobody comes. None is for ever."""

    after: float = 3.0
    talk_for: float | None = 60.0
    patience: float | None = 60.0
    hands: Hands = Hands()


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Rings and is never answered."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Is engaged, or declines, ``after`` seconds."""

    after: float = 0.5


@dataclass(frozen=True, slots=True)
class Fail:
    """Cannot be reached: the call fails ``after`` seconds with this SIP code."""

    after: float = 0.5
    sip_code: int = 404


@dataclass(frozen=True, slots=True)
class Offline:
    """A client that no browser has registered: no ringing, and no-answer after a moment."""

    after: float = 0.5


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody works it through the control API: accept, decline, press, hang up."""


Behaviour = AutoAnswer | NoAnswer | Busy | Fail | Offline | Person

KINDS: dict[str, type[Behaviour]] = {
    "auto_answer": AutoAnswer,
    "no_answer": NoAnswer,
    "busy": Busy,
    "fail": Fail,
    "offline": Offline,
    "person": Person,
}


def behaviour_from(values: dict[str, object]) -> Behaviour:
    """A behaviour from decoded JSON, ``{"kind": "auto_answer", "after": 2, "presses": ["1"]}``.

    Raises ValueError for an unknown kind or field.
    """
    given = dict(values)
    kind = KINDS.get(str(given.pop("kind", "auto_answer")))
    if kind is None:
        raise ValueError(f"behaviour: kind must be one of {sorted(KINDS)}")
    if kind is AutoAnswer and "presses" in given:
        given["hands"] = hands_from(given.pop("presses"), given.pop("think_seconds", 1.0))
    try:
        return kind(**given)  # type: ignore[arg-type]
    except TypeError as error:
        raise ValueError(f"behaviour: {error}") from error


def hands_from(presses: object, think_seconds: object) -> Hands:
    """Hands from decoded JSON; raises ValueError where it is not a list of keys."""
    if not isinstance(presses, list) or not isinstance(think_seconds, int | float):
        raise ValueError("presses must be a list of keys, think_seconds a number")
    return Hands(tuple(str(keys) for keys in presses), float(think_seconds))
