"""The pages' words where no page is asked for: in files that workers make and commands write."""

from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from flask import Flask

from agents.staff import cookies
from agents.staff.languages import speak


@contextmanager
def speaking(language: str, zone: ZoneInfo) -> Iterator[None]:
    """Within the block `gettext` and the formats speak as to a reader of that language in that zone."""
    app = Flask("agents.staff")
    speak(app)
    chosen = {"Cookie": f"{cookies.LANGUAGE}={language}; {cookies.ZONE}={zone.key}"}
    with app.test_request_context(headers=chosen):
        yield
