"""The usual ways on each line: to a person of the own insurer, to an outcome, to the insured's record."""

import pytest

from agents.models import Wait, WaitState
from ivr.calls.models import Outcome
from tests.scenarios.centre import Centre
from tests.scenarios.lines import INSURERS, LINES, MAIN, OPERATOR


@pytest.mark.parametrize("line", LINES)
def test_the_main_path_reaches_an_agent_of_the_own_insurer(either_centre: Centre, line: str) -> None:
    story = either_centre.place(LINES[line], MAIN[line])
    assert story.is_served
    assert story.insurer_id == INSURERS[line]
    assert story.outcome
    assert len(story.asked) == len(MAIN[line])
    either_centre.assert_carrier_is_content()


@pytest.mark.parametrize("line", LINES)
def test_the_call_goes_on_to_its_own_end_when_the_agent_hangs_up(centre: Centre, line: str) -> None:
    story = centre.place(LINES[line], MAIN[line], hang_up_at=None)
    assert story.is_served
    assert story.kinds[-2:] == ("hears", "ended")
    assert story.outcome == "info_given"
    centre.assert_carrier_is_content()


@pytest.mark.parametrize("line", LINES)
def test_whoever_asks_for_a_person_reaches_one_unasked(centre: Centre, line: str) -> None:
    before = centre.count(Wait, Wait.insurer_id != INSURERS[line])
    story = centre.place(LINES[line], OPERATOR[line])
    assert story.is_served
    assert story.level in ("unknown", "hinted")
    assert centre.count(Wait, Wait.insurer_id != INSURERS[line]) == before
    centre.assert_carrier_is_content()


def test_the_insured_is_identified_and_the_outcome_is_on_the_record(either_centre: Centre) -> None:
    before = either_centre.count(Outcome, Outcome.insured_id.is_not(None))
    story = either_centre.place(LINES["vsk"], MAIN["vsk"], ani="+70003000001")
    assert story.level == "identified"
    assert "ноль ноль ноль один" in story.heard
    assert "5000000001" not in story.heard
    assert either_centre.count(Outcome, Outcome.insured_id.is_not(None)) == before + 1


def test_the_registered_telephone_verifies_the_insured(centre: Centre) -> None:
    assert centre.place(LINES["vsk"], MAIN["vsk"], ani="+70002000001").level == "verified"


def test_at_the_weekend_the_compulsory_line_does_not_queue_a_caller(weekend: Centre) -> None:
    story = weekend.place(LINES["oms"], MAIN["oms"])
    assert not story.is_served
    assert story.outcome
    assert weekend.count(Wait, Wait.state == WaitState.SERVED, Wait.insurer_id == "oms") == 0
    weekend.assert_carrier_is_content()
