"""One call as a supervisor sees it: what was said and pressed, who spoke, what came of it, who looked at it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from agents.models import SERVING_PURPOSES, Agent, Dial, Offer, OfferState, Purpose, Wait
from agents.sight import is_anonymous
from agents.supervisor.one_call.timeline import Span, Stretch, TimeLine, menu_spans, time_line, wait_spans
from config.audit import AuditEntry, unwritten_in
from config.database import Transaction
from config.line_descriptions import Insurer, Insurers
from ivr.calls.models import Call, Hold
from ivr.calls.replay import Replay, ReplayStep, replay_call
from ivr.calls.zones import zone_of_caller
from recordings.playing_conversations import Part, parts_of
from recordings.retention import KeptUntil, keeping_of

_BESIDE: Final = (Purpose.CONSULT, Purpose.MONITOR)
_MOST_LOOKS: Final = 50
_JOINED: Final = ("wait_began", "wait_resumed", "wait_became_emergency")
_TALKED: Final = (OfferState.ACCEPTED, OfferState.DONE)
LINE_LANE: Final = "line"
QUEUE_LANE: Final = "queue"
HOLD_LANE: Final = "hold"
RECORDING_LANE: Final = "recording"

INNER: Final = frozenset({"node_entered", "action_answered", "queued", "leg_began", "leg_answered", "leg_ended"})
"""Steps of the machinery: the page shows them only where somebody asks for them. The menu asks for a queue (`queued`),
and then the wait begins.
"""

_OF_NOBODY: Final = frozenset(
    """
    answered queued queue_refused queue_failed queued_again connected transferred wait_began wait_ended wait_overflowed
    wait_resumed wait_diverted wait_timed_out wait_broken_off place_told offer_made offer_ringing offer_accepted
    offer_ended agent_connected agent_left agent_joined agent_hung_up agent_lost hold_began hold_ended leg_began
    leg_answered leg_ended transfer_began caller_forgotten outcome_recorded ended turn_failed
    """.split()  # noqa: SIM905 - words read better than 30 quoted lines
)
"""What may be told of a call that is anonymous: how it was served, and nothing that was said, pressed or found out."""


@dataclass(frozen=True)
class CallView:
    """The call's page. `agents` are codes by row id; of an anonymous call nothing about the person is in it, nor
    by which clock they live (`caller_zone`).
    """

    replay: Replay
    is_anonymous: bool
    insured_id: str | None
    continues_call_id: str | None
    caller_zone: ZoneInfo | None
    steps: tuple[ReplayStep, ...]
    line: TimeLine
    agents: Mapping[str, str]
    recordings: Sequence[Part]
    keeping: KeptUntil
    looks: Sequence[AuditEntry]
    has_more_looks: bool


def call_view(
    tx: Transaction, *, insurers: Insurers, insurer: Insurer, call_id: str, by: str, at: datetime
) -> CallView | None:
    """The call, for `by` to look at, which is audited: see `audited_reading`. None for a call of nobody, or of another
    insurer.
    """
    call = tx.get(Call, call_id)
    if call is None or call.insurer_id != insurer.id:
        return None
    replay = replay_call(tx, insurers=insurers, call_id=call_id, by=by, at=at)
    is_nobodys = is_anonymous(tx, insurer, call)
    if is_nobodys:
        replay = _of_nobody(replay)
    steps = tuple(_with_purposes(tuple(_once(replay.steps))))
    tx.flush()
    agents, looks = _agents(tx, call), _looks(tx, call)
    recordings = () if is_nobodys else parts_of(tx, insurer_id=insurer.id, call_id=call_id)
    return CallView(
        replay=replay,
        is_anonymous=is_nobodys,
        insured_id=None if is_nobodys else call.insured_id,
        continues_call_id=None if is_nobodys else call.continues_call_id,
        caller_zone=None if is_nobodys else zone_of_caller(tx, insurer, call),
        steps=steps,
        line=_time_line(tx, call, steps, agents, at, recordings=recordings, is_nobodys=is_nobodys),
        agents=agents,
        recordings=recordings,
        keeping=keeping_of(tx, insurers, call),
        looks=looks[:_MOST_LOOKS],
        has_more_looks=len(looks) > _MOST_LOOKS,
    )


def _of_nobody(replay: Replay) -> Replay:
    """The same call without anything that was said, keyed, found out or noted."""
    return replace(
        replay,
        caller="",
        level="unknown",
        caller_role=None,
        steps=tuple(one for one in replay.steps if one.kind in _OF_NOBODY),
        outcomes=tuple(replace(one, note=None, next_action=None) for one in replay.outcomes),
        requests=(),
        messages=(),
    )


def _once(steps: Sequence[ReplayStep]) -> Iterator[ReplayStep]:
    """A hold stands in the log with who did it, and as an interval: it is told once."""
    has_told = any(one.kind == "hold_began" and one.data for one in steps)
    for one in steps:
        if not (has_told and one.kind in ("hold_began", "hold_ended") and not one.data):
            yield one


def _with_purposes(steps: Sequence[ReplayStep]) -> Iterator[ReplayStep]:
    """How an offer ended is told by what it was for, and by whether they came; the log says both of it earlier."""
    purposes = {one.data.get("offer"): one.data.get("purpose") for one in steps if one.kind == "offer_made"}
    joined = {one.data.get("offer") for one in steps if one.kind == "agent_joined"}
    for one in steps:
        if one.kind != "offer_ended":
            yield one
            continue
        offer = one.data.get("offer")
        yield replace(one, data={**one.data, "purpose": purposes.get(offer), "joined": offer in joined})


def _time_line(
    tx: Transaction,
    call: Call,
    steps: Sequence[ReplayStep],
    agents: Mapping[str, str],
    at: datetime,
    *,
    recordings: Sequence[Part],
    is_nobodys: bool,
) -> TimeLine:
    end = call.ended_at or at
    offers = _offers(tx, call)
    joined = [(one.at, str(one.data["queue"])) for one in steps if one.kind in _JOINED]
    spans: list[tuple[str, Span]] = []
    if not is_nobodys:
        entered = [(one.at, str(one.data.get("node", ""))) for one in steps if one.kind == "node_entered"]
        busy = [one for one, _ in joined] + [one.bridged_at for one in offers if one.bridged_at]
        spans += [(LINE_LANE, span) for span in menu_spans(entered, busy, end)]
    spans += [(QUEUE_LANE, span) for span in wait_spans(joined, _waits_ends(tx, call, steps, offers))]
    for offer in offers:
        spans += [(f"agent:{agents.get(offer.agent_id, '')}", span) for span in _offer_spans(offer)]
    spans += [(f"agent:{code}", span) for code, dial in _dials(tx, call) for span in _dial_spans(dial, end)]
    holds = tx.scalars(select(Hold).where(Hold.call_id == call.id).order_by(Hold.started_at))
    spans += [(HOLD_LANE, Span(Stretch.HOLD, one.started_at, one.ended_at, "hold")) for one in holds]
    spans += [(RECORDING_LANE, _recorded(one)) for one in recordings if one.is_playable]
    outer = [(number, one.at) for number, one in enumerate(steps) if one.kind not in INNER]
    return time_line(spans, began_at=call.started_at, ended_at=end, steps=outer)


def _recorded(part: Part) -> Span:
    until = part.began_at + timedelta(seconds=part.duration_seconds)
    return Span(Stretch.RECORDING, part.began_at, until, part.id)


def _offer_spans(offer: Offer) -> Iterator[Span]:
    until = offer.accepted_at or offer.ended_at
    yield Span(Stretch.RING, offer.ringing_at or offer.made_at, until, offer.state)
    if offer.accepted_at is not None:
        kind = Stretch.BESIDE if offer.purpose in _BESIDE else Stretch.TALK
        yield Span(kind, offer.bridged_at or offer.accepted_at, offer.ended_at, offer.purpose)


def _dial_spans(dial: Dial, end: datetime) -> Iterator[Span]:
    """An agent rings a number, and speaks with whoever answers there."""
    yield Span(Stretch.RING, dial.ring_tried_at or dial.asked_at, dial.answered_at or end, dial.state)
    if dial.answered_at is not None:
        yield Span(Stretch.TALK, dial.answered_at, end, dial.state)


def _dials(tx: Transaction, call: Call) -> Sequence[tuple[str, Dial]]:
    statement = select(Agent.code, Dial).join(Dial, Dial.agent_id == Agent.id).where(Dial.call_id == call.id)
    return [(row[0], row[1]) for row in tx.execute(statement.where(Dial.e164.is_not(None)))]


def _waits_ends(
    tx: Transaction, call: Call, steps: Sequence[ReplayStep], offers: Sequence[Offer]
) -> Sequence[datetime]:
    """When the caller stopped to stand in a queue: somebody answered who spoke to them, or they left it."""
    answered = [
        one.accepted_at
        for one in offers
        if one.accepted_at is not None and one.state in _TALKED and one.purpose in SERVING_PURPOSES
    ]
    promised = [one.at for one in steps if one.kind == "callback_planned"]
    over = select(Wait.ended_at).where(Wait.call_id == call.id, Wait.ended_at.is_not(None))
    return [*answered, *promised, *(at for at in tx.scalars(over) if at is not None)]


def _offers(tx: Transaction, call: Call) -> Sequence[Offer]:
    return tx.scalars(select(Offer).where(Offer.call_id == call.id).order_by(Offer.made_at, Offer.id)).all()


def _agents(tx: Transaction, call: Call) -> Mapping[str, str]:
    of_call = select(Offer.agent_id).where(Offer.call_id == call.id)
    statement = select(Agent.id, Agent.code).where(Agent.insurer_id == call.insurer_id, Agent.id.in_(of_call))
    return {one.id: one.code for one in tx.execute(statement)}


def _looks(tx: Transaction, call: Call) -> Sequence[AuditEntry]:
    """The newest entries about this call, this very look among them, and one more than are shown."""
    statement = select(AuditEntry).where(
        AuditEntry.subject_kind == "call", AuditEntry.subject_id == call.id, AuditEntry.insurer_id == call.insurer_id
    )
    written = tx.scalars(statement.order_by(AuditEntry.id.desc()).limit(_MOST_LOOKS + 1)).all()
    now = [one for one in reversed(unwritten_in(tx)) if (one.subject_kind, one.subject_id) == ("call", call.id)]
    return [*now, *written][: _MOST_LOOKS + 1]
