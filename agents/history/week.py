"""Which days the history has: decided once, and kept, so that a later start goes on with the same ones."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from config.errors import ConfigError

ZONE: Final = ZoneInfo("Europe/Moscow")
"""Where the days of the history begin and end."""
SEED: Final = 20_261_120

# A day ends when fewest calls are on: whatever is not over then would have to be broken off.
_DAY_BEGINS: Final = time(4)
# What began last has this long to end before the next part, or the centre itself, begins.
_LAST_CALLS: Final = timedelta(minutes=20)
_LEAST: Final = timedelta(hours=2)
_FILE: Final = "week.json"


@dataclass(frozen=True)
class Day:
    """From one quiet hour to the next, or to the centre's own beginning; calls come in until `last_call_at`."""

    number: int
    begins_at: datetime
    ends_at: datetime

    @property
    def name(self) -> str:
        """The date on which it begins, where its centre is."""
        return self.begins_at.astimezone(ZONE).date().isoformat()

    @property
    def last_call_at(self) -> datetime:
        """When nobody rings any more."""
        return self.ends_at - _LAST_CALLS


@dataclass(frozen=True)
class Week:
    """The days, the oldest first; on the average `calls_a_day`, all of them decided by `seed`."""

    seed: int
    calls_a_day: int
    days: Sequence[Day]


def week_before(first_at: datetime, *, days: int, calls_a_day: int, seed: int = SEED) -> Week:
    """The whole days before `first_at`, when the centre's own life began, and what is over of that day itself."""
    local = first_at.astimezone(ZONE)
    today = datetime.combine(local.date(), _DAY_BEGINS, tzinfo=ZONE)
    if today > local:
        today -= timedelta(days=1)
    edges = [today - timedelta(days=back) for back in range(days, -1, -1)]
    if local - today >= _LEAST:
        edges.append(local)
    whole = [Day(number, *pair) for number, pair in enumerate(pairwise(edges), start=1)]
    return Week(seed, calls_a_day, whole)


def kept_week(folder: Path) -> Week | None:
    """The week that was begun here, None where none was. Raises ConfigError for a file that is none of ours."""
    try:
        kept = json.loads((folder / _FILE).read_text(encoding="ascii"))
        days = [
            Day(one["number"], datetime.fromisoformat(one["begins_at"]), datetime.fromisoformat(one["ends_at"]))
            for one in kept["days"]
        ]
        return Week(kept["seed"], kept["calls_a_day"], days)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{folder / _FILE} cannot be read: delete the folder to begin the history anew.") from error


def keep_week(folder: Path, week: Week) -> None:
    """Keep it; whole or not at all."""
    fresh = folder / f".{_FILE}"
    fresh.write_text(json.dumps(asdict(week), default=datetime.isoformat), encoding="ascii")
    fresh.replace(folder / _FILE)
