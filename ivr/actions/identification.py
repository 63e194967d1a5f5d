"""Actions that find out who is calling and about whom."""

from collections.abc import Mapping
from typing import Final

from flows.turn import Scalar
from ivr.actions.answers import text_of, today
from ivr.actions.context import ActionContext, ActionResult, Arguments, Handler
from ivr.insured import anonymity, identification
from ivr.insured.identification import Identification
from ivr.policy_numbers import PolicyShape, shape_of


def recognise_caller(context: ActionContext, arguments: Arguments) -> ActionResult:
    """The caller's number as a hint: none, one, several."""
    found = identification.recognise(context.tx, call=context.call, at=context.at, today=today(context))
    return ActionResult(found)


def check_policy_form(context: ActionContext, arguments: Arguments) -> ActionResult:
    """Whether the digits can be a policy number at all; looks nothing up (standards.md §1)."""
    digits, rules = text_of(arguments, "policy"), context.insurer.policy
    if len(digits) < rules.keyed_min:
        return ActionResult("too_short")
    if not digits.isdecimal() or len(digits) > rules.keyed_max:
        return ActionResult("typo")
    if not rules.is_enp:
        return ActionResult("ok")
    match shape_of(digits):
        case PolicyShape.ENP_MISTYPED:
            return ActionResult("typo")
        case PolicyShape.PAPER_SERIAL:
            return ActionResult("paper_form")
        case _:
            return ActionResult("ok")


def check_birth_date(context: ActionContext, arguments: Arguments) -> ActionResult:
    """Whether ДДММГГГГ is a day that somebody alive may have been born on."""
    born = identification.read_birth_date(text_of(arguments, "birth_date"), today=today(context))
    return ActionResult("impossible" if born is None else "ok")


def identify(context: ActionContext, arguments: Arguments) -> ActionResult:
    """Policy digits and birth date. `policy_until` is the half-open end of the validity, as `until` speaks it."""
    policy, day = text_of(arguments, "policy"), today(context)
    found = identification.identify(
        context.tx,
        call=context.call,
        insurer=context.insurer,
        pepper=context.centre.settings.secret_pepper,
        policy_digits=policy,
        born_on=identification.read_birth_date(text_of(arguments, "birth_date"), today=day),
        at=context.at,
        today=day,
    )
    return ActionResult(found.finding, _said_of(found, policy))


def caller_role(context: ActionContext, arguments: Arguments) -> ActionResult:
    """Who the caller is to the insured: caller and insured are two people as often as one."""
    context.call.caller_role = text_of(arguments, "role")
    return ActionResult("done", noted=[("caller_role_told", {"role": context.call.caller_role})])


def forget_caller(context: ActionContext, arguments: Arguments) -> ActionResult:
    """The call forgets who is calling (domain.md §1, the psychologist)."""
    anonymity.forget_caller(context.tx, call=context.call, at=context.at)
    return ActionResult("done")


def _said_of(found: Identification, keyed: str) -> Mapping[str, Scalar]:
    if found.policy is None:
        return {}
    return {"last_four": keyed[-4:], "policy_until": found.policy.valid_until.isoformat()}


HANDLERS: Final[Mapping[str, Handler]] = {
    "recognise_caller": recognise_caller,
    "check_policy_form": check_policy_form,
    "check_birth_date": check_birth_date,
    "identify": identify,
    "caller_role": caller_role,
    "forget_caller": forget_caller,
}
