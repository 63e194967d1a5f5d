"""The steps of a call in words: one sentence for each kind of event that the call log knows."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask_babel import gettext, lazy_gettext, ngettext
from flask_babel.speaklater import LazyString

from agents.desk.matter_words import CALLER_ROLES
from agents.desk.outcome_words import action_words, outcome_words
from agents.desk.request_words import kind_words, step_words
from agents.models import Purpose
from agents.staff.formats import duration

_Data = Mapping[str, Any]

_KEYS: Final[Mapping[str, LazyString]] = {
    "digits": lazy_gettext("digits, which are not kept"),
    "silence": lazy_gettext("nothing"),
    "nomatch": lazy_gettext("a key that leads nowhere"),
    "finish": lazy_gettext("# out of habit"),
}
_LEG_PARTIES: Final[Mapping[str, LazyString]] = {
    "caller": lazy_gettext("the caller"),
    "agent": lazy_gettext("an agent"),
}
_OFFER_ENDS: Final[Mapping[str, LazyString]] = {
    "missed": lazy_gettext("nobody answered"),
    "declined": lazy_gettext("declined"),
    "withdrawn": lazy_gettext("withdrawn"),
    "failed": lazy_gettext("the connection failed"),
    "done": lazy_gettext("over"),
}
_BY: Final[Mapping[str, LazyString]] = {"line": lazy_gettext("the line")}
_WAIT_ENDS: Final[Mapping[str, LazyString]] = {
    "served": lazy_gettext("served"),
    "abandoned": lazy_gettext("the caller hung up"),
    "left": lazy_gettext("the caller went another way"),
}
_REFUSALS: Final[Mapping[str, LazyString]] = {
    "closed": lazy_gettext("closed"),
    "full": lazy_gettext("full"),
}
_COVER: Final[Mapping[str, LazyString]] = {
    "covered": lazy_gettext("covered"),
    "not_covered": lazy_gettext("not covered"),
    "expired": lazy_gettext("the policy has expired"),
    "human": lazy_gettext("a person decides"),
    "limit_reached": lazy_gettext("the limit is used up"),
    "first_opinion_missing": lazy_gettext("there is no first opinion"),
    "deductible_not_active": lazy_gettext("the deductible is not activated"),
}


def sentence(kind: str, data: _Data, *, text: str, queue_words: Callable[[str], str]) -> str:
    """What happened, in the reader's language. `text` is what was said, for what was said; an event that is not known
    here, or lacks a fact, is told by its own name.
    """
    if kind == "said":
        return text
    try:
        return _SENTENCES[kind](data, queue_words)
    except KeyError:
        return _plainly(kind, data)


def _plainly(kind: str, data: _Data) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in data.items() if isinstance(value, str | int) and value)
    return f"{kind.replace('_', ' ')}{': ' if facts else ''}{facts}"


def _word(table: Mapping[str, LazyString], code: Any) -> str:
    return str(table.get(str(code)) or str(code).replace("_", " "))


def _told(it: _Data) -> str:
    count = int(it["ahead"])
    ahead = ngettext("%(num)s caller ahead", "%(num)s callers ahead", count) if count else gettext("nobody ahead")
    if it["estimate_seconds"] is None:
        return str(gettext("Told: %(ahead)s, no estimate", ahead=ahead))
    return str(gettext("Told: %(ahead)s, about %(time)s", ahead=ahead, time=duration(it["estimate_seconds"])))


def _began_to_wait(it: _Data, queue: str) -> str:
    if it["emergency"]:
        return str(gettext("Waits in «%(queue)s», an emergency", queue=queue))
    return str(gettext("Waits in «%(queue)s»", queue=queue))


def _transfer(it: _Data, queue_words: Callable[[str], str]) -> str:
    if it.get("queue"):
        return str(
            gettext("%(agent)s passes the caller on to «%(queue)s»", agent=it["agent"], queue=queue_words(it["queue"]))
        )
    if it.get("to"):
        return str(gettext("%(agent)s passes the caller on to %(to)s", agent=it["agent"], to=it["to"]))
    return str(gettext("%(agent)s passes the caller on to a number outside", agent=it["agent"]))


def _answered(it: _Data) -> str:
    if it.get("promised_in"):
        return str(gettext("The person called back answers"))
    if it.get("withheld"):
        return str(gettext("The line answers; the number is withheld"))
    return str(gettext("The line answers"))


def _offered(it: _Data, queue_words: Callable[[str], str]) -> str:
    match it.get("purpose"):
        case Purpose.CONSULT:
            return str(gettext("%(agent)s is rung to be consulted", agent=it["agent"]))
        case Purpose.MONITOR:
            return str(gettext("%(agent)s is rung to listen in", agent=it["agent"]))
        case _:
            return str(
                gettext("Offered to %(agent)s out of «%(queue)s»", agent=it["agent"], queue=queue_words(it["queue"]))
            )


def _offer_over(it: _Data) -> str:
    if it.get("joined"):
        return _left(it)
    said = {"agent": it["agent"], "how": _word(_OFFER_ENDS, it["state"])}
    match it.get("purpose"):
        case Purpose.CONSULT:
            return str(gettext("%(agent)s is not consulted: %(how)s", **said))
        case Purpose.MONITOR:
            return str(gettext("%(agent)s does not come to listen: %(how)s", **said))
        case _:
            return str(gettext("The offer to %(agent)s ends: %(how)s", **said))


def _left(it: _Data) -> str:
    if it.get("purpose") == Purpose.MONITOR:
        return str(gettext("%(agent)s listens no more", agent=it["agent"]))
    return str(gettext("%(agent)s leaves", agent=it["agent"]))


def _by(it: _Data) -> str:
    """An agent's code, or the line itself."""
    return str(_BY.get(it["by"], it["by"]))


