"""What flows and their steps are called on a page."""

import textwrap
from collections.abc import Callable, Mapping
from typing import Final

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from agents.desk.outcome_words import outcome_words
from agents.supervisor.result_words import result_words
from flows import FlowSet
from flows.drawing import heading, words
from flows.nodes import Call, Do, End, Node, Queue, Transfer
from flows.nodes import Set as SetNode
from ivr.calls.outcomes import GENERIC

_LONGEST: Final = 90
_TITLES: Final[Mapping[str, LazyString]] = {
    "callback": lazy_gettext("To call back"),
    "cover": lazy_gettext("Whether the policy covers it"),
    "curator": lazy_gettext("The policy's curator"),
    "desk": lazy_gettext("The medical desk"),
    "emergency": lazy_gettext("Danger to life"),
    "extension": lazy_gettext("A curator's extension"),
    "identification": lazy_gettext("Who calls"),
    "letter": lazy_gettext("Letter of guarantee"),
    "maks": lazy_gettext("MAKS, insurance of migrants"),
    "message": lazy_gettext("To leave a message"),
    "more": lazy_gettext("Whether a question is left"),
    "oms": lazy_gettext("Obligatory insurance, hotline"),
    "opening": lazy_gettext("The call's beginning"),
    "policy_check": lazy_gettext("Policy number and birth date"),
    "rgs": lazy_gettext("Rosgosstrakh, medical contact centre"),
    "share": lazy_gettext("The deductible"),
    "soglasie": lazy_gettext("Soglasie, medical desk"),
    "survey": lazy_gettext("The conversation's mark"),
    "urgent": lazy_gettext("At once to a doctor of the desk"),
    "visit": lazy_gettext("When the appointment is"),
    "vsk": lazy_gettext("VSK, medical desk"),
    "vsk_curators": lazy_gettext("VSK, curators"),
}

_ACTIONS: Final[Mapping[str, LazyString]] = {
    "appointment_time": lazy_gettext("Looks up the appointment"),
    "caller_role": lazy_gettext("Notes who calls"),
    "check_birth_date": lazy_gettext("Checks the birth date"),
    "check_cover": lazy_gettext("Checks the cover"),
    "check_deadline": lazy_gettext("Checks the time limit"),
    "check_distance": lazy_gettext("Checks the distance"),
    "check_policy_form": lazy_gettext("Checks the policy's form"),
    "check_survey": lazy_gettext("Looks whether to ask for a mark"),
    "choose_region": lazy_gettext("Notes the region"),
    "curator_on_shift": lazy_gettext("Whether the curator is on shift"),
    "deductible_state": lazy_gettext("Looks up the deductible"),
    "find_extension": lazy_gettext("Looks for the extension"),
    "forget_caller": lazy_gettext("Forgets who calls"),
    "give_phone": lazy_gettext("Notes the number given"),
    "identify": lazy_gettext("Looks for the insured person"),
    "note_outcome": lazy_gettext("Notes the outcome"),
    "notices": lazy_gettext("Announcements and diversions"),
    "open_request": lazy_gettext("Opens a request"),
    "plan_callback": lazy_gettext("Promises to call back"),
    "policy_terms": lazy_gettext("Looks up the policy"),
    "queue_hours": lazy_gettext("Whether the queue is open"),
    "rate_call": lazy_gettext("Notes the mark"),
    "recognise_caller": lazy_gettext("Recognises the number"),
    "request_status": lazy_gettext("Looks up the request"),
    "send_sms": lazy_gettext("Sends a text message"),
    "use_entitlement": lazy_gettext("Counts a use of the service"),
}

_DESTINATIONS: Final[Mapping[str, LazyString]] = {
    "contract_support": lazy_gettext("Support of contracts"),
    "diversion": lazy_gettext("Where the queue is diverted to"),
    "duty": lazy_gettext("The duty number"),
    "navigator": lazy_gettext("The navigator"),
    "telemedicine": lazy_gettext("The telemedicine partner"),
    "telemedicine_moscow": lazy_gettext("The telemedicine partner in Moscow"),
}
_NOTED: Final[Mapping[str, LazyString]] = {
    "language": lazy_gettext("Notes the language"),
    "topic": lazy_gettext("Notes what it is about"),
    "service": lazy_gettext("Notes which service"),
    "region_code": lazy_gettext("Notes the region"),
    "score": lazy_gettext("Notes the mark"),
}


def flow_title(flows: FlowSet, name: str) -> str:
    """The title of a flow; one of no flow that is shipped as whoever wrote it calls it."""
    return str(_TITLES.get(name) or flows.flows[name].title)


def own_title(flows: FlowSet, node: Node, queue_words: Callable[[str], str]) -> str:
    """What a step is called that says nothing of itself: the flow, the queue, the action, the outcome, the
    destination or the value that it has; empty for any other.
    """
    match node:
        case Call():
            return flow_title(flows, node.flow)
        case Queue():
            return queue_words(node.queue)
        case Do():
            return str(_ACTIONS.get(node.action, ""))
        case End():
            return outcome_words(node.outcome) if node.outcome in GENERIC else result_words(node.outcome)
        case Transfer():
            return str(_DESTINATIONS.get(node.destination, ""))
        case SetNode():
            return next((str(_NOTED[name]) for name in node.values if name in _NOTED), "")
        case _:
            return ""


def step_title(flows: FlowSet, flow: str, node: str, language: str, queue_words: Callable[[str], str]) -> str:
    """What a step is for, says or has; else what type it is and of what."""
    step = flows.flows[flow].nodes[node]
    title = own_title(flows, step, queue_words) or words(step, flows.prompts, language) or heading(step, language)
    return textwrap.shorten(title, _LONGEST, placeholder="…")
