"""The vocabulary of actions: what a flow may ask of the service, and what the service may answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

FAILED = "failed"


class Kind(StrEnum):
    """What a variable holds; dates, times and moments are ISO 8601 text."""

    TEXT = "text"
    NUMBER = "number"
    DIGITS = "digits"
    DATE = "date"
    TIME = "time"
    MOMENT = "moment"
    SECONDS = "seconds"
    FLAG = "flag"


class Forgets(StrEnum):
    """What a call forgets once an action has answered; nothing of it can be spoken or used after that."""

    NOTHING = "nothing"
    ARGUMENTS = "arguments"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to ask of the service.

    `results` come in order of ordinariness: the first is what a transcript takes if it does not
    say. `failed` may come from any action, and brings nothing. `sets` names the variables that an
    answer brings: with every result but `failed`, or where `brought_by` names the variable only
    with those results. `choices` limits an argument to fixed values. `forgets` takes the variables that it was asked
    with, or all of them, out of the session: with every answer, or `everything` only once it is done.
    """

    name: str
    needs: tuple[str, ...] = ()
    results: tuple[str, ...] = ("done",)
    sets: Mapping[str, Kind] = field(default_factory=dict)
    choices: Mapping[str, frozenset[str]] = field(default_factory=dict)
    brought_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    forgets: Forgets = Forgets.NOTHING

    def forgets_all_on(self, result: str) -> bool:
        """Whether the call forgets everything with this result."""
        return self.forgets is Forgets.EVERYTHING and result != FAILED

    def sets_on(self, result: str) -> tuple[str, ...]:
        """The variables that a result is sure to bring."""
        if result == FAILED:
            return ()
        return tuple(name for name in self.sets if result in self.brought_by.get(name, self.results))

    @property
    def answers(self) -> tuple[str, ...]:
        """Every result that a flow must map, `failed` included."""
        return (*self.results, FAILED)


REQUEST_KINDS = frozenset(
    {
        "guarantee_letter",
        "appointment",
        "ambulance",
        "second_opinion",
        "complaint",
        "ticket",
        "policy_duplicate",
        "telemedicine",
        "hospitalisation",
        "evacuation",
        "upgrade",
        "curator_task",
    }
)
CALLER_ROLES = frozenset({"insured", "parent", "clinic", "employer"})

