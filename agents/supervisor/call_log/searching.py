"""Searches the call log: newest first, page by page, and never more than a bounded stretch of it in one go.

A call's id begins with the instant of its first ring (`config.ids`), so that ids are the order of the log, and every
index that ends in a call's id finds its calls in that order. The search walks the one index that narrows most and looks
at the other conditions call by call, for at most `LOOK` calls: then it says how far it came, and goes on from there if
asked. All of it is one statement, which the database breaks off as soon as the page is full.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute

from agents.models import SERVING_PURPOSES, Agent, Offer, QueuedCall
from agents.supervisor.errors import SearchTooWide
from config.audit import audit
from config.database import Transaction
from config.ids import first_id_at
from config.line_descriptions import Insurer
from config.phone_numbers import mask_phone
from config.sql_seconds import seconds_between
from ivr.calls.models import Call, Leg, Outcome
from ivr.calls.note_words import WordsSought
from ivr.insured.finding import as_keyed, as_written, has_number
from ivr.insured.models import InsuredPerson, Policy
from ivr.policy_numbers import mask_policy
from recordings.models import Recording

PAGE: Final = 50
LOOK: Final = 5_000
"""How many calls one search looks at where an index alone does not answer it."""
Limits: TypeAlias = tuple[int | None, int | None]
"""The least and the most seconds."""
ANY_LENGTH: Final[Limits] = (None, None)
_LEAST_SIGNS: Final = 6
_LAST_SIGNS: Final = 4
"""What the line reads out of a policy's number."""
_MANY: Final = 2_000
# To find the words of a note takes as long as everything else that is asked of a few calls.
_SHARE_FOR_WORDS: Final = 0.3
# As their indexes have them.
_IS_EMERGENCY: Final[ColumnElement[bool]] = literal_column("calls.is_emergency")
_IS_OPEN: Final[ColumnElement[bool]] = literal_column("calls.state <> 'ended'")
HAD_THE_CALLER: Final[tuple[ColumnElement[bool], ...]] = (
    Offer.call_id == Call.id,
    Offer.bridged_at.is_not(None),
    Offer.purpose.in_(SERVING_PURPOSES),
)
"""The offers of a call whose agents had its caller: not those who listened, or were asked for advice."""


@dataclass(frozen=True)
class CallSearch:
    """What is searched for; None is any. `since` is the first instant, `until` the first one after; `phone` is E.164,
    `policy` a whole number as written or keyed, or with `since` its last four signs, `agent` a code, `text` a part of
    an outcome's note, `left` the step at which the call ended without anybody's having spoken to the caller
    (`Call.last_step`). Where it `is_counted` by reports, the outcome is the primary one and the agent had the caller.
    Seconds are the least and the most of them. `updated_since` finds what began, ended, or got an
    outcome then or later.
    """

    since: datetime | None = None
    until: datetime | None = None
    line: str | None = None
    queue: str | None = None
    agent: str | None = None
    outcome: str | None = None
    left: str | None = None
    insured_id: str | None = None
    policy: str | None = None
    phone: str | None = None
    text: str | None = None
    lasted: Limits = ANY_LENGTH
    waited: Limits = ANY_LENGTH
    has_recording: bool | None = None
    is_emergency: bool = False
    is_open: bool = False
    is_counted: bool = False
    updated_since: datetime | None = None

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
    tx: Transaction,
    *,
    insurer: Insurer,
    wanted: CallSearch,
    by: str,
    at: datetime,
    before: str | None = None,
    most: int | None = None,
) -> FoundCalls:
    """One page of the insurer's calls, for `by` to read; audited, see `audited_reading`. Raises SearchTooWide."""
    found = find_calls(tx, insurer=insurer, wanted=wanted, before=before, most=PAGE if most is None else most)
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
    found: list[str] = []
    for walk in _walks(tx, insurer, wanted):
        stretch = walk.look(tx, before, most + 1 - len(found))
        found += stretch.fitting
        if len(found) > most:
            return FoundCalls(_rows(tx, found[:most]), found[most - 1], None)
        if stretch.ended_at is None:
            return FoundCalls(_rows(tx, found), None, None)
        before = stretch.ended_at
    return FoundCalls(_rows(tx, found), before, _instant_of(tx, before))


