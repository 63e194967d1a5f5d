"""Where the ids of calls, queues, conferences and the rest come from."""

from __future__ import annotations

from random import Random, SystemRandom


class Sids:
    """Makes Twilio-shaped ids: two letters and 32 hexadecimal digits; the same seed gives the same ids."""

    def __init__(self, seed: int | None = None) -> None:
        self._random: Random = SystemRandom() if seed is None else Random(seed)  # noqa: S311

    def make(self, prefix: str) -> str:
        """A new id that begins with ``prefix``, such as ``CA``."""
        return f"{prefix}{self._random.getrandbits(128):032x}"
