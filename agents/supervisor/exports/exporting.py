"""Exports of the call log: a search made into a file slice by slice, as due work, and kept sealed for an hour.

A slice is short beside the lease of due work (`config.due_work.LEASE`); a worker killed within one does it again, into
the same piece. Joining them takes longer, which it says to the plan. What is on the disk is sealed, pieces too, each
with its own wrapped key in front of it, so that whoever makes one anew replaces all of it at once; only who asked for
it may take the file.
"""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from agents.accounts.sessions import Staff
from agents.floor import Floor
from agents.models.searches import CallExport
from agents.rows import locked
from agents.supervisor.errors import ExportBroken, ExportRefused
from agents.supervisor.exports.file import FileKind, Sheet, as_csv, as_piece, as_xlsx, read_csv
from agents.supervisor.exports.slices import ExportOf, Slice, asked, columns_of, read_slice
from config import due_work
from config.audit import audit
from config.centre import Centre
from config.database import Transaction
from config.ids import made_at, new_id
from ivr.calls.models import Call
from recordings.errors import SealBroken
from recordings.keys import seal_keys
from recordings.sealing import Sealed, seal, unseal

log = logging.getLogger("pult.exports")

MAKE: Final = "make_export"
JOIN: Final = "join_export"
DROP: Final = "drop_export"
# The longest journal as a workbook takes half a minute of a fast processor.
JOINED_WITHIN: Final = timedelta(minutes=5)
SLICE: Final = 1000
MOST_ROWS: Final = 50_000
KEPT: Final = timedelta(hours=1)
ASKED: Final[Mapping[ExportOf, str]] = {ExportOf.CALLS: "calls_exported", ExportOf.JOURNAL: "journal_exported"}
FILLED: Final = "export_filled"
"""The audit's word for which calls a file got; `FILLER` is the line's own worker, as nobody does it by hand."""
FILLER: Final = "line"
TAKEN: Final = "export_taken"
"""The audit's word for a file that was handed out."""
_MOST_OPEN: Final = 3
# Where the next slice would begin once all are read: the file is left to be made of them.
_READ: Final = ""
# An export whose pieces cannot be opened begins anew; not at once, or it could do nothing else for ever.
_ANEW_AFTER: Final = timedelta(minutes=1)


def ask(
    centre: Centre,
    staff: Staff,
    *,
    query: str,
    kind: FileKind,
    zone: ZoneInfo,
    language: str,
    by: str,
    what: ExportOf = ExportOf.CALLS,
) -> str:
    """Have the search that `query` says (`SearchForm.query`) made into a file; the export's id. Audited.

    Raises ExportRefused where the account has several under way.
    """
    now = centre.clock.now()
    with centre.database.transaction("ask_export") as tx:
        own = select(func.count()).where(CallExport.account_id == staff.account_id, CallExport.state == "asked")
        if (tx.scalar(own) or 0) >= _MOST_OPEN:
            raise ExportRefused
        export = CallExport(
            id=new_id(now),
            insurer_id=staff.insurer_id,
            account_id=staff.account_id,
            what=what,
            query=query,
            zone=zone.key,
            language=language,
            kind=kind,
            state="asked",
            asked_at=now,
        )
        tx.add(export)
        _schedule(tx, export, MAKE, now)
        _audit(tx, export, ASKED[what], by, now)
        return export.id


def make(floor: Floor, export_id: str) -> None:
    """Due work: the next slice; after the last one it is to be joined."""
    centre = floor.centre
    now = centre.clock.now()
    with centre.database.reading("export_slice") as tx:
        export = tx.get(CallExport, export_id)
        if export is None or export.state != "asked" or export.go_on_at == _READ:
            return
        part = read_slice(tx, centre, export, most=SLICE)
    fresh = _sealed(centre, _piece(export, export.slices), as_piece(part.rows))
    is_last = part.go_on_at is None or (export.what == ExportOf.CALLS and export.rows + len(part.rows) >= MOST_ROWS)
    with centre.database.transaction("note_export") as tx:
        row = locked(tx, CallExport, export_id)
        if row is None or row.state != "asked" or row.slices != export.slices:
            # Another worker was quicker, and it is on record whose calls its piece has.
            fresh.path.unlink(missing_ok=True)
            return
        fresh.lay_down()
        _audit_contents(tx, row, part, now)
        row.slices, row.rows = row.slices + 1, row.rows + len(part.rows)
        row.go_on_at = _READ if is_last else part.go_on_at
        _schedule(tx, row, JOIN if is_last else MAKE, now)


