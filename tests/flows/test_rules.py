"""Every rule that a source states is shown by two calls in which one fact differs, and so does the end."""

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import takewhile
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
NUMBERS = {rule.partition(" ")[0] for rule in PAIRS}

REACHED = re.compile(r"= (queue|transfer) .*: (served|completed)|= record: recorded")
# What is answered to an entry of several keys follows from it: how far 31 km are, what region 78 sells.
ENTRY = re.compile(r"> \d{2,}#?")


def _end(told: Transcript) -> tuple[str, str]:
    """Who was reached last, and the outcome."""
    reached = [line for line in told.lines if REACHED.match(line)]
    return (reached[-1] if reached else "", told.end)


def _facts(told: Transcript) -> dict[str, list[str]]:
    """What was answered in a call, by what was asked."""
    facts: dict[str, list[str]] = defaultdict(list)
    for line in told.lines:
        if line.startswith("= "):
            asked, _, answer = line.removeprefix("= ").rpartition(": ")
            facts[asked].append(answer)
    return facts


def _first_difference(one: Sequence[str], other: Sequence[str]) -> tuple[str, str]:
    same = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))))
    return one[same], other[same]


@pytest.mark.parametrize("rule", PAIRS)
def test_rule_has_two_calls_that_end_differently(rule: str) -> None:
    pair = PAIRS[rule]
    assert set(pair) == set(SIDES)
    holds, fails = (pair[side] for side in SIDES)
    assert holds.script.flow == fails.script.flow
    assert _end(holds) != _end(fails)


@pytest.mark.parametrize("rule", PAIRS)
def test_in_the_two_calls_of_a_rule_one_fact_differs(rule: str) -> None:
    holds, fails = (PAIRS[rule][side] for side in SIDES)
    assert (holds.script.language, holds.script.variables) == (fails.script.language, fails.script.variables)
    first = _first_difference(holds.lines, fails.lines)
    assert {line[0] for line in first} <= {">", "="}, "the calls part at a key or an answer"
    assert len({line[0] for line in first}) == 1
    facts, others = _facts(holds), _facts(fails)
    both = ((asked, zip(facts[asked], others[asked], strict=False)) for asked in facts.keys() & others.keys())
    differing = {asked for asked, answers in both if any(one != other for one, other in answers)}
    if first[0].startswith("= "):
        differing -= {first[0].removeprefix("= ").rpartition(": ")[0]}
    elif all(ENTRY.fullmatch(line) for line in first):
        return
    assert not differing


def test_table_of_rules_names_every_pair_and_no_other() -> None:
    in_table = re.findall(r"^\| ([A-Z]+-\d+ [^|]+?) \|", TABLE.read_text("utf-8"), re.MULTILINE)
    assert sorted(in_table) == sorted(PAIRS)


def test_every_statement_of_the_sources_has_its_rules_and_every_rule_its_statement() -> None:
    rest = TABLE.read_text("utf-8").partition("| Stated | Shown by |\n|---|---|\n")[2]
    stated = [line.strip("| \n").rpartition(" | ") for line in rest.partition("\n\n")[0].splitlines()]
    shown = {rule for _, _, rules in stated for rule in rules.split(", ")}
    assert shown == NUMBERS
    assert len({statement for statement, _, _ in stated}) == len(stated)
