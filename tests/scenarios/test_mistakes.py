"""Wrong keys, silence, and keys pressed before anybody asked: on each line they end at a person or in an outcome."""

import pytest

from tests.scenarios.centre import Centre
from tests.scenarios.lines import LINES, MAIN


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("key", ["7", "7#", "*", "#"])
def test_the_same_wrong_key_again_and_again_ends_in_an_outcome(centre: Centre, line: str, key: str) -> None:
    story = centre.place(LINES[line], (key,) * 12)
    assert story.outcome
    centre.assert_carrier_is_content()


@pytest.mark.parametrize("line", LINES)
def test_silence_from_the_first_word_ends_at_a_person(centre: Centre, line: str) -> None:
    story = centre.place(LINES[line])
    assert story.is_served
    assert story.outcome
    centre.assert_carrier_is_content()


@pytest.mark.parametrize("line", LINES)
def test_silence_and_a_wrong_key_at_each_step_lead_on_all_the_same(centre: Centre, line: str) -> None:
    hesitant = tuple(press for right in MAIN[line] for press in ("", right))
    story = centre.place(LINES[line], hesitant if line != "vsk_curators" else MAIN[line])
    assert story.is_served
    centre.assert_carrier_is_content()


@pytest.mark.parametrize("line", LINES)
def test_whoever_knows_the_menu_presses_everything_at_once(centre: Centre, line: str) -> None:
    phone = centre.dial(LINES[line])
    assert centre.run_until(lambda: "hears" in centre.kinds(phone.call_sid))
    phone.press("".join(MAIN[line]))
    assert centre.run_until(lambda: "bridged" in centre.kinds(phone.call_sid), seconds=300)
    phone.hang_up()
    centre.run_until_quiet()
    assert centre.story(phone.call_sid).outcome
    centre.assert_carrier_is_content()
