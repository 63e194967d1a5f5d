"""What becomes of callers, from the first ring to the record, on each line."""

import os
from datetime import timedelta
from random import Random
from typing import Any

from ivr import exchange

VSK, CURATORS, SOGLASIE = "+78002001441", "+74957851057", "+78002500101"
RGS, OMS, MAKS = "+70000000301", "+78003336003", "+70000000501"
LINES = {"vsk": VSK, "vsk_curators": CURATORS, "soglasie": SOGLASIE, "rgs": RGS, "oms": OMS, "maks": MAKS}
INSURERS = {"vsk": "vsk", "vsk_curators": "vsk", "soglasie": "soglasie", "rgs": "rgs", "oms": "oms", "maks": "maks"}
FIRST_NINE = {name: "9#" if name == "vsk_curators" else "9" for name in LINES}
MAIN = {
    "vsk": ("1", "1", "5000000001#", "15031985"),
    "soglasie": ("1", "1", "0012345678#", "14061982"),
    "rgs": ("1", "7700100010#", "09091984", "1", "1"),
    "oms": ("1", "1", "1", "1", "7756410834000012#", "15031985"),
    "maks": ("1", "0"),
}
DIGITS = {
    "vsk": ("1", "1", "9#"),
    "soglasie": ("1", "1", "9#"),
    "rgs": ("1", "9#"),
    "oms": ("1", "1", "1", "1", "9#"),
    "vsk_curators": ("9#",),
}


def test_each_main_path_reaches_an_agent_of_its_own_insurer_and_an_outcome(centre: Any) -> None:
    stories = {name: centre.place(LINES[name], presses=keys) for name, keys in MAIN.items()}
    assert [name for name, story in stories.items() if "bridged" not in story.kinds] == []
    assert {name: story.insurer_id for name, story in stories.items()} == {name: INSURERS[name] for name in MAIN}
    centre.assert_nothing_is_stuck()


def test_nine_at_the_first_menu_of_each_line_reaches_someone_without_identification(centre: Any) -> None:
    stories = {name: centre.place(number, presses=(FIRST_NINE[name],)) for name, number in LINES.items()}
    assert _not_helped(stories) == []
    centre.assert_nothing_is_stuck()


def test_nine_in_the_middle_of_digits_reaches_someone_without_identification(centre: Any) -> None:
    stories = {name: centre.place(LINES[name], presses=keys) for name, keys in DIGITS.items()}
    assert _not_helped(stories) == []
    centre.assert_nothing_is_stuck()


def test_wrong_keys_on_each_line_end_in_an_outcome(centre: Any) -> None:
    for number in LINES.values():
        centre.place(number, presses=("*", "7", "*", "7#", "*"))
    centre.assert_nothing_is_stuck()


def test_silence_to_the_end_on_each_line_ends_in_an_outcome(centre: Any) -> None:
    for number in LINES.values():
        centre.place(number)
    centre.assert_nothing_is_stuck()


def test_a_caller_who_hangs_up_at_any_prompt_leaves_nothing_behind(centre: Any) -> None:
    for answered in range(len(MAIN["vsk"]) + 1):
        centre.place(VSK, presses=MAIN["vsk"], hang_up_after=answered)
    centre.assert_nothing_is_stuck()


def test_a_caller_who_hangs_up_at_any_step_of_the_queue_leaves_nothing_behind(centre: Any) -> None:
    for kind in ("answered", "queued", "offered", "connected"):
        centre.place(VSK, presses=("0",), hang_up_at=kind)
    centre.assert_nothing_is_stuck()


def test_two_agents_and_one_caller_make_one_offer(centre: Any) -> None:
    before = centre.offers()
    story = centre.place(VSK, presses=("0",))
    assert "bridged" in story.kinds
    assert centre.offers() == before + 1
    centre.assert_nothing_is_stuck()


def test_keys_pressed_early_count_at_the_prompt(centre: Any) -> None:
    phone = centre.dial(VSK)
    centre.stage.rehearsal.run_until(lambda: "hears" in _kinds(centre, phone))
    phone.press("0")
    assert centre.stage.rehearsal.run_until(lambda: "bridged" in _kinds(centre, phone))
    phone.hang_up()
    centre.assert_nothing_is_stuck()


def test_where_nobody_answers_the_call_still_ends_with_an_outcome(centre: Any) -> None:
    centre.stage.switch.behave("client:*", exchange.NoAnswer())
    story = centre.place(VSK, presses=("0",))
    assert "bridged" not in story.kinds
    assert story.outcome
    centre.assert_nothing_is_stuck()


def test_at_the_weekend_the_compulsory_line_does_not_queue_a_caller(weekend: Any) -> None:
    story = weekend.place(OMS, presses=MAIN["oms"])
    assert "bridged" not in story.kinds
    assert story.outcome
    weekend.assert_nothing_is_stuck()


def test_many_calls_at_once_on_all_lines_leave_nothing_stuck(centre: Any) -> None:
    dice = Random(11)
    for _ in range(int(os.environ.get("PULT_CALLS", "60"))):
        name = dice.choice(sorted(LINES))
        presses = dice.choice([MAIN.get(name, ("9#",)), ("0",), (FIRST_NINE[name],), ("7", "*"), ()])
        centre.stage.switch.dial(LINES[name], presses=presses, patience=dice.uniform(5, 300))
        centre.stage.rehearsal.run_until(lambda: False, within=timedelta(seconds=dice.uniform(1, 20)))
    centre.assert_nothing_is_stuck()


def _not_helped(stories: dict[str, Any]) -> list[str]:
    return [
        name
        for name, story in stories.items()
        if "bridged" not in story.kinds or not story.is_emergency or story.level != "unknown"
    ]


def _kinds(centre: Any, phone: Any) -> list[str]:
    return [event.kind for event in centre.stage.switch.events_since(phone.call_sid)]
