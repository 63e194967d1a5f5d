"""What rows hold as codes about a caller's matter, in words: levels, roles, what was found out."""

from collections.abc import Iterable, Mapping
from typing import Final

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from agents.desk.earlier_calls import Asked
from ivr.calls.models import IdentificationLevel

LEVELS: Final[Mapping[str, LazyString]] = {
    IdentificationLevel.UNKNOWN: lazy_gettext("not identified"),
    IdentificationLevel.HINTED: lazy_gettext("only the number is known"),
    IdentificationLevel.IDENTIFIED: lazy_gettext("identified by policy and birth date"),
    IdentificationLevel.VERIFIED: lazy_gettext("verified"),
}

CALLER_ROLES: Final[Mapping[str, LazyString]] = {
    "insured": lazy_gettext("the insured person"),
    "parent": lazy_gettext("a parent or relative"),
    "clinic": lazy_gettext("a clinic"),
    "employer": lazy_gettext("the employer's HR"),
}
"""Who a caller may be to the insured person; the codes are those of the flows (`flows.actions.CALLER_ROLES`)."""

LANGUAGES: Final[Mapping[str, LazyString]] = {
    "ru": lazy_gettext("Russian"),
    "en": lazy_gettext("English"),
    "uz": lazy_gettext("Uzbek"),
    "tg": lazy_gettext("Tajik"),
    "ky": lazy_gettext("Kyrgyz"),
}

DEDUCTIBLES: Final[Mapping[str, LazyString]] = {
    "none": lazy_gettext("no deductible"),
    "inactive": lazy_gettext("deductible not activated"),
    "active": lazy_gettext("deductible activated"),
}

OUTSIDE: Final[Mapping[str, LazyString]] = {
    "navigator": lazy_gettext("Medical navigator"),
    "contract_support": lazy_gettext("Contract support"),
    "telemedicine": lazy_gettext("Telemedicine partner"),
    "telemedicine_moscow": lazy_gettext("Telemedicine partner, Moscow"),
}
"""Numbers outside, by the names of the insurers' `destinations`; others are shown by their number."""

_ASKED: Final[Mapping[tuple[str, str], LazyString]] = {
    ("identify", "several"): lazy_gettext("policy and birth date fit several people"),
    ("identify", "locked"): lazy_gettext("too many tries to identify: ask the questions yourself"),
    ("find_extension", "unknown"): lazy_gettext("keyed an extension that there is not"),
    ("find_extension", "off_shift"): lazy_gettext("wanted a curator who is off shift"),
    ("curator_on_shift", "off_shift"): lazy_gettext("their curator is off shift"),
    ("check_distance", "beyond"): lazy_gettext("too far from the city for a visit"),
    ("give_phone", "accepted"): lazy_gettext("gave a number to be called back at"),
}
_ASKED_OF_HEALTH: Final[Mapping[tuple[str, str], LazyString]] = {
    ("check_cover", "covered"): lazy_gettext("covered by the programme"),
    ("check_cover", "not_covered"): lazy_gettext("not listed in the programme: decide yourself"),
    ("check_cover", "needs_human"): lazy_gettext("cover: decide yourself"),
    ("check_cover", "expired"): lazy_gettext("the policy does not hold on that day"),
    ("check_cover", "limit_reached"): lazy_gettext("the limit of the service is used up"),
    ("check_cover", "first_opinion_missing"): lazy_gettext("there is no first opinion yet"),
    ("check_cover", "deductible_not_active"): lazy_gettext("the deductible is not activated"),
    ("open_request", "opened"): lazy_gettext("the line opened a request"),
    ("open_request", "already_open"): lazy_gettext("such a request is open already"),
}


def asked_words(asked: Iterable[Asked], *, with_health: bool) -> list[LazyString]:
    """What the line found out, in words; without what the agent need not, or may not, know."""
    told = {**_ASKED, **_ASKED_OF_HEALTH} if with_health else _ASKED
    return [told[key] for one in asked if (key := (one.action, one.result)) in told]
