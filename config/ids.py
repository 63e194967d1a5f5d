"""Row ids: 32 hex characters, the first 12 of them the milliseconds of their making, so that they sort by age."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from random import Random, SystemRandom
from typing import Final

_dice: Random = SystemRandom()


def new_id(at: datetime) -> str:
    """A fresh id for a row made at `at` (layout after RFC 9562 UUIDv7, without dashes)."""
    milliseconds = int(at.timestamp() * 1000) & ((1 << 48) - 1)
    random_a, random_b = _dice.getrandbits(12), _dice.getrandbits(62)
    value = milliseconds << 80 | 0x7 << 76 | random_a << 64 | 0b10 << 62 | random_b
    return f"{value:032x}"


@contextmanager
def repeatable_ids(seed: int) -> Iterator[None]:
    """For a rehearsal: within the block ids are the same for the same seed, as rows of one instant are taken by id."""
    global _dice  # Ids are made everywhere; handing dice to every maker would tell nobody anything.
    before, _dice = _dice, Random(seed)  # noqa: S311 - repeatable is what is wanted here
    try:
        yield
    finally:
        _dice = before


def first_id_at(at: datetime) -> str:
    """Not a row's id: what sorts before every id of a row made in that millisecond or later."""
    return f"{int(at.timestamp() * 1000) & ((1 << 48) - 1):012x}"


def made_at(row_id: str) -> datetime:
    """When a row was made, to the millisecond, as its id begins with that."""
    return datetime.fromtimestamp(int(row_id[:12], 16) / 1000, UTC)


_AT_ONCE: Final = 500


def in_parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """The ids, some at a time: a statement takes only so many."""
    for begin in range(0, len(ids), _AT_ONCE):
        yield ids[begin : begin + _AT_ONCE]
