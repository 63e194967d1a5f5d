"""Reads a session's plain values (a session is JSON) as the typed values that a kind speaks."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flows.speech.errors import SpeechError

Value = str | int | Decimal | date | time | timedelta

_Iso = TypeVar("_Iso", date, datetime, time)

_LARGEST: Final = 10**12
_LENGTH_OF_A_DATE: Final = len("2026-11-30")
_SEPARATORS: Final = re.compile(r"[\s().\-–]")


def whole(value: object) -> int:
    """An int, or its decimal text; bool and float are refused, as is anything beyond ±10¹²."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,13}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _LARGEST:
        raise SpeechError(f"expected a whole number, got {type(value).__name__}")
    return value


def natural(value: object) -> int:
    """A whole number that is not negative: people, minutes, days."""
    number = whole(value)
    if number < 0:
        raise SpeechError("expected a number that is not negative")
    return number


def roubles(value: object) -> tuple[int, int]:
    """Roubles and kopecks of an amount in roubles: int, Decimal or '1200.50'; a float is refused."""
    if isinstance(value, (bool, float)) or not isinstance(value, (int, str, Decimal)):
        raise SpeechError(f"expected an amount in roubles, got {type(value).__name__}")
    try:
        amount = Decimal(value)
        kopecks = amount * 100
        if kopecks != kopecks.to_integral_value() or not 0 <= amount <= _LARGEST:
            raise SpeechError("expected an amount from 0 with at most two decimals")
    except InvalidOperation:
        raise SpeechError("expected an amount in roubles") from None
    return divmod(int(kopecks), 100)


def day(value: object) -> date:
    """A date, the date of a datetime in its own zone, or text: '2026-11-30', or a moment as `clock` takes it."""
    if isinstance(value, str) and len(value) > _LENGTH_OF_A_DATE:
        value = _moment(value)[0]
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else _from_iso(value, date)


def last_day(value: object) -> date:
    """The last day inside a half-open interval's end: '24:00 30.11' is 1 December and gives 30 November."""
    if isinstance(value, str) and len(value) > _LENGTH_OF_A_DATE:
        value = _moment(value)[0]
    if isinstance(value, datetime):
        return (value - timedelta(microseconds=1)).date()
    return day(value) - timedelta(days=1)


def clock(value: object) -> tuple[time, str | None]:
    """A time of day and its zone's name if it has one.

    Takes a time, a datetime (in its own zone, never converted), or text: '16:45', '16:45 Europe/Samara',
    '2026-11-30T16:45 Europe/Samara' (wall time there), '2026-11-30T12:45+00:00 Europe/Samara' (converted).
    """
    if isinstance(value, str) and "T" in value.partition(" ")[0]:
        at, zone = _moment(value)
        return at.time(), zone
    if isinstance(value, (datetime, time)):
        return (value.time() if isinstance(value, datetime) else value), _zone_key(value)
    text, _, named = str(value).partition(" ")
    return _from_iso(text, time), named or None


def seconds(value: object) -> int:
    """Whole seconds of a timedelta, an int or its text."""
    if isinstance(value, timedelta):
        return natural(int(value.total_seconds()))
    return natural(value)


def digits(value: object) -> str:
    """The digits of a string, leading zeros kept, spaces, dots, hyphens and brackets dropped; no int."""
    if not isinstance(value, str):
        raise SpeechError(f"digits must come as text, or leading zeros vanish; got {type(value).__name__}")
    bare = _SEPARATORS.sub("", value)
    if not re.fullmatch(r"[0-9]+", bare):
        raise SpeechError("expected digits only")
    return bare


def text(value: object) -> str:
    """Words to be said as they are."""
    if not isinstance(value, str) or not value.strip():
        raise SpeechError("expected words to say")
    return " ".join(value.split())


def _from_iso(value: object, shape: type[_Iso]) -> _Iso:
    if not isinstance(value, str):
        raise SpeechError(f"expected a {shape.__name__}, got {type(value).__name__}")
    try:
        return shape.fromisoformat(value)
    except ValueError:
        raise SpeechError(f"expected a {shape.__name__} in ISO form") from None


def _moment(text: str) -> tuple[datetime, str | None]:
    iso, _, zone = text.partition(" ")
    at = _from_iso(iso, datetime)
    if not zone or at.tzinfo is None:
        return at, zone or None
    try:
        return at.astimezone(ZoneInfo(zone)), zone
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SpeechError(f"no time zone '{zone}'") from None


def _zone_key(value: datetime | time) -> str | None:
    return getattr(value.tzinfo, "key", None)
