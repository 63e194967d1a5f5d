"""Searches the call log: newest first, page by page, and never more than a bounded stretch of it in one go.

A call's id begins with the instant of its first ring (`config.ids`), so that ids are the order of the log, and every
index that ends in a call's id finds its calls in that order. The search walks the one index that narrows most and looks
at the other conditions call by call, for at most `LOOK` calls: then it says how far it came, and goes on from there if
asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from agents.models import Agent, QueuedCall, Wait
from agents.supervisor.errors import SearchTooWide
from config.audit import audit
from config.database import Transaction
from config.ids import first_id_at
from config.line_descriptions import Insurer
from config.phone_numbers import mask_phone
from ivr.calls.models import Call, Leg, Outcome
from ivr.insured.models import InsuredPerson, Policy
from ivr.policy_numbers import keyed_form, mask_policy
from recordings.models import Recording

PAGE: Final = 50
LOOK: Final = 4_000
"""How many calls one search looks at where an index alone does not answer it."""
_AT_ONCE: Final = 1000
_LEAST_SIGNS: Final = 6


@dataclass(frozen=True)
class CallSearch:
    """What is searched for; None is any. `since` is the first instant, `until` the first one after; `phone` is E.164,
    `policy` a whole number as written or keyed, `agent` a code, `text` a part of an outcome's note. Seconds are the
    least and the most of them.
    """

    since: datetime | None = None
    until: datetime | None = None
    line: str | None = None
    queue: str | None = None
    agent: str | None = None
    outcome: str | None = None
    insured_id: str | None = None
    policy: str | None = None
    phone: str | None = None
    text: str | None = None
    lasted: tuple[int | None, int | None] = (None, None)
    waited: tuple[int | None, int | None] = (None, None)
    has_recording: bool | None = None
    is_emergency: bool = False
    is_open: bool = False

    @property
    def concerns_somebody(self) -> bool:
        """Whether it asks for calls of a person, which calls that are anonymous must not answer."""
        return bool(self.insured_id or self.policy or self.phone)


@dataclass(frozen=True)
class FoundCalls:
    """A page of calls, newest first. `go_on_at` is the id before which the next page begins, None at the end of the
    log; `looked_back_to` is the instant at which a search that found too little stopped for now.
    """

    calls: tuple[Call, ...]
    go_on_at: str | None
    looked_back_to: datetime | None


def search_calls(
    tx: Transaction, *, insurer: Insurer, wanted: CallSearch, by: str, at: datetime, before: str | None = None
) -> FoundCalls:
    """One page of the insurer's calls, for `by` to read, which is audited: `tx` must write. Raises SearchTooWide."""
    found = find_calls(tx, insurer=insurer, wanted=wanted, before=before, most=PAGE)
    audit(
        tx,
        insurer_id=insurer.id,
        at=at,
        actor=by,
        action="calls_searched",
        subject_kind="insured" if wanted.insured_id else "calls",
        subject_id=wanted.insured_id or "",
        found=len(found.calls),
        **_for_the_audit(wanted, found.calls),
    )
    return found


def find_calls(tx: Transaction, *, insurer: Insurer, wanted: CallSearch, before: str | None, most: int) -> FoundCalls:
    """As `search_calls`, at most so many and without an entry: whoever calls it sees to the audit."""
    walk, rest = _plan(tx, insurer, wanted)
    found: list[str] = []
    at = before
    for ids in _walked(tx, walk, before, _step(wanted, rest, most)):
        fitting = _fitting(tx, ids, wanted, rest)
        found += fitting
        at = ids[-1]
        if len(found) > most:
            return FoundCalls(_rows(tx, found[:most]), found[most - 1], None)
    if walk.is_exhausted:
        return FoundCalls(_rows(tx, found), None, None)
    return FoundCalls(_rows(tx, found), at, _instant_of(tx, at))


class _Walk:
    """The index that is walked: a statement that gives calls' ids, the newest first."""

    def __init__(self, column: InstrumentedAttribute[str], *conditions: ColumnElement[bool]) -> None:
        self.column = column
        # Grouped, as several rows of one call may fit: the index has them side by side.
        self.statement = select(column).where(*conditions).group_by(column).order_by(column.desc())
        self.is_exhausted = False

    def within(self, wanted: CallSearch) -> "_Walk":
        """Only the period asked for."""
        if wanted.since is not None:
            self.statement = self.statement.where(self.column >= first_id_at(wanted.since))
        if wanted.until is not None:
            self.statement = self.statement.where(self.column < first_id_at(wanted.until))
        return self


