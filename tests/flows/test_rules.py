"""Every rule that a source states is shown by two calls in which one fact differs, and so does the end."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from flows.transcripts import FOLDER, Transcript, files_in, read_transcripts

TABLE = Path(__file__).parents[2] / "docs" / "rules.md"
SIDES = ("holds", "does not hold")


def _pairs() -> dict[str, dict[str, Transcript]]:
    pairs: dict[str, dict[str, Transcript]] = defaultdict(dict)
    for path in files_in(FOLDER):
        for told in read_transcripts(path.name, path.read_text("utf-8")):
            if told.name.startswith("rule: "):
                rule, _, side = told.name.removeprefix("rule: ").rpartition(" / ")
                pairs[rule][side] = told
    return pairs


PAIRS = _pairs()


REACHED = re.compile(r"= (queue|transfer) .*: (served|completed)|= record: recorded")


def _end(told: Transcript) -> tuple[str, str]:
    """Who was reached last, and the outcome."""
    reached = [line for line in told.lines if REACHED.match(line)]
    return (reached[-1] if reached else "", told.end)


@pytest.mark.parametrize("rule", PAIRS)
def test_rule_has_two_calls_that_end_differently(rule: str) -> None:
    pair = PAIRS[rule]
    assert set(pair) == set(SIDES)
    holds, fails = (pair[side] for side in SIDES)
    assert holds.script.flow == fails.script.flow
    assert _end(holds) != _end(fails)


def test_table_of_rules_names_every_pair_and_no_other() -> None:
    in_table = re.findall(r"^\| ([A-Z]+-\d+ [^|]+?) \|", TABLE.read_text("utf-8"), re.MULTILINE)
    assert sorted(in_table) == sorted(PAIRS)
