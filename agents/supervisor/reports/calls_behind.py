"""The way from a figure of a report to the calls behind it, in the log."""

from datetime import datetime, timedelta
from typing import Any

from flask import url_for

from agents.staff.languages import zone
from agents.supervisor.call_log.search_form import period_query


def calls_behind(since: datetime, until: datetime, **asked: Any) -> str:
    """The log's address for the calls of a half-open period; `asked` are further fields of its form, None is any."""
    # A period that is not over yet ends in the middle of a minute.
    whole = until + timedelta(seconds=-until.timestamp() % 60)
    days: dict[str, Any] = {**period_query(since, whole, zone=zone())}
    address: str = url_for("calls.log", **days, **asked)
    return address
