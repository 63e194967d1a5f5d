"""The audit's chain: a look of the sweep seals each new entry to the one before it, under a key that no database holds.

Entries are written inside the transactions that they are about, many at once, so they are not chained there: turns of
calls would have to wait for one another. What the sweep finds unsealed it seals in one order, half a second later; from
then on a change, a removal or another order is found and named. The end of the chain is also kept in a file beside the
key, so that its last entries cannot be cut off unseen.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Final, TypeAlias

from sqlalchemy import ColumnElement, func, select, text

from config.audit import AuditEntry, AuditSeal
from config.centre import Centre
from config.database import Database, Transaction

HEAD_FILE: Final = "audit.head"
_AT_ONCE: Final = 500
# An entry of a transaction that lasted longer may appear behind later ones.
_STRAGGLERS: Final = 1000
_NOTHING: Final = "0" * 64

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many seals were looked at, and how many there are."""


@dataclass(frozen=True)
class Head:
    """The end of the chain: its last place and what seals it."""

    place: int
    mac: str


@dataclass(frozen=True)
class Verdict:
    """What `verify` found: how many entries stand sealed, how many wait for the next look, and what is wrong."""

    sealed: int
    unsealed: int
    findings: tuple[str, ...]


def seal_new(centre: Centre) -> int:
    """Seal what was written since the last look; how many entries. Repeated, or from two places, it seals once."""
    with centre.database.reading("audit_unsealed") as tx:
        if not _unsealed(tx, limit=1):
            return 0
    with centre.database.transaction("seal_audit") as tx:
        _one_at_a_time(tx, centre.database)
        head = _head(tx)
        entries = _unsealed(tx, limit=_AT_ONCE)
        for entry in entries:
            head = Head(head.place + 1, _mac(centre.settings.audit_key, head, entry))
            tx.add(AuditSeal(id=head.place, entry_id=entry.id, mac=head.mac))
    keep_head(centre.settings.data_dir, head)
    return len(entries)


def verify(database: Database, *, key: bytes, data_dir: Path, progress: Progress = lambda done, total: None) -> Verdict:
    """Walk the whole chain. A finding names the place and the entry, one line each; none is a chain that holds."""
    with database.reading("verify_audit") as tx:
        total = tx.scalar(select(func.count()).select_from(AuditSeal)) or 0
        findings = [*_broken_links(tx, key, total, progress)]
        findings += _cut_off(tx, kept_head(data_dir))
        newest = tx.scalar(select(func.max(AuditSeal.entry_id))) or 0
        never = select(AuditEntry.id).where(_is_unsealed(), AuditEntry.id <= newest - _STRAGGLERS)
        findings += [f"entry {one} was never sealed: it was put in behind the chain" for one in tx.scalars(never)]
        unsealed = tx.scalar(select(func.count()).select_from(AuditEntry).where(_is_unsealed())) or 0
    return Verdict(total, unsealed, tuple(findings))


def kept_head(data_dir: Path) -> Head | None:
    """The end of the chain as it was last sealed here; None where it was never sealed from this folder."""
    try:
        kept = json.loads((data_dir / HEAD_FILE).read_text(encoding="ascii"))
        return Head(int(kept["place"]), str(kept["mac"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        return Head(0, "unreadable")


def keep_head(data_dir: Path, head: Head) -> None:
    """Keep the end of the chain outside of the database; whole or not at all."""
    fresh = data_dir / f"{HEAD_FILE}.{os.getpid()}"
    fresh.write_text(json.dumps({"place": head.place, "mac": head.mac}), encoding="ascii")
    fresh.replace(data_dir / HEAD_FILE)


def current_head(database: Database) -> Head:
    """Where the chain in the database ends now."""
    with database.reading("audit_head") as tx:
        return _head(tx)


def _is_unsealed() -> ColumnElement[bool]:
    return ~select(AuditSeal.id).where(AuditSeal.entry_id == AuditEntry.id).exists()


def _unsealed(tx: Transaction, *, limit: int) -> Sequence[AuditEntry]:
    """In the order in which they were begun."""
    newest = tx.scalar(select(AuditSeal.entry_id).order_by(AuditSeal.id.desc()).limit(1)) or 0
    statement = select(AuditEntry).where(AuditEntry.id > newest - _STRAGGLERS, _is_unsealed())
    return tx.scalars(statement.order_by(AuditEntry.id).limit(limit)).all()


def _head(tx: Transaction) -> Head:
    last = tx.scalars(select(AuditSeal).order_by(AuditSeal.id.desc()).limit(1)).one_or_none()
    return Head(0, _NOTHING) if last is None else Head(last.id, last.mac)


def _one_at_a_time(tx: Transaction, database: Database) -> None:
    """SQLite's writers take turns anyway; elsewhere two sweeps would give one place away twice."""
    if not database.is_sqlite:
        tx.execute(text("select pg_advisory_xact_lock(hashtextextended('seal_audit', 0))"))


def _mac(key: bytes, before: Head, entry: AuditEntry) -> str:
    """What seals an entry: everything that it says, where it stands, and what seals the one before it."""
    said = [
        entry.id,
        entry.insurer_id,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor,
        entry.action,
        entry.subject_kind,
        entry.subject_id,
        entry.detail,
    ]
    text_of = json.dumps([before.mac, before.place + 1, said], sort_keys=True, ensure_ascii=True)
    return hmac.new(key, text_of.encode("ascii"), hashlib.sha256).hexdigest()


def _broken_links(tx: Transaction, key: bytes, total: int, progress: Progress) -> Iterator[str]:
    """One broken link is named once: the walk goes on from what the row says of itself."""
    before = Head(0, _NOTHING)
    statement = (
        select(AuditSeal, AuditEntry)
        .outerjoin(AuditEntry, AuditEntry.id == AuditSeal.entry_id)
        .order_by(AuditSeal.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    for number, (seal, entry) in enumerate(tx.execute(statement), start=1):
        if seal.id != before.place + 1:
            yield f"places {before.place + 1} to {seal.id - 1} of the chain are gone"
        if entry is None:
            yield f"entry {seal.entry_id}, at place {seal.id}, was removed"
        elif not hmac.compare_digest(seal.mac, _mac(key, Head(seal.id - 1, before.mac), entry)):
            yield f"entry {seal.entry_id}, at place {seal.id}, was changed or moved, or what stood before it is gone"
        before = Head(seal.id, seal.mac)
        if number % _AT_ONCE == 0 or number == total:
            progress(number, total)


def _cut_off(tx: Transaction, kept: Head | None) -> Iterator[str]:
    """Whether the chain still goes as far as it once did, along the same entries."""
    if kept is None or kept == Head(0, _NOTHING):
        return
    if kept.place == 0:
        yield f"{HEAD_FILE} cannot be read: whether the end of the chain was cut off is not known"
        return
    there = tx.get(AuditSeal, kept.place)
    if there is None:
        yield f"the chain ends at place {_head(tx).place}, and it went to {kept.place}: its end was cut off"
    elif there.mac != kept.mac:
        yield f"place {kept.place} of the chain is not what it was: the end was written anew"
