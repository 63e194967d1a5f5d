"""Reads the parts of an insurer's YAML that stand on their own: services, requests, extensions, limits, values."""

import re
from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

import phonenumbers

from config.calendars import CalendarError, zone_named
from config.line_descriptions import (
    OWN_AWAY_REASONS,
    AlarmRules,
    AlwaysDecided,
    CallbackRules,
    Extension,
    IdentificationLimits,
    InsurerKind,
    LanguageSkills,
    LineSpeech,
    ListeningIn,
    ProgrammeDescription,
    QualityRules,
    Radius,
    RecordingRules,
    RequestKind,
    Service,
    SpeechBy,
    Words,
)
from config.written import Section

NEVER_MATCHES: Final = re.compile(r"(?!)")
"""Stands in for a pattern that cannot be read."""

# ЕНП, temporary certificate, or an old policy's series and number (standards.md §1.2).
_OMS_PATTERN: Final = r"\d{16}|\d{9}|[0-9A-Za-zА-Яа-яЁё-]{1,6} ?\d{5,16}"


def words(section: Section, key: str) -> Words:
    """A text by language; a bare text is Russian. Russian is required."""
    raw = section.raw(key)
    if raw is not None and isinstance(raw.value, str):
        return {"ru": raw.value}
    inner = section.section(key)
    if inner is None:
        return {"ru": ""}
    inner.text("ru")
    return {language: inner.text(language) for language in inner.names()}


def read_zone(section: Section, key: str, *, required: bool = False) -> ZoneInfo | None:
    """A tzdata zone by its name; None where none is written."""
    name = section.text(key) if required else section.optional_text(key)
    if not name:
        return None
    try:
        return zone_named(name)
    except CalendarError as error:
        section.add(key, str(error).partition(": ")[2])
        return None


def read_kind(section: Section, key: str) -> InsurerKind:
    """Which insurance is sold."""
    name = section.text(key)
    if name in set(InsurerKind):
        return InsurerKind(name)
    section.add(key, f"one of {', '.join(InsurerKind)}")
    return InsurerKind.DMS


def read_pattern(section: Section, is_enp: bool) -> re.Pattern[str]:
    """How numbers are written; for an ОМС insurer standards.md §1.2 says it."""
    try:
        return re.compile(section.text("pattern", _OMS_PATTERN if is_enp else None))
    except re.error as error:
        section.add("pattern", f"not a regular expression: {error}")
        return NEVER_MATCHES


def read_extension(digits: str, section: Section) -> Extension:
    """One extension; its key is its digits."""
    if not digits.isdecimal():
        section.findings.add(section.written.place, "an extension is digits only; put it in quotes")
    return Extension(digits, words(section, "role"), section.text("queue"))


def read_service(name: str, section: Section) -> Service:
    """One service by its name."""
    always = section.optional_text("always")
    if always is not None and always not in set(AlwaysDecided):
        section.add("always", f"one of {', '.join(AlwaysDecided)}")
        always = None
    return Service(
        name=name,
        title=words(section, "title"),
        limit_per_term=section.optional_number("limit_per_term", least=1),
        needs_first_opinion=section.flag("needs_first_opinion", default=False),
        is_anonymous=section.flag("anonymous", default=False),
        is_bonus=section.flag("bonus", default=False),
        always=None if always is None else AlwaysDecided(always),
        facilities=section.optional_text("facilities"),
        forms=section.texts("forms", ()),
        within_sum_insured=section.flag("within_sum_insured", default=False),
        starts_within_minutes=section.optional_number("starts_within_minutes", least=1),
        needs_agreement=section.flag("needs_agreement", default=False),
    )


def read_programme(code: str, section: Section) -> ProgrammeDescription:
    """One programme by its code."""
    return ProgrammeDescription(
        code, words(section, "title"), section.texts("services"), section.texts("exclusions", ())
    )


def read_request(name: str, section: Section) -> RequestKind:
    """One kind of request with its chain of steps."""
    steps = section.texts("steps")
    if not steps:
        section.add("steps", "a request needs at least one step")
    return RequestKind(
        name=name,
        steps=steps,
        clock_starts_at=section.text("clock_starts_at", steps[0] if steps else ""),
        deadline_working_days=section.optional_number("deadline_working_days", least=1),
        deadline_hours=section.optional_number("deadline_hours", least=1),
        deadline_minutes=section.optional_number("deadline_minutes", least=1),
    )


def read_radius(top: Section) -> Radius | None:
    """The radius, if any."""
    section = top.section("radius", required=False)
    if section is None:
        return None
    city = words(section, "city")
    measured_from = words(section, "from") if section.has("from") else city
    radius = Radius(city, measured_from, section.number("kilometres", least=1))
    section.finish()
    return radius


