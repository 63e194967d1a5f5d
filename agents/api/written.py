"""How values are written in requests: what is not written so is refused, and what is described is what is checked."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_INSTANT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d):(\d\d)(?:\.(\d{1,6})\d*)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# Nothing here is older, and nothing has an instant of which a time zone can make the year 0 or 10000.
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9999, 12, 30, tzinfo=UTC)

_T = TypeVar("_T")


class Given(BaseModel):
    """What a request gives: a query or a body; what is not described is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _instant(written: object) -> datetime:
    """RFC 3339. What lies outside of every record's life is moved to its edge; a leap second is the one before."""
    found = _INSTANT.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise ValueError("write RFC 3339 with a zone, such as 2026-11-24T09:00:00Z; in an address a + is %2B")
    day, minute, second, fraction, zone = found.groups()
    shown = f"{day}T{minute}:{min(int(second), 59):02d}.{(fraction or '0'):0<6}{zone.upper()}"
    try:
        instant = datetime.fromisoformat(shown)
        return min(max(instant, _FIRST), _LAST).astimezone(UTC)
    except ValueError:
        raise ValueError("there is no such day or time") from None
    except OverflowError:
        return _FIRST if day < "1970" else _LAST


def _day(written: object) -> date:
    if not isinstance(written, str) or not _DAY.fullmatch(written):
        raise ValueError("write a day as 1985-03-15")
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise ValueError("there is no such day") from None


def _whole(written: object) -> int:
    if isinstance(written, str) and re.fullmatch(r"[0-9]{1,9}", written):
        return int(written)
    raise ValueError("write a whole number")


def _yes_or_no(written: object) -> bool:
    if written in ("true", "false"):
        return written == "true"
    raise ValueError("write true or false")


def _read_by(read: Callable[[object], _T]) -> BeforeValidator:
    # None is a parameter that is not there.
    return BeforeValidator(lambda written: None if written is None else read(written))


Instant = Annotated[datetime, _read_by(_instant)]
"""An instant of a query: RFC 3339, in UTC once read."""
Day = Annotated[date, _read_by(_day)]
"""A day of a body."""
YesOrNo = Annotated[bool, _read_by(_yes_or_no)]
"""A condition of a query."""
Limit = Annotated[int, Field(ge=1, le=200, description="The most items of one page."), _read_by(_whole)]
"""How many items a page has."""
ID_PATTERN: Final = "^[0-9a-f]{32}$"
Id = Annotated[str, Field(pattern=ID_PATTERN)]
"""A row's id."""
Cursor = Annotated[str, Field(pattern=ID_PATTERN, description="`next_cursor` of the page before.")]
"""Where a page begins."""
Name = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,63}$")]
"""A name out of the configuration, such as a line's or a queue's."""
Code = Annotated[str, Field(pattern="^[!-~А-Яа-яЁё]{1,64}$")]
"""An agent's code."""
