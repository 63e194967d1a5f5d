"""Errors of the agents' side.

AgentError
├── UnknownAgent        no agent of this insurer has this code or extension
├── UnknownOffer        no such offer
├── ImpossibleChange    a presence, wait, offer or callback cannot go from its state to that one
├── OutcomeMissing      the agent has not said yet what came of the last call
├── NothingToDo         the agent has no call, offer or wrap-up to which the command could apply
├── TriesUsedUp         the caller's answers did not fit too often in this call
├── OutOfSight          what the identification of the caller, or who they are, does not allow
├── ChangedMeanwhile    what a form would change is not any more as the form shows it
└── RosterRefused       a roster of shifts has wrong rows; one finding a line, each with its row
"""


class AgentError(Exception):
    """An agent's command, or news about one, cannot be followed."""


class UnknownAgent(AgentError):
    """No agent of this insurer has this code or extension."""


class UnknownOffer(AgentError):
    """No offer has this id."""


class ImpossibleChange(AgentError):
    """A state cannot follow another (`agents/transitions.py`)."""


class OutcomeMissing(AgentError):
    """The agent must record an outcome first, or be released by a supervisor."""


class NothingToDo(AgentError):
    """The agent has no call, offer or wrap-up to which the command could apply."""


class TriesUsedUp(AgentError):
    """The caller's answers did not fit too often in this call."""


class OutOfSight(AgentError):
    """The caller's identification, or who they are to the insured, does not allow it."""


class ChangedMeanwhile(AgentError):
    """What a form would change is not any more as the form shows it: sent again, or from an older window."""


class RosterRefused(AgentError):
    """Rows of a roster are wrong; the text has one finding a line."""
