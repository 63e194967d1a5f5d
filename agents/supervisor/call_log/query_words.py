"""A search of the call log in words: what was asked for, as its page names it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from agents.desk.outcome_words import outcome_words
from agents.staff.formats import day, moment

_PERIODS: Final[Mapping[str, LazyString]] = {
    "today": lazy_gettext("Today"),
    "yesterday": lazy_gettext("Yesterday"),
    "week": lazy_gettext("Last 7 days"),
    "month": lazy_gettext("Last 30 days"),
}
_WHOLE: Final[Mapping[tuple[str, str], LazyString]] = {
    ("recording", "yes"): lazy_gettext("with a recording"),
    ("recording", "no"): lazy_gettext("without a recording"),
    ("only", "emergency"): lazy_gettext("emergencies only"),
    ("only", "open"): lazy_gettext("only calls that go on"),
    ("only", "counted"): lazy_gettext("as reports count them"),
}
_SPANS: Final[Mapping[str, LazyString]] = {"waited": lazy_gettext("Waited"), "lasted": lazy_gettext("Lasted")}
_DAY: Final = len("2026-11-23")

Titles = Callable[[str, str], str]
"""`agents.supervisor.words.title_words`."""


def query_words(typed: Mapping[str, str], titles: Titles, zone: ZoneInfo | None = None) -> str:
    """'Вчера · ВСК · ждали от 1:00', of the fields of the log's form as typed; days in the reader's zone, or in `zone`;
    empty for every call.
    """
    return " · ".join(_parts({name: value for name, value in typed.items() if value}, titles, zone))


def _parts(typed: Mapping[str, str], titles: Titles, zone: ZoneInfo | None) -> Iterator[str]:
    if period := _PERIODS.get(typed.get("period", "")):
        yield str(period)
    elif typed.get("from") or typed.get("to"):
        yield _days(typed.get("from", ""), typed.get("to", ""), zone)
    for name in ("line", "queue"):
        if name in typed:
            yield titles(name, typed[name])
    if "agent" in typed:
        yield typed["agent"]
    if "outcome" in typed:
        yield outcome_words(typed["outcome"])
    if "left" in typed:
        yield str(gettext("left at step %(step)s", step=typed["left"]))
    if "insured" in typed:
        yield str(gettext("one insured person"))
    yield from (str(words) for (name, value), words in _WHOLE.items() if typed.get(name) == value)
    for name, words in _SPANS.items():
        yield from _span(str(words), typed.get(f"{name}_least", ""), typed.get(f"{name}_most", ""))


def _span(words: str, least: str, most: str) -> Iterator[str]:
    if least and most:
        yield f"{words}: {least}–{most}"
    elif least:
        yield str(gettext("%(what)s: from %(least)s", what=words, least=least))
    elif most:
        yield str(gettext("%(what)s: to %(most)s", what=words, most=most))


def _days(since: str, until: str, zone: ZoneInfo | None) -> str:
    since, until = _when(since, zone), _when(until, zone)
    if since and until:
        return since if since == until else f"{since} – {until}"
    return str(gettext("from %(when)s", when=since) if since else gettext("to %(when)s", when=until))


def _when(text: str, zone: ZoneInfo | None) -> str:
    """A day, or an instant that a report's row leads from; what is neither stays as it was typed."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return day(at.date()) if len(text) == _DAY else moment(at, zone)
