"""Errors of quality.

AgentError
├── NotScorable         this conversation is not evaluated, by this person or at all; carries why
├── Unanswered          an evaluation has questions without an answer; carries which
├── NothingChanged      a dispute is to be answered by other answers, and they are the same
└── NotDisputable       the days for it are over, it was disputed before, or no reason was given
"""

from enum import StrEnum

from agents.errors import AgentError


class Why(StrEnum):
    """Why a conversation is not evaluated."""

    GOES_ON = "goes_on"
    ANONYMOUS = "anonymous"
    OWN_CALL = "own_call"
    NOT_IN_IT = "not_in_it"
    NO_CARD = "no_card"
    BEGUN = "begun"
    TAKEN = "taken"


class NotScorable(AgentError):
    """This conversation is not evaluated, by this person or at all."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


class Unanswered(AgentError):
    """Questions have no answer yet; where `questions` is empty, none of them applied to the call."""

    def __init__(self, questions: tuple[str, ...]) -> None:
        super().__init__(", ".join(questions))
        self.questions = questions


class NothingChanged(AgentError):
    """A dispute is to be answered by other answers, and they are the same."""


class NotDisputable(AgentError):
    """The days for it are over, it was disputed before, or no reason was given."""
