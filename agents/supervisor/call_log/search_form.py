"""What is typed into the log's form, read as a search; and the part of it that may stand in an address."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from agents.supervisor.call_log.searching import CallSearch
from config.phone_numbers import PhoneNumberError, parse_phone

ADDRESSABLE: Final = (
    *("period", "from", "to", "line", "queue", "agent", "outcome", "left", "insured", "recording", "only"),
    *("lasted_least", "lasted_most", "waited_least", "waited_most"),
)
"""What identifies nobody by itself, the id of an insured person's record among it; the others never stand in an
address, a log of addresses, or a saved search.
"""
SECRET: Final = ("policy", "phone", "text")
_LONGEST: Final = 200
_MOST_SECONDS: Final = 86_400
# A day before or after is one still; ids begin with 1970.
_YEARS: Final = range(1971, 9999)


@dataclass(frozen=True)
class SearchForm:
    """The form as typed, what it asks for, and the names of its fields that cannot be read."""

    typed: Mapping[str, str]
    wanted: CallSearch
    wrong: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_addressable(self) -> bool:
        """Whether the whole search can stand in an address."""
        return not any(self.typed.get(name) for name in SECRET)

    @property
    def query(self) -> str:
        """The part for an address, with its question mark; empty for the whole log."""
        kept = {name: self.typed[name] for name in ADDRESSABLE if self.typed.get(name)}
        return f"?{urlencode(kept)}" if kept else ""


def period_query(since: datetime, until: datetime, *, zone: ZoneInfo) -> dict[str, str]:
    """A half-open period for an address, as `read_form` reads it in the same zone: whole days as days."""
    return {"period": "own", "from": _as_typed(since, zone), "to": _as_typed(until, zone, is_end=True)}


def read_form(given: Mapping[str, str], *, zone: ZoneInfo, now: datetime) -> SearchForm:
    """The search that was typed; days are the reader's, in `zone`. Days of one's own win over a period with a name."""
    typed = {name: given.get(name, "").strip()[:_LONGEST] for name in (*ADDRESSABLE, *SECRET)}
    if typed["from"] or typed["to"]:
        typed["period"] = "own"
    wrong: set[str] = set()
    since, until = _period(typed, zone, now, wrong)
    if typed["period"] == "own":
        # An address may say it by another zone's clock; the form shows what is searched, by the reader's.
        typed["from"] = typed["from"] if since is None else _as_typed(since, zone)
        typed["to"] = typed["to"] if until is None else _as_typed(until, zone, is_end=True)
    wanted = CallSearch(
        since=since,
        until=until,
        line=typed["line"] or None,
        queue=typed["queue"] or None,
        agent=typed["agent"] or None,
        outcome=typed["outcome"] or None,
        left=typed["left"] or None,
        insured_id=typed["insured"] or None,
        policy=typed["policy"] or None,
        phone=_phone(typed, wrong),
        text=typed["text"] or None,
        lasted=(_duration(typed, "lasted_least", wrong), _duration(typed, "lasted_most", wrong)),
        waited=(_duration(typed, "waited_least", wrong), _duration(typed, "waited_most", wrong)),
        has_recording={"yes": True, "no": False}.get(typed["recording"]),
        is_emergency=typed["only"] == "emergency",
        is_open=typed["only"] == "open",
        is_counted=typed["only"] == "counted",
    )
    return SearchForm(typed, wanted, frozenset(wrong))


def _period(
    typed: Mapping[str, str], zone: ZoneInfo, now: datetime, wrong: set[str]
) -> tuple[datetime | None, datetime | None]:
    today = now.astimezone(zone).date()
    match typed["period"]:
        case "today":
            return _begin(today, zone), None
        case "yesterday":
            return _begin(today - timedelta(days=1), zone), _begin(today, zone)
        case "week":
            return _begin(today - timedelta(days=6), zone), None
        case "month":
            return _begin(today - timedelta(days=29), zone), None
        case _:
            return _moment(typed, "from", zone, wrong), _moment(typed, "to", zone, wrong)


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _as_typed(at: datetime, zone: ZoneInfo, *, is_end: bool = False) -> str:
    """A day where it is one's midnight, the last one of a period if it `is_end`; else the wall clock's time."""
    local = at.astimezone(zone).replace(tzinfo=None)
    if local.time() == time():
        return (local - timedelta(days=is_end)).date().isoformat()
    return local.isoformat(timespec="auto" if local.second or local.microsecond else "minutes")


def _moment(typed: Mapping[str, str], name: str, zone: ZoneInfo, wrong: set[str]) -> datetime | None:
    """A day or a moment; a day that ends a period is in it."""
    text = typed[name]
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        if len(text) == len("2026-11-23") and name == "to":
            at += timedelta(days=1)
        if at.year not in _YEARS:
            raise ValueError
        return at if at.tzinfo else at.replace(tzinfo=zone)
    except (ValueError, OverflowError):
        wrong.add(name)
        return None


def _phone(typed: Mapping[str, str], wrong: set[str]) -> str | None:
    if not typed["phone"]:
        return None
    try:
        return parse_phone(typed["phone"]).e164
    except PhoneNumberError:
        wrong.add("phone")
        return None


def _duration(typed: Mapping[str, str], name: str, wrong: set[str]) -> int | None:
    """'90', '1:30' or '1:02:30' as seconds: hours, minutes, seconds."""
    parts = typed[name].split(":") if typed[name] else []
    if not parts:
        return None
    if len(parts) > 3 or not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):
        wrong.add(name)
        return None
    seconds = 0
    for part in parts:
        seconds = seconds * 60 + int(part)
    return min(seconds, _MOST_SECONDS)
