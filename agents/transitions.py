"""What may follow what: one table each for presence, waits, offers and callbacks."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar

from agents.errors import ImpossibleChange
from agents.models import CallbackState, OfferState, Presence, WaitState

# An emergency may ring an agent who is away; taken back, the agent is away again. Whoever is free may make a call, and
# so may who writes one down: that done, they are in the call that they made.
PRESENCE: Final[Mapping[Presence, frozenset[Presence]]] = {
    Presence.AVAILABLE: frozenset({Presence.OFFERED, Presence.ON_CALL, Presence.AWAY}),
    Presence.OFFERED: frozenset({Presence.ON_CALL, Presence.AVAILABLE, Presence.AWAY}),
    Presence.ON_CALL: frozenset({Presence.WRAP_UP, Presence.AVAILABLE, Presence.AWAY}),
    Presence.WRAP_UP: frozenset({Presence.AVAILABLE, Presence.ON_CALL, Presence.AWAY}),
    Presence.AWAY: frozenset({Presence.AVAILABLE, Presence.OFFERED, Presence.ON_CALL}),
}

# A served wait may go on waiting: the agent was lost in the middle of the conversation.
WAIT: Final[Mapping[WaitState, frozenset[WaitState]]] = {
    WaitState.WAITING: frozenset(
        {WaitState.OFFERED, WaitState.CLAIMED, WaitState.CALLBACK, WaitState.ABANDONED, WaitState.LEFT}
    ),
    WaitState.OFFERED: frozenset(
        {WaitState.WAITING, WaitState.CLAIMED, WaitState.CALLBACK, WaitState.ABANDONED, WaitState.LEFT}
    ),
    WaitState.CLAIMED: frozenset({WaitState.SERVED, WaitState.WAITING, WaitState.ABANDONED, WaitState.LEFT}),
    WaitState.CALLBACK: frozenset({WaitState.WAITING, WaitState.LEFT}),
    WaitState.SERVED: frozenset({WaitState.WAITING}),
    WaitState.ABANDONED: frozenset(),
    WaitState.LEFT: frozenset(),
}

_OFFER_ENDS: Final = frozenset({OfferState.MISSED, OfferState.DECLINED, OfferState.WITHDRAWN, OfferState.FAILED})

# `answered` may overtake `ringing`; an accepted offer ends done, or withdrawn when the caller was gone.
OFFER: Final[Mapping[OfferState, frozenset[OfferState]]] = {
    OfferState.MADE: frozenset({OfferState.RINGING, OfferState.ACCEPTED}) | _OFFER_ENDS,
    OfferState.RINGING: frozenset({OfferState.ACCEPTED}) | _OFFER_ENDS,
    OfferState.ACCEPTED: frozenset({OfferState.DONE, OfferState.WITHDRAWN, OfferState.FAILED}),
    OfferState.DONE: frozenset(),
    OfferState.MISSED: frozenset(),
    OfferState.DECLINED: frozenset(),
    OfferState.WITHDRAWN: frozenset(),
    OfferState.FAILED: frozenset(),
}

# `answered` may overtake the answer to our own request to dial.
CALLBACK: Final[Mapping[CallbackState, frozenset[CallbackState]]] = {
    CallbackState.PLANNED: frozenset({CallbackState.DIALLING, CallbackState.DONE, CallbackState.FAILED}),
    CallbackState.DIALLING: frozenset(
        {CallbackState.ANSWERED, CallbackState.PLANNED, CallbackState.DONE, CallbackState.FAILED}
    ),
    CallbackState.ANSWERED: frozenset({CallbackState.DONE, CallbackState.PLANNED, CallbackState.FAILED}),
    CallbackState.DONE: frozenset(),
    CallbackState.FAILED: frozenset(),
}

_State = TypeVar("_State", bound=StrEnum)


def check(table: Mapping[_State, frozenset[_State]], before: _State, after: _State) -> None:
    """Raise ImpossibleChange unless `table` lets `after` follow `before`."""
    if after not in table[before]:
        raise ImpossibleChange(f"{type(before).__name__}: {after} cannot follow {before}")