_Conditions = dict[str, ColumnElement[bool]]


def _plan(tx: Transaction, insurer: Insurer, wanted: CallSearch) -> tuple[_Walk, list[ColumnElement[bool]]]:
    """What to walk, and what to look at call by call. The conditions stand in the order of how much each narrows."""
    rest = _conditions(tx, insurer, wanted)
    of_insurer = Call.insurer_id == insurer.id
    walks: Mapping[str, _Walk] = {
        "people": _Walk(Call.id, of_insurer, rest.get("people", of_insurer)),
        "phone": _Walk(Call.id, of_insurer, Call.ani == wanted.phone),
        "agent": _Walk(Leg.call_id, Leg.agent_id == _agent_id(tx, insurer, wanted), Leg.answered_at.is_not(None)),
        "outcome": _Walk(Outcome.call_id, Outcome.insurer_id == insurer.id, Outcome.code == wanted.outcome),
        "queue": _Walk(QueuedCall.call_id, *_in_queue(insurer, wanted)),
        "line": _Walk(Call.id, of_insurer, Call.line == wanted.line),
    }
    for name, walk in walks.items():
        if rest.pop(name, None) is not None:
            return walk.within(wanted), list(rest.values())
    return _Walk(Call.id, of_insurer).within(wanted), list(rest.values())


def _conditions(tx: Transaction, insurer: Insurer, wanted: CallSearch) -> _Conditions:
    found: _Conditions = {}
    if people := _people(tx, insurer, wanted):
        found["people"] = Call.insured_id.in_(people)
    if wanted.phone:
        found["phone"] = Call.ani == wanted.phone
    if wanted.concerns_somebody:
        found["not anonymous"] = Call.is_anonymous.is_(False)
    if wanted.agent:
        agent = _agent_id(tx, insurer, wanted)
        found["agent"] = exists().where(Leg.call_id == Call.id, Leg.agent_id == agent, Leg.answered_at.is_not(None))
    if wanted.outcome:
        found["outcome"] = exists().where(Outcome.call_id == Call.id, Outcome.code == wanted.outcome)
    if wanted.queue:
        found["queue"] = exists().where(QueuedCall.call_id == Call.id, *_in_queue(insurer, wanted))
    if wanted.line:
        found["line"] = Call.line == wanted.line
    if wanted.has_recording is not None:
        has = exists().where(Recording.call_id == Call.id)
        found["recording"] = has if wanted.has_recording else ~has
    if wanted.is_emergency:
        found["emergency"] = Call.is_emergency.is_(True)
    if wanted.is_open:
        found["open"] = Call.ended_at.is_(None)
    return found


def _in_queue(insurer: Insurer, wanted: CallSearch) -> tuple[ColumnElement[bool], ...]:
    """Any queue that the call went through, not only the last one."""
    return QueuedCall.insurer_id == insurer.id, QueuedCall.queue == wanted.queue


def _people(tx: Transaction, insurer: Insurer, wanted: CallSearch) -> list[str]:
    """The insured people asked for: one by id, and all on a policy. Nobody is somebody whom no call has."""
    if wanted.policy is None:
        return [wanted.insured_id] if wanted.insured_id else []
    number = wanted.policy.strip().upper()
    keyed = keyed_form(number) or number
    if len(keyed) < _LEAST_SIGNS:
        raise SearchTooWide
    on_policy = (
        select(InsuredPerson.id)
        .join(Policy, Policy.id == InsuredPerson.policy_id)
        .where(Policy.insurer_id == insurer.id, or_(Policy.number == number, Policy.keyed_form == keyed))
    )
    found = [one for one in tx.scalars(on_policy) if wanted.insured_id in (None, one)]
    return found or [""]


def _agent_id(tx: Transaction, insurer: Insurer, wanted: CallSearch) -> str:
    if wanted.agent is None:
        return ""
    return tx.scalar(select(Agent.id).where(Agent.insurer_id == insurer.id, Agent.code == wanted.agent)) or ""


def _step(wanted: CallSearch, rest: Sequence[ColumnElement[bool]], most: int) -> int:
    """How many ids to take at once: just the page where every one of them fits."""
    is_answered_by_index = not rest and not _looks_closer(wanted)
    return min(most + 1, _AT_ONCE) if is_answered_by_index else _AT_ONCE


