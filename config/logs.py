"""Logging: one line a record, in UTC, with the digits that could identify a person masked before they are written."""

import copy
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Final, TextIO

# Ids of rows and the carrier's sids are no person's: without them no failure could be traced to its call.
_ID: Final = r"(?<![0-9A-Za-z])(?:[A-Z]{2})?[0-9a-f]{32}(?![0-9A-Za-z])"
_PHONE: Final = r"(?:\+\d{1,3}|\b8)[ (-]{1,2}\d{3}[) -]{1,2}\d{2,3}[ -]?\d{2}[ -]?\d{2}"
_DATE: Final = r"\b\d{2}[./]\d{2}[./]\d{4}\b|\b\d{4}-\d{2}-\d{2}\b"
_RUN: Final = r"\+?\d(?:[ -]?\d){15}|\+?\d{6,}"
_MASKED: Final = re.compile(f"(?P<id>{_ID})|{_PHONE}|{_DATE}|{_RUN}")
_MASK: Final = "•••"
# PostgreSQL quotes whole rows, names and all, behind its errors; `hide_parameters` of SQLAlchemy does not reach there.
_DETAIL: Final = re.compile(r"^(DETAIL: +).*?(?=\n(?:HINT|CONTEXT|QUERY|\[SQL|\S+Error)|\Z)", re.DOTALL | re.MULTILINE)
# At DEBUG its engine prints every row that it reads.
_PRINTS_ROWS: Final = "sqlalchemy.engine"

_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"


def mask_digits(text: str) -> str:
    """`text` without telephones, policy numbers, dates, any run of six digits or more, and rows that a database quotes;
    ids of 32 hex characters stay.
    """
    return _MASKED.sub(lambda found: found["id"] or _MASK, _DETAIL.sub(rf"\1{_MASK}", text))


class MaskDigits(logging.Filter):
    """Masks every record's message, its arguments worked in; tracebacks are `OneLine`'s."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let the record pass, masked; rows of the database never."""
        if record.name.startswith(_PRINTS_ROWS) and record.levelno < logging.INFO:
            return False
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            # A message and arguments that do not fit must not be printed by logging itself, which would show both.
            message = f"{record.msg} (its arguments do not fit)"
        record.msg, record.args = mask_digits(message), None
        return True


class OneLine(logging.Formatter):
    """`2026-11-24T09:00:00.123Z LEVEL logger message`, tracebacks and line breaks folded into the same line."""

    def __init__(self) -> None:
        super().__init__(_FORMAT)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        """When the record was made, in UTC."""
        at = datetime.fromtimestamp(record.created, UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def formatException(self, ei: object) -> str:  # noqa: N802 - logging's name
        """The traceback, masked: errors quote what they were given."""
        return mask_digits(super().formatException(ei))  # type: ignore[arg-type]

    def format(self, record: logging.LogRecord) -> str:
        """The whole line."""
        own = copy.copy(record)
        # Another handler may have left its own traceback there, unmasked; and ours must not reach it folded.
        own.exc_text = None
        return " ⏎ ".join(line for line in super().format(own).splitlines() if line.strip())


def set_up_logging(*, level: int = logging.INFO, stream: TextIO | None = None) -> logging.Handler:
    """Let every logger of this process write masked lines to `stream` (default: standard error); the handler.

    Called once by each process of the centre; called again it takes the place of what it set up before.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.set_name("pult")
    protect(handler)
    root = logging.getLogger()
    for before in [one for one in root.handlers if one.get_name() == "pult"]:
        root.removeHandler(before)
    root.addHandler(handler)
    root.setLevel(level)
    return handler


def keep_off_the_terminal() -> None:
    """For commands that people run: without a log, Python would print warnings and stack traces between their lines."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.NullHandler())


def protect(handler: logging.Handler) -> None:
    """Let a handler that somebody else set up (a web server's) mask and fold as ours does."""
    handler.addFilter(MaskDigits())
    handler.setFormatter(OneLine())