def read_policy_terms(top: Section) -> Mapping[str, tuple[int, ...]]:
    """Sets of policy terms in months, by name."""
    section = top.section("policy_terms", required=False)
    return {} if section is None else {name: section.numbers(name) for name in section.names()}


def read_deductible(top: Section) -> str | None:
    """Where a deductible is activated, if anywhere."""
    section = top.section("deductible", required=False)
    if section is None:
        return None
    activated_by = section.text("activated_by")
    section.finish()
    return activated_by


def read_callbacks(top: Section) -> CallbackRules:
    """The rules of callbacks, or the usual ones."""
    section = top.section("callbacks", required=False)
    if section is None:
        return CallbackRules()
    rules = CallbackRules(
        section.number("attempts", 3, least=1),
        section.number("window_minutes", 120, least=5),
        section.number("failed_per_day", 2, least=1),
        section.texts("countries", ("RU",)),
    )
    for country in sorted(set(rules.countries) - phonenumbers.SUPPORTED_REGIONS):
        section.add("countries", f"no country '{country}': two letters such as RU")
    section.finish()
    return rules


def read_language_skills(top: Section) -> LanguageSkills:
    """Which skill speaks which language, if any does."""
    section = top.section("language_skills", required=False)
    if section is None:
        return LanguageSkills()
    seconds = section.number("first_seconds", 30, least=1)
    inner = section.section("skills")
    skills = {} if inner is None else {language: inner.text(language) for language in inner.names()}
    section.finish()
    return LanguageSkills(skills, seconds)


def read_speech(outer: Section, default: LineSpeech) -> LineSpeech:
    """How an insurer's lines sound, or one line; what is not written is as in `default`."""
    section = outer.section("speech", required=False)
    if section is None:
        return default
    by = section.optional_text("by")
    if by is not None and by not in set(SpeechBy):
        section.add("by", f"one of {', '.join(SpeechBy)}")
        by = None
    voices = section.section("voices", required=False)
    speech = LineSpeech(
        by=default.by if by is None else SpeechBy(by),
        packs=section.texts("packs", default.packs),
        voices=default.voices if voices is None else {language: voices.text(language) for language in voices.names()},
    )
    section.finish()
    return speech


def read_recordings(outer: Section, default: RecordingRules) -> RecordingRules:
    """How long an insurer's recordings are kept, or one line's; what is not written is as in `default`."""
    section = outer.section("recordings", required=False)
    if section is None:
        return default
    inner = section.section("outcomes", required=False)
    outcomes = default.outcomes if inner is None else {name: inner.number(name, least=1) for name in inner.names()}
    rules = RecordingRules(section.number("keep_days", default.keep_days, least=1), outcomes)
    section.finish()
    return rules


def read_listening_in(section: Section, *, records_calls: bool) -> ListeningIn:
    """Who is told that the call is recorded, to check the quality of help, may be listened to; others where it says
    so.
    """
    name = section.text("listening_in", ListeningIn.SHOWN if records_calls else ListeningIn.NEVER)
    if name in set(ListeningIn):
        return ListeningIn(name)
    section.add("listening_in", f"one of {', '.join(ListeningIn)}")
    return ListeningIn.NEVER


def read_away_reason(code: str, section: Section) -> Words:
    """What a reason to be away is called."""
    title = words(section, "title")
    if code in OWN_AWAY_REASONS:
        section.add("title", f"{code} is a reason of the centre's own: name yours otherwise")
    section.finish()
    return title


def read_alarms(top: Section) -> AlarmRules:
    """When the floor raises an alarm, or the usual rules."""
    section = top.section("alarms", required=False)
    if section is None:
        return AlarmRules()
    rules = AlarmRules(
        section.number("wait_targets", 3, least=1),
        section.number("emergency_wait_seconds", 15, least=1),
        section.number("dropped_within_hours", 4, least=1),
        section.number("recording_failed_within_hours", 24, least=1),
    )
    section.finish()
    return rules


def read_quality(top: Section) -> QualityRules:
    """How conversations are evaluated, or the usual rules without a score card."""
    section = top.section("quality", required=False)
    if section is None:
        return QualityRules()
    rules = QualityRules(
        section.optional_text("score_card"),
        section.number("dispute_days", 5, least=1),
        section.number("calls_a_week", 2, least=1),
    )
    section.finish()
    return rules


def read_identification(top: Section) -> IdentificationLimits:
    """The limits against guessing, or the usual ones."""
    section = top.section("identification", required=False)
    if section is None:
        return IdentificationLimits()
    limits = IdentificationLimits(
        section.number("tries_per_call", 3, least=1),
        section.number("per_caller_per_hour", 6, least=1),
        section.number("per_policy_per_hour", 6, least=1),
        section.number("searches_per_hour", 60, least=1),
    )
    section.finish()
    return limits
