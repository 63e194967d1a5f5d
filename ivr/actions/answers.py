"""What actions read out of the context: the day where the caller is, arguments as text, the insured on the call."""

from datetime import date, datetime, timedelta

from ivr.actions.context import ActionContext, Arguments
from ivr.insured.eligibility import InsuredRecord, record_of
from ivr.insured.identification import may_hear_personal


class NotIdentified(Exception):
    """The flow asked for something personal before the caller was identified well enough; the flow hears `failed`."""


def text_of(arguments: Arguments, name: str) -> str:
    """The argument as text; what was keyed is text already, and None is empty."""
    value = arguments.get(name)
    return "" if value is None else str(value)


def today(context: ActionContext) -> date:
    """The day in the zone of the call's region, else of the insurer."""
    return context.at.astimezone(context.insurer.zone_of(context.call.region)).date()


def last_day(context: ActionContext, until: datetime) -> str:
    """The last day before a deadline, in the insurer's zone, as ISO text: a deadline at midnight is the day before."""
    return (until.astimezone(context.insurer.time_zone) - timedelta(microseconds=1)).date().isoformat()


def insured_record(context: ActionContext) -> InsuredRecord:
    """The insured record that may be spoken of; raises NotIdentified."""
    call = context.call
    if not may_hear_personal(call, context.insurer):
        raise NotIdentified(call.id)
    record = record_of(context.tx, call.insurer_id, call.insured_id)
    if record is None:
        raise NotIdentified(call.id)
    return record
