"""What the composer gets of the agents' side lives as long as it is needed."""

import gc

from agents.models import WaitState
from tests.agents.conftest import make_house


def test_the_end_of_a_call_is_heard_though_nobody_keeps_the_listener(tmp_path, database):
    house = make_house(tmp_path, database)
    house.listener = None
    gc.collect()
    call = house.call()
    house.join(call)
    house.end_call(call)
    assert house.waits()[0].state == WaitState.ABANDONED