def join(floor: Floor, export_id: str) -> None:
    """Due work: the pieces as one file, sealed. Of two at once the first one tells that it is there."""
    centre = floor.centre
    with centre.database.reading("export_to_join") as tx:
        export = tx.get(CallExport, export_id)
    if export is None:
        return
    if export.state == "asked":
        if export.go_on_at != _READ:
            # It was begun anew: what is read of it so far is not all.
            return
        try:
            content = _joined(centre, export)
        except (FileNotFoundError, SealBroken):
            _begin_anew(centre, export_id)
            return
        _put(centre, export.id, content)
        _note_made(centre, export)
    _tidy(centre, export_id)


def drop(floor: Floor, export_id: str) -> None:
    """Due work: its hour is over."""
    with floor.centre.database.transaction("drop_export") as tx:
        export = locked(tx, CallExport, export_id)
        if export is None:
            return
        export.state = "dropped"
    _tidy(floor.centre, export_id)


@dataclass(frozen=True)
class Taken:
    """A file as it is handed out."""

    what: ExportOf
    kind: FileKind
    content: bytes


def take(centre: Centre, staff: Staff, export_id: str, *, by: str) -> Taken | None:
    """The file, for who asked for it and nobody else, which is audited first; None where there is none for them.

    Raises ExportBroken where it cannot be opened: it is gone, was changed, or its seal key was forgotten.
    """
    now = centre.clock.now()
    with centre.database.transaction("take_export") as tx:
        export = tx.get(CallExport, export_id)
        if export is None or not _is_theirs(export, staff, now):
            return None
        _audit(tx, export, TAKEN, by, now)
    try:
        return Taken(ExportOf(export.what), FileKind(export.kind), _get(centre, export.id))
    except (FileNotFoundError, SealBroken) as error:
        raise ExportBroken(export_id) from error


def exports_of(tx: Transaction, staff: Staff, *, at: datetime) -> list[CallExport]:
    """The account's own at this insurer that are under way or can be taken, the newest first."""
    statement = select(CallExport).where(
        CallExport.account_id == staff.account_id,
        CallExport.insurer_id == staff.insurer_id,
        CallExport.state != "dropped",
    )
    found = tx.scalars(statement.order_by(CallExport.id.desc()))
    return [one for one in found if one.expires_at is None or one.expires_at > at]


def share_made(tx: Transaction, export: CallExport) -> float:
    """How much of it is read, from 0 to 1: by the time that was gone through, as nobody has counted the calls."""
    wanted = asked(export).wanted
    if export.go_on_at is None:
        return 0.0
    if export.go_on_at == _READ:
        return 1.0
    first = tx.scalar(select(func.min(Call.id)).where(Call.insurer_id == export.insurer_id)) or export.go_on_at
    since = max(wanted.since or made_at(first), made_at(first))
    until = min(wanted.until or export.asked_at, export.asked_at)
    left = (made_at(export.go_on_at) - since) / max(until - since, timedelta(seconds=1))
    if export.what == ExportOf.JOURNAL:
        return min(max(left, 0.0), 1.0)
    return min(max(1 - left, export.rows / MOST_ROWS, 0.0), 1.0)


def _joined(centre: Centre, export: CallExport) -> bytes:
    head, held = columns_of(export)
    rows = _rows(centre, export)
    if export.kind == FileKind.XLSX:
        return as_xlsx([Sheet(export.what, head, rows, held)])
    return as_csv(chain([head], rows))


def _rows(centre: Centre, export: CallExport) -> Iterator[Sequence[str]]:
    """One piece after the other: a journal of a year is not held in memory as rows."""
    for number in range(export.slices):
        yield from read_csv(_get(centre, _piece(export, number)))


def _note_made(centre: Centre, joined: CallExport) -> None:
    now = centre.clock.now()
    with centre.database.transaction("export_made") as tx:
        row = locked(tx, CallExport, joined.id)
        if row is None or row.state != "asked" or (row.go_on_at, row.slices) != (_READ, joined.slices):
            return
        row.state, row.made_at, row.expires_at = "made", now, now + KEPT
        _schedule(tx, row, DROP, now + KEPT)


