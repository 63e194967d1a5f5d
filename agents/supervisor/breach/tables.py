"""The report as tables: for the page's print, for spreadsheets and for the PDF, in the reader's words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask_babel import gettext

from agents.staff.formats import moment, worded
from agents.supervisor.audit.words import audit_words
from agents.supervisor.breach.report import BreachReport, Group
from agents.supervisor.breach.touches import Touch
from agents.supervisor.exports.file import Holds

_NOT_TOLD = frozenset({"calls", "people", "requests"})


@dataclass(frozen=True)
class Table:
    """A title, the columns' names, the rows as text, and what columns hold; text from where nothing more is told."""

    name: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    holds: tuple[Holds, ...] = ()


def tables(report: BreachReport, *, is_whole: bool) -> tuple[Table, ...]:
    """Everything that the report says; people by name, policy and telephone where it `is_whole`, else masked."""
    return (
        summary(report),
        people(report, is_whole=is_whole),
        _groups(report, "accounts", str(gettext("By account")), report.accounts),
        _groups(report, "calls", str(gettext("Calls")), report.calls),
        _groups(report, "recordings", str(gettext("Recordings played")), report.recordings),
        _acts(report, "exports", str(gettext("Exports")), report.exports),
        _acts(report, "searches", str(gettext("Searches")), report.searches),
    )


def summary(report: BreachReport) -> Table:
    """What was asked, how much there is, and whether the audit itself can be trusted."""
    suspects = report.suspects
    named = ", ".join((*suspects.accounts, *suspects.tokens, *suspects.addresses)) or gettext("everybody")
    rows = (
        (gettext("Insurer"), worded(report.insurer.title)),
        (gettext("From"), _at(report, report.period.since)),
        (gettext("Until"), _at(report, report.period.until)),
        (gettext("Suspected"), named),
        (gettext("Known to the audit as"), ", ".join(report.actors) or "–"),
        (gettext("Acts"), str(report.entries)),
        (gettext("People touched"), str(len(report.people))),
        (gettext("Calls touched"), str(len(report.calls))),
        (gettext("Recordings played"), str(len(report.recordings))),
        (gettext("The audit's chain"), chain_words(report)),
        (gettext("Report made"), _at(report, report.made_at)),
    )
    return Table("summary", str(gettext("Summary")), ("", ""), tuple((str(name), str(value)) for name, value in rows))


def chain_words(report: BreachReport) -> str:
    """Whether nothing was changed or taken out of the audit, as `pult audit verify` finds."""
    chain = report.chain
    if chain is None:
        return str(gettext("not verified in this look: tick “Verify the audit's chain” above, or take a file"))
    if chain.findings:
        return str(gettext("broken: %(findings)s", findings="; ".join(chain.findings)))
    return str(
        gettext("whole: %(sealed)s entries, %(unsealed)s not sealed yet", sealed=chain.sealed, unsealed=chain.unsealed)
    )


def people(report: BreachReport, *, is_whole: bool) -> Table:
    """Whose data was touched, with what a notice to them needs."""
    who = (
        (gettext("Full name"), gettext("Born on"), gettext("Policy number"), gettext("Telephones"))
        if is_whole
        else (gettext("Person"),)
    )
    head = (gettext("Id"), *who, gettext("Accounts"), *_head_of_groups())
    rows = tuple(
        (one.key, *_person(report, one.key, is_whole), ", ".join(one.actors), *_cells(report, one))
        for one in report.people
    )
    held_of_who = (Holds.TEXT, Holds.DAY, Holds.TEXT, Holds.TEXT) if is_whole else (Holds.TEXT,)
    held = (Holds.TEXT, *held_of_who, Holds.TEXT, *_HELD_OF_GROUPS)
    return Table("people", str(gettext("By person")), tuple(str(one) for one in head), rows, held)


def _person(report: BreachReport, insured_id: str, is_whole: bool) -> tuple[str, ...]:
    person = report.persons.get(insured_id)
    if person is None:
        gone = str(gettext("not on file any more"))
        return (gone, "", "", "") if is_whole else (gone,)
    if not is_whole:
        return (person.masked,)
    return person.full_name, person.born_on, person.policy, ", ".join(person.phones)


def _groups(report: BreachReport, name: str, title: str, groups: Sequence[Group]) -> Table:
    is_account = name == "accounts"
    key = gettext("Account") if is_account else gettext("Id")
    second = gettext("People") if is_account else gettext("Accounts")
    head = (key, second, *_head_of_groups())
    rows = tuple(
        (one.key, str(one.people) if is_account else ", ".join(one.actors), *_cells(report, one)) for one in groups
    )
    held = (Holds.TEXT, Holds.NUMBER if is_account else Holds.TEXT, *_HELD_OF_GROUPS)
    return Table(name, title, tuple(str(one) for one in head), rows, held)


_HELD_OF_GROUPS: Final = (Holds.NUMBER, Holds.NUMBER, Holds.MOMENT, Holds.MOMENT, Holds.TEXT)


def _head_of_groups() -> tuple[str, ...]:
    return (
        *(str(gettext("Calls")), str(gettext("Recordings"))),
        *(str(gettext("First time")), str(gettext("Last time")), str(gettext("What was done"))),
    )


def _cells(report: BreachReport, one: Group) -> tuple[str, ...]:
    """'3 × looked at the call, played a recording'."""
    done = ", ".join(f"{count} × {audit_words(action)}" for action, count in sorted(one.actions.items()))
    return str(one.calls), str(one.recordings), _at(report, one.first_at), _at(report, one.last_at), done


def _acts(report: BreachReport, name: str, title: str, touches: Sequence[Touch]) -> Table:
    head = (
        *(gettext("When"), gettext("Account"), gettext("What was done"), gettext("Id")),
        *(gettext("Calls"), gettext("People"), gettext("More")),
    )
    rows = tuple(
        (
            *(_at(report, one.at), one.actor, audit_words(one.action), one.subject_id),
            *(str(len(one.calls)), str(len(one.people)), detail_words(one.detail)),
        )
        for one in touches
    )
    held = (Holds.MOMENT, *[Holds.TEXT] * 3, Holds.NUMBER, Holds.NUMBER, Holds.TEXT)
    return Table(name, title, tuple(str(one) for one in head), rows, held)


def detail_words(detail: Mapping[str, object]) -> str:
    """What else the entry says, without lists of ids."""
    told = [(name, value) for name, value in detail.items() if value is not None and name not in _NOT_TOLD]
    return " · ".join(f"{name} {value}" for name, value in told)


def _at(report: BreachReport, at: object) -> str:
    zone = report.insurer.time_zone
    as_moment: Callable[..., str] = moment
    return as_moment(at, zone).replace("\N{NO-BREAK SPACE}", " ")
