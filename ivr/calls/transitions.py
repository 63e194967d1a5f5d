"""The one table of what may follow what in a call's life."""

import logging
from collections.abc import Mapping
from typing import Final

from ivr.calls.models import Call, CallState

log = logging.getLogger("pult.calls")

_LIVE: Final = frozenset(CallState) - {CallState.ENDED}

# A live call may move between all its live states (a survey after the agent is a menu again, a lost agent
# puts the caller back in the queue); what matters is that nothing leaves `ended`, and that a message or a
# transfer begins in a menu.
NEXT: Final[Mapping[CallState, frozenset[CallState]]] = {
    CallState.IN_MENU: frozenset(CallState),
    CallState.WAITING: frozenset(CallState),
    CallState.CONNECTED: _LIVE | {CallState.ENDED},
    CallState.LEAVING_MESSAGE: _LIVE - {CallState.CONNECTED} | {CallState.ENDED},
    CallState.TRANSFERRED: _LIVE - {CallState.CONNECTED} | {CallState.ENDED},
    CallState.ENDED: frozenset({CallState.ENDED}),
}


def move(call: Call, state: CallState) -> bool:
    """Bring the call to `state`; False, and nothing changes, where the table does not allow it.

    Late and repeated news of the carrier are impossible changes too, so they are dropped here and not raised.
    Ending a call is `ivr.calls.ending.end_call`'s, which also sets `ended_at`.
    """
    now = CallState(call.state)
    if state not in NEXT[now]:
        log.info("call %s cannot go from %s to %s", call.id, now, state)
        return False
    if now is not state:
        call.state = state
    return True