def _begin_anew(centre: Centre, export_id: str) -> None:
    """A piece is gone, or its seal key was forgotten: read it all again. Where another has joined them, all is well."""
    with centre.database.transaction("begin_export_anew") as tx:
        row = locked(tx, CallExport, export_id)
        if row is None or row.state != "asked":
            return
        log.warning("the pieces of export %s cannot be opened: it is made anew", export_id)
        row.slices, row.rows, row.go_on_at = 0, 0, None
        _schedule(tx, row, MAKE, centre.clock.now() + _ANEW_AFTER)


def _tidy(centre: Centre, export_id: str) -> None:
    """Remove what nobody takes any more: pieces, what was half written, and the file itself once its hour is over."""
    with centre.database.reading("export_to_tidy") as tx:
        export = tx.get(CallExport, export_id)
    is_kept = export is not None and export.state == "made"
    for file in _folder(centre).glob(f"*{export_id}*"):
        if not (is_kept and file.name == export_id):
            file.unlink(missing_ok=True)


def _is_theirs(export: CallExport, staff: Staff, now: datetime) -> bool:
    return (
        export.account_id == staff.account_id
        and export.insurer_id == staff.insurer_id
        and export.state == "made"
        and export.expires_at is not None
        and export.expires_at > now
    )


def _piece(export: CallExport, number: int) -> str:
    return f"{export.id}.{number}"


@dataclass(frozen=True)
class _Fresh:
    """A sealed file beside the place where it belongs."""

    path: Path
    place: Path

    def lay_down(self) -> None:
        """Whole or not at all, instead of what lay there."""
        self.path.replace(self.place)


def _sealed(centre: Centre, name: str, content: bytes) -> _Fresh:
    """With the wrapped key, and the id of the key that wraps it, in front: no row knows of it. For its owner only."""
    key = seal_keys(centre.settings).current
    sealed = seal(content, recording_id=name, seal_key=key.key)
    place = _folder(centre) / name
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = _Fresh(place.with_name(f".{name}.{os.getpid()}"), place)
    with os.fdopen(os.open(fresh.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(f"{key.id} {sealed.wrapped_key}\n".encode("ascii") + sealed.content)
    return fresh


def _put(centre: Centre, name: str, content: bytes) -> None:
    _sealed(centre, name, content).lay_down()


def _get(centre: Centre, name: str) -> bytes:
    """Raises FileNotFoundError and SealBroken."""
    head, _, content = (_folder(centre) / name).read_bytes().partition(b"\n")
    key_id, _, wrapped_key = head.decode("ascii", "replace").partition(" ")
    key = seal_keys(centre.settings).named(key_id)
    return unseal(Sealed(content, wrapped_key), recording_id=name, seal_key=key.key)


def _folder(centre: Centre) -> Path:
    return centre.settings.data_dir / "exports"


def _schedule(tx: Transaction, export: CallExport, kind: str, at: datetime) -> None:
    due_work.schedule(tx, kind=kind, subject_id=export.id, insurer_id=export.insurer_id, due_at=at)


def _audit_contents(tx: Transaction, export: CallExport, part: Slice, at: datetime) -> None:
    """Whose calls are in the file: after a breach everybody in it was touched, and its search may find others then."""
    audit(
        tx,
        insurer_id=export.insurer_id,
        at=at,
        actor=FILLER,
        action=FILLED,
        subject_kind="export",
        subject_id=export.id,
        count=len(part.call_ids),
        calls=" ".join(part.call_ids),
    )


def _audit(tx: Transaction, export: CallExport, action: str, by: str, at: datetime) -> None:
    """With whom it concerns where the calls of one person were asked for: an inquiry finds it from them, too."""
    person = asked(export).wanted.insured_id
    concerns = {} if person is None else {"people": person}
    audit(
        tx,
        insurer_id=export.insurer_id,
        at=at,
        actor=by,
        action=action,
        subject_kind="export",
        subject_id=export.id,
        query=export.query,
        file=export.kind,
        rows=export.rows,
        **concerns,
    )
