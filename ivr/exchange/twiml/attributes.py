"""Reads the attributes of one TwiML element; a bad value is a warning and the default is used."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from ivr.exchange.twiml.verbs import Callback


@dataclass(frozen=True, slots=True)
class Complaint:
    """What Twilio's debugger would show: its code and a sentence."""

    code: int
    message: str


def text_of(element: Element) -> str:
    """The element's text with that of its children (SSML), spaces put in order."""
    return " ".join("".join(element.itertext()).split())


class Attributes:
    """The attributes of ``element``; complaints go to ``warnings``."""

    def __init__(self, element: Element, warnings: list[Complaint]) -> None:
        self._element = element
        self._warnings = warnings

    def of(self, child: Element) -> Attributes:
        """The attributes of a child, complaining to the same list."""
        return Attributes(child, self._warnings)

    def warn(self, code: int, message: str) -> None:
        """Note a warning about this element."""
        self._warnings.append(Complaint(code, message))

    def maybe(self, name: str) -> str | None:
        """The attribute as written, or None."""
        return self._element.get(name)

    def text(self, name: str, default: str = "") -> str:
        """The attribute as written, or ``default``."""
        return self._element.get(name, default)

    def one_of(self, name: str, allowed: tuple[str, ...], code: int = 12200) -> str:
        """The attribute if it is one of ``allowed``, else the first of these."""
        value = self.text(name, allowed[0])
        if value in allowed:
            return value
        self._bad(name, value, code)
        return allowed[0]

    def method(self, name: str, default: str = "POST") -> str:
        """GET or POST."""
        value = self.text(name, default).upper()
        if value in ("GET", "POST"):
            return value
        self._bad(name, value, 12200)
        return default

    def flag(self, name: str, default: bool) -> bool:
        """``true`` or ``false``."""
        value = self.text(name, str(default)).lower()
        if value in ("true", "false"):
            return value == "true"
        self._bad(name, value, 12200)
        return default

    def whole(self, name: str, default: int, *, least: int, code: int = 12200) -> int:
        """A whole number of at least ``least``."""
        value = self._element.get(name)
        if value is None:
            return default
        if value.isdecimal() and int(value) >= least:
            return int(value)
        self._bad(name, value, code)
        return default

    def seconds(self, name: str, default: float) -> float:
        """A duration; ``auto`` and a missing one are the default."""
        value = self.text(name)
        if value in ("", "auto"):
            return default
        return float(self.whole(name, int(default), least=0, code=13313))

    def callback(self, name: str, events: tuple[str, ...] = ()) -> Callback:
        """The callback settings ``name``, ``nameMethod`` and ``nameEvent``."""
        wanted = tuple(self.text(f"{name}Event").replace(",", " ").split())
        return Callback(self.text(name), self.method(f"{name}Method"), wanted or events)

    def _bad(self, name: str, value: str, code: int) -> None:
        self.warn(code, f"{self._element.tag}: bad value {value!r} for {name}")
