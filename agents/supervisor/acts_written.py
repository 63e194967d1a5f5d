"""Acts of destruction in the reader's words: for a page, for paper and for a spreadsheet."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from flask_babel import gettext

from agents.staff.formats import duration, moment, worded
from agents.supervisor.exports.file import as_csv
from agents.supervisor.printing import Sheet, as_pdf, paragraph, table
from config.line_descriptions import Insurer
from recordings.models import DestructionAct
from recordings.retention import RETENTION, TERM

_NAME_WIDTH: Final = 170.0


def destroyer_words(by: str) -> str:
    """Who destroyed it."""
    return str(gettext("the retention rules")) if by == RETENTION else by


def ground_words(ground: str) -> str:
    """On what ground."""
    return str(gettext("its time was over")) if ground == TERM else ground


def digest_words() -> str:
    """What the digest of an act is of, and what it is good for."""
    return str(
        gettext(
            "SHA-256 is of the recording as it came from the carrier, before it was sealed: it tells whether a file"
            " found elsewhere is the recording that was destroyed."
        )
    )


def facts(act: DestructionAct, zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    """Everything that an act says, each by its name; times are those of the insurer's `zone`, and say so."""
    told = (
        (gettext("Act"), act.id),
        (gettext("Destroyed"), _at(act.destroyed_at, zone)),
        (gettext("Destroyed by"), destroyer_words(act.destroyed_by)),
        (gettext("Ground"), ground_words(act.ground)),
        (gettext("Recording"), act.recording_id),
        (gettext("Call"), act.call_id),
        (gettext("Recorded at"), _at(act.recorded_at, zone)),
        (gettext("Length"), "–" if act.duration_seconds is None else duration(act.duration_seconds)),
        (gettext("Size, bytes"), "–" if act.size_bytes is None else str(act.size_bytes)),
        (gettext("SHA-256 of the sound"), act.sha256 or "–"),
    )
    return tuple((str(name), str(value).replace("\N{NO-BREAK SPACE}", " ")) for name, value in told)


def acts_csv(acts: Iterable[DestructionAct], zone: ZoneInfo) -> bytes:
    """A row for each act; no cell can be a formula."""
    rows: list[tuple[str, ...]] = []
    for one in acts:
        told = facts(one, zone)
        if not rows:
            rows.append(tuple(name for name, _ in told))
        rows.append(tuple(value for _, value in told))
    return as_csv(rows)


def act_pdf(act: DestructionAct, insurer: Insurer, *, at: datetime) -> bytes:
    """The act on paper."""
    printed = gettext("printed %(when)s", when=_at(at, insurer.time_zone))
    sheet = Sheet(str(gettext("Act: a recording was destroyed")), f"{worded(insurer.title)} · {printed}")
    parts = [
        paragraph(worded(insurer.title), size=11),
        *table(("", ""), facts(act, insurer.time_zone), widths=[_NAME_WIDTH, sheet.width - _NAME_WIDTH], size=9),
        paragraph(what_words(act)),
        paragraph(digest_words(), is_soft=True),
    ]
    return as_pdf(sheet, parts, page_words=lambda number: str(gettext("page %(number)s", number=number)))


def _at(at: datetime, zone: ZoneInfo) -> str:
    return f"{moment(at, zone)} ({zone.key})"


def what_words(act: DestructionAct) -> str:
    """What destroying was; one that could not be fetched was never sealed here."""
    if act.sha256 is None:
        nothing = gettext("Nothing of this recording was kept here; what the carrier may have of it is deleted there.")
        return str(nothing)
    return str(
        gettext(
            "The key under which the recording was sealed was destroyed with this act, so that nobody can open what was"
            " sealed; the sealed file is removed after it."
        )
    )