@dataclass(frozen=True)
class _Stretch:
    """What a look found, the newest first; `ended_at` is the last id it looked at, None where it saw all there are."""

    fitting: Sequence[str]
    ended_at: str | None


class _Walk:
    """The index that is walked, calls' ids in `column`, the newest first; and what each call must be besides."""

    def __init__(
        self,
        column: SQLColumnExpression[str],
        within: Collection[ColumnElement[bool]],
        rest: "_Conditions",
        *,
        share: float = 1.0,
    ) -> None:
        self._most_seen = max(1, round(LOOK * share))
        self.rest = list(rest.values())
        self._column = column
        # Of several rows of one call one counts: the index has them side by side.
        ids = select(column.label("id")) if column is Call.id else select(column.label("id")).group_by(column)
        self._ids = ids.where(*within).order_by(column.desc())

    def statement(self, before: str | None) -> Select[Any]:
        """The ids before that one."""
        return self._ids if before is None else self._ids.where(self._column < before)

    def look(self, tx: Transaction, before: str | None, most: int) -> _Stretch:
        """At most so many calls before that id that fit, out of the next `LOOK` or the walk's share of them."""
        ids = self.statement(before)
        if not self.rest:
            fitting = list(tx.scalars(ids.limit(most)))
            return _Stretch(fitting, fitting[-1] if len(fitting) == most else None)
        walked = ids.limit(self._most_seen).subquery("walked")
        # One call at a time, by its own id: no guess of a planner's can make this read a whole table.
        fits = select(literal(1)).where(Call.id == walked.c.id, *self.rest).correlate(walked).scalar_subquery()
        statement = select(walked.c.id).where(fits.is_not(None)).order_by(walked.c.id.desc())
        fitting = list(tx.scalars(statement.limit(most)))
        if len(fitting) == most:
            return _Stretch(fitting, fitting[-1])
        seen, last = tx.execute(select(func.count(), func.min(walked.c.id))).one()
        return _Stretch(fitting, None if seen < self._most_seen else last)


_Conditions = dict[str, ColumnElement[bool]]


def _walks(tx: Transaction, insurer: Insurer, wanted: CallSearch) -> Iterator[_Walk]:
    """What to walk, one after the other. Words of notes are sought along the log first, where frequent ones are soon
    found; then, where the database has an index of words, along that: only rare ones are left for it.
    """
    words = None if wanted.text is None else WordsSought(tx, wanted.text)
    rest = _conditions(tx, insurer, wanted, words)
    period = _period(wanted)
    if words is not None and words.is_indexed:
        yield _along(tx, insurer, wanted, dict(rest), share=_SHARE_FOR_WORDS)
        # Fenced off, or PostgreSQL may think it quicker to read every note in the order of the calls.
        noted = select(Outcome.call_id).where(Outcome.insurer_id == insurer.id, words.in_a_note).offset(0).subquery()
        del rest["text"]
        yield _Walk(noted.c.call_id, period(noted.c.call_id), rest)
    else:
        yield _along(tx, insurer, wanted, rest)


