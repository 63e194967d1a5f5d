"""The report after a breach: acts by person and by account, each with first and last time, and the chain's state."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agents.supervisor.breach.people import Person, read_people
from agents.supervisor.breach.suspects import Suspects, actors_of
from agents.supervisor.breach.touches import Touch, read_touches
from agents.supervisor.exports.exporting import ASKED, TAKEN
from agents.supervisor.period import Period
from config.audit import audit
from config.audit_chain import Verdict, verify
from config.centre import Centre
from config.line_descriptions import Insurer
from recordings.acts import TAKEN as ACTS_TAKEN
from recordings.plays import PLAYED

REPORTED: Final = "breach_reported"
"""The audit's word for a look at such a report, or a file of it."""
_EXPORTS: Final = frozenset({TAKEN, ACTS_TAKEN, *ASKED.values()})
_SEARCHES: Final = frozenset({"calls_searched", "insured_searched", "audit_searched"})


@dataclass(frozen=True)
class Group:
    """What was done about one person, by one account, or to one call: how often, by whom, from when to when."""

    key: str
    actions: Mapping[str, int]
    actors: tuple[str, ...]
    people: int
    calls: int
    recordings: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class BreachReport:
    """`people`, `accounts`, `calls` and `recordings` by key: an insured id, a name in the audit, a row's id. `persons`
    are those of `people` who are on file still. `exports` and `searches` are the single acts. `entries` is how many
    acts there were in all. `chain` is None where it was not walked.
    """

    insurer: Insurer
    period: Period
    suspects: Suspects
    actors: tuple[str, ...]
    entries: int
    people: tuple[Group, ...]
    accounts: tuple[Group, ...]
    calls: tuple[Group, ...]
    recordings: tuple[Group, ...]
    exports: tuple[Touch, ...]
    searches: tuple[Touch, ...]
    persons: Mapping[str, Person]
    chain: Verdict | None
    made_at: datetime


def breach_report(
    centre: Centre,
    insurer: Insurer,
    period: Period,
    suspects: Suspects,
    *,
    by: str,
    file: str | None = None,
    has_chain: bool = True,
) -> BreachReport:
    """What these suspects did in the period. Looking, and taking it as a `file`, is audited with everybody in it.

    The chain is walked whole or, without `has_chain`, not at all: an entry that held once may have been changed since,
    so that no verdict can be kept.
    """
    settings = centre.settings
    chain = verify(centre.database, key=settings.audit_key, data_dir=settings.data_dir) if has_chain else None
    since, until = period.since, period.until
    with centre.database.reading("read_breach") as tx:
        actors = actors_of(tx, suspects, insurer_id=insurer.id, since=since, until=until)
        wanted = None if suspects.is_everybody else actors
        touches = read_touches(tx, insurer_id=insurer.id, actors=wanted, since=since, until=until)
        people = _grouped(touches, lambda touch: touch.people)
        persons = read_people(tx, insurer.id, [one.key for one in people])
    report = BreachReport(
        insurer=insurer,
        period=period,
        suspects=suspects,
        actors=tuple(sorted({one.name for one in actors})),
        entries=len(touches),
        people=people,
        accounts=_grouped(touches, lambda touch: (touch.actor,)),
        calls=_grouped(touches, lambda touch: touch.calls),
        recordings=_grouped([one for one in touches if one.action == PLAYED], lambda touch: touch.recordings),
        exports=tuple(one for one in touches if one.action in _EXPORTS),
        searches=tuple(one for one in touches if one.action in _SEARCHES),
        persons=persons,
        chain=chain,
        made_at=centre.clock.now(),
    )
    _write_down(centre, report, by, file)
    return report


def _grouped(touches: Sequence[Touch], keys: Callable[[Touch], Iterable[str]]) -> tuple[Group, ...]:
    """Whoever was touched first comes first."""
    found: defaultdict[str, list[Touch]] = defaultdict(list)
    for touch in touches:
        for key in sorted(keys(touch)):
            found[key].append(touch)
    return tuple(sorted((_group(key, own) for key, own in found.items()), key=lambda one: (one.first_at, one.key)))


def _group(key: str, touches: Sequence[Touch]) -> Group:
    return Group(
        key=key,
        actions=Counter(one.action for one in touches),
        actors=tuple(sorted({one.actor for one in touches})),
        people=len({person for one in touches for person in one.people}),
        calls=len({call for one in touches for call in one.calls}),
        recordings=len({recording for one in touches for recording in one.recordings}),
        first_at=min(one.at for one in touches),
        last_at=max(one.at for one in touches),
    )


def _write_down(centre: Centre, report: BreachReport, by: str, file: str | None) -> None:
    """A file names people whole: taking it touches everybody in it."""
    taken = {} if file is None else {"file": file, "people": " ".join(one.key for one in report.people)}
    with centre.database.transaction("breach_report") as tx:
        audit(
            tx,
            insurer_id=report.insurer.id,
            at=report.made_at,
            actor=by,
            action=REPORTED,
            subject_kind="breach",
            subject_id="",
            since=report.period.since.isoformat(),
            until=report.period.until.isoformat(),
            of=" ".join(report.actors) or None,
            addresses=" ".join(report.suspects.addresses) or None,
            entries=report.entries,
            found=len(report.people),
            **taken,
        )
