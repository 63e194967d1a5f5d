"""The journal's columns, and a contact in them: in words, for people at the Fund."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from agents.desk.matter_words import CALLER_ROLES, LEVELS
from agents.desk.outcome_words import outcome_words
from agents.desk.request_words import due_words, kind_words, step_words
from agents.staff.formats import moment
from agents.staff.off_page import speaking
from agents.supervisor.exports.file import Holds
from agents.supervisor.journal.rows import JournalRequest, JournalRow
from agents.supervisor.words import title_words
from config.line_descriptions import Insurer
from ivr.calls.models import Direction

_COMPLAINT: Final = "complaint"


@dataclass(frozen=True)
class Reader:
    """For whom the journal is written: the insurer, the language and the zone of its times."""

    insurer: Insurer
    language: str
    zone: ZoneInfo


def head(language: str) -> tuple[str, ...]:
    """The names of the columns."""
    with speaking(language, ZoneInfo("UTC")):
        return tuple(str(title) for title, _, _ in _COLUMNS)


def holds() -> tuple[Holds, ...]:
    """What the columns hold."""
    return tuple(what for _, what, _ in _COLUMNS)


def cells(row: JournalRow, reader: Reader) -> list[str]:
    """One contact as text; within `speaking`."""
    # Spaces that do not break are for pages: with them a spreadsheet knows no date.
    return [column(row, reader).replace("\N{NO-BREAK SPACE}", " ") for _, _, column in _COLUMNS]


def _kind(row: JournalRow, _: Reader) -> str:
    """A complaint is told apart from everything else that people ask for."""
    kinds = {one.kind for one in row.requests}
    if _COMPLAINT in kinds or "claim_registered" in row.outcomes:
        return str(gettext("Complaint"))
    return str(gettext("Request") if kinds else gettext("Consultation"))


def _way(row: JournalRow, _: Reader) -> str:
    return str(gettext("we called") if row.log.direction == Direction.OUTBOUND else gettext("they called"))


def _taken_by(row: JournalRow, reader: Reader) -> str:
    """The level whose agents took it; else the electronic secretary, else where the caller was left."""
    titles = title_words(reader.insurer, reader.language)
    if row.served_by:
        return ", ".join(titles("queue", one) for one in row.served_by)
    if row.is_with_secretary:
        return str(gettext("electronic secretary"))
    if row.log.agents:
        return str(gettext("an agent"))
    return str(gettext("nobody: waited") if row.log.queues else gettext("nobody: menus"))


def _person(name: str) -> Callable[[JournalRow, Reader], str]:
    return lambda row, _: "" if row.named is None else str(getattr(row.named, name))


def _region(row: JournalRow, reader: Reader) -> str:
    region = reader.insurer.regions.get(row.region or "")
    return (row.region or "") if region is None else str(region.name[reader.language])


def _requests(row: JournalRow, reader: Reader) -> str:
    return "; ".join(_request(one, reader) for one in row.requests)


def _request(one: JournalRequest, reader: Reader) -> str:
    """'Жалоба: запрошено 24.11.2026 12:00 → дан ответ 26.11.2026 10:00 (закрыта)'."""
    steps = " → ".join(f"{step_words(step)} {moment(at, reader.zone)}" for step, at in one.steps)
    if one.closed_at is not None:
        end = gettext("closed %(when)s", when=moment(one.closed_at, reader.zone))
    elif one.due_at is not None:
        end = gettext("open, due %(when)s", when=due_words(one.due_at, reader.insurer))
    else:
        end = gettext("open")
    return f"{kind_words(one.kind)}: {steps} ({end})"


def _line(row: JournalRow, reader: Reader) -> str:
    return title_words(reader.insurer, reader.language)("line", row.log.line)


def _level(row: JournalRow, _: Reader) -> str:
    return str(gettext("anonymous") if row.log.is_anonymous else LEVELS.get(row.log.level, row.log.level))


def _role(row: JournalRow, _: Reader) -> str:
    return str(CALLER_ROLES.get(row.caller_role or "", row.caller_role or ""))


def _outcome(row: JournalRow, _: Reader) -> str:
    if row.outcomes:
        return outcome_words(row.outcomes[0])
    return str(gettext("none yet") if row.log.ended_at is None else gettext("none recorded"))


def _further_outcomes(row: JournalRow, _: Reader) -> str:
    return ", ".join(outcome_words(one) for one in row.outcomes[1:])


def _yes(is_so: bool) -> str:
    return str(gettext("yes") if is_so else gettext("no"))


def _seconds(value: float | None) -> str:
    return "" if value is None else str(int(value))


_COLUMNS: Final[Sequence[tuple[LazyString, Holds, Callable[[JournalRow, Reader], str]]]] = (
    (lazy_gettext("Date and time"), Holds.MOMENT, lambda row, reader: moment(row.log.started_at, reader.zone)),
    (lazy_gettext("Kind of contact"), Holds.TEXT, _kind),
    (lazy_gettext("Who called"), Holds.TEXT, _way),
    (lazy_gettext("Line of the insurer"), Holds.TEXT, _line),
    (lazy_gettext("Taken by"), Holds.TEXT, _taken_by),
    (lazy_gettext("Agents"), Holds.TEXT, lambda row, _: ", ".join(row.log.agents)),
    (lazy_gettext("Insured person"), Holds.TEXT, _person("full_name")),
    (lazy_gettext("Born on"), Holds.DAY, _person("born_on")),
    (lazy_gettext("Policy number"), Holds.TEXT, _person("policy")),
    (lazy_gettext("Identification"), Holds.TEXT, _level),
    (lazy_gettext("Caller is"), Holds.TEXT, _role),
    (lazy_gettext("Caller's number"), Holds.TEXT, lambda row, _: row.phone),
    (lazy_gettext("Region"), Holds.TEXT, _region),
    (lazy_gettext("Life at risk"), Holds.TEXT, lambda row, _: _yes(row.log.is_emergency)),
    (lazy_gettext("Waited, s"), Holds.NUMBER, lambda row, _: _seconds(row.log.waited_seconds)),
    (lazy_gettext("Lasted, s"), Holds.NUMBER, lambda row, _: _seconds(row.log.lasted_seconds)),
    (lazy_gettext("Outcome"), Holds.TEXT, _outcome),
    (lazy_gettext("Further outcomes"), Holds.TEXT, _further_outcomes),
    (lazy_gettext("Notes"), Holds.TEXT, lambda row, _: " / ".join(row.notes)),
    (lazy_gettext("Requests and what became of them"), Holds.TEXT, _requests),
    (lazy_gettext("Recorded"), Holds.TEXT, lambda row, _: _yes(row.log.recordings > 0)),
    (lazy_gettext("Continues the call"), Holds.TEXT, lambda row, _: row.continues or ""),
    (lazy_gettext("Id of the call"), Holds.TEXT, lambda row, _: row.log.id),
)


def written(rows: Sequence[JournalRow], reader: Reader) -> list[list[str]]:
    """The contacts as the file has them."""
    with speaking(reader.language, reader.zone):
        return [cells(row, reader) for row in rows]
