"""A call replayed step by step, for a supervisor: what was said, pressed, waited for, offered, and what came of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from config.audit import audit
from config.database import Transaction
from config.line_descriptions import Insurers
from config.phone_numbers import mask_phone
from flows.flow import PromptText
from flows.library import FlowSet
from ivr.calls.models import Call, CallEvent, CallTurn, FlowVersion, Hold, Leg
from ivr.calls.outcomes import outcomes_of
from ivr.calls.requests import requests_of, steps_of
from ivr.calls.spoken import SpokenTexts
from ivr.errors import UnknownCall
from ivr.messages import messages_of

# By digest: what it names never changes.
_READ: Final[dict[str, Mapping[str, PromptText]]] = {}
_MOST_READ: Final = 8


@dataclass(frozen=True)
class ReplayStep:
    """One thing that happened, `second` seconds after the first ring; `text` is for reading, `data` for machines."""

    at: datetime
    second: int
    kind: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ReplayOutcome:
    """An outcome as recorded."""

    code: str
    is_primary: bool
    by: str
    at: datetime
    is_on_insured_record: bool
    note: str | None
    rule: str | None
    next_action: str | None
    due_at: datetime | None
    owner: str | None


@dataclass(frozen=True)
class ReplayRequest:
    """A request that the call opened, with the steps reached so far."""

    id: str
    kind: str
    steps: tuple[tuple[str, datetime], ...]
    due_at: datetime | None
    is_open: bool
    owner: str | None
    details: Mapping[str, str]


@dataclass(frozen=True)
class ReplayMessage:
    """A text message of the call; its number masked."""

    template: str
    to: str
    state: str
    written_at: datetime
    error: str | None


@dataclass(frozen=True)
class Replay:
    """A whole call. The caller's number is masked, and nobody's name, policy or birth date is in it."""

    call_id: str
    insurer_id: str
    line: str
    direction: str
    caller: str
    language: str
    level: str
    caller_role: str | None
    state: str
    is_emergency: bool
    is_anonymous: bool
    started_at: datetime
    ended_at: datetime | None
    hangup_cause: str | None
    steps: tuple[ReplayStep, ...]
    outcomes: tuple[ReplayOutcome, ...]
    requests: tuple[ReplayRequest, ...]
    messages: tuple[ReplayMessage, ...]

    def as_json(self) -> dict[str, Any]:
        """The replay as plain values; instants in ISO 8601."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain


def replay_call(tx: Transaction, *, insurers: Insurers, call_id: str, by: str, at: datetime) -> Replay:
    """The call, for `by` to read, which is audited: see `audited_reading`. Raises UnknownCall."""
    call = tx.get(Call, call_id)
    if call is None:
        raise UnknownCall(call_id)
    audit(
        tx,
        insurer_id=call.insurer_id,
        at=at,
        actor=by,
        action="call_replayed",
        subject_kind="call",
        subject_id=call.id,
    )
    return Replay(
        call_id=call.id,
        insurer_id=call.insurer_id,
        line=call.line,
        direction=call.direction,
        caller=masked_caller(call),
        language=call.language,
        level=call.level,
        caller_role=call.caller_role,
        state=call.state,
        is_emergency=call.is_emergency,
        is_anonymous=call.is_anonymous,
        started_at=call.started_at,
        ended_at=call.ended_at,
        hangup_cause=call.hangup_cause,
        steps=tuple(sorted(_steps(tx, call), key=lambda step: step.at)),
        outcomes=_outcomes(tx, call),
        requests=_requests(tx, insurers, call),
        messages=tuple(
            ReplayMessage(one.template, mask_phone(one.to_e164), one.state, one.created_at, one.error)
            for one in messages_of(tx, call.id)
        ),
    )


def masked_caller(call: Call) -> str:
    """The caller's number with its middle left out; empty where it is withheld or forgotten."""
    return "" if call.ani is None or call.is_anonymous else mask_phone(call.ani)


def _outcomes(tx: Transaction, call: Call) -> tuple[ReplayOutcome, ...]:
    return tuple(
        ReplayOutcome(
            code=one.code,
            is_primary=one.is_primary,
            by=one.recorded_by,
            at=one.recorded_at,
            is_on_insured_record=one.insured_id is not None,
            note=one.note,
            rule=one.rule,
            next_action=one.next_action,
            due_at=one.due_at,
            owner=one.owner,
        )
        for one in outcomes_of(tx, call.id)
    )


def _requests(tx: Transaction, insurers: Insurers, call: Call) -> tuple[ReplayRequest, ...]:
    insurer = insurers[call.insurer_id]
    return tuple(
        ReplayRequest(
            id=one.id,
            kind=one.kind,
            steps=tuple((step.step, step.reached_at) for step in steps_of(tx, insurer=insurer, request=one)),
            due_at=one.due_at,
            is_open=one.closed_at is None,
            owner=one.owner,
            details={name: str(value) for name, value in one.details.items()},
        )
        for one in requests_of(tx, call.id)
    )


def _steps(tx: Transaction, call: Call) -> Iterator[ReplayStep]:
    yield from _events(tx, call)
    for leg in tx.scalars(select(Leg).where(Leg.call_id == call.id).order_by(Leg.started_at, Leg.id)):
        yield from _leg(call, leg)
    for hold in tx.scalars(select(Hold).where(Hold.call_id == call.id).order_by(Hold.started_at, Hold.id)):
        yield _step(call, hold.started_at, "hold_began", "on hold")
        if hold.ended_at:
            seconds = int((hold.ended_at - hold.started_at).total_seconds())
            yield _step(call, hold.ended_at, "hold_ended", f"off hold after {seconds} s")


