"""Callers who hang up, at every step of the main path of each line: nothing is left behind, and it is written down."""

from dataclasses import replace

import pytest

from agents.models import Wait, WaitState
from tests.scenarios.centre import MISCHIEF, Centre
from tests.scenarios.lines import EMERGENCY, INSURED, LINES, MAIN

# A step whose news comes too late, or never, cannot be hung up at.
ATTENTIVE = replace(MISCHIEF, lost=0, late=0, reordered=0)
PROMPTS = [(line, number) for line in LINES for number in range(len(MAIN[line]))]
# On the way to an agent: music in the queue, an agent's telephone that rings, the agent who answers, the conversation.
STEPS = ["answered", "hears", "queued", "hold_music", "offered", "connected", "bridged"]


@pytest.mark.parametrize(("line", "number"), PROMPTS)
def test_hanging_up_when_asked_is_an_abandoned_call(centre: Centre, line: str, number: int) -> None:
    story = centre.place(LINES[line], MAIN[line], hang_up_at=number)
    assert story.hung_up_at == number
    assert len(story.asked) == number + 1
    assert "queued" not in story.news
    assert story.outcome == "abandoned_in_ivr"
    centre.assert_carrier_is_content()


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("step", STEPS)
def test_hanging_up_on_the_way_to_an_agent_leaves_nothing_behind(centre: Centre, line: str, step: str) -> None:
    centre.switch.misbehave(ATTENTIVE)
    story = centre.place(LINES[line], MAIN[line], hang_up_at=step)
    assert story.hung_up_at == step
    assert step in (*story.kinds, *story.news)
    assert story.outcome in _outcomes(step)
    centre.assert_carrier_is_content()


def _outcomes(step: str) -> tuple[str, ...]:
    """What may be on record: whoever leaves as an agent answers may still have been heard by them, or not any more.

    Music begins when all has been said that comes before the queue, by which time an agent has often answered.
    """
    if step in ("answered", "hears"):
        return ("abandoned_in_ivr",)
    if step in ("queued", "offered"):
        return ("abandoned_in_queue",)
    return ("info_given",) if step == "bridged" else ("abandoned_in_queue", "info_given")


@pytest.mark.parametrize("step", STEPS)
def test_hanging_up_in_an_emergency_is_answered_by_a_call(either_centre: Centre, step: str) -> None:
    either_centre.switch.misbehave(ATTENTIVE)
    before = either_centre.count(Wait, Wait.is_emergency, Wait.state == WaitState.SERVED)
    story = either_centre.place(LINES["soglasie"], EMERGENCY["soglasie"], hang_up_at=step, ani="+70002000777")
    assert story.hung_up_at == step
    if story.is_emergency and not story.is_served:
        assert story.outcome == "emergency_drop"
        assert either_centre.count(Wait, Wait.is_emergency, Wait.state == WaitState.SERVED) in (before, before + 1)


@pytest.mark.parametrize("seconds", [1, 8, 20, 40, 60, 66, 68, 70, 72, 75, 80])
def test_whoever_loses_patience_at_any_second_is_written_down(either_centre: Centre, seconds: float) -> None:
    phone_id = either_centre.switch.dial(LINES["vsk"], presses=("1", "1", *INSURED["vsk"]), patience=seconds)
    sid = either_centre.switch.events_since(phone_id)[0].call_sid
    either_centre.run_for(seconds + 1)
    assert either_centre.kinds(phone_id)[-1] == "ended"
    either_centre.run_until_quiet()
    assert either_centre.story(sid).outcome
    either_centre.assert_carrier_is_content()
