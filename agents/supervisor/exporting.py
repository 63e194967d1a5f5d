"""Exports of the call log: a search made into a file slice by slice, as due work, and kept sealed for an hour.

A slice is short beside the lease of due work (`config.due_work.LEASE`); a worker killed within one does it again, into
the same piece. What is on the disk is sealed, pieces too; only who asked for it may take the file.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from agents.accounts.sessions import Staff
from agents.floor import Floor
from agents.rows import locked
from agents.supervisor.errors import ExportRefused
from agents.supervisor.export_file import FileKind, Sheet, as_csv, as_piece, as_xlsx, read_csv
from agents.supervisor.export_slices import ExportOf, Slice, asked, columns_of, read_slice
from agents.supervisor.models import CallExport
from config import due_work
from config.audit import audit
from config.centre import Centre
from config.database import Transaction
from config.ids import made_at, new_id
from ivr.calls.models import Call
from recordings.errors import SealBroken
from recordings.sealing import Sealed, seal, unseal

MAKE: Final = "make_export"
DROP: Final = "drop_export"
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
    """Have the search that `query` says (nothing in it identifies anybody) made into a file; the export's id. Audited.

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
    """Due work: the next slice; after the last one the file."""
    centre = floor.centre
    now = centre.clock.now()
    with centre.database.reading("export_slice") as tx:
        export = tx.get(CallExport, export_id)
        if export is None or export.state != "asked":
            return
        is_read = export.go_on_at == _READ
        part = Slice((), (), None) if is_read else read_slice(tx, centre, export, most=SLICE)
    if is_read:
        _finish(centre, export_id)
        return
    _put(centre, _piece(export, export.slices), as_piece(part.rows))
    is_last = part.go_on_at is None or (export.what == ExportOf.CALLS and export.rows + len(part.rows) >= MOST_ROWS)
    with centre.database.transaction("note_export") as tx:
        row = locked(tx, CallExport, export_id)
        if row is None or row.state != "asked" or row.slices != export.slices:
            return
        _audit_contents(tx, row, part, now)
        row.slices, row.rows = row.slices + 1, row.rows + len(part.rows)
        row.go_on_at = _READ if is_last else part.go_on_at
        if not is_last:
            _schedule(tx, row, MAKE, now)
    if is_last:
        _finish(centre, export_id)


def drop(floor: Floor, export_id: str) -> None:
    """Due work: its hour is over."""
    with floor.centre.database.transaction("drop_export") as tx:
        export = locked(tx, CallExport, export_id)
        if export is None:
            return
        export.state, export.wrapped_key = "dropped", None
    _path(floor.centre, export_id).unlink(missing_ok=True)


@dataclass(frozen=True)
class Taken:
    """A file as it is handed out."""

    what: ExportOf
    kind: FileKind
    content: bytes


def take(centre: Centre, staff: Staff, export_id: str, *, by: str) -> Taken | None:
    """The file, for who asked for it and nobody else, which is audited first; None where there is none for them."""
    now = centre.clock.now()
    with centre.database.transaction("take_export") as tx:
        export = tx.get(CallExport, export_id)
        if export is None or not _is_theirs(export, staff, now) or export.wrapped_key is None:
            return None
        _audit(tx, export, TAKEN, by, now)
    try:
        content = _path(centre, export.id).read_bytes()
        opened = _opened(centre, export.id, content, export.wrapped_key)
        return Taken(ExportOf(export.what), FileKind(export.kind), opened)
    except (FileNotFoundError, SealBroken):
        return None


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


def _finish(centre: Centre, export_id: str) -> None:
    """Join the pieces, seal the file, and say that it is there. Done twice, the second one's file and key stand."""
    with centre.database.reading("export_to_finish") as tx:
        export = tx.get_one(CallExport, export_id)
    head, held = columns_of(export)
    rows: list[Sequence[str]] = []
    for number in range(export.slices):
        rows += read_csv(_get(centre, _piece(export, number)))
    is_workbook = export.kind == FileKind.XLSX
    content = as_xlsx([Sheet(export.what, head, rows, held)]) if is_workbook else as_csv([head, *rows])
    sealed = seal(content, recording_id=export.id, seal_key=centre.settings.seal_key)
    _write(_path(centre, export.id), sealed.content)
    now = centre.clock.now()
    with centre.database.transaction("export_made") as tx:
        row = locked(tx, CallExport, export_id)
        if row is not None:
            row.state, row.wrapped_key = "made", sealed.wrapped_key
            row.made_at, row.expires_at = now, now + KEPT
            _schedule(tx, row, DROP, now + KEPT)
    for number in range(export.slices):
        _path(centre, _piece(export, number)).unlink(missing_ok=True)


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


def _put(centre: Centre, name: str, content: bytes) -> None:
    """A piece carries its own wrapped key, in front of it: no row knows of it."""
    sealed = seal(content, recording_id=name, seal_key=centre.settings.seal_key)
    _write(_path(centre, name), sealed.wrapped_key.encode("ascii") + b"\n" + sealed.content)


def _get(centre: Centre, name: str) -> bytes:
    key, _, content = _path(centre, name).read_bytes().partition(b"\n")
    return _opened(centre, name, content, key.decode("ascii"))


def _opened(centre: Centre, name: str, content: bytes, wrapped_key: str) -> bytes:
    return unseal(Sealed(content, wrapped_key), recording_id=name, seal_key=centre.settings.seal_key)


def _path(centre: Centre, name: str) -> Path:
    return centre.settings.data_dir / "exports" / name


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and for its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    fresh.replace(path)


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
    )
