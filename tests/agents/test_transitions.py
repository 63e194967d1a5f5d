"""The tables: every state is in its own, and every end is one."""

import pytest

from agents import transitions
from agents.errors import ImpossibleChange
from agents.models import CallbackState, OfferState, Presence, WaitState

TABLES = [
    (transitions.PRESENCE, Presence),
    (transitions.WAIT, WaitState),
    (transitions.OFFER, OfferState),
    (transitions.CALLBACK, CallbackState),
]


@pytest.mark.parametrize(("table", "states"), TABLES)
def test_every_state_has_its_row_and_can_be_reached(table, states):
    assert set(table) == set(states)
    reached = set().union(*table.values())
    assert reached | {next(iter(states))} == set(states)


def test_what_the_table_does_not_name_is_refused():
    with pytest.raises(ImpossibleChange):
        transitions.check(transitions.PRESENCE, Presence.WRAP_UP, Presence.OFFERED)
    with pytest.raises(ImpossibleChange):
        transitions.check(transitions.OFFER, OfferState.MISSED, OfferState.ACCEPTED)
    with pytest.raises(ImpossibleChange):
        transitions.check(transitions.WAIT, WaitState.ABANDONED, WaitState.WAITING)
