"""Every action that a flow may ask for is carried out by somebody."""

from flows.actions import ACTIONS
from ivr.actions.registry import HANDLERS


def test_every_action_of_the_flows_has_its_handler() -> None:
    assert set(HANDLERS) == set(ACTIONS)
