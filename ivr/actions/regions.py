"""Actions that choose the region: whose representatives, whose time of day, whose terms (domain.md §4, §5)."""

from collections.abc import Mapping
from typing import Final

from ivr.actions.answers import text_of
from ivr.actions.context import ActionContext, ActionResult, Arguments, Handler

_SPOKEN_TERMS: Final = ("quarters", "months")


def choose_region(context: ActionContext, arguments: Arguments) -> ActionResult:
    """The region by its two-digit code; a region's second code leads to its first."""
    region = context.insurer.region(text_of(arguments, "code"))
    if region is None:
        return ActionResult("unknown")
    context.call.region = region.code
    name = region.name.get(context.language) or region.name["ru"]
    told = {"region": region.code, "region_name": name}
    return ActionResult("known", told, [("region_chosen", {"region": region.code})])


def policy_terms(context: ActionContext, arguments: Arguments) -> ActionResult:
    """Which set of terms the chosen region sells; unknown until the insurer says (domain.md §5)."""
    region = context.insurer.region(context.call.region)
    terms = None if region is None else region.policy_terms
    return ActionResult(terms if terms in _SPOKEN_TERMS else "unknown")


HANDLERS: Final[Mapping[str, Handler]] = {"choose_region": choose_region, "policy_terms": policy_terms}
