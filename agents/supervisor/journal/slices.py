"""The journal as an export: made slice by slice, by RQ, with everything of its period or not at all."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from agents.models.searches import CallExport
from agents.supervisor.errors import JournalTooLong
from agents.supervisor.exports.slices import Slice, asked
from agents.supervisor.journal.columns import Reader, written
from agents.supervisor.journal.rows import journal_calls, journal_rows
from config.centre import Centre
from config.database import Transaction
from config.ids import first_id_at
from config.line_descriptions import Insurer, InsurerKind
from ivr.calls.models import Call

MOST_DAYS: Final = 366
MOST_CONTACTS: Final = 100_000
"""What a spreadsheet opens and a worker holds; more is asked for in parts, as nothing may be missing from a journal."""


def keeps_journal(insurer: Insurer) -> bool:
    """Whether the law wants the journal of this insurer's lines."""
    return insurer.kind is InsurerKind.OMS


def require_whole(tx: Transaction, insurer: Insurer, *, since: datetime, until: datetime) -> int:
    """How many contacts the journal of the period has. Raises JournalTooLong where a part would be cut off."""
    count = tx.scalar(
        select(func.count()).where(
            Call.insurer_id == insurer.id, Call.id >= first_id_at(since), Call.id < first_id_at(until)
        )
    )
    if until - since > timedelta(days=MOST_DAYS) or (count or 0) > MOST_CONTACTS:
        raise JournalTooLong
    return count or 0


def journal_slice(tx: Transaction, centre: Centre, export: CallExport, *, most: int) -> Slice:
    """The next contacts of the period."""
    insurer, wanted = centre.insurers[export.insurer_id], asked(export).wanted
    since, until = wanted.since or export.asked_at, wanted.until or export.asked_at
    calls = journal_calls(tx, insurer=insurer, since=since, until=until, after=export.go_on_at, most=most)
    reader = Reader(insurer, export.language, ZoneInfo(export.zone))
    rows = written(journal_rows(tx, insurer, calls, at=export.asked_at), reader)
    return Slice(rows, [call.id for call in calls], calls[-1].id if len(calls) == most else None)