def _along(
    tx: Transaction, insurer: Insurer, wanted: CallSearch, rest: "_Conditions", *, share: float = 1.0
) -> _Walk:
    """The walk along that index, of those for what is wanted, that has the fewest calls; of frequent ones the first
    here. What the index answers is out of `rest` then.
    """
    of_insurer = Call.insurer_id == insurer.id
    walks: Mapping[str, tuple[InstrumentedAttribute[str], Collection[ColumnElement[bool]]]] = {
        "people": (Call.id, (of_insurer, rest.get("people", of_insurer))),
        "phone": (Call.id, (of_insurer, Call.ani == wanted.phone)),
        "open": (Call.id, (of_insurer, _IS_OPEN)),
        "emergency": (Call.id, (of_insurer, _IS_EMERGENCY)),
        "agent": (Leg.call_id, (Leg.agent_id == _agent_id(tx, insurer, wanted), Leg.answered_at.is_not(None))),
        "outcome": (Outcome.call_id, (Outcome.insurer_id == insurer.id, Outcome.code == wanted.outcome)),
        "queue": (QueuedCall.call_id, _in_queue(insurer, wanted)),
        "left": (Call.id, (of_insurer, Call.last_step == wanted.left)),
        "line": (Call.id, (of_insurer, Call.line == wanted.line)),
        "recorded": (Recording.call_id, (Recording.insurer_id == insurer.id,)),
    }
    period = _period(wanted)
    asked = {name: (column, (*within, *period(column))) for name, (column, within) in walks.items() if name in rest}
    if not asked:
        return _Walk(Call.id, (of_insurer, *period(Call.id)), rest, share=share)
    name = min(asked, key=lambda one: _count(tx, *asked[one])) if len(asked) > 1 else next(iter(asked))
    del rest[name]
    return _Walk(*asked[name], rest, share=share)


def _count(tx: Transaction, column: InstrumentedAttribute[str], within: Collection[ColumnElement[bool]]) -> int:
    """How many there are, counted up to where it does not matter any more."""
    some = select(column).where(*within).limit(_MANY).subquery()
    return tx.scalar(select(func.count()).select_from(some)) or 0


def _period(wanted: CallSearch) -> Callable[[SQLColumnExpression[str]], list[ColumnElement[bool]]]:
    """Only the period asked for, as a condition on calls' ids."""

    def within(column: SQLColumnExpression[str]) -> list[ColumnElement[bool]]:
        since = [] if wanted.since is None else [column >= first_id_at(wanted.since)]
        return since + ([] if wanted.until is None else [column < first_id_at(wanted.until)])

    return within


def _conditions(tx: Transaction, insurer: Insurer, wanted: CallSearch, words: WordsSought | None) -> _Conditions:
    """What is asked of a call, by names; notes of anonymous calls stay shut."""
    found: _Conditions = {}
    if people := _people(tx, insurer, wanted):
        found["people"] = Call.insured_id.in_(people)
    if wanted.policy is not None and _is_end(wanted):
        found["policy's end"] = _ends_in(wanted.policy)
    if wanted.phone:
        found["phone"] = Call.ani == wanted.phone
    if wanted.concerns_somebody or words is not None:
        found["not anonymous"] = Call.is_anonymous.is_(False)
    if wanted.agent:
        agent = _agent_id(tx, insurer, wanted)
        found["agent"] = exists().where(Leg.call_id == Call.id, Leg.agent_id == agent, Leg.answered_at.is_not(None))
    if wanted.outcome:
        found["outcome"] = exists().where(Outcome.call_id == Call.id, Outcome.code == wanted.outcome)
    if wanted.is_counted:
        found |= dict(_counted(tx, insurer, wanted))
    if wanted.queue:
        found["queue"] = exists().where(QueuedCall.call_id == Call.id, *_in_queue(insurer, wanted))
    if wanted.left:
        found["left"] = Call.last_step == wanted.left
    if wanted.line:
        found["line"] = Call.line == wanted.line
    if wanted.has_recording is not None:
        has = exists().where(Recording.call_id == Call.id)
        found |= {"recorded": has} if wanted.has_recording else {"not recorded": ~has}
    if wanted.is_emergency:
        found["emergency"] = _IS_EMERGENCY
    if wanted.is_open:
        found["open"] = _IS_OPEN
    if wanted.lasted != ANY_LENGTH:
        found["lasted"] = and_(*_are_within(wanted.lasted, seconds_between(Call.started_at, Call.ended_at)))
    if wanted.waited != ANY_LENGTH:
        found["waited"] = and_(*_are_within(wanted.waited, Call.waited_seconds))
    if words is not None:
        found["text"] = exists().where(Outcome.call_id == Call.id, words.in_a_note)
    if wanted.updated_since is not None:
        found["updated"] = _is_updated(wanted.updated_since)
    return found


