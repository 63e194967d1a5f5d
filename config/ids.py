"""Row ids: 32 hex characters, the first 12 of them the milliseconds of their making, so that they sort by age."""

import secrets
from datetime import datetime


def new_id(at: datetime) -> str:
    """A fresh id for a row made at `at` (layout after RFC 9562 UUIDv7, without dashes)."""
    milliseconds = int(at.timestamp() * 1000) & ((1 << 48) - 1)
    random_a, random_b = secrets.randbits(12), secrets.randbits(62)
    value = milliseconds << 80 | 0x7 << 76 | random_a << 64 | 0b10 << 62 | random_b
    return f"{value:032x}"