def _looks_closer(wanted: CallSearch) -> bool:
    return bool(wanted.text) or wanted.lasted != (None, None) or wanted.waited != (None, None)


def _walked(tx: Transaction, walk: _Walk, before: str | None, step: int) -> Iterator[list[str]]:
    """Ids in steps, up to `LOOK` of them."""
    seen = 0
    while seen < LOOK:
        statement = walk.statement if before is None else walk.statement.where(walk.column < before)
        ids = list(tx.scalars(statement.limit(step)))
        walk.is_exhausted = len(ids) < step
        if ids:
            yield ids
        if walk.is_exhausted:
            return
        before, seen = ids[-1], seen + len(ids)


def _fitting(tx: Transaction, ids: Sequence[str], wanted: CallSearch, rest: Sequence[ColumnElement[bool]]) -> list[str]:
    if not rest and not _looks_closer(wanted):
        return list(ids)
    statement = select(Call.id, Call.started_at, Call.ended_at).where(Call.id.in_(ids), *rest)
    rows = tx.execute(statement.order_by(Call.id.desc())).all()
    fitting = [row.id for row in rows if _is_within(wanted.lasted, _seconds(row.started_at, row.ended_at))]
    if wanted.waited != (None, None):
        longest = _longest_waits(tx, fitting)
        fitting = [one for one in fitting if _is_within(wanted.waited, longest.get(one))]
    return _with_text(tx, fitting, wanted.text) if wanted.text else fitting


def _is_within(limits: tuple[int | None, int | None], seconds: float | None) -> bool:
    least, most = limits
    if (least, most) == (None, None):
        return True
    return seconds is not None and seconds >= (least or 0) and (most is None or seconds <= most)


def _seconds(since: datetime, until: datetime | None) -> float | None:
    return None if until is None else (until - since).total_seconds()


def _longest_waits(tx: Transaction, ids: Sequence[str]) -> Mapping[str, float]:
    statement = select(Wait.call_id, Wait.since, Wait.claimed_at, Wait.ended_at).where(Wait.call_id.in_(ids))
    longest: dict[str, float] = {}
    for one in tx.execute(statement):
        seconds = _seconds(one.since, one.claimed_at or one.ended_at)
        if seconds is not None:
            longest[one.call_id] = max(seconds, longest.get(one.call_id, 0))
    return longest


def _with_text(tx: Transaction, ids: Sequence[str], text: str) -> list[str]:
    """Compared here, as SQLite knows upper and lower case of Latin letters only. Notes of anonymous calls stay shut."""
    wanted = text.casefold()
    statement = (
        select(Outcome.call_id, Outcome.note)
        .join(Call, Call.id == Outcome.call_id)
        .where(Outcome.call_id.in_(ids), Outcome.note.is_not(None), Call.is_anonymous.is_(False))
    )
    fitting = {one.call_id for one in tx.execute(statement) if wanted in (one.note or "").casefold()}
    return [one for one in ids if one in fitting]


def _rows(tx: Transaction, ids: Sequence[str]) -> tuple[Call, ...]:
    statement: Select[Any] = select(Call).where(Call.id.in_(ids)).order_by(Call.id.desc())
    return tuple(tx.scalars(statement))


def _instant_of(tx: Transaction, call_id: str | None) -> datetime | None:
    return None if call_id is None else tx.scalar(select(Call.started_at).where(Call.id == call_id))


def _for_the_audit(wanted: CallSearch, calls: Sequence[Call]) -> dict[str, str | int | bool | None]:
    """For what, and which calls it showed: with digits masked, and of words the first letters."""
    asked: dict[str, str | int | bool | None] = {
        "since": wanted.since.isoformat() if wanted.since else None,
        "until": wanted.until.isoformat() if wanted.until else None,
        "line": wanted.line,
        "queue": wanted.queue,
        "agent": wanted.agent,
        "outcome": wanted.outcome,
        "policy": mask_policy(wanted.policy) if wanted.policy else None,
        "phone": mask_phone(wanted.phone) if wanted.phone else None,
        "text": " ".join(f"{word[0]}…" for word in wanted.text.split()) if wanted.text else None,
        "newest": calls[0].id if calls else None,
        "oldest": calls[-1].id if calls else None,
    }
    return {name: value for name, value in asked.items() if value is not None}