_Sentence = Callable[[_Data, Callable[[str], str]], str]
_SENTENCES: Final[Mapping[str, _Sentence]] = {
    "answered": lambda it, _: _answered(it),
    "node_entered": lambda it, _: gettext("Menu step %(node)s", node=it["node"]),
    "key_pressed": lambda it, _: gettext("Pressed: %(key)s", key=_word(_KEYS, it["key"])),
    "announcement_said": lambda it, _: gettext("Announcement: %(text)s", text=it["text"]),
    "action_answered": lambda it, _: gettext("%(action)s: %(result)s", action=it["action"], result=it["result"]),
    "queued": lambda it, queue: _began_to_wait(it, queue(it["queue"])),
    "wait_began": lambda it, queue: _began_to_wait(it, queue(it["queue"])),
    "queue_refused": lambda it, queue: gettext(
        "«%(queue)s» is %(why)s", queue=queue(it["queue"]), why=_word(_REFUSALS, it["why"])
    ),
    "queue_failed": lambda it, _: gettext("The carrier could not queue the caller"),
    "queued_again": lambda it, queue: gettext("Back in «%(queue)s»", queue=queue(it["queue"])),
    "queue_diverted": lambda it, _: gettext("The queue is diverted"),
    "secretary_asked": lambda it, _: gettext("Asked to leave a message"),
    "birth_date_asked": lambda it, _: gettext("Asked for the birth date"),
    "promise_kept": lambda it, _: gettext("The promised call reached the person"),
    "place_told": lambda it, _: _told(it),
    "wait_overflowed": lambda it, queue: gettext("Waited too long: now «%(queue)s»", queue=queue(it["queue"])),
    "wait_moved": lambda it, queue: gettext(
        "%(by)s moves the wait to «%(queue)s»", by=it["by"], queue=queue(it["queue"])
    ),
    "wait_moved_up": lambda it, _: gettext("%(by)s moves the caller to the head", by=it["by"]),
    "wait_released": lambda it, _: gettext("%(by)s takes the caller out of the queue", by=it["by"]),
    "wait_diverted": lambda it, queue: gettext("Diverted to «%(queue)s»", queue=queue(it["queue"])),
    "wait_resumed": lambda it, queue: gettext("Waits again in «%(queue)s»", queue=queue(it["queue"])),
    "wait_became_emergency": lambda it, _: gettext("The wait becomes an emergency"),
    "wait_timed_out": lambda it, _: gettext("The longest wait is over"),
    "wait_broken_off": lambda it, _: gettext("The wait is broken off"),
    "wait_ended": lambda it, _: gettext("The wait ends: %(how)s", how=_word(_WAIT_ENDS, it["state"])),
    "offer_made": _offered,
    "offer_ringing": lambda it, _: gettext("It rings at %(agent)s", agent=it["agent"]),
    "offer_accepted": lambda it, _: gettext(
        "%(agent)s answers after %(time)s of waiting", agent=it["agent"], time=duration(it["waited_seconds"])
    ),
    "offer_ended": lambda it, _: _offer_over(it),
    "connected": lambda it, _: gettext("The caller is connected"),
    "agent_connected": lambda it, _: gettext("%(agent)s speaks with the caller", agent=it["agent"]),
    "agent_joined": lambda it, _: gettext("%(agent)s joins the conversation", agent=it["agent"]),
    "agent_left": lambda it, _: _left(it),
    "agent_hung_up": lambda it, _: gettext("%(agent)s ends the call", agent=it["agent"]),
    "hold_began": lambda it, _: gettext("The caller is put on hold"),
    "hold_ended": lambda it, _: gettext("The caller is off hold"),
    "transfer_began": _transfer,
    "consult_began": lambda it, _: gettext("%(agent)s consults %(to)s", agent=it["agent"], to=it["to"]),
    "consult_ended": lambda it, _: gettext("The consultation is over"),
    "handed_over": lambda it, _: gettext("%(agent)s hands the caller over to %(to)s", agent=it["agent"], to=it["to"]),
    "monitor_began": lambda it, _: gettext("%(agent)s listens in on %(to)s", agent=it["agent"], to=it["to"]),
    "monitor_listen": lambda it, _: gettext("%(agent)s only listens", agent=it["agent"]),
    "monitor_whisper": lambda it, _: gettext("%(agent)s whispers to the agent", agent=it["agent"]),
    "monitor_barge": lambda it, _: gettext("%(agent)s speaks to both", agent=it["agent"]),
    "emergency_escalated": lambda it, _: gettext("Nobody answers the emergency: step %(step)s", step=it["step"]),
    "emergency_dropped": lambda it, _: gettext("The emergency broke off"),
    "transferred": lambda it, _: gettext("Passed on to %(destination)s", destination=it["destination"]),
    "passed_outside": lambda it, _: (
        gettext("The number outside answers") if it["answered"] else gettext("The number outside does not answer")
    ),
    "dialled": lambda it, _: gettext("%(agent)s dials", agent=it["agent"]),
    "number_answered": lambda it, _: gettext("Somebody answers at the number"),
    "caller_recognised": lambda it, _: gettext("The number is known"),
    "identified": lambda it, _: gettext("Identified by policy and birth date"),
    "identification_failed": lambda it, _: gettext("Policy and birth date do not fit"),
    "identification_locked": lambda it, _: gettext("Too many tries to identify"),
    "identification_ambiguous": lambda it, _: gettext("Policy and birth date fit several people"),
    "caller_verified": lambda it, _: gettext("The caller is verified by %(by)s", by=it["by"]),
    "questions_asked": lambda it, _: (
        gettext("%(agent)s asks questions: they fit", agent=it["agent"])
        if it["fits"]
        else gettext("%(agent)s asks questions: they do not fit", agent=it["agent"])
    ),
    "caller_forgotten": lambda it, _: gettext("The call forgets who is calling"),
    "caller_role_told": lambda it, _: (
        gettext("%(by)s notes who is calling", by=it["by"])
        if "by" in it
        else gettext("Who calls: %(role)s", role=_word(CALLER_ROLES, it["role"]))
    ),
    "region_chosen": lambda it, _: gettext("Region %(region)s", region=it["region"]),
    "cover_checked": lambda it, _: gettext("Cover: %(result)s", result=_word(_COVER, it["result"])),
    "recording_announced": lambda it, _: gettext("Told that the conversation is recorded"),
    "recording_began": lambda it, _: gettext("The recording begins"),
    "recording_ended": lambda it, _: gettext("The recording ends after %(time)s", time=duration(it["seconds"] or 0)),
    "rated": lambda it, _: gettext("The caller's mark: %(score)s of 5", score=it["score"]),
    "address_noted": lambda it, _: gettext("%(agent)s notes the address", agent=it["agent"]),
    "card_shown": lambda it, _: gettext("%(agent)s sees the insured's card", agent=it["agent"]),
    "callback_planned": lambda it, _: gettext("A call back is promised"),
    "callback_dialled": lambda it, _: gettext("Called back, try %(number)s", number=it["attempt"]),
    "callback_answered": lambda it, _: gettext("The call back is answered"),
    "callback_missed": lambda it, _: gettext("The call back reaches nobody, try %(number)s", number=it["attempt"]),
    "callback_needless": lambda it, _: gettext("The call back is not needed any more"),
    "callback_done": lambda it, _: gettext("The promise to call back is kept"),
    "callback_failed": lambda it, _: gettext("The promise to call back is given up"),
    "message_left": lambda it, _: gettext("A message of %(time)s is left", time=duration(it["seconds"] or 0)),
    "message_written": lambda it, _: gettext("Text message: %(what)s", what=it["template"]),
    "request_opened": lambda it, _: gettext("Request opened: %(kind)s", kind=kind_words(it["request_kind"])),
    "request_lapsed": lambda it, _: gettext(
        "Request over, its time is past: %(kind)s", kind=kind_words(it["request_kind"])
    ),
    "request_moved": lambda it, _: gettext(
        "%(kind)s: %(step)s, by %(by)s",
        kind=kind_words(it["request_kind"]),
        step=step_words(it["step"]),
        by=_by(it),
    ),
    "appointment_booked": lambda it, _: gettext("Appointment booked by %(by)s", by=it["by"]),
    "insured_to_be_told": lambda it, _: gettext("The insured is to be told, by %(by)s", by=it["by"]),
    "next_action_done": lambda it, _: gettext("Done by %(by)s: %(what)s", by=_by(it), what=action_words(it["action"])),
    "outcome_recorded": lambda it, _: gettext(
        "Outcome: %(what)s, by %(by)s", what=outcome_words(it["code"]), by=_by(it)
    ),
    "outcome_corrected": lambda it, _: gettext(
        "Outcome corrected to %(what)s, by %(by)s", what=outcome_words(it["code"]), by=_by(it)
    ),
    "outcome_taken_back": lambda it, _: gettext(
        "Outcome taken back: %(what)s, by %(by)s", what=outcome_words(it["code"]), by=_by(it)
    ),
    "wrap_up_overdue": lambda it, _: gettext("%(agent)s is late with the outcome", agent=it["agent"]),
    "turn_failed": lambda it, _: gettext("Something broke on our side; the caller was led on"),
    "leg_began": lambda it, _: gettext("Connection of %(whom)s begins", whom=_word(_LEG_PARTIES, it["party"])),
    "leg_answered": lambda it, _: gettext("Connection of %(whom)s is answered", whom=_word(_LEG_PARTIES, it["party"])),
    "leg_ended": lambda it, _: gettext("Connection of %(whom)s ends", whom=_word(_LEG_PARTIES, it["party"])),
    "ended": lambda it, _: gettext("The call is over"),
}
