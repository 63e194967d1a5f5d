"""Reads one insurer's YAML, section by section, into its description; what is wrong becomes findings."""

from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from config.calendars import CalendarError, Hours, WorkingCalendar, parse_hours, parse_overrides
from config.line_descriptions import AWAY_REASONS, Insurer, Line, LineSpeech, PolicyShape, Queue, RecordingRules, Region
from config.line_parts import (
    NEVER_MATCHES,
    read_alarms,
    read_away_reason,
    read_callbacks,
    read_deductible,
    read_extension,
    read_identification,
    read_kind,
    read_language_skills,
    read_listening_in,
    read_pattern,
    read_policy_terms,
    read_programme,
    read_quality,
    read_radius,
    read_recordings,
    read_request,
    read_service,
    read_speech,
    read_zone,
    words,
)
from config.phone_numbers import PhoneNumber, PhoneNumberError, parse_phone
from config.written import Findings, Section, Written

_MOSCOW: Final = ZoneInfo("Europe/Moscow")
_NOWHERE: Final = PhoneNumber("+70000000000")


class SettingValues:
    """Values that a file leaves to the environment by `{setting: NAME}`; the missing ones are gathered."""

    def __init__(self, named: Mapping[str, str]) -> None:
        self._named = named
        self.missing: list[str] = []

    def value(self, name: str, place: str) -> str | None:
        """The setting's value; None, noted as missing, where it is not set."""
        value = self._named.get(name, "").strip()
        if not value:
            self.missing.append(f"{place}: {name} is not set. Set it in the environment or in pult.env.")
        return value or None


