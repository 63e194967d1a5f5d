"""What the entries of the audit are called on the page."""

from collections.abc import Mapping
from typing import Final

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

ACTIONS: Final[Mapping[str, LazyString]] = {
    "calls_searched": lazy_gettext("searched the calls"),
    "calls_exported": lazy_gettext("exported a search of the calls"),
    "export_taken": lazy_gettext("took an exported file"),
    "calls_listed": lazy_gettext("listed calls"),
    "call_replayed": lazy_gettext("looked at the call"),
    "insured_searched": lazy_gettext("searched for an insured person"),
    "insured_found": lazy_gettext("found an insured person"),
    "insured_shown": lazy_gettext("looked at an insured person's record"),
    "played_recording": lazy_gettext("played a recording"),
    "requests_listed": lazy_gettext("listed requests"),
    "request_opened": lazy_gettext("opened a request"),
    "request_advanced": lazy_gettext("moved a request"),
    "request_moved": lazy_gettext("moved a request"),
    "insured_to_be_told": lazy_gettext("had the insured told"),
    "appointment_booked": lazy_gettext("booked an appointment"),
    "recorded_outcome": lazy_gettext("recorded the outcome"),
    "outcome_corrected": lazy_gettext("corrected the outcome"),
    "outcome_linked": lazy_gettext("put the outcome on an insured record"),
    "finished_task": lazy_gettext("finished a task"),
    "verified_caller": lazy_gettext("verified the caller"),
    "caller_identified": lazy_gettext("identified the caller"),
    "asked_for_policy": lazy_gettext("asked for policy and birth date"),
    "listened_in": lazy_gettext("listened in"),
    "monitor_listen": lazy_gettext("only listened"),
    "monitor_whisper": lazy_gettext("whispered to the agent"),
    "monitor_barge": lazy_gettext("spoke to both"),
    "ended_listen": lazy_gettext("stopped listening"),
    "ended_whisper": lazy_gettext("stopped whispering"),
    "ended_barge": lazy_gettext("stopped speaking to both"),
    "dials": lazy_gettext("dialled a number"),
    "rings_colleague": lazy_gettext("rang a colleague"),
    "passes_outside": lazy_gettext("passed a caller on to a number outside"),
    "released_from_wrap_up": lazy_gettext("released an agent from wrap-up"),
    "presence_set": lazy_gettext("set an agent's presence"),
    "wait_moved": lazy_gettext("moved a waiting call"),
    "notice_put_up": lazy_gettext("put up an announcement or a diversion"),
    "notice_taken_down": lazy_gettext("took down an announcement or a diversion"),
    "roster_imported": lazy_gettext("imported insured people"),
    "imported_shifts": lazy_gettext("imported shifts"),
    "added_agent": lazy_gettext("added an agent"),
    "added_account": lazy_gettext("added an account"),
    "gave_role": lazy_gettext("gave a role"),
    "took_role": lazy_gettext("took a role"),
    "set_password": lazy_gettext("set a password"),
    "changed_password": lazy_gettext("changed their own password"),
    "locked_account": lazy_gettext("locked an account"),
    "unlocked_account": lazy_gettext("unlocked an account"),
    "linked_single_sign_on": lazy_gettext("linked the company account"),
    "signed_in": lazy_gettext("signed in"),
    "signed_out": lazy_gettext("signed out"),
    "sign_in_refused": lazy_gettext("was refused the sign-in"),
    "sign_in_paused": lazy_gettext("was made to wait before the next sign-in"),
    "acts_for": lazy_gettext("works for another insurer"),
    "report_made": lazy_gettext("looked at a report"),
    "report_exported": lazy_gettext("took a report as a table"),
    "audit_searched": lazy_gettext("searched the audit"),
}


def audit_words(action: str) -> str:
    """What somebody did, after their name."""
    return str(ACTIONS.get(action) or action.replace("_", " "))
