"""The guard against guessing: pauses that grow with each failed try, for a name, an address and a browser.

After the device cookies of OWASP: a browser in which somebody has signed in before is counted by itself, so that a
stranger who guesses at a name, or from the same address, never locks its owner out.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from agents.accounts.errors import TooManyTries
from agents.accounts.models import FailedTries
from config.database import Transaction

_FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(minutes=15)
_FORGOTTEN_AFTER: Final = timedelta(hours=12)


@dataclass(frozen=True)
class Guessed:
    """What is guessed at, or by whom: its hash, and how many failures cost nothing yet."""

    subject: str
    free: int


def guessed(pepper: bytes, *, name: str, address: str, browser: str | None) -> tuple[Guessed, ...]:
    """The counts that one try belongs to: those of its known browser, else those of the name and the address."""
    if browser is not None:
        return (Guessed(_hashed(pepper, "browser", browser), 10),)
    return (Guessed(_hashed(pepper, "name", name), 5), Guessed(_hashed(pepper, "address", address), 20))


def count_try(tx: Transaction, subjects: Sequence[Guessed], *, at: datetime) -> bool:
    """Count a try before its password is looked at, so that many at once are counted too.

    True if one more failure begins a pause. Raises TooManyTries, counting nothing, within a pause.
    """
    rows = [_row(tx, one, at) for one in subjects]
    blocked = [row.blocked_until for row in rows if row.blocked_until and row.blocked_until > at]
    if blocked:
        raise TooManyTries(max(blocked))
    pauses = [_failed(row, one.free, at) for row, one in zip(rows, subjects, strict=True)]
    return any(pauses)


def forgive(tx: Transaction, subjects: Sequence[Guessed]) -> None:
    """The try was right: nothing is held against the name or the browser; the address loses this one try only."""
    for one in subjects:
        row = tx.get(FailedTries, one.subject)
        if row is None:
            continue
        is_address = one.subject.startswith("address:")
        row.failures = max(0, row.failures - 1) if is_address else 0
        row.blocked_until = None


def _row(tx: Transaction, one: Guessed, at: datetime) -> FailedTries:
    row = tx.get(FailedTries, one.subject, with_for_update=True)
    if row is None:
        row = FailedTries(subject=one.subject, failures=0, last_failed_at=at)
        tx.add(row)
    elif row.last_failed_at < at - _FORGOTTEN_AFTER:
        row.failures = 0
    return row


def _failed(row: FailedTries, free: int, at: datetime) -> bool:
    row.failures += 1
    row.last_failed_at = at
    over = row.failures - free
    if over < 0:
        return False
    row.blocked_until = at + min(_FIRST_PAUSE * 2 ** min(over, 10), LONGEST_PAUSE)
    return True


def _hashed(pepper: bytes, kind: str, text: str) -> str:
    return f"{kind}:{hmac.new(pepper, f'{kind}:{text.casefold()}'.encode(), hashlib.sha256).hexdigest()}"