def _leg(call: Call, leg: Leg) -> Iterator[ReplayStep]:
    whose = {"party": leg.party}
    yield _step(call, leg.started_at, "leg_began", f"leg of the {leg.party} begins", whose)
    if leg.answered_at:
        yield _step(call, leg.answered_at, "leg_answered", f"leg of the {leg.party} is answered", whose)
    if leg.ended_at:
        cause = f" ({leg.hangup_cause})" if leg.hangup_cause else ""
        yield _step(call, leg.ended_at, "leg_ended", f"leg of the {leg.party} ends{cause}", whose)


def _events(tx: Transaction, call: Call) -> Iterator[ReplayStep]:
    prompts = _prompts(tx, call.flow_digest)
    spoken = _spoken(tx, call)
    events = tx.scalars(select(CallEvent).where(CallEvent.call_id == call.id).order_by(CallEvent.seq))
    for event in events:
        if event.kind == "said":
            texts = spoken.get(event.at) or SpokenTexts(())
            yield from _said(call, event, prompts, texts)
        else:
            yield _step(call, event.at, event.kind, _in_words(event.kind, event.data), event.data)


def _said(
    call: Call, event: CallEvent, prompts: Mapping[str, PromptText], texts: SpokenTexts
) -> Iterator[ReplayStep]:
    language = str(event.data.get("language") or call.language)
    for prompt_id in event.data.get("prompts") or ():
        text = texts.of(prompts, prompt_id, language)
        yield _step(call, event.at, "said", text, {"prompt": prompt_id, "language": language, "text": text})


def _step(
    call: Call, at: datetime, kind: str, text: str, data: Mapping[str, Any] | None = None
) -> ReplayStep:
    return ReplayStep(at, int((at - call.started_at).total_seconds()), kind, text, dict(data or {}))


def _prompts(tx: Transaction, digest: str) -> Mapping[str, PromptText]:
    """The prompts of a version of the flows. Reading one takes a third of a second, so the last few are kept."""
    if found := _READ.get(digest):
        return found
    version = tx.get(FlowVersion, digest)
    if version is None:
        return {}
    if len(_READ) >= _MOST_READ:
        _READ.clear()
    prompts = _READ[digest] = FlowSet.from_sources(version.sources).prompts
    return prompts


def _spoken(tx: Transaction, call: Call) -> Mapping[datetime, SpokenTexts]:
    """The replies' texts by the instant of the turn, which is that of its events too."""
    replies: dict[datetime, list[str]] = {}
    for turn in tx.scalars(select(CallTurn).where(CallTurn.call_id == call.id)):
        replies.setdefault(turn.at, []).append(turn.reply)
    return {at: SpokenTexts(given) for at, given in replies.items()}


_WORDS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "node_entered": lambda it: f"at {it['flow']}.{it['node']}",
    "key_pressed": lambda it: f"pressed {it['key']}",
    "action_answered": lambda it: f"{it['action']}: {it['result']}",
    "queued": lambda it: f"waits in {it['queue']}",
    "queue_refused": lambda it: f"{it['queue']} is {it['why']}",
    "wait_began": lambda it: f"waits in {it['queue']}{', an emergency' if it['emergency'] else ''}",
    "place_told": lambda it: f"told: {it['ahead']} ahead, {_estimate(it['estimate_seconds'])}",
    "offer_made": lambda it: f"offered to {it['agent']} from {it['queue']}",
    "offer_ringing": lambda it: f"rings at {it['agent']}",
    "offer_accepted": lambda it: f"{it['agent']} answers after {it['waited_seconds']} s of waiting",
    "offer_ended": lambda it: f"offer to {it['agent']} is {it['state']} ({it['reason']})",
    "agent_connected": lambda it: f"speaks with {it['agent']}",
    "agent_left": lambda it: f"{it['agent']} leaves",
    "emergency_escalated": lambda it: f"emergency escalated, step {it['step']}",
    "transferred": lambda it: f"transferred to {it['destination']}",
    "outcome_recorded": lambda it: f"outcome {it['code']} by {it['by']}{'' if it['is_primary'] else ', secondary'}",
    "outcome_corrected": lambda it: f"outcome {it['before']} corrected to {it['code']} by {it['by']}",
    "request_opened": lambda it: f"request opened: {it['request_kind']}",
    "request_lapsed": lambda it: f"request over, its time is past: {it['request_kind']}",
    "request_moved": lambda it: f"request {it['request_kind']} moved to {it['step']} by {it['by']}{_approved(it)}",
    "appointment_booked": lambda it: f"appointment booked by {it['by']}, {it['cover']} ({it['rule']}){_approved(it)}",
    "message_written": lambda it: f"message {it['template']}",
}


def _approved(it: Mapping[str, Any]) -> str:
    return f", approval {it['approval']}" if it.get("approval") else ""


def _estimate(seconds: int | None) -> str:
    return "no estimate" if seconds is None else f"about {seconds} s"


def _in_words(kind: str, data: Mapping[str, Any]) -> str:
    words = _WORDS.get(kind)
    try:
        return words(data) if words else _plainly(kind, data)
    except KeyError:
        return _plainly(kind, data)


def _plainly(kind: str, data: Mapping[str, Any]) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in data.items() if value not in (None, "", [], {}))
    return f"{kind.replace('_', ' ')}{': ' if facts else ''}{facts}"


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value
