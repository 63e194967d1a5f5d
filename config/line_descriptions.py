"""What config/lines/*.yaml describes, as frozen values: insurers, lines, queues, services, regions, requests."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from config.calendars import Hours, WorkingCalendar
from config.phone_numbers import PhoneNumber

Words = Mapping[str, str]
"""A text in each language that it is written in; Russian is always among them."""
EMERGENCY_QUEUE: Final = "emergency"
"""The queue of those in danger: nobody else is moved there, and it is never diverted."""


class InsurerKind(StrEnum):
    """Which insurance is sold: voluntary, compulsory, or the voluntary one that a work patent asks for."""

    DMS = "dms"
    OMS = "oms"
    MIGRANT = "migrant"


class AlwaysDecided(StrEnum):
    """A cover decision that no record changes: evacuation by the source, or a service that only humans judge."""

    COVERED = "covered"
    NOT_COVERED = "not_covered"
    NEEDS_HUMAN = "needs_human"


@dataclass(frozen=True)
class PolicyShape:
    """How an insurer's policy numbers look, written and keyed (standards.md §1)."""

    pattern: re.Pattern[str]
    keyed_min: int
    keyed_max: int
    is_enp: bool


class SpeechBy(StrEnum):
    """Whether prompts are played from a pack of recordings, or spoken by the carrier's voice."""

    PACK = "pack"
    SAY = "say"


@dataclass(frozen=True)
class LineSpeech:
    """How a line sounds. `by` None is as the installation says (`PULT_SPEECH`).

    Of `packs` the first that has a recording is played; empty is the pack that Pult brings along. `voices` are the
    carrier's, by language, for what is spoken.
    """

    by: SpeechBy | None = None
    packs: tuple[str, ...] = ()
    voices: Mapping[str, str] = field(default_factory=dict)


class ListeningIn(StrEnum):
    """Whether supervisors may listen in on a line's calls, and whether the agent's page shows that somebody does."""

    SHOWN = "shown"
    HIDDEN = "hidden"
    NEVER = "never"


LONG_KEPT: Mapping[str, int] = {"refused_not_covered": 1095, "gl_declined": 1095, "claim_registered": 1095}
"""Outcomes that people complain of for as long as three years, where an insurer describes nothing else."""


@dataclass(frozen=True)
class RecordingRules:
    """How many days a line's recordings are kept, and how many those of a call with one of these outcomes."""

    keep_days: int = 365
    outcomes: Mapping[str, int] = field(default_factory=lambda: LONG_KEPT)

    def days_for(self, outcomes: Iterable[str]) -> int:
        """The longest that any of a call's outcomes asks for."""
        return max([self.keep_days, *(self.outcomes[one] for one in outcomes if one in self.outcomes)])


@dataclass(frozen=True)
class Line:
    """A published number, or several of one purpose, and its flow.

    `not_announced` are numbers that are answered but never spoken or printed (domain.md §2: the source
    contradicts itself).
    """

    insurer_id: str
    name: str
    title: Words
    numbers: tuple[str, ...]
    flow: str
    duty_number: PhoneNumber
    records_calls: bool
    languages: tuple[str, ...]
    not_announced: tuple[str, ...] = ()
    speech: LineSpeech = LineSpeech()
    recordings: RecordingRules = RecordingRules()
    score_card: str | None = None
    listening_in: ListeningIn = ListeningIn.NEVER


