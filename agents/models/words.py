"""The words of agents' rows: presence, states and purposes, and the constraints that hold columns to them."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, text


def known(column: str, words: type[StrEnum]) -> CheckConstraint:
    """The constraint that a column holds one of the words of an enumeration."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} in ({listed})", name=f"{column}_is_known")


class Presence(StrEnum):
    """What an agent is doing; `agents/transitions.py` has the one table of what may follow what."""

    AVAILABLE = "available"
    OFFERED = "offered"
    ON_CALL = "on_call"
    WRAP_UP = "wrap_up"
    AWAY = "away"


class WaitState(StrEnum):
    """Where a contact's wait is."""

    WAITING = "waiting"
    OFFERED = "offered"
    CLAIMED = "claimed"
    CALLBACK = "callback"
    SERVED = "served"
    ABANDONED = "abandoned"
    LEFT = "left"


class OfferState(StrEnum):
    """Where an offer is; everything after `accepted` is an end."""

    MADE = "made"
    RINGING = "ringing"
    ACCEPTED = "accepted"
    DONE = "done"
    MISSED = "missed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


class Purpose(StrEnum):
    """Why an agent is rung."""

    QUEUE = "queue"
    CONSULT = "consult"
    TRANSFER = "transfer"
    CALLBACK = "callback"
    MONITOR = "monitor"


class Ear(StrEnum):
    """How a supervisor is in a conversation: heard by nobody, by its agent alone, or by all."""

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"


class CallbackState(StrEnum):
    """Where a callback is; everything after `answered` is an end."""

    PLANNED = "planned"
    DIALLING = "dialling"
    ANSWERED = "answered"
    DONE = "done"
    FAILED = "failed"


class DialState(StrEnum):
    """Where a call that an agent makes is."""

    ASKED = "asked"
    PLACED = "placed"
    OVER = "over"


OPEN_WAIT = text("state in ('waiting', 'offered', 'claimed', 'callback')")
OPEN_OFFER = text("state in ('made', 'ringing', 'accepted')")
# Offers whose agent is to have the caller; a consulted colleague and a listening supervisor come beside them.
SERVING_PURPOSES = (Purpose.QUEUE, Purpose.TRANSFER, Purpose.CALLBACK)
SERVING = "purpose in ('queue', 'transfer', 'callback')"
