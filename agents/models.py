"""Agents, shifts, presence, waits, offers and callbacks as rows, with the constraints that guard them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Base, InsurerId, Ref, RowId


class Presence(StrEnum):
    """What an agent is doing; `agents/transitions.py` has the one table of what may follow what."""

    AVAILABLE = "available"
    OFFERED = "offered"
    ON_CALL = "on_call"
    WRAP_UP = "wrap_up"
    AWAY = "away"


class WaitState(StrEnum):
    """Where a contact's wait is."""

    WAITING = "waiting"
    OFFERED = "offered"
    CLAIMED = "claimed"
    CALLBACK = "callback"
    SERVED = "served"
    ABANDONED = "abandoned"
    LEFT = "left"


class OfferState(StrEnum):
    """Where an offer is; everything after `accepted` is an end."""

    MADE = "made"
    RINGING = "ringing"
    ACCEPTED = "accepted"
    DONE = "done"
    MISSED = "missed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


class Purpose(StrEnum):
    """Why an agent is rung."""

    QUEUE = "queue"
    CONSULT = "consult"
    TRANSFER = "transfer"
    CALLBACK = "callback"
    MONITOR = "monitor"


def known(column: str, words: type[StrEnum]) -> CheckConstraint:
    """The constraint that a column holds one of the words of an enumeration."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} in ({listed})", name=f"{column}_is_known")


class Ear(StrEnum):
    """How a supervisor is in a conversation: heard by nobody, by its agent alone, or by all."""

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"


OPEN_OFFER = text("state in ('made', 'ringing', 'accepted')")
# Offers whose agent is to have the caller; a consulted colleague and a listening supervisor come beside them.
SERVING_PURPOSES = (Purpose.QUEUE, Purpose.TRANSFER, Purpose.CALLBACK)
SERVING = "purpose in ('queue', 'transfer', 'callback')"
OPEN_WAIT = text("state in ('waiting', 'offered', 'claimed', 'callback')")


class Agent(Base):
    """A person who answers, for one insurer. `address` is where the carrier rings: `client:<name>` or a number.

    An automatic agent is worked by `agents/autopilot.py`: a training or echo desk, and the demo; but not while somebody
    `is_at_desk`, which a page open in a browser says for as long as `last_seen_at` follows the time.
    """

    __tablename__ = "agents"
    __table_args__ = (
        UniqueConstraint("insurer_id", "code"),
        UniqueConstraint("insurer_id", "extension"),
        # What belongs to an agent refers to both, so that no row can join two insurers.
        UniqueConstraint("id", "insurer_id"),
        # A browser of that name is rung at the carrier, which knows nothing of insurers.
        Index(
            "uq_agents_one_browser",
            "address",
            unique=True,
            sqlite_where=text("address like 'client:%'"),
            postgresql_where=text("address like 'client:%'"),
        ),
        known("presence", Presence),
        CheckConstraint(
            "(presence in ('offered', 'on_call', 'wrap_up')) = (call_id is not null)", name="is_busy_with_a_call"
        ),
        Index("ix_agents_presence", "insurer_id", "presence", "presence_since"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    code: Mapped[str]
    title: Mapped[str]
    extension: Mapped[str | None]
    address: Mapped[str]
    is_supervisor: Mapped[bool] = mapped_column(default=False)
    is_automatic: Mapped[bool] = mapped_column(default=False)
    presence: Mapped[str] = mapped_column(default=Presence.AWAY)
    presence_reason: Mapped[str | None]
    presence_since: Mapped[datetime]
    call_id: Mapped[Ref | None]
    is_at_desk: Mapped[bool] = mapped_column(default=False)
    last_seen_at: Mapped[datetime | None]


class AgentSkill(Base):
    """A skill of an agent and its level, 1 (can) to 3 (best)."""

    __tablename__ = "agent_skills"
    __table_args__ = (
        ForeignKeyConstraint(["agent_id", "insurer_id"], ["agents.id", "agents.insurer_id"]),
        CheckConstraint("level between 1 and 3", name="level_is_known"),
    )

    agent_id: Mapped[Ref] = mapped_column(primary_key=True)
    skill: Mapped[str] = mapped_column(primary_key=True)
    insurer_id: Mapped[InsurerId]
    level: Mapped[int] = mapped_column(default=1)


class PresenceInterval(Base):
    """One stretch of one presence; at most one of an agent is open."""

    __tablename__ = "presence_intervals"
    __table_args__ = (
        Index(
            "uq_presence_intervals_one_open",
            "agent_id",
            unique=True,
            sqlite_where=text("until is null"),
            postgresql_where=text("until is null"),
        ),
        known("presence", Presence),
        CheckConstraint("until is null or until >= since", name="runs_forward"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    agent_id: Mapped[Ref] = mapped_column(ForeignKey("agents.id"), index=True)
    presence: Mapped[str]
    reason: Mapped[str | None]
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class Shift(Base):
    """Working time or leave of an agent, half-open; during leave a substitute may take over preferred callers."""

    __tablename__ = "shifts"
    __table_args__ = (
        UniqueConstraint("agent_id", "kind", "starts_at"),
        ForeignKeyConstraint(["agent_id", "insurer_id"], ["agents.id", "agents.insurer_id"]),
        ForeignKeyConstraint(["substitute_id", "insurer_id"], ["agents.id", "agents.insurer_id"]),
        CheckConstraint("starts_at < ends_at", name="runs_forward"),
        CheckConstraint("kind in ('work', 'leave')", name="kind_is_known"),
        CheckConstraint(
            "substitute_id is null or (kind = 'leave' and substitute_id <> agent_id)", name="somebody_else_stands_in"
        ),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    agent_id: Mapped[Ref] = mapped_column(index=True)
    kind: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    substitute_id: Mapped[Ref | None]


class Wait(Base):
    """One contact waiting for an agent; a callback continues the same wait under another carrier call.

    `queue` serves it, from `queue_since` on (overflow and diversions change it); `joined_queue` is the carrier's queue
    that holds the caller. `lane` says as one word who may have it (`agents/lane_words.py`); `rank` sorts before
    `since`, the smaller first. Until `anyone_from` only the preferred agent may take it.
    """

    __tablename__ = "waits"
    __table_args__ = (
        Index("uq_waits_one_open", "call_id", unique=True, sqlite_where=OPEN_WAIT, postgresql_where=OPEN_WAIT),
        Index("ix_waits_routing", "insurer_id", "state", "lane", "rank", "since"),
        Index("ix_waits_held", "insurer_id", "state", "anyone_from"),
        Index("ix_waits_place", "insurer_id", "queue", "state", "rank", "since"),
        Index("ix_waits_call_id", "call_id"),
        UniqueConstraint("id", "insurer_id"),
        known("state", WaitState),
        known("purpose", Purpose),
        CheckConstraint(
            "(state in ('served', 'abandoned', 'left')) = (ended_at is not null)", name="an_end_has_its_time"
        ),
        CheckConstraint("not is_emergency or rank = 0", name="emergencies_come_first"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    call_id: Mapped[Ref]
    queue: Mapped[str]
    joined_queue: Mapped[str]
    skills: Mapped[list[str]]
    lane: Mapped[str]
    priority: Mapped[int]
    rank: Mapped[int]
    is_emergency: Mapped[bool] = mapped_column(default=False)
    preferred_agent_id: Mapped[Ref | None]
    purpose: Mapped[str] = mapped_column(default=Purpose.QUEUE)
    state: Mapped[str]
    since: Mapped[datetime]
    joined_at: Mapped[datetime]
    queue_since: Mapped[datetime]
    anyone_from: Mapped[datetime]
    round: Mapped[int] = mapped_column(default=0)
    escalation: Mapped[int] = mapped_column(default=0)
    queue_changes: Mapped[int] = mapped_column(default=0)
    estimate_told_seconds: Mapped[int | None]
    claimed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]


class QueuedCall(Base):
    """A queue that a call went through, once each: a wait says only which serves it now. The log is searched by it."""

    __tablename__ = "queued_calls"

    insurer_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    queue: Mapped[str] = mapped_column(primary_key=True)
    call_id: Mapped[Ref] = mapped_column(primary_key=True)


class Offer(Base):
    """An invitation to an agent. At most one is open per agent, and one that rings per wait (emergencies ring many).

    A `consult` or `monitor` offer goes to somebody who joins a conversation that another agent has, in its conference.

    `ring_tried_at` and `connect_tried_at` are written before the carrier is asked, so that whoever comes after a crash
    looks before repeating. `presence_before` is what the agent returns to when the offer is withdrawn. Where it
    `is_recorded` the conference was asked for as a recorded one. `ear` is how a supervisor who has answered is in the
    conversation, and since when; None before and after.
    """

    __tablename__ = "offers"
    __table_args__ = (
        Index(
            "uq_offers_one_open_per_agent",
            "agent_id",
            unique=True,
            sqlite_where=OPEN_OFFER,
            postgresql_where=OPEN_OFFER,
        ),
        Index(
            "uq_offers_one_open_per_wait",
            "wait_id",
            unique=True,
            sqlite_where=text(f"state in ('made', 'ringing', 'accepted') and not is_broadcast and {SERVING}"),
            postgresql_where=text(f"state in ('made', 'ringing', 'accepted') and not is_broadcast and {SERVING}"),
        ),
        Index(
            "uq_offers_one_accepted_per_wait",
            "wait_id",
            unique=True,
            sqlite_where=text(f"state = 'accepted' and {SERVING}"),
            postgresql_where=text(f"state = 'accepted' and {SERVING}"),
        ),
        Index(
            "uq_offers_one_consulted_per_wait",
            "wait_id",
            unique=True,
            sqlite_where=text("state in ('made', 'ringing', 'accepted') and purpose = 'consult'"),
            postgresql_where=text("state in ('made', 'ringing', 'accepted') and purpose = 'consult'"),
        ),
        ForeignKeyConstraint(["agent_id", "insurer_id"], ["agents.id", "agents.insurer_id"]),
        ForeignKeyConstraint(["wait_id", "insurer_id"], ["waits.id", "waits.insurer_id"]),
        known("state", OfferState),
        known("purpose", Purpose),
        CheckConstraint(
            "(state in ('done', 'missed', 'declined', 'withdrawn', 'failed')) = (ended_at is not null)",
            name="an_end_has_its_time",
        ),
        CheckConstraint("state not in ('accepted', 'done') or accepted_at is not null", name="was_accepted"),
        CheckConstraint(
            "ear is null or (purpose = 'monitor' and state = 'accepted' and ear_since is not null)", name="ear_is_lent"
        ),
        known("ear", Ear),
        Index("ix_offers_handling", "insurer_id", "queue", "accepted_at"),
        Index("ix_offers_state", "state", "made_at"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    wait_id: Mapped[Ref] = mapped_column(index=True)
    call_id: Mapped[Ref] = mapped_column(index=True)
    agent_id: Mapped[Ref] = mapped_column(index=True)
    queue: Mapped[str]
    purpose: Mapped[str]
    is_broadcast: Mapped[bool] = mapped_column(default=False)
    is_recorded: Mapped[bool] = mapped_column(default=False)
    presence_before: Mapped[str]
    reason_before: Mapped[str | None]
    state: Mapped[str]
    conference: Mapped[str] = mapped_column(index=True)
    carrier_sid: Mapped[str | None] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    ring_tried_at: Mapped[datetime | None]
    ringing_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    connect_tried_at: Mapped[datetime | None]
    bridged_at: Mapped[datetime | None]
    is_ended_by_desk: Mapped[bool] = mapped_column(default=False)
    ended_at: Mapped[datetime | None]
    handled_until: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    ear: Mapped[str | None]
    ear_since: Mapped[datetime | None]


class WrapUp(Base):
    """An agent's writing down of a call: the draft so far, until it is recorded as outcomes; then it is empty.

    `version` counts the drafts and `recordings` the times that it was recorded: a window that shows something older,
    or a form sent again, overwrites nothing. One never recorded is still owed, also by an agent who was released.
    """

    __tablename__ = "wrap_ups"
    __table_args__ = (
        UniqueConstraint("agent_id", "call_id"),
        ForeignKeyConstraint(["agent_id", "insurer_id"], ["agents.id", "agents.insurer_id"]),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    agent_id: Mapped[Ref]
    call_id: Mapped[Ref] = mapped_column(ForeignKey("calls.id"), index=True)
    version: Mapped[int] = mapped_column(default=0)
    recordings: Mapped[int] = mapped_column(default=0)
    code: Mapped[str | None]
    secondary: Mapped[list[str]]
    note: Mapped[str | None]
    next_action: Mapped[str | None]
    due_at: Mapped[datetime | None]
    owner: Mapped[str | None]
    saved_at: Mapped[datetime]


class CallbackState(StrEnum):
    """Where a callback is; everything after `answered` is an end."""

    PLANNED = "planned"
    DIALLING = "dialling"
    ANSWERED = "answered"
    DONE = "done"
    FAILED = "failed"


class Callback(Base):
    """A call that we owe somebody. At most one is open per person and reason.

    `call_id` is the call in which it was promised; `reached_call_id`, known at the carrier by `carrier_sid`, keeps it.
    Its wait stands in state `callback` until the person called is in the queue again.
    """

    __tablename__ = "callbacks"
    __table_args__ = (
        Index(
            "uq_callbacks_one_open",
            "insurer_id",
            "phone",
            "reason",
            unique=True,
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
        Index(
            "uq_callbacks_one_open_for_the_insured",
            "insurer_id",
            "insured_id",
            "reason",
            unique=True,
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
        known("state", CallbackState),
        CheckConstraint("(state in ('done', 'failed')) = (ended_at is not null)", name="an_end_has_its_time"),
        CheckConstraint("attempts <= attempts_allowed", name="attempts_are_limited"),
        Index("ix_callbacks_open", "insurer_id", "state", "due_at"),
        Index("ix_callbacks_carrier_sid", "carrier_sid"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    call_id: Mapped[Ref]
    wait_id: Mapped[Ref | None]
    insured_id: Mapped[Ref | None]
    phone: Mapped[str]
    reason: Mapped[str]
    queue: Mapped[str]
    line: Mapped[str]
    time_zone: Mapped[str]
    language: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    attempts_allowed: Mapped[int]
    is_urgent: Mapped[bool] = mapped_column(default=False)
    carrier_sid: Mapped[str | None]
    reached_call_id: Mapped[Ref | None]
    dialled_at: Mapped[datetime | None]
    planned_at: Mapped[datetime]
    due_at: Mapped[datetime]
    window_until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]


class DialState(StrEnum):
    """Where a call that an agent makes is."""

    ASKED = "asked"
    PLACED = "placed"
    OVER = "over"


class Dial(Base):
    """A number or a colleague that an agent asked to ring: it is kept here, and the agent's page is given the id alone.

    `presence_before` is what an agent who rang a colleague returns to; a colleague who is rung was available.
    `about_call_id` is the call from whose card it was asked; `call_id`, known at the carrier by `carrier_sid`, the call
    that came of it.
    """

    __tablename__ = "dials"
    __table_args__ = (
        ForeignKeyConstraint(["agent_id", "insurer_id"], ["agents.id", "agents.insurer_id"]),
        ForeignKeyConstraint(["colleague_id", "insurer_id"], ["agents.id", "agents.insurer_id"]),
        known("state", DialState),
        CheckConstraint("(e164 is null) = (colleague_id is not null)", name="rings_a_number_or_a_colleague"),
        CheckConstraint("colleague_id is null or colleague_id <> agent_id", name="rings_somebody_else"),
        Index(
            "uq_dials_one_placed_per_agent",
            "agent_id",
            unique=True,
            sqlite_where=text("state = 'placed'"),
            postgresql_where=text("state = 'placed'"),
        ),
        Index(
            "uq_dials_one_placed_per_colleague",
            "colleague_id",
            unique=True,
            sqlite_where=text("state = 'placed'"),
            postgresql_where=text("state = 'placed'"),
        ),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    agent_id: Mapped[Ref] = mapped_column(index=True)
    colleague_id: Mapped[Ref | None]
    presence_before: Mapped[str | None]
    reason_before: Mapped[str | None]
    about_call_id: Mapped[Ref | None]
    call_id: Mapped[Ref | None] = mapped_column(index=True)
    e164: Mapped[str | None]
    extension: Mapped[str | None]
    state: Mapped[str]
    asked_at: Mapped[datetime]
    carrier_sid: Mapped[str | None] = mapped_column(unique=True)
