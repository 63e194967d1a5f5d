"""Asking for the journal: from the page, where RQ makes it, and from a terminal, which waits for it."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeAlias
from urllib.parse import urlencode

from agents.accounts.sessions import Staff
from agents.supervisor.exports import exporting
from agents.supervisor.exports.file import FileKind, Sheet, as_csv, as_xlsx
from agents.supervisor.exports.slices import ExportOf
from agents.supervisor.journal.columns import Reader, head, holds, written
from agents.supervisor.journal.rows import journal_calls, journal_rows
from agents.supervisor.journal.slices import require_whole
from config.audit import audit, audited_reading
from config.centre import Centre
from config.ids import new_id
from config.line_descriptions import Insurer

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many contacts were written, and how many there are."""

_SLICE: Final = 1000


def ask_for_journal(
    centre: Centre, staff: Staff, *, since: datetime, until: datetime, kind: FileKind, language: str, by: str
) -> str:
    """Have the journal of the half-open period made, in the insurer's zone; the export's id. Audited.

    Raises ExportRefused, and JournalTooLong where one file would not hold it whole.
    """
    insurer = centre.insurers[staff.insurer_id]
    with centre.database.reading("count_journal") as tx:
        require_whole(tx, insurer, since=since, until=until)
    query = urlencode({"period": "own", "from": since.isoformat(), "to": until.isoformat()})
    return exporting.ask(
        centre,
        staff,
        query=f"?{query}",
        kind=kind,
        zone=insurer.time_zone,
        language=language,
        by=by,
        what=ExportOf.JOURNAL,
    )


def write_journal(
    centre: Centre,
    insurer: Insurer,
    *,
    since: datetime,
    until: datetime,
    kind: FileKind,
    language: str,
    by: str,
    progress: Progress = lambda done, total: None,
) -> bytes:
    """The journal of the half-open period as a file's content. Audited with every contact that is in it, before it is
    handed out. Raises JournalTooLong.
    """
    with centre.database.reading("count_journal") as tx:
        total = require_whole(tx, insurer, since=since, until=until)
    reader, now = Reader(insurer, language, insurer.time_zone), centre.clock.now()
    export_id, rows, after = new_id(now), list[list[str]](), None
    while True:
        with audited_reading(centre.database, "read_journal") as tx:
            calls = journal_calls(tx, insurer=insurer, since=since, until=until, after=after, most=_SLICE)
            rows += written(journal_rows(tx, insurer, calls, at=now), reader)
            detail = {"count": len(calls), "file": kind.value, "calls": " ".join(call.id for call in calls)}
            audit(
                tx,
                insurer_id=insurer.id,
                at=now,
                actor=by,
                action=exporting.ASKED[ExportOf.JOURNAL],
                subject_kind="export",
                subject_id=export_id,
                since=since.isoformat(),
                until=until.isoformat(),
                **detail,
            )
        progress(len(rows), total)
        if len(calls) < _SLICE:
            names = head(language)
            is_workbook = kind is FileKind.XLSX
            return as_xlsx([Sheet(ExportOf.JOURNAL, names, rows, holds())]) if is_workbook else as_csv([names, *rows])
        after = calls[-1].id
