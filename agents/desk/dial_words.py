"""Why a call that the agent made reached nobody, in words."""

from collections.abc import Mapping
from typing import Final

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from agents.dialling.dialled_calls import Unreached
from agents.models import Presence
from ivr.carrier.port import CarrierStatus

_NOT_MADE: Final = lazy_gettext("The call was not made. Try again.")
_OF_A_NUMBER: Final[Mapping[CarrierStatus | None, LazyString]] = {
    CarrierStatus.BUSY: lazy_gettext("The number is busy. Try again later."),
    CarrierStatus.NO_ANSWER: lazy_gettext("Nobody answers at this number."),
    CarrierStatus.FAILED: lazy_gettext("This number cannot be reached. Check it."),
    None: _NOT_MADE,
}
_OF_A_COLLEAGUE: Final[Mapping[CarrierStatus | None, LazyString]] = {
    CarrierStatus.BUSY: lazy_gettext("The colleague did not take the call."),
    CarrierStatus.NO_ANSWER: lazy_gettext("The colleague does not answer."),
    CarrierStatus.FAILED: lazy_gettext("The colleague's telephone cannot be reached."),
    None: _NOT_MADE,
}

NOT_FREE: Final[Mapping[Presence, LazyString]] = {
    Presence.OFFERED: lazy_gettext("Another call already rings at the colleague."),
    Presence.ON_CALL: lazy_gettext("The colleague is in another call."),
    Presence.WRAP_UP: lazy_gettext("The colleague is writing down a call."),
    Presence.AWAY: lazy_gettext("The colleague is away."),
}
"""Why a colleague cannot be rung, by what they are doing."""


def unreached_words(unreached: Unreached) -> str:
    """A sentence for who made the call."""
    now = unreached.colleague
    if now is None:
        return str(_OF_A_NUMBER[unreached.status])
    if unreached.status is None and now in NOT_FREE:
        return str(NOT_FREE[now])
    return str(_OF_A_COLLEAGUE[unreached.status])
