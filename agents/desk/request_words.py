"""What kinds of requests, their steps and their deadlines are called on the page."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Final

from flask_babel import gettext, lazy_gettext, ngettext
from flask_babel.speaklater import LazyString

from agents.staff.formats import day, moment
from config.line_descriptions import Insurer, RequestKind

_KINDS: Final[Mapping[str, LazyString]] = {
    "appointment": lazy_gettext("Appointment"),
    "guarantee_letter": lazy_gettext("Guarantee letter"),
    "hospitalisation": lazy_gettext("Admission to hospital"),
    "evacuation": lazy_gettext("Evacuation"),
    "ambulance": lazy_gettext("Ambulance"),
    "second_opinion": lazy_gettext("Second opinion"),
    "telemedicine": lazy_gettext("Telemedicine"),
    "complaint": lazy_gettext("Complaint"),
    "ticket": lazy_gettext("Ticket"),
    "upgrade": lazy_gettext("Upgrade of the programme"),
    "policy_duplicate": lazy_gettext("Policy copy"),
    "curator_task": lazy_gettext("Task for the curator"),
    "callback": lazy_gettext("Callback"),
    "message": lazy_gettext("Answer to a message"),
    "emergency_drop": lazy_gettext("Emergency that broke off"),
}
_STEPS: Final[Mapping[str, LazyString]] = {
    "requested": lazy_gettext("requested"),
    "booked": lazy_gettext("booked"),
    "insured_told": lazy_gettext("insured told"),
    "letter_sent_to_clinic": lazy_gettext("letter sent to the clinic"),
    "formed": lazy_gettext("drawn up"),
    "sent_to_clinic": lazy_gettext("sent to the clinic"),
    "agreed": lazy_gettext("agreed"),
    "dispatched": lazy_gettext("sent off"),
    "arrived": lazy_gettext("arrived"),
    "arrival_confirmed": lazy_gettext("arrival confirmed"),
    "patient_state_checked": lazy_gettext("state checked"),
    "documents_received": lazy_gettext("documents received"),
    "concluded": lazy_gettext("concluded"),
    "emailed": lazy_gettext("e-mailed"),
    "answered": lazy_gettext("answered"),
    "started": lazy_gettext("begun"),
    "approved": lazy_gettext("approved"),
    "done": lazy_gettext("done"),
    "declined": lazy_gettext("declined"),
    "withdrawn": lazy_gettext("withdrawn"),
}


def kind_words(kind: str) -> str:
    """The kind of a request, or what a callback is about, in words."""
    return str(_KINDS.get(kind) or kind.replace("_", " "))


def step_words(step: str) -> str:
    """A step in words."""
    return str(_STEPS.get(step) or step.replace("_", " "))


def due_words(due_at: datetime, insurer: Insurer) -> str:
    """A deadline as it is promised: the last day where it runs to a day's end at the insurer's, else the moment."""
    local = due_at.astimezone(insurer.time_zone)
    return day(local.date() - timedelta(days=1)) if local.time() == time() else moment(due_at)


def promise_words(rules: RequestKind) -> str:
    """How long the insurer may take for a kind."""
    if (days := rules.deadline_working_days) is not None:
        return str(ngettext("%(num)s working day", "%(num)s working days", days))
    if (hours := rules.deadline_hours) is not None:
        return str(ngettext("%(num)s hour", "%(num)s hours", hours))
    if (minutes := rules.deadline_minutes) is not None:
        return str(ngettext("%(num)s minute", "%(num)s minutes", minutes))
    return str(gettext("no deadline"))
