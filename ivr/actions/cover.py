"""Actions that ask what the policy covers."""

from collections.abc import Mapping
from typing import Final

from flows.actions import FAILED
from ivr.actions.answers import insured_record, text_of, today
from ivr.actions.context import ActionContext, ActionResult, Arguments, Handler
from ivr.calls.log import record
from ivr.insured import eligibility, entitlements
from ivr.insured.eligibility import CoverResult
from ivr.insured.models import DeductibleState


def check_cover(context: ActionContext, arguments: Arguments) -> ActionResult:
    """Whether the service asked for is covered today; the rule that decided stands in the call's events."""
    service = text_of(arguments, "service")
    found = insured_record(context)
    cover = eligibility.check_cover(
        context.tx, insurer=context.insurer, record=found, service=service, on=today(context), call=context.call
    )
    record(
        context.tx, context.call, "cover_checked", at=context.at, service=service, result=cover.result, rule=cover.rule
    )
    return ActionResult(cover.result, {"policy_until": found.policy.valid_until.isoformat()})


def check_distance(context: ActionContext, arguments: Arguments) -> ActionResult:
    """Whether the kilometres keyed are within the insurer's radius (domain.md §2: 30 km)."""
    kilometres = text_of(arguments, "kilometres")
    if not kilometres.isdecimal():
        return ActionResult(FAILED)
    match eligibility.is_within_radius(context.insurer, int(kilometres)):
        case None:
            return ActionResult(FAILED)
        case is_within:
            return ActionResult("within" if is_within else "beyond")


def use_entitlement(context: ActionContext, arguments: Arguments) -> ActionResult:
    """Use a covered service once, in this transaction; `failed` where it is not plainly covered."""
    service = context.insurer.services[text_of(arguments, "service")]
    found, day = insured_record(context), today(context)
    cover = eligibility.check_cover(
        context.tx, insurer=context.insurer, record=found, service=service.name, on=day, call=context.call
    )
    if cover.result is CoverResult.LIMIT_REACHED:
        return ActionResult("limit_reached")
    if cover.result is not CoverResult.COVERED:
        return ActionResult(FAILED)
    is_used = entitlements.use(
        context.tx,
        person=found.person,
        policy=found.policy,
        service=service,
        call_id=context.call.id,
        on=day,
        at=context.at,
    )
    return ActionResult("used" if is_used else "limit_reached")


def deductible_state(context: ActionContext, arguments: Arguments) -> ActionResult:
    """Whether the insured pays a part, and how much of it is left (domain.md §3); `failed` where that is not known."""
    policy = insured_record(context).policy
    match DeductibleState(policy.deductible):
        case DeductibleState.NONE:
            return ActionResult("none")
        case DeductibleState.INACTIVE:
            return ActionResult("inactive")
        case DeductibleState.ACTIVE:
            left = policy.deductible_left_rubles
            return ActionResult(FAILED) if left is None else ActionResult("active", {"deductible_left": left})


HANDLERS: Final[Mapping[str, Handler]] = {
    "check_cover": check_cover,
    "check_distance": check_distance,
    "use_entitlement": use_entitlement,
    "deductible_state": deductible_state,
}
