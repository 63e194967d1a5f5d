"""What entries of the audit touched: people, calls and recordings, also those in files that were taken away."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select

from agents.models import Dial
from agents.supervisor.breach.suspects import Actor
from agents.supervisor.exports.exporting import FILLED, TAKEN
from config.audit import AuditEntry
from config.database import Transaction
from config.ids import in_parts
from ivr.calls.models import Call, Outcome, Request
from recordings.models import Recording


@dataclass
class Touch:
    """One act: by whom, what and when; the rows' ids that it showed, changed or took away."""

    entry_id: int
    at: datetime
    actor: str
    action: str
    subject_kind: str
    subject_id: str
    detail: Mapping[str, Any]
    people: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    recordings: set[str] = field(default_factory=set)


def read_touches(
    tx: Transaction, *, insurer_id: str, actors: Collection[Actor] | None, since: datetime, until: datetime
) -> list[Touch]:
    """Every act of these actors (None is everybody) in the half-open period at the insurer, the oldest first."""
    statement = select(AuditEntry).where(
        AuditEntry.insurer_id == insurer_id, AuditEntry.at >= since, AuditEntry.at < until, AuditEntry.action != FILLED
    )
    if actors is not None:
        statement = statement.where(or_(false(), *(_by(one) for one in actors)))
    touches = [_touch(one) for one in tx.scalars(statement.order_by(AuditEntry.id))]
    _add_contents(tx, touches)
    _follow(tx, touches)
    return touches


def _by(actor: Actor) -> ColumnElement[bool]:
    """The last moment counts: an act and the end of the role that it was done by may have the same."""
    is_by = AuditEntry.actor == actor.name
    if actor.since is not None:
        is_by = and_(is_by, AuditEntry.at >= actor.since)
    if actor.until is not None:
        is_by = and_(is_by, AuditEntry.at <= actor.until)
    return is_by


def _touch(entry: AuditEntry) -> Touch:
    touch = Touch(entry.id, entry.at, entry.actor, entry.action, entry.subject_kind, entry.subject_id, entry.detail)
    touch.calls |= {*_ids(entry.detail, "calls"), *_ids(entry.detail, "call")}
    touch.people |= set(_ids(entry.detail, "people"))
    touch.recordings |= set(_ids(entry.detail, "recordings"))
    own = {"insured": touch.people, "call": touch.calls, "recording": touch.recordings}.get(entry.subject_kind)
    if own is not None and entry.subject_id:
        own.add(entry.subject_id)
    return touch


def _ids(detail: Mapping[str, Any], name: str) -> Sequence[str]:
    """Ids that an entry lists, parted by spaces."""
    listed = detail.get(name)
    return listed.split() if isinstance(listed, str) else ()


def _add_contents(tx: Transaction, touches: Sequence[Touch]) -> None:
    """Who took a file touched everybody in it, whenever it was filled."""
    taken = {touch.subject_id for touch in touches if touch.action == TAKEN}
    contents: defaultdict[str, set[str]] = defaultdict(set)
    for some in in_parts(sorted(taken)):
        statement = select(AuditEntry.subject_id, AuditEntry.detail).where(
            AuditEntry.subject_kind == "export", AuditEntry.subject_id.in_(some), AuditEntry.action == FILLED
        )
        for export_id, detail in tx.execute(statement):
            contents[export_id] |= set(_ids(detail, "calls"))
    for touch in touches:
        if touch.action == TAKEN:
            touch.calls |= contents[touch.subject_id]


def _follow(tx: Transaction, touches: Sequence[Touch]) -> None:
    """From requests, outcomes, dials and recordings to their calls, and from calls to the people they are about."""
    for kind, model in (("request", Request), ("outcome", Outcome), ("dial", Dial)):
        rows: Mapping[str, Any] = {row.id: row for row in _rows(tx, model, _named(touches, kind))}
        for touch in touches:
            for row in (rows[one] for one in _named([touch], kind) if one in rows):
                touch.people |= _known(row, "insured_id")
                touch.calls |= _known(row, "call_id", "about_call_id")
    played = {row.id: row.call_id for row in _rows(tx, Recording, _all(touches, "recordings"))}
    for touch in touches:
        touch.calls |= {played[one] for one in touch.recordings if one in played}
    about = {row.id: row.insured_id for row in _rows(tx, Call, _all(touches, "calls"))}
    for touch in touches:
        touch.people |= {person for one in touch.calls if (person := about.get(one)) is not None}


def _named(touches: Sequence[Touch], kind: str) -> list[str]:
    """Ids of rows of that kind: what entries are about, and what they list."""
    about = [touch.subject_id for touch in touches if touch.subject_kind == kind and touch.subject_id]
    return about + [one for touch in touches for one in _ids(touch.detail, f"{kind}s")]


def _known(row: object, *names: str) -> set[str]:
    return {value for name in names if (value := getattr(row, name, None))}


def _all(touches: Sequence[Touch], name: str) -> set[str]:
    return {one for touch in touches for one in getattr(touch, name)}


def _rows(tx: Transaction, model: type[Any], ids: Iterable[str]) -> Iterator[Any]:
    for some in in_parts(sorted(set(ids))):
        yield from tx.scalars(select(model).where(model.id.in_(some)))
