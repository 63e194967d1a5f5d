"""What an export holds, slice by slice: calls as the log shows them, or the journal of contacts."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from agents.models.searches import CallExport
from agents.supervisor.call_log.rows import log_rows
from agents.supervisor.call_log.search_form import SearchForm, read_form
from agents.supervisor.call_log.searching import find_calls
from agents.supervisor.exports.file import Holds, cells, head, holds
from config.centre import Centre
from config.database import Transaction


class ExportOf(StrEnum):
    """What was asked for."""

    CALLS = "calls"
    JOURNAL = "journal"


@dataclass(frozen=True)
class Slice:
    """Some rows of the file, the calls that they are of, and where the next slice begins; None after the last one."""

    rows: Sequence[Sequence[str]]
    call_ids: Sequence[str]
    go_on_at: str | None


def columns_of(export: CallExport) -> tuple[Sequence[str], Sequence[Holds]]:
    """The names of the columns, and what they hold."""
    if export.what == ExportOf.JOURNAL:
        from agents.supervisor.journal import columns

        return columns.head(export.language), columns.holds()
    return head(export.language), holds()


def read_slice(tx: Transaction, centre: Centre, export: CallExport, *, most: int) -> Slice:
    """At most so many rows more: the log's from the newest call on, the journal's from the oldest."""
    if export.what == ExportOf.JOURNAL:
        # Speaks the pages' words, which load slowly: a worker that makes no journal goes without.
        from agents.supervisor.journal.slices import journal_slice

        return journal_slice(tx, centre, export, most=most)
    insurer, zone = centre.insurers[export.insurer_id], ZoneInfo(export.zone)
    found = find_calls(tx, insurer=insurer, wanted=asked(export).wanted, before=export.go_on_at, most=most)
    # Speaks the pages' words as well.
    from agents.supervisor.exports.words import worded

    rows = worded(log_rows(tx, found.calls, at=export.asked_at), language=export.language, zone=zone)
    written = [cells(row, insurer=insurer, zone=zone, language=export.language) for row in rows]
    return Slice(written, [call.id for call in found.calls], found.go_on_at)


def asked(export: CallExport) -> SearchForm:
    """The search that was asked for, as it was at that instant."""
    given = dict(parse_qsl(export.query.removeprefix("?")))
    return read_form(given, zone=ZoneInfo(export.zone), now=export.asked_at)