@dataclass(frozen=True)
class Queue:
    """Where callers wait. `max_size` None is never full.

    `first_skills` rank who is offered first: agents with the first of them, then those with the second, then anyone.
    Where `is_by_region`, hours are read in the zone of the call's region, and a wait needs the region's skill too.
    """

    insurer_id: str
    name: str
    title: Words
    hours: Hours
    skills: tuple[str, ...]
    priority: int
    answer_target_seconds: int
    max_wait_seconds: int
    max_size: int | None
    overflow: str | None
    announce_every_seconds: int
    is_anonymous: bool = False
    records_calls: bool = True
    is_by_region: bool = False
    first_skills: tuple[str, ...] = ()
    score_card: str | None = None

    @property
    def is_confidential(self) -> bool:
        """Whether its conversations are for nobody else, as a psychologist's are: to record, hear, judge or mark."""
        return self.is_anonymous or not self.records_calls

    def hours_in(self, region: "Region | None") -> Hours:
        """The hours, of the region's zone where the queue is staffed by region and one was chosen."""
        if region is None or not self.is_by_region:
            return self.hours
        return replace(self.hours, zone=region.time_zone)

    def skills_in(self, region: "Region | None") -> tuple[str, ...]:
        """The skills that a wait needs, the region's among them where the queue is staffed by region."""
        if region is None or region.skill is None or not self.is_by_region:
            return self.skills
        return (*self.skills, region.skill)


@dataclass(frozen=True)
class Extension:
    """Whom a caller reaches by dialling an extension: a role, never a name."""

    digits: str
    role: Words
    queue: str


@dataclass(frozen=True)
class Service:
    """Something a programme may list. `limit_per_term` is uses in a contract's term (domain.md §1: once a year).

    `forms` are the forms of care that it comes in, empty for every one (domain.md §5: urgent only);
    `within_sum_insured` asks whether any of the sum insured is left.
    """

    name: str
    title: Words
    limit_per_term: int | None = None
    needs_first_opinion: bool = False
    is_anonymous: bool = False
    is_bonus: bool = False
    always: AlwaysDecided | None = None
    facilities: str | None = None
    forms: tuple[str, ...] = ()
    within_sum_insured: bool = False
    starts_within_minutes: int | None = None
    needs_agreement: bool = False


@dataclass(frozen=True)
class Region:
    """A subject of the federation by its two-digit code; `policy_terms` names one of the insurer's sets of terms."""

    code: str
    name: Words
    time_zone: ZoneInfo
    skill: str | None = None
    policy_terms: str | None = None


@dataclass(frozen=True)
class RequestKind:
    """A chain of steps and the promise that goes with it; the promise's clock starts at `clock_starts_at`."""

    name: str
    steps: tuple[str, ...]
    clock_starts_at: str
    deadline_working_days: int | None = None
    deadline_hours: int | None = None
    deadline_minutes: int | None = None


@dataclass(frozen=True)
class Radius:
    """How far from a city, measured from `measured_from`, services at home reach (domain.md §2: 30 km of МКАД)."""

    city: Words
    measured_from: Words
    kilometres: int


@dataclass(frozen=True)
class CallbackRules:
    """How often a promised call is tried, and how wide its promised window is.

    A number at which `failed_per_day` promises reached nobody in 24 hours is promised nothing more. A caller may key a
    number of one of the `countries` (ISO 3166): any other could be made to cost the centre much.
    """

    attempts: int = 3
    window_minutes: int = 120
    failed_per_day: int = 2
    countries: tuple[str, ...] = ("RU",)


@dataclass(frozen=True)
class LanguageSkills:
    """Which skill says that an agent speaks a language; for `first_seconds` only such an agent is offered the caller.

    A language without a skill is one that everybody speaks.
    """

    skills: Mapping[str, str] = field(default_factory=dict)
    first_seconds: int = 30


@dataclass(frozen=True)
class IdentificationLimits:
    """How many tries there are against guessing: in one call, and in an hour by caller and by policy; and how many
    searches for insured people an hour somebody at a desk has.
    """

    tries_per_call: int = 3
    per_caller_per_hour: int = 6
    per_policy_per_hour: int = 6
    searches_per_hour: int = 60


@dataclass(frozen=True)
class AlarmRules:
    """When the supervisors' floor raises an alarm: over a wait of so many times its queue's answer target, an emergency
    that waits so long, one that broke off within the last hours, or a recording that could not be fetched within them.
    """

    wait_targets: int = 3
    emergency_wait_seconds: int = 15
    dropped_within_hours: int = 4
    recording_failed_within_hours: int = 24