def _counted(tx: Transaction, insurer: Insurer, wanted: CallSearch) -> Iterator[tuple[str, ColumnElement[bool]]]:
    """What reports ask of an outcome and of an agent, beyond what an index of theirs answers."""
    if wanted.outcome:
        is_it = (Outcome.call_id == Call.id, Outcome.code == wanted.outcome, Outcome.is_primary)
        yield "outcome counted", exists().where(*is_it)
    if wanted.agent:
        yield "agent counted", exists().where(*HAD_THE_CALLER, Offer.agent_id == _agent_id(tx, insurer, wanted))


def _in_queue(insurer: Insurer, wanted: CallSearch) -> tuple[ColumnElement[bool], ...]:
    """Any queue that the call went through, not only the last one."""
    return QueuedCall.insurer_id == insurer.id, QueuedCall.queue == wanted.queue


def _is_updated(since: datetime) -> ColumnElement[bool]:
    written = or_(Outcome.recorded_at >= since, Outcome.done_at >= since)
    is_written = exists().where(Outcome.call_id == Call.id, written)
    return or_(Call.started_at >= since, Call.ended_at >= since, is_written)


def _people(tx: Transaction, insurer: Insurer, wanted: CallSearch) -> list[str]:
    """The insured people asked for: one by id, and all on a policy. Nobody is somebody whom no call has."""
    if wanted.policy is None or _is_end(wanted):
        return [wanted.insured_id] if wanted.insured_id else []
    if len(as_keyed(wanted.policy)) < _LEAST_SIGNS:
        raise SearchTooWide
    on_policy = (
        select(InsuredPerson.id)
        .join(Policy, Policy.id == InsuredPerson.policy_id)
        .where(Policy.insurer_id == insurer.id, has_number(wanted.policy))
    )
    found = [one for one in tx.scalars(on_policy) if wanted.insured_id in (None, one)]
    return found or [""]


def _is_end(wanted: CallSearch) -> bool:
    """Whether the last signs of a policy's number are asked for; only within days, as many numbers end so."""
    return wanted.since is not None and len(as_keyed(wanted.policy or "")) == _LAST_SIGNS


def _ends_in(signs: str) -> ColumnElement[bool]:
    """The policy of the call's insured person; asked of each call by itself, whatever number of policies ends so."""
    ends = or_(
        Policy.number.endswith(as_written(signs), autoescape=True),
        Policy.keyed_form.endswith(as_keyed(signs), autoescape=True),
    )
    return exists().where(InsuredPerson.id == Call.insured_id, Policy.id == InsuredPerson.policy_id, ends)


def _agent_id(tx: Transaction, insurer: Insurer, wanted: CallSearch) -> str:
    if wanted.agent is None:
        return ""
    return tx.scalar(select(Agent.id).where(Agent.insurer_id == insurer.id, Agent.code == wanted.agent)) or ""


def _are_within(limits: Limits, seconds: SQLColumnExpression[Any]) -> list[ColumnElement[bool]]:
    least, most = limits
    return ([] if least is None else [seconds >= least]) + ([] if most is None else [seconds <= most])


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
        "left": wanted.left,
        "policy": mask_policy(wanted.policy) if wanted.policy else None,
        "phone": mask_phone(wanted.phone) if wanted.phone else None,
        "text": " ".join(f"{word[0]}…" for word in wanted.text.split()) if wanted.text else None,
        "newest": calls[0].id if calls else None,
        "oldest": calls[-1].id if calls else None,
        "calls": " ".join(call.id for call in calls) or None,
    }
    return {name: value for name, value in asked.items() if value is not None}
