"""9 brings a person from everywhere without a question: every menu, entry of digits, message and queue of each line."""

import pytest

from agents.models import Wait, WaitState
from flows import FlowSet
from flows.checks.exploring import explore
from flows.nodes import Digits, Menu, Node, Queue, Record
from ivr import exchange
from ivr.diversions import divert, to_number
from ivr.exchange.telephones import RehearsedTelephone
from ivr.line_notices import Place, take_down
from tests.scenarios.centre import ANSWERS, Centre
from tests.scenarios.lines import (
    ASKINGS,
    DIVERTED,
    EMERGENCY,
    INSURERS,
    LINES,
    NOBODY,
    NOWHERE,
    PUBLISHED,
    TALKED,
    USUAL,
    WEEKEND,
    Asking,
)

FLOWS = FlowSet.from_folder()
ANYWHERE = "+70009000001"


@pytest.mark.parametrize("line", LINES)
def test_every_place_where_a_line_hears_keys_is_tried(line: str) -> None:
    exploration = explore(FLOWS, FLOWS.flows[line])
    needed = {
        f"{state.frames[-1].flow}.{state.frames[-1].node}"
        for state in exploration.moves
        if state.frames and not exploration.is_emergency(state) and _hears_keys(exploration.node(state))
    }
    assert {asking.node for asking in ASKINGS[line]} | NOWHERE[line] == needed


def _hears_keys(node: object) -> bool:
    return isinstance(node, Menu | Digits | Record) or (isinstance(node, Queue) and not node.is_emergency)


@pytest.mark.parametrize("line", LINES)
def test_nine_at_the_first_question_of_each_line_brings_help_without_identification(
    either_centre: Centre, line: str
) -> None:
    story = either_centre.place(LINES[line], EMERGENCY[line])
    assert story.is_served
    assert story.is_emergency
    assert story.level == "unknown"
    assert "112" in story.heard
    either_centre.assert_carrier_is_content()


def _node(asking: Asking) -> Node:
    flow, node = asking.node.split(".")
    return FLOWS.flows[flow].nodes[node]


def _askings(*under: str, is_message: bool = False) -> list[object]:
    return [
        pytest.param(line, asking, id=f"{line}-{asking}")
        for line in LINES
        for asking in ASKINGS[line]
        if asking.under in under and (not is_message or isinstance(_node(asking), Record))
    ]


@pytest.mark.parametrize(("line", "asking"), _askings(USUAL, TALKED))
def test_nine_brings_help(centre: Centre, line: str, asking: Asking) -> None:
    for keys in _emergency_keys(asking):
        _press_at(centre, line, asking, keys)


@pytest.mark.parametrize(("line", "asking"), _askings(NOBODY))
def test_nine_brings_help_while_nobody_answers(centre: Centre, line: str, asking: Asking) -> None:
    for keys in _emergency_keys(asking):
        centre.switch.behave("client:*", exchange.NoAnswer())
        _press_at(centre, line, asking, keys)


@pytest.mark.parametrize(("line", "asking"), _askings(NOBODY, is_message=True))
def test_nine_brings_help_after_the_tone(centre: Centre, line: str, asking: Asking) -> None:
    centre.switch.behave("client:*", exchange.NoAnswer())
    _press_at(centre, line, asking, "9", after_the_tone=True)


@pytest.mark.parametrize(("line", "asking"), _askings(WEEKEND))
def test_nine_brings_help_at_the_weekend(weekend: Centre, line: str, asking: Asking) -> None:
    for keys in _emergency_keys(asking):
        _press_at(weekend, line, asking, keys)


@pytest.mark.parametrize(("line", "asking"), _askings(DIVERTED))
def test_nine_brings_help_on_a_diverted_line(centre: Centre, line: str, asking: Asking) -> None:
    place = Place(INSURERS[line], line=PUBLISHED[line])
    database = centre.house.centre.database
    with database.transaction("divert") as tx:
        insurer = centre.house.centre.insurers[INSURERS[line]]
        to = to_number(ANYWHERE, begins=("+7",))
        divert(tx, insurer=insurer, place=place, to=to, by="duty manager", at=centre.now)
    try:
        _press_at(centre, line, asking, "9")
    finally:
        with database.transaction("clear_line") as tx:
            take_down(tx, place=place, by="duty manager", at=centre.now)


def _emergency_keys(asking: Asking) -> tuple[str, ...]:
    """How a caller asks for help there: where digits are being entered finished by #, after a mistake too."""
    return ("9#", "1*9#") if isinstance(_node(asking), Digits) else ("9",)


def _press_at(centre: Centre, line: str, asking: Asking, keys: str, *, after_the_tone: bool = False) -> None:
    """Come to that place, press, and be helped."""
    phone = centre.dial(LINES[line], silent=asking.node == "message.once_more")
    answered = centre.walk(phone, asking.presses)

    def is_asked() -> bool:
        if centre.stands_at(phone.call_sid) != asking.node:
            return False
        if asking.node == "message.once_more":
            # Over the words: after the tone the carrier hears no key of somebody who says nothing.
            return centre.kinds(phone.call_sid)[-1] == "hears"
        if centre.asked(phone) <= answered:
            return False
        return not after_the_tone or centre.kinds(phone.call_sid)[-1] == "beep"

    assert centre.run_until(is_asked, seconds=600), _where(centre, phone)
    if after_the_tone:
        centre.switch.speak(phone.call_sid, "Помогите")
    centre.switch.behave("client:*", ANSWERS)
    before = centre.count(Wait, Wait.is_emergency, Wait.state == WaitState.SERVED)
    seen = len(centre.kinds(phone.call_sid))
    phone.press(keys)
    is_helped = centre.run_until(lambda: "bridged" in centre.kinds(phone.call_sid)[seen:], seconds=120)
    assert is_helped, _where(centre, phone)
    phone.hang_up()
    centre.run_until_quiet()
    assert centre.story(phone.call_sid).is_emergency
    assert centre.count(Wait, Wait.is_emergency, Wait.state == WaitState.SERVED) == before + 1
    centre.assert_carrier_is_content()


def _where(centre: Centre, phone: RehearsedTelephone) -> str:
    return f"stands at {centre.stands_at(phone.call_sid)} after {centre.kinds(phone.call_sid)}"