@dataclass(frozen=True)
class QualityRules:
    """How conversations are evaluated: by which score card where neither queue nor line names one, how many days an
    agent may dispute an evaluation, and how many calls of each agent are drawn for it in a week.
    """

    score_card: str | None = None
    dispute_days: int = 5
    calls_a_week: int = 2


@dataclass(frozen=True)
class ProgrammeDescription:
    """A programme that rosters name by its code, with the services that it lists."""

    code: str
    title: Words
    services: tuple[str, ...]
    exclusions: tuple[str, ...]


AWAY_REASONS: Mapping[str, Words] = {
    "break": {"ru": "Перерыв", "en": "Break"},
    "meal": {"ru": "Обед", "en": "Meal"},
    "paperwork": {"ru": "Работа с документами", "en": "Paperwork"},
    "training": {"ru": "Обучение", "en": "Training"},
    "meeting": {"ru": "Совещание", "en": "Meeting"},
    "technical": {"ru": "Техническая неполадка", "en": "Technical trouble"},
}
"""What agents may choose from when going away, where an insurer describes nothing else."""

OWN_AWAY_REASONS = frozenset({"rona", "declined", "unreachable", "connection_lost"})
"""Why the centre itself takes an agent away; nobody chooses these."""


@dataclass(frozen=True)
class Insurer:
    """One tenant, whole. `regions` has every code that a region answers to; `exclusions` hold for all programmes."""

    id: str
    file: str
    title: Words
    kind: InsurerKind
    time_zone: ZoneInfo
    languages: tuple[str, ...]
    policy: PolicyShape
    calendar: WorkingCalendar
    lines: Mapping[str, Line]
    queues: Mapping[str, Queue]
    destinations: Mapping[str, PhoneNumber] = field(default_factory=dict)
    extensions: Mapping[str, Extension] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    programmes: Mapping[str, ProgrammeDescription] = field(default_factory=dict)
    exclusions: frozenset[str] = frozenset()
    radius: Radius | None = None
    regions: Mapping[str, Region] = field(default_factory=dict)
    policy_terms: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    sum_insured_min_roubles: int | None = None
    deductible_activated_by: str | None = None
    requests: Mapping[str, RequestKind] = field(default_factory=dict)
    outcomes: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    callbacks: CallbackRules = CallbackRules()
    identification: IdentificationLimits = IdentificationLimits()
    language_skills: LanguageSkills = LanguageSkills()
    alarms: AlarmRules = AlarmRules()
    quality: QualityRules = QualityRules()
    away_reasons: Mapping[str, Words] = field(default_factory=lambda: AWAY_REASONS)

    def region(self, code: str | None) -> Region | None:
        """The region of this code, or None."""
        return None if code is None else self.regions.get(code)

    def zone_of(self, region: str | None) -> ZoneInfo:
        """The zone of a region by its code; the insurer's own where there is none."""
        found = self.region(region)
        return found.time_zone if found else self.time_zone


class Insurers:
    """All insurers that this centre answers for, by id, and their lines by dialled number."""

    def __init__(self, insurers: Mapping[str, Insurer]) -> None:
        self._insurers = dict(insurers)
        self._by_number = {
            number: line for one in insurers.values() for line in one.lines.values() for number in line.numbers
        }

    def __getitem__(self, insurer_id: str) -> Insurer:
        return self._insurers[insurer_id]

    def __contains__(self, insurer_id: object) -> bool:
        return insurer_id in self._insurers

    def __iter__(self) -> Iterator[Insurer]:
        return iter(self._insurers.values())

    def __len__(self) -> int:
        return len(self._insurers)

    @property
    def ids(self) -> tuple[str, ...]:
        """The insurers' ids, in the order of their files."""
        return tuple(self._insurers)

    def line_by_number(self, e164: str) -> Line | None:
        """The line that publishes this number; None for a number of nobody."""
        return self._by_number.get(e164)

    def lines(self) -> Iterator[Line]:
        """Every line of every insurer."""
        for insurer in self:
            yield from insurer.lines.values()
