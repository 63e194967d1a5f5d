"""Errors of the phone side.

PhoneError
├── UnknownLine         a number that no line publishes was dialled
├── CallUnreadable      the call's session or flow version cannot be read: the answer is 503
├── UnknownCall         no such call
├── TurnWithoutEnd      a flow went on and on without saying anything
├── ImpossibleChange    a call cannot go from its state to that one
└── FlowsBroken         no version of the flows, stored or shipped, passes its checks
"""


class PhoneError(Exception):
    """The phone side cannot do what was asked."""


class UnknownLine(PhoneError):
    """A number that no line publishes was dialled."""


class CallUnreadable(PhoneError):
    """The call's session or flow version cannot be read; carries the call's id."""


class UnknownCall(PhoneError):
    """No call has this id."""


class TurnWithoutEnd(PhoneError):
    """A flow went on and on without saying anything; its checks should have refused it."""


class ImpossibleChange(PhoneError):
    """A call cannot go from its state to that one (`ivr/calls/transitions.py`)."""


class FlowsBroken(PhoneError):
    """No version of the flows, stored or shipped, passes its checks; one finding a line."""
