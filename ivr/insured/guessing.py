"""Limits against guessing: how often a call, a caller and a policy may be tried, the latter two as hashes only."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, delete, func, select, text, update

from config.database import Transaction
from config.ids import new_id
from config.line_descriptions import IdentificationLimits
from config.prepared import Prepared
from ivr.calls.models import Call
from ivr.insured.models import IdentificationTry

_HOUR: Final = timedelta(hours=1)
_LOCK_BITS: Final = 63


@dataclass(frozen=True)
class Guess:
    """Who tries what: keyed hashes (HMAC) that tell nothing without the pepper. `caller` is None if withheld."""

    caller: str | None
    policy: str


def guess_of(pepper: bytes, *, call: Call, policy_digits: str) -> Guess:
    """The hashes of a try; within one insurer, so that tenants cannot be told to share a caller."""
    caller = None if call.ani is None else _hash(pepper, call.insurer_id, "caller", call.ani)
    return Guess(caller, _hash(pepper, call.insurer_id, "policy", policy_digits))


def is_locked(tx: Transaction, *, call: Call, guess: Guess, limits: IdentificationLimits, at: datetime) -> bool:
    """Whether this call, its caller or the policy has used up its tries. Only misses count.

    Simultaneous calls about one policy or from one caller take turns from here to the transaction's end.
    """
    _take_turns(tx, guess)
    return (
        _misses(tx, _OF_CALL, call, call.id) >= limits.tries_per_call
        or _misses(tx, _OF_POLICY, call, guess.policy, since=at - _HOUR) >= limits.per_policy_per_hour
        or (
            guess.caller is not None
            and _misses(tx, _OF_CALLER, call, guess.caller, since=at - _HOUR) >= limits.per_caller_per_hour
        )
    )


def note_try(tx: Transaction, *, call: Call, guess: Guess, is_match: bool, at: datetime) -> None:
    """Write the try down."""
    tx.add(
        IdentificationTry(
            id=new_id(at),
            insurer_id=call.insurer_id,
            call_id=call.id,
            caller_hash=guess.caller,
            policy_hash=guess.policy,
            tried_at=at,
            is_match=is_match,
        )
    )
    tx.flush()


def detach_tries(tx: Transaction, *, call: Call, at: datetime) -> None:
    """Part the call from its tries: misses go on counting against guessing but lead to no call any more.

    A match counts for nothing, and its instant would lead from the call to the policy.
    """
    nowhere = new_id(at)
    tx.execute(delete(IdentificationTry).where(IdentificationTry.call_id == call.id, IdentificationTry.is_match))
    tx.execute(update(IdentificationTry).where(IdentificationTry.call_id == call.id).values(call_id=nowhere))


# Built once: building a statement anew takes longer than the database needs for it.
_COUNTED: Final = select(func.count()).where(
    IdentificationTry.insurer_id == bindparam("insurer_id"), IdentificationTry.is_match.is_(False)
)
_RECENTLY: Final = IdentificationTry.tried_at > bindparam("since")
_OF_CALL: Final = Prepared(_COUNTED.where(IdentificationTry.call_id == bindparam("whose")))
_OF_POLICY: Final = Prepared(_COUNTED.where(IdentificationTry.policy_hash == bindparam("whose"), _RECENTLY))
_OF_CALLER: Final = Prepared(_COUNTED.where(IdentificationTry.caller_hash == bindparam("whose"), _RECENTLY))


def _misses(tx: Transaction, statement: Prepared, call: Call, whose: str, *, since: datetime | None = None) -> int:
    misses: int = statement.value(tx, {"insurer_id": call.insurer_id, "whose": whose, "since": since})
    return misses


def _take_turns(tx: Transaction, guess: Guess) -> None:
    """SQLite has one writer at a time anyway; PostgreSQL would let two calls count the same misses."""
    if tx.own_connection.dialect.name != "postgresql":
        return
    for key in sorted(one for one in (guess.caller, guess.policy) if one is not None):
        number = int(key[:16], 16) >> (64 - _LOCK_BITS)
        tx.execute(text("select pg_advisory_xact_lock(:number)"), {"number": number})


def _hash(pepper: bytes, insurer_id: str, kind: str, value: str) -> str:
    return hmac.new(pepper, f"{insurer_id}\0{kind}\0{value}".encode(), hashlib.sha256).hexdigest()
