"""One exchange with the carrier: never inside a transaction, every error named, the failpoint passed after
it.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from config import failpoints
from config.database import refuse_inside_transaction
from config.meters import carrier_asked
from ivr.carrier.errors import CallGone, CarrierBusy, CarrierError, CarrierRefused, CarrierUnavailable

T = TypeVar("T")

_GONE_CODES: Final = frozenset({20404, 21220})
_BUSY_CODES: Final = frozenset({20429, 10004})


def error_for(verb: str, *, status: int | None, code: int | None) -> CarrierError:
    """The error that an answer of this HTTP status and carrier code means (twilio.md §1 and §4)."""
    if status == 429 or code in _BUSY_CODES:
        return CarrierBusy(verb, code=code, status=status)
    if status is None or status >= 500:
        return CarrierUnavailable(verb, code=code, status=status)
    if status == 404 or code in _GONE_CODES:
        return CallGone(verb, code=code, status=status)
    return CarrierRefused(verb, code=code, status=status)


def exchange(verb: str, request: Callable[[], T]) -> T:
    """Do `request`, which raises CarrierError, and reach the failpoint `carrier:<verb>` once it was answered.

    The failpoint is passed before the answer is handed on, so that a test can lose the answer of a deed that
    was done; `asking:<verb>` is passed before anything is asked.
    """
    refuse_inside_transaction(f"carrier:{verb}")
    failpoints.reached(f"asking:{verb}")
    with carrier_asked(verb):
        answer = request()
    failpoints.reached(f"carrier:{verb}")
    return answer
