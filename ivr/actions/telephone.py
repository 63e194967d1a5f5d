"""Actions about the call itself: notices, hours, shifts, callbacks, messages, outcomes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from config.phone_numbers import PhoneNumberError, country_of, parse_keyed
from flows.actions import FAILED, LINK, is_link
from flows.turn import Scalar
from ivr.actions.context import ActionContext, ActionResult, Arguments, Handler
from ivr.calls.log import RATED, record
from ivr.calls.outcomes import LINE, record_outcome
from ivr.calls.zones import told_there, zone_of_caller
from ivr.diversions import diversion_of_line
from ivr.line_notices import SAID, announcement_of_line, words_of
from ivr.messages import write_message
from ivr.ports import CallbackRefusal, Curator, ShiftState


def notices(context: ActionContext, _arguments: Arguments) -> ActionResult:
    """What a duty manager put up for this line: a diversion goes before an announcement."""
    tx, call, at = context.tx, context.call, context.at
    if diversion_of_line(tx, call.insurer_id, call.line, at) is not None:
        return ActionResult("diverted")
    notice = announcement_of_line(tx, call.insurer_id, call.line, at)
    if notice is None:
        return ActionResult("none")
    text, language = words_of(notice, context.language)
    record(tx, call, SAID, at=at, notice=notice.id, text=text)
    return ActionResult("announced", {"announcement": text, "announcement_language": language})


def queue_hours(context: ActionContext, arguments: Arguments) -> ActionResult:
    """Whether a queue takes callers now, and if not when it next does, on the caller's clock."""
    queue = str(arguments["queue"])
    is_open, opens_at = context.ports.queues.is_open(context.tx, context.call, queue)
    if is_open:
        return ActionResult("open")
    return ActionResult("closed", {} if opens_at is None else {"opens_at": _moment(context, opens_at)})


def curator_on_shift(context: ActionContext, _arguments: Arguments) -> ActionResult:
    """The curator of the policy, or the substitute during leave."""
    curator = context.ports.curators.preferred(context.tx, context.call)
    return _shift(context, curator, nobody="none")


def find_extension(context: ActionContext, arguments: Arguments) -> ActionResult:
    """The agent whose extension was dialled; from here on the one whom this caller wants."""
    extension = str(arguments["extension"])
    curator = context.ports.curators.by_extension(context.tx, context.call.insurer_id, extension)
    if curator.state is not ShiftState.NONE:
        context.call.extension = extension
    elif extension in context.insurer.extensions:
        # Printed in the leaflet, with nobody behind it on the roster: known, but never at work.
        return ActionResult(ShiftState.OFF_SHIFT, {"curator_extension": extension})
    return _shift(context, curator, nobody="unknown")


def plan_callback(context: ActionContext, arguments: Arguments) -> ActionResult:
    """Promise to ring back; a caller who waited keeps the place. `failed` for a call that has forgotten its caller:
    a number asked for now would undo that.
    """
    if context.call.is_anonymous:
        return ActionResult(FAILED)
    reason = str(arguments["reason"] or "call")
    plan = context.ports.callbacks.plan(context.tx, context.call, reason=reason, keep_place=True)
    if isinstance(plan, CallbackRefusal):
        return ActionResult("locked" if plan is CallbackRefusal.TOO_OFTEN else "no_phone")
    since, until = plan.told
    window: Mapping[str, Scalar] = {
        "callback_from": _moment(context, since),
        "callback_until": _moment(context, until),
    }
    return ActionResult("planned" if plan.is_new else "already_planned", window)


def give_phone(context: ActionContext, arguments: Arguments) -> ActionResult:
    """A number to be rung back on, keyed by somebody whose own is withheld, in a country that the insurer rings back;
    `failed` as `plan_callback`.
    """
    if context.call.is_anonymous:
        return ActionResult(FAILED)
    countries = context.insurer.callbacks.countries
    try:
        number = parse_keyed(str(arguments["phone"]), countries)
    except PhoneNumberError:
        return ActionResult("not_a_number")
    if country_of(number) not in countries:
        return ActionResult("abroad")
    context.call.ani = number.e164
    record(context.tx, context.call, "phone_given", at=context.at)
    return ActionResult("accepted")


def send_sms(context: ActionContext, arguments: Arguments) -> ActionResult:
    """Owe the caller a message; it is sent after the turn. Texts are `sms.…` prompts, none of which speaks of
    health; they may name the insurer's links.
    """
    template = str(arguments["template"])
    needs = context.flows.prompts[template].needs
    message = write_message(
        context.tx,
        call=context.call,
        template=template,
        variables={name: _written(context, name) for name in needs},
        language=context.language,
        at=context.at,
    )
    return ActionResult("no_phone" if message is None else "sent")


def note_outcome(context: ActionContext, arguments: Arguments) -> ActionResult:
    """A secondary outcome."""
    record_outcome(
        context.tx,
        call=context.call,
        code=str(arguments["outcome"]),
        by=LINE,
        at=context.at,
        is_primary=False,
        own_codes=context.insurer.outcomes,
    )
    return ActionResult("done")


def check_survey(context: ActionContext, _arguments: Arguments) -> ActionResult:
    """Whether the caller may be asked how it was."""
    return ActionResult("ok" if context.ports.queues.may_ask_for_mark(context.tx, context.call) else "unfit")


def rate_call(context: ActionContext, arguments: Arguments) -> ActionResult:
    """The caller's mark for the conversation, from 1 to 5."""
    record(context.tx, context.call, RATED, at=context.at, score=int(str(arguments["score"])))
    return ActionResult("rated")


def _written(context: ActionContext, name: str) -> Scalar:
    return context.insurer.links[name.removeprefix(LINK)] if is_link(name) else context.variables.get(name)


def _shift(context: ActionContext, curator: Curator, *, nobody: str) -> ActionResult:
    if curator.state is ShiftState.NONE:
        return ActionResult(nobody)
    known: dict[str, Scalar] = {}
    if curator.extension is not None:
        known["curator_extension"] = curator.extension
    if curator.back_at is not None:
        known["curator_back_at"] = _moment(context, curator.back_at)
    return ActionResult(curator.state.value, known)


def _moment(context: ActionContext, at: datetime) -> str:
    """A moment as flows hold it, on the caller's clock."""
    return told_there(at, zone_of_caller(context.tx, context.insurer, context.call), context.language)


HANDLERS: Final[Mapping[str, Handler]] = {
    "notices": notices,
    "queue_hours": queue_hours,
    "curator_on_shift": curator_on_shift,
    "find_extension": find_extension,
    "plan_callback": plan_callback,
    "give_phone": give_phone,
    "send_sms": send_sms,
    "note_outcome": note_outcome,
    "check_survey": check_survey,
    "rate_call": rate_call,
}
