"""What must hold between the parts of a line description, once each part is well written."""

from collections.abc import Iterable, Iterator

from config.line_descriptions import Insurer, InsurerKind
from config.written import Findings, Written, join


def check_insurer(insurer: Insurer, written: Written, findings: Findings) -> None:
    """Findings on one insurer as a whole: references to queues, services, steps, ids; and what its kind asks for."""
    for path, what in (
        *_file_name(insurer),
        *_recording(insurer),
        *_overflows(insurer),
        *_overflow_loops(insurer),
        *_extensions(insurer),
        *_programmes(insurer),
        *_clocks(insurer),
        *_languages(insurer),
        *_regions(insurer),
        *_skills(insurer),
    ):
        findings.add(_place(written, path), what)


def check_together(insurers: Iterable[Insurer], findings: Findings) -> None:
    """No number is published twice, by whomever: the dialled number alone tells the tenant."""
    owners: dict[str, str] = {}
    for insurer in insurers:
        for line in insurer.lines.values():
            address = f"{insurer.file}: lines.{line.name}.numbers"
            for number in line.numbers:
                if number in owners:
                    findings.add(address, f"{number} is published by {owners[number]} too")
                owners.setdefault(number, f"{insurer.id}, line {line.name}")


Path = tuple[str, ...]


def _file_name(insurer: Insurer) -> Iterator[tuple[Path, str]]:
    if insurer.id and insurer.file != f"{insurer.id}.yaml":
        yield ("insurer",), f"the file must be called {insurer.id}.yaml"


def _recording(insurer: Insurer) -> Iterator[tuple[Path, str]]:
    """Contact centres of compulsory insurance record what comes in and what goes out (standards.md §5.8)."""
    for line in insurer.lines.values():
        if insurer.kind is InsurerKind.OMS and not line.records_calls:
            yield ("lines", line.name, "records_calls"), "an ОМС line records its calls: write `records_calls: true`"


def _overflows(insurer: Insurer) -> Iterator[tuple[Path, str]]:
    for queue in insurer.queues.values():
        if queue.overflow is not None and queue.overflow not in insurer.queues:
            yield ("queues", queue.name, "overflow"), f"no queue '{queue.overflow}'"


def _overflow_loops(insurer: Insurer) -> Iterator[tuple[Path, str]]:
    """A caller must not be passed round: following the overflow has to end."""
    for queue in insurer.queues.values():
        seen = {queue.name}
        following = queue.overflow
        while following is not None and following in insurer.queues and following not in seen:
            seen.add(following)
            following = insurer.queues[following].overflow
        if following == queue.name:
            yield ("queues", queue.name, "overflow"), "leads back to this queue"


def _extensions(insurer: Insurer) -> Iterator[tuple[Path, str]]:
    for extension in insurer.extensions.values():
        if extension.queue not in insurer.queues:
            yield ("extensions", extension.digits, "queue"), f"no queue '{extension.queue}'"


def _programmes(insurer: Insurer) -> Iterator[tuple[Path, str]]:
    for programme in insurer.programmes.values():
        for service in (*programme.services, *programme.exclusions):
            if service not in insurer.services:
                yield ("programmes", programme.code), f"no service '{service}'"


def _clocks(insurer: Insurer) -> Iterator[tuple[Path, str]]:
    for kind in insurer.requests.values():
        if len(set(kind.steps)) != len(kind.steps):
            yield ("requests", kind.name, "steps"), "a step is written twice"
        if kind.steps and kind.clock_starts_at not in kind.steps:
            yield ("requests", kind.name, "clock_starts_at"), f"no step '{kind.clock_starts_at}'"
        deadlines = (kind.deadline_working_days, kind.deadline_hours, kind.deadline_minutes)
        if sum(one is not None for one in deadlines) > 1:
            yield ("requests", kind.name), "give one deadline: working days, hours or minutes"


def _languages(insurer: Insurer) -> Iterator[tuple[Path, str]]:
    for line in insurer.lines.values():
        for language in line.languages:
            if language not in insurer.languages:
                yield ("lines", line.name, "languages"), f"'{language}' is not a language of this insurer"


def _regions(insurer: Insurer) -> Iterator[tuple[Path, str]]:
    for code, region in insurer.regions.items():
        if not (code.isdecimal() and len(code) == 2):
            yield ("regions", region.code), f"'{code}' is not a region's code: two digits, in quotes"
        if region.policy_terms is not None and region.policy_terms not in insurer.policy_terms:
            yield ("regions", region.code, "policy_terms"), f"no terms '{region.policy_terms}'"


def _skills(insurer: Insurer) -> Iterator[tuple[Path, str]]:
    """Skills are plain words, since rosters and routing put signs between them."""
    for queue in insurer.queues.values():
        yield from (
            (("queues", queue.name, key), f"'{skill}' is no plain word: letters, digits and _")
            for key, skills in (("skills", queue.skills), ("first_skills", queue.first_skills))
            for skill in skills
            if not skill.isidentifier()
        )
    for region in insurer.regions.values():
        if region.skill is not None and not region.skill.isidentifier():
            yield ("regions", region.code, "skill"), f"'{region.skill}' is no plain word: letters, digits and _"
    for language, skill in insurer.language_skills.skills.items():
        if language not in insurer.languages:
            yield ("language_skills", "skills", language), f"'{language}' is not a language of this insurer"
        if not skill.isidentifier():
            yield ("language_skills", "skills", language), f"'{skill}' is no plain word: letters, digits and _"


def _place(written: Written, path: Path) -> str:
    """The address of `path`; of the nearest part above it that is written, where it is not."""
    found, address = written, ""
    for key in path:
        address = join(address, key)
        children = found.value if isinstance(found.value, dict) else {}
        found = children.get(key, found)
    return f"{written.file}:{found.line}: {address}"
