"""What outcomes and next actions are called on the page, and which of them an agent may choose."""

from collections.abc import Mapping
from typing import Final

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from config.line_descriptions import Insurer
from ivr.calls.outcomes import GENERIC, RING_BACK

_OUTCOMES: Final[Mapping[str, LazyString]] = {
    "info_given": lazy_gettext("Information given"),
    "appointment_requested": lazy_gettext("Appointment requested"),
    "appointment_booked": lazy_gettext("Appointment booked"),
    "insured_notified": lazy_gettext("Insured notified"),
    "gl_requested": lazy_gettext("Guarantee letter requested"),
    "gl_issued": lazy_gettext("Guarantee letter issued"),
    "gl_sent_to_clinic": lazy_gettext("Guarantee letter sent to the clinic"),
    "gl_declined": lazy_gettext("Guarantee letter declined"),
    "ambulance_dispatched": lazy_gettext("Ambulance sent"),
    "arrival_confirmed": lazy_gettext("Arrival confirmed"),
    "patient_state_checked": lazy_gettext("Patient's state checked"),
    "home_doctor_called": lazy_gettext("Doctor called to the home"),
    "hospitalisation_emergency": lazy_gettext("Emergency admission"),
    "hospitalisation_planned": lazy_gettext("Planned admission"),
    "evacuation_organised": lazy_gettext("Evacuation organised"),
    "telemed_booked": lazy_gettext("Telemedicine booked"),
    "second_opinion_opened": lazy_gettext("Second opinion opened"),
    "limit_reached": lazy_gettext("Limit reached"),
    "first_opinion_missing": lazy_gettext("First opinion missing"),
    "psychologist_connected": lazy_gettext("Talk with the psychologist"),
    "claim_registered": lazy_gettext("Complaint registered"),
    "ticket_registered": lazy_gettext("Ticket registered"),
    "policy_duplicate_emailed": lazy_gettext("Policy copy e-mailed"),
    "referred_hr": lazy_gettext("Referred to the employer"),
    "referred_registry": lazy_gettext("Referred to the clinic's registry"),
    "referred_cabinet": lazy_gettext("Referred to the online account"),
    "referred_home_region_representative": lazy_gettext("Referred to the home region"),
    "referred_tfoms": lazy_gettext("Referred to the territorial fund"),
    "wrong_insurer": lazy_gettext("Another insurer's policy"),
    "refused_not_covered": lazy_gettext("Refused: not covered"),
    "policy_expired": lazy_gettext("Policy expired"),
    "out_of_radius": lazy_gettext("Out of reach"),
    "deductible_not_active": lazy_gettext("Deductible not active"),
    "not_identified": lazy_gettext("Not identified"),
    "callback_scheduled": lazy_gettext("Callback promised"),
    "callback_done": lazy_gettext("Called back"),
    "callback_failed": lazy_gettext("Callback reached nobody"),
    "voicemail_left": lazy_gettext("Message left"),
    "transferred_112": lazy_gettext("Handed over to 112"),
    "abandoned_in_ivr": lazy_gettext("Hung up in the menu"),
    "abandoned_in_queue": lazy_gettext("Hung up waiting"),
    "dropped_mid_call": lazy_gettext("Call broke off"),
    "emergency_drop": lazy_gettext("Emergency broke off"),
    "transferred_duty": lazy_gettext("Duty number answered"),
    "transferred_elsewhere": lazy_gettext("Diverted elsewhere"),
    "nuisance": lazy_gettext("Nuisance call"),
    "test": lazy_gettext("Test call"),
}
_OF_THE_LINE: Final = frozenset(
    {"abandoned_in_ivr", "abandoned_in_queue", "callback_failed", "transferred_duty", "transferred_elsewhere"}
)
"""What only the line itself can know: nobody was reached, or somebody else was."""

NEXT_ACTIONS: Final[Mapping[str, LazyString]] = {
    RING_BACK: lazy_gettext("Call back"),
    "check_request": lazy_gettext("See the request through"),
    "ask_clinic": lazy_gettext("Ask the clinic"),
    "send_documents": lazy_gettext("Send documents"),
    "ask_curator": lazy_gettext("Ask the curator"),
    "other": lazy_gettext("Something else, see the note"),
}
"""What an agent may leave to be done, by the code that the outcome keeps."""

_FURTHER_ACTIONS: Final[Mapping[str, LazyString]] = {
    "listen_to_message": lazy_gettext("Listen to the message"),
    "reach_another_way": lazy_gettext("Reach them another way"),
}


def outcomes_to_choose(insurer: Insurer) -> tuple[str, ...]:
    """The codes that an agent of the insurer may record, in the order of its own list."""
    return tuple(code for code in insurer.outcomes or sorted(GENERIC) if code not in _OF_THE_LINE)


def outcome_words(code: str) -> str:
    """The outcome in words; an insurer's own code, which nobody has put into words, as it is."""
    return str(_OUTCOMES.get(code) or code.replace("_", " "))


def action_words(code: str) -> str:
    """The next action in words."""
    return str(NEXT_ACTIONS.get(code) or _FURTHER_ACTIONS.get(code) or code.replace("_", " "))
