"""Every action that a flow may ask for is carried out by somebody."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from flows.actions import ACTIONS, FAILED
from ivr.actions.context import ActionContext
from ivr.actions.registry import HANDLERS, carry_out, touches_rows


class Untouchable:
    """A transaction that nobody may use."""

    def __init__(self) -> None:
        self.info: dict[str, object] = {}


def test_every_action_of_the_flows_has_its_handler() -> None:
    assert set(HANDLERS) == set(ACTIONS)


THINKING = {
    "caller_role": {"role": "parent"},
    "choose_region": {"code": "77"},
    "policy_terms": {},
    "check_policy_form": {"policy": "5000000001"},
    "check_birth_date": {"birth_date": "15031985"},
    "check_distance": {"kilometres": "12"},
    "check_deadline": {"since": "2411", "working_days": 2},
}


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_an_action_that_is_said_to_touch_no_rows_touches_none(
    context_of: Callable[..., ActionContext], action: str
) -> None:
    assert touches_rows(action) == (action not in THINKING)
    if action in THINKING:
        insurer_id = "maks" if "region" in action else "soglasie"
        answer = carry_out(replace(context_of(insurer_id), tx=Untouchable()), action, THINKING[action])
        assert answer.result not in (FAILED, "impossible", "typo")
