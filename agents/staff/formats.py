"""How pages write phones, money, days, times, durations and an insurer's words, as Jinja filters; the Russian way."""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from zoneinfo import ZoneInfo

from flask import Flask

from agents.staff.languages import language
from agents.staff.languages import zone as reader_zone
from config.line_descriptions import Words
from config.phone_numbers import PhoneNumber, format_russian, mask_phone

_NARROW: Final = "\N{NO-BREAK SPACE}"


def phone(e164: str, extension: str | None = None) -> str:
    """'8 (800) 200-14-41'; the spaces do not break."""
    return format_russian(PhoneNumber(e164, extension)).replace(" ", _NARROW)


def masked_phone(e164: str) -> str:
    """'+7 916 ···-··-67'."""
    return mask_phone(e164).replace(" ", _NARROW)


def money(roubles: Decimal | int) -> str:
    """'21 090,50 ₽'; whole roubles without kopecks."""
    amount = Decimal(roubles).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    shown = f"{amount:,.2f}".replace(",", _NARROW).replace(".", ",").removesuffix(",00")
    return f"{shown}{_NARROW}₽"


def day(value: date | datetime, zone: ZoneInfo | None = None) -> str:
    """'23.11.2026'; an instant's day is the reader's, or that of `zone`."""
    return f"{_there(value, zone) if isinstance(value, datetime) else value:%d.%m.%Y}"


def clock_time(value: datetime, zone: ZoneInfo | None = None) -> str:
    """'21:06' where the reader is, or in `zone`."""
    return f"{_there(value, zone):%H:%M}"


def exact_time(value: datetime) -> str:
    """'21:06:09' where the reader is."""
    return f"{_there(value, None):%H:%M:%S}"


def moment(value: datetime, zone: ZoneInfo | None = None) -> str:
    """'23.11.2026 21:06' where the reader is, or in `zone`."""
    return f"{_there(value, zone):%d.%m.%Y}{_NARROW}{_there(value, zone):%H:%M}"


def differs(value: datetime, other: ZoneInfo) -> bool:
    """Whether clocks in `other` show something else than the reader's at that instant."""
    return _there(value, None).utcoffset() != value.astimezone(other).utcoffset()


def duration(value: timedelta | float) -> str:
    """'04:12', from an hour on '1:04:12'; never negative."""
    seconds = max(0, int(value.total_seconds() if isinstance(value, timedelta) else value))
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes:02}:{left:02}"


def worded(words: Words) -> str:
    """What the insurer's description says, in the reader's language, else in Russian; empty where it says nothing."""
    return words.get(language()) or words.get("ru", "")


def iso(value: datetime) -> str:
    """For scripts: '2026-11-23T18:06:00+00:00'."""
    return value.isoformat()


def add_filters(app: Flask) -> None:
    """Make them the filters of the pages of `app`."""
    for one in (phone, masked_phone, money, day, clock_time, exact_time, moment, duration, worded, iso):
        app.add_template_filter(one)
    app.add_template_test(differs, "elsewhere")


def _there(value: datetime, zone: ZoneInfo | None) -> datetime:
    return value.astimezone(zone or reader_zone())