_LIST = (
    # What a duty manager put up for this line.
    Action(
        "notices",
        (),
        ("none", "announced", "diverted"),
        {"announcement": Kind.TEXT, "announcement_language": Kind.TEXT},
        brought_by={"announcement": ("announced",), "announcement_language": ("announced",)},
    ),
    # The caller's number, a hint only.
    Action("recognise_caller", (), ("none", "one", "several")),
    Action("check_policy_form", ("policy",), ("ok", "typo", "paper_form", "too_short")),
    Action("check_birth_date", ("birth_date",), ("ok", "impossible")),
    Action(
        "identify",
        ("policy", "birth_date"),
        ("identified", "several", "wrong", "locked"),
        {"last_four": Kind.DIGITS, "policy_until": Kind.DATE},
        brought_by={"last_four": ("identified",), "policy_until": ("identified",)},
        forgets=Forgets.ARGUMENTS,
    ),
    Action(
        "check_cover",
        ("service",),
        (
            "covered",
            "not_covered",
            "needs_human",
            "expired",
            "limit_reached",
            "first_opinion_missing",
            "deductible_not_active",
        ),
        {"policy_until": Kind.DATE},
    ),
    # The 30 km rule.
    Action("check_distance", ("kilometres",), ("within", "beyond")),
    Action(
        "curator_on_shift",
        (),
        ("on_shift", "off_shift", "none"),
        {"curator_extension": Kind.DIGITS, "curator_back_at": Kind.MOMENT},
        brought_by={"curator_extension": ("on_shift", "off_shift"), "curator_back_at": ("off_shift",)},
    ),
    # Dialling a curator by extension.
    Action(
        "find_extension",
        ("extension",),
        ("on_shift", "off_shift", "unknown"),
        {"curator_extension": Kind.DIGITS, "curator_back_at": Kind.MOMENT},
        brought_by={"curator_extension": ("on_shift", "off_shift"), "curator_back_at": ("off_shift",)},
    ),
    Action(
        "queue_hours", ("queue",), ("open", "closed"), {"opens_at": Kind.MOMENT}, brought_by={"opens_at": ("closed",)}
    ),
    Action(
        "open_request",
        ("kind",),
        ("opened", "already_open"),
        {"due": Kind.DATE},
        {"kind": REQUEST_KINDS},
    ),
    Action(
        "request_status",
        ("kind",),
        (
            "none",
            "requested",
            "formed",
            "sent_to_clinic",
            "declined",
            "dispatched",
            "concluded",
            "approved",
        ),
        {"due": Kind.DATE},
        {"kind": REQUEST_KINDS},
        brought_by={"due": ("requested", "formed", "sent_to_clinic", "dispatched", "concluded", "approved")},
    ),
    Action("use_entitlement", ("service",), ("used", "limit_reached")),
    # The anonymous psychologist: the call forgets who is calling.
    Action("forget_caller", forgets=Forgets.EVERYTHING),
    Action("send_sms", ("template",), ("sent", "no_phone")),
    Action(
        "plan_callback",
        ("reason",),
        ("planned", "already_planned", "no_phone", "locked"),
        {"callback_from": Kind.MOMENT, "callback_until": Kind.MOMENT},
        brought_by={"callback_from": ("planned", "already_planned"), "callback_until": ("planned", "already_planned")},
    ),
    Action(
        "choose_region",
        ("code",),
        ("known", "unknown"),
        {"region": Kind.DIGITS, "region_name": Kind.TEXT},
        brought_by={"region": ("known",), "region_name": ("known",)},
    ),
    Action("note_outcome", ("outcome",)),
    # Nobody is asked for a mark after an emergency, or a talk with the psychologist.
    Action("check_survey", (), ("ok", "unfit")),
    Action("rate_call", ("score",), ("rated",)),
    # A number to call back on, where caller ID is withheld; `abroad`: in a country that the insurer does not ring back.
    Action("give_phone", ("phone",), ("accepted", "not_a_number", "abroad"), forgets=Forgets.ARGUMENTS),
    # `since` as keyed, day and month: ДДММ.
    Action(
        "check_deadline",
        ("since", "working_days"),
        ("within", "beyond", "impossible"),
        {"due": Kind.DATE},
        brought_by={"due": ("within", "beyond")},
    ),
    # What is left of the deductible, in roubles.
    Action(
        "deductible_state",
        (),
        ("none", "active", "inactive"),
        {"deductible_left": Kind.NUMBER},
        brought_by={"deductible_left": ("active",)},
    ),
    Action(
        "appointment_time",
        (),
        ("none", "booked", "zone_unknown"),
        {"appointment_at": Kind.MOMENT, "appointment_place": Kind.TEXT},
        brought_by={"appointment_at": ("booked",), "appointment_place": ("booked",)},
    ),
    # The terms on sale in the region chosen.
    Action("policy_terms", (), ("quarters", "months", "unknown")),
    Action("caller_role", ("role",), ("done",), {}, {"role": CALLER_ROLES}),
)

ACTIONS: Mapping[str, Action] = {action.name: action for action in _LIST}

QUEUE_RESULTS = ("served", "closed", "full", "timed_out", FAILED)
TRANSFER_RESULTS = ("completed", "busy", "no_answer", FAILED)
RECORD_RESULTS = ("recorded", "empty", FAILED)
LEFT = "left"

# Spoken in waiting rounds only, where the engine fills them in.
ROUND_VARIABLES: Mapping[str, Kind] = {"ahead": Kind.NUMBER, "wait": Kind.SECONDS}
# What a text message may name of the insurer's links, as `link_buy`; the service fills it in.
LINK = "link_"


def is_link(name: str) -> bool:
    """Whether a text message's variable is one of the insurer's links."""
    return name.startswith(LINK)


# Set by the engine itself.
ENGINE_VARIABLES: Mapping[str, Kind] = {"language": Kind.TEXT, "line": Kind.TEXT}