class InsurerReader:
    """Reads one file, of which `top` is the whole."""

    def __init__(self, top: Section, findings: Findings, values: SettingValues) -> None:
        self._top = top
        self._findings = findings
        self._values = values
        self._id = top.text("insurer")
        self._zone = read_zone(top, "time_zone", required=True) or _MOSCOW
        self._languages = top.texts("languages")
        self._calendar = self._working_calendar()
        self._speech = read_speech(top, LineSpeech())
        self._recordings = read_recordings(top, RecordingRules())

    def insurer(self) -> Insurer:
        """The insurer; where there are findings, parts of it are stand-ins."""
        top = self._top
        insurer = Insurer(
            id=self._id,
            file=top.written.file,
            title=words(top, "title"),
            kind=read_kind(top, "kind"),
            time_zone=self._zone,
            languages=self._languages,
            policy=self._policy(),
            calendar=self._calendar,
            lines=top.each("lines", self._line, required=True),
            queues=top.each("queues", self._queue, required=True),
            destinations=self._destinations(),
            extensions=top.each("extensions", read_extension),
            services=top.each("services", read_service),
            programmes=top.each("programmes", read_programme),
            radius=read_radius(top),
            exclusions=frozenset(top.texts("exclusions", ())),
            regions=self._regions(),
            policy_terms=read_policy_terms(top),
            sum_insured_min_roubles=top.optional_number("sum_insured_min_roubles"),
            deductible_activated_by=read_deductible(top),
            requests=top.each("requests", read_request),
            outcomes=top.texts("outcomes", ()),
            links=self._links(),
            alarms=read_alarms(top),
            quality=read_quality(top),
            callbacks=read_callbacks(top),
            identification=read_identification(top),
            language_skills=read_language_skills(top),
            away_reasons=top.each("away_reasons", read_away_reason) or AWAY_REASONS,
        )
        top.finish()
        return insurer

    def _working_calendar(self) -> WorkingCalendar:
        raw = self._top.raw("calendar")
        if raw is None:
            return WorkingCalendar()
        try:
            plain = raw.plain()
            if not isinstance(plain, dict):
                raise CalendarError("expected a mapping of lists of dates")
            return WorkingCalendar(overrides=parse_overrides(plain, raw.path))
        except CalendarError as error:
            self._findings.add(_file_line(raw), str(error))
            return WorkingCalendar()

    def _policy(self) -> PolicyShape:
        section = self._top.section("policy")
        if section is None:
            return PolicyShape(NEVER_MATCHES, 1, 16, is_enp=False)
        least = section.number("keyed_min", least=1)
        most = section.number("keyed_max", least=1)
        is_enp = section.flag("enp", default=False)
        shape = PolicyShape(read_pattern(section, is_enp), least, most, is_enp)
        if shape.keyed_max < shape.keyed_min:
            section.add("keyed_max", "is below keyed_min")
        section.finish()
        return shape

    def _line(self, name: str, section: Section) -> Line:
        records_calls = section.flag("records_calls", default=False)
        return Line(
            insurer_id=self._id,
            name=name,
            title=words(section, "title"),
            numbers=self._line_numbers(section),
            flow=section.text("flow"),
            duty_number=self._duty_number(section),
            records_calls=records_calls,
            languages=section.texts("languages", self._languages),
            not_announced=self._numbers(section, "not_announced"),
            speech=read_speech(section, self._speech),
            recordings=read_recordings(section, self._recordings),
            score_card=section.optional_text("score_card"),
            listening_in=read_listening_in(section, records_calls=records_calls),
        )

    def _line_numbers(self, section: Section) -> tuple[str, ...]:
        if section.items("numbers", required=True) == [] and section.has("numbers"):
            section.add("numbers", "a line needs at least one number")
        return self._numbers(section, "numbers")

    def _numbers(self, section: Section, key: str) -> tuple[str, ...]:
        found = (self._number(item) for item in section.items(key, required=False))
        return tuple(number.e164 for number in found if number is not None)

    def _duty_number(self, section: Section) -> PhoneNumber:
        raw = section.raw("duty_number")
        if raw is None:
            section.add("duty_number", "is missing: the fallback dials it when all else fails")
            return _NOWHERE
        return self._number(raw) or _NOWHERE

    def _destinations(self) -> Mapping[str, PhoneNumber]:
        outer = self._top.section("destinations", required=False)
        if outer is None:
            return {}
        raws = {name: raw for name in outer.names() if (raw := outer.raw(name)) is not None}
        return {name: self._number(raw) or _NOWHERE for name, raw in raws.items()}

    def _number(self, raw: Written) -> PhoneNumber | None:
        """The number written at `raw`, itself or by the setting that it names."""
        text, place = raw.value, raw.place
        if isinstance(text, dict):
            section = Section(raw, self._findings)
            name = section.text("setting")
            section.finish()
            text, place = (self._values.value(name, place) if name else None), f"{place} ({name})"
        if text is None:
            return None
        if not isinstance(text, str):
            self._findings.add(place, "expected a telephone number in quotes, or {setting: NAME}")
            return None
        try:
            return parse_phone(text)
        except PhoneNumberError as error:
            self._findings.add(place, str(error))
            return None

    def _queue(self, name: str, section: Section) -> Queue:
        return Queue(
            insurer_id=self._id,
            name=name,
            title=words(section, "title"),
            hours=self._hours(section),
            skills=section.texts("skills", ()),
            priority=section.number("priority"),
            answer_target_seconds=section.number("answer_target_seconds", 20, least=1),
            max_wait_seconds=section.number("max_wait_seconds", least=1),
            max_size=section.optional_number("max_size", least=1),
            overflow=section.optional_text("overflow"),
            announce_every_seconds=section.number("announce_every_seconds", 30, least=5),
            is_anonymous=section.flag("anonymous", default=False),
            records_calls=section.flag("records_calls", default=True),
            is_by_region=section.flag("by_region", default=False),
            first_skills=section.texts("first_skills", ()),
            score_card=section.optional_text("score_card"),
        )

    def _hours(self, section: Section) -> Hours:
        calendar = section.text("calendar", "ru")
        if calendar != "ru":
            section.add("calendar", "only 'ru' is known: the working days of Russia")
        raw = section.raw("hours")
        try:
            if raw is not None:
                return parse_hours(raw.plain(), zone=self._zone, calendar=self._calendar, where=raw.path)
            section.add("hours", "is missing: write '24/7' or 'mon-fri 09:00-18:00'")
        except CalendarError as error:
            self._findings.add(_file_line(raw) if raw else section.written.place, str(error))
        return parse_hours("24/7", zone=self._zone)

    def _regions(self) -> Mapping[str, Region]:
        """Every region under its own code and under those in `also`, such as a second code of number plates."""
        others: dict[str, str] = {}

        def read(code: str, section: Section) -> Region:
            others.update(dict.fromkeys(section.texts("also", ()), code))
            return self._region(code, section)

        regions = self._top.each("regions", read)
        return {**regions, **{also: regions[code] for also, code in others.items()}}

    def _region(self, code: str, section: Section) -> Region:
        return Region(
            code=code,
            name=words(section, "name"),
            time_zone=read_zone(section, "time_zone") or self._zone,
            skill=section.optional_text("skill"),
            policy_terms=section.optional_text("policy_terms"),
        )

    def _links(self) -> Mapping[str, str]:
        section = self._top.section("links", required=False)
        return {} if section is None else {name: self._link(section, name) for name in section.names()}

    def _link(self, section: Section, name: str) -> str:
        """A link or an address as written, or of the setting that it names."""
        raw = section.raw(name)
        if raw is None or not isinstance(raw.value, dict):
            return section.text(name)
        inner = Section(raw, self._findings)
        setting = inner.text("setting")
        inner.finish()
        return (self._values.value(setting, raw.place) if setting else None) or ""


def _file_line(raw: Written) -> str:
    """Calendar errors bring the rest of their address with them."""
    return f"{raw.file}:{raw.line}"
