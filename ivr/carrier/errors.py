"""Errors of the carrier.

CarrierError
├── CarrierUnavailable  no answer, or a 5xx: it may have happened, so look before repeating
│   └── NotReady        the recording is still being made: ask again
├── CarrierBusy         refused for load (429): nothing happened, try again later
├── CallGone            the call, participant or recording is over or unknown (404, 20404, 21220)
│   └── LostRace        the caller was taken out of the queue before us, or hung up
├── Unusable            the answer is too long, packed, or came from somewhere else than the carrier
└── CarrierRefused      the request is wrong and would be refused again; carries the carrier's code
"""


class CarrierError(Exception):
    """The carrier did not do what was asked. `code` is the carrier's own error number, if it gave one."""

    def __init__(self, verb: str, *, code: int | None = None, status: int | None = None) -> None:
        super().__init__(f"{verb}: code {code}, status {status}")
        self.verb = verb
        self.code = code
        self.status = status


class CarrierUnavailable(CarrierError):
    """No answer in time, or a failure on the carrier's side: it may have happened all the same."""


class NotReady(CarrierUnavailable):
    """The recording is there and cannot be had yet, as after every hang-up; nothing is wrong."""


class CarrierBusy(CarrierError):
    """Too much at once; nothing happened, and a later attempt may succeed."""


class CallGone(CarrierError):
    """The call, participant, queue or recording addressed is over, or was never there."""


class LostRace(CallGone):
    """The caller is not in the queue any more: claimed by somebody else, or hung up."""


class Unusable(CarrierError):
    """The answer cannot be taken: too long, packed, or from an address that is not the carrier's. `why` says which."""

    def __init__(self, verb: str, why: str) -> None:
        super().__init__(verb)
        self.why = why


class CarrierRefused(CarrierError):
    """The request was refused for what it says; repeating it is useless."""
