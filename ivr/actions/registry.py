"""Which function carries out which action of the flows; a test holds it against `flows.actions`."""

import logging
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from flows.actions import FAILED
from ivr.actions import cover, identification, regions, requests, telephone
from ivr.actions.context import ActionContext, ActionResult, Arguments, Handler
from ivr.calls.log import counts_so_far, forget_since

log = logging.getLogger("pult.actions")

HANDLERS: Final[Mapping[str, Handler]] = {
    **identification.HANDLERS,
    **cover.HANDLERS,
    **requests.HANDLERS,
    **regions.HANDLERS,
    **telephone.HANDLERS,
}

# These look at their arguments, and at most keep one of them with the call that asks: there is nothing to undo, and no
# event of theirs to put in order.
_ONLY_THINKING: Final = frozenset(
    {
        "caller_role",
        "check_birth_date",
        "check_deadline",
        "check_distance",
        "check_policy_form",
        "choose_region",
        "policy_terms",
    }
)
# These read, and if they write anything, they do so last of all: an error finds nothing written. Their savepoints took
# as long as all that a call's first turn reads.
_WRITING_LAST: Final = frozenset(
    {
        "appointment_time",
        "check_cover",
        "curator_on_shift",
        "deductible_state",
        "notices",
        "queue_hours",
        "recognise_caller",
        "request_status",
    }
)


def touches_rows(action: str) -> bool:
    """Whether the action may read or write the database, the call that asks left aside."""
    return action not in _ONLY_THINKING


def carry_out(context: ActionContext, action: str, arguments: Arguments) -> ActionResult:
    """The action's answer; `failed`, with nothing of it written, where it raises.

    An error of the database itself is raised on: the turn's transaction is spoilt then.
    """
    handler = HANDLERS.get(action)
    if handler is None:
        log.error("call %s: nobody carries out %s", context.call.id, action)
        return ActionResult(FAILED)
    events_before = counts_so_far(context.tx)
    try:
        with context.tx.begin_nested() if _may_be_half_written(action) else nullcontext():
            return handler(context, arguments)
    except SQLAlchemyError:
        raise
    except Exception:
        forget_since(context.tx, events_before)
        # An error may quote keyed digits: config/logs.py masks them in its traceback too.
        log.exception("call %s: %s failed", context.call.id, action)
        return ActionResult(FAILED)


def _may_be_half_written(action: str) -> bool:
    return touches_rows(action) and action not in _WRITING_LAST
