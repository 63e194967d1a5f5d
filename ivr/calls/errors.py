"""Errors of the call log.

CallLogError
├── OutcomeUnknown      an outcome code that neither the domain nor the insurer has
├── OutcomeNotLinkable  the outcome must not, or cannot, stand on this insured record
├── RequestUnknown      no such request, or a kind that the insurer does not take
├── StepRefused         a request's step that its kind does not have, or one that lies behind it
└── AppointmentRefused  nobody is identified, the time is past, or the cover on its day is in doubt
"""

from ivr.errors import PhoneError


class CallLogError(PhoneError):
    """The call log cannot take what was given to it."""


class OutcomeUnknown(CallLogError):
    """An outcome code that neither the domain nor the insurer has; carries the code."""


class OutcomeNotLinkable(CallLogError):
    """The call is anonymous, the outcome stands on another record, or the insured is another insurer's."""


class RequestUnknown(CallLogError):
    """No request has this id, or the insurer takes no requests of this kind."""


class StepRefused(CallLogError):
    """The kind of request has no such step, or the request is past it or closed."""


class AppointmentRefused(CallLogError):
    """The appointment cannot be booked; the text says why, and names nobody."""
