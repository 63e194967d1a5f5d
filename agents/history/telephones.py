"""What the history asks of the telephones at the carrier: callers' and agents'."""

from typing import Protocol


class Telephones(Protocol):
    """The telephones at the carrier (`ivr.exchange.telephones.ManyTelephones`)."""

    def dial(self, to: str, ani: str, presses: tuple[str, ...], *, think_seconds: float, speaks_seconds: float) -> str:
        """Call a line; the call's sid."""

    def happened(self, call_sid: str) -> list[str]:
        """What happened at the telephone of a call so far, by its kind, in order."""

    def press(self, call_sid: str, keys: str) -> None:
        """Press keys."""

    def talk_about(self, call_sid: str, matter: str) -> None:
        """What is said there, where it is recorded, is about this matter."""

    def hang_up(self, call_sid: str) -> None:
        """Put the receiver down."""

    def hang_up_all(self) -> None:
        """Everybody puts the receiver down."""

    def answers(self, pattern: str, *, after_seconds: float, talk_seconds: float | None = None) -> None:
        """Addresses like that pick up."""

    def is_left_to_ring(self, pattern: str) -> None:
        """Nobody picks up at addresses like that."""
