"""Reads the form of an evaluation; which answers fit the card, the service says."""

from collections.abc import Mapping
from typing import Final

from agents.draft_editions import Edition, read_edition
from agents.quality.evaluations import Written
from agents.quality.scoring import Answer, Moment

LONGEST_NOTE: Final = 500
LONGEST_COMMENT: Final = 2000
_MOST_QUESTIONS: Final = 200
_LONGEST_SECOND: Final = 6


def read_form(given: Mapping[str, str]) -> Written:
    """What was typed: for each question `answer.<name>`, `note.<name>`, `recording.<name>` and `second.<name>`."""
    names = {name.partition(".")[2] for name in given if "." in name}
    answers = {name: _answer(given, name) for name in sorted(names)[:_MOST_QUESTIONS]}
    return Written(answers, given.get("comment", "").strip()[:LONGEST_COMMENT], _edition(given))


def _edition(given: Mapping[str, str]) -> Edition:
    try:
        return read_edition(given)
    except ValueError:
        return Edition(0)


def _answer(given: Mapping[str, str], name: str) -> Answer:
    recording, second = given.get(f"recording.{name}", "")[:32], _number(given.get(f"second.{name}", ""))
    return Answer(
        value=given.get(f"answer.{name}") or None,
        note=given.get(f"note.{name}", "").strip()[:LONGEST_NOTE],
        moment=Moment(recording, second) if recording and second is not None else None,
    )


def _number(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_SECOND
    return int(text) if is_number else None
