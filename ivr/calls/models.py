"""Calls as rows: the call, its turns, events, legs and holds, and what came of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Base, CoveredInsurerId, InsurerId, Ref, RowId


class CallState(StrEnum):
    """Where a call is; `ivr/calls/transitions.py` has the one table of what may follow what."""

    IN_MENU = "in_menu"
    WAITING = "waiting"
    CONNECTED = "connected"
    LEAVING_MESSAGE = "leaving_message"
    TRANSFERRED = "transferred"
    ENDED = "ended"


class Direction(StrEnum):
    """Who rang whom."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class IdentificationLevel(StrEnum):
    """How sure we are who the insured is (DESIGN, "The life of a call", 5)."""

    UNKNOWN = "unknown"
    HINTED = "hinted"
    IDENTIFIED = "identified"
    VERIFIED = "verified"


HeldCall = Ref
"""A call of whose row the writer is sure, as it holds it: a turn writes half a dozen such rows, and for each the
database would look the call up again."""

ROOM_TO_CHANGE: Final = {"fillfactor": 50}
"""For tables whose rows change with every turn: PostgreSQL then finds room for the new state beside the old one, and
need not enter it into every index."""

NOT_ENDED = text("state <> 'ended'")
NOTE_WORDS = "to_tsvector('russian', translate(outcomes.note, 'ёЁ', 'еЕ'))"
"""The words of an outcome's note on PostgreSQL, as its index has them (`ivr/calls/note_words.py`)."""


class Call(Base):
    """All from first ring to last hang-up. One row per carrier call of a caller.

    `address` is where help is needed, as an agent noted it. `waited_seconds` is how long the caller stood in a queue,
    until somebody answered or they left it: of several stays the longest that is over, None without one. `last_step` is
    the step, as 'vsk/main', at which an inbound call ended in which nobody spoke to the caller; None of any other call.
    """

    __tablename__ = "calls"
    __table_args__ = (
        Index("ix_calls_insurer_id_started_at_id", "insurer_id", "started_at", "id"),
        # The log is searched along calls' ids, which are in the order of their first rings.
        Index("ix_calls_insurer_id_id", "insurer_id", "id"),
        Index("ix_calls_insurer_id_line_id", "insurer_id", "line", "id"),
        Index("ix_calls_insurer_id_ani_id", "insurer_id", "ani", "id"),
        Index("ix_calls_insured_id_started_at", "insured_id", "started_at"),
        Index(
            "ix_calls_insurer_id_last_step_id",
            *("insurer_id", "last_step", "id"),
            sqlite_where=text("last_step is not null"),
            postgresql_where=text("last_step is not null"),
        ),
        Index(
            "ix_calls_emergencies",
            *("insurer_id", "id"),
            sqlite_where=text("is_emergency"),
            postgresql_where=text("is_emergency"),
        ),
        Index("ix_calls_open", "state", sqlite_where=NOT_ENDED, postgresql_where=NOT_ENDED),
        CheckConstraint("(state = 'ended') = (ended_at is not null)", name="ended_has_an_instant"),
        {"postgresql_with": ROOM_TO_CHANGE},
    )

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    carrier_sid: Mapped[str] = mapped_column(unique=True)
    line: Mapped[str]
    dnis: Mapped[str]
    ani: Mapped[str | None]
    direction: Mapped[str] = mapped_column(default=Direction.INBOUND)
    state: Mapped[str]
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    hangup_cause: Mapped[str | None]
    language: Mapped[str]
    flow: Mapped[str]
    flow_digest: Mapped[str]
    session: Mapped[str | None]
    turn: Mapped[int] = mapped_column(default=0)
    event_count: Mapped[int] = mapped_column(default=0)
    level: Mapped[str] = mapped_column(default=IdentificationLevel.UNKNOWN)
    insured_id: Mapped[Ref | None] = mapped_column(ForeignKey("insured_people.id"))
    caller_role: Mapped[str | None]
    region: Mapped[str | None]
    extension: Mapped[str | None]
    address: Mapped[str | None]
    is_emergency: Mapped[bool] = mapped_column(default=False)
    is_anonymous: Mapped[bool] = mapped_column(default=False)
    continues_call_id: Mapped[Ref | None]
    waited_seconds: Mapped[int | None]
    last_step: Mapped[str | None]


class CallTurn(Base):
    """The reply given to a numbered turn, so that the same turn again gets the same reply."""

    __tablename__ = "call_turns"

    call_id: Mapped[HeldCall] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True)
    reply: Mapped[str]
    at: Mapped[datetime]


class CallEvent(Base):
    """Anything that happened in a call, in order: node entered, key class pressed, estimate told, who did it."""

    __tablename__ = "call_events"
    # SQLite keeps a call's events beside each other, and no second tree for their key.
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own hook

    call_id: Mapped[HeldCall] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    insurer_id: Mapped[CoveredInsurerId]
    at: Mapped[datetime]
    kind: Mapped[str]
    data: Mapped[dict[str, Any]]


class Leg(Base):
    """One party's connection to a call, as an interval."""

    __tablename__ = "legs"
    __table_args__ = (
        UniqueConstraint("call_id", "carrier_sid"),
        Index("ix_legs_agent_id_call_id", "agent_id", "call_id"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    call_id: Mapped[Ref] = mapped_column(ForeignKey("calls.id"))
    carrier_sid: Mapped[str] = mapped_column(index=True)
    party: Mapped[str]
    agent_id: Mapped[Ref | None]
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    hangup_cause: Mapped[str | None]


class Hold(Base):
    """An interval in which the caller was on hold."""

    __tablename__ = "holds"
    __table_args__ = (
        Index(
            "uq_holds_one_open",
            "call_id",
            unique=True,
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    call_id: Mapped[Ref] = mapped_column(ForeignKey("calls.id"), index=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Outcome(Base):
    """What came of a call: one primary, any number of secondary ones (domain.md §7)."""

    __tablename__ = "outcomes"
    __table_args__ = (
        Index(
            "uq_outcomes_one_primary",
            "call_id",
            unique=True,
            sqlite_where=text("is_primary"),
            postgresql_where=text("is_primary"),
        ),
        Index("ix_outcomes_insured_id", "insured_id"),
        Index("ix_outcomes_insurer_id_code_call_id", "insurer_id", "code", "call_id"),
        Index(
            "ix_outcomes_note_words",
            text(NOTE_WORDS.replace("outcomes.", "")),
            postgresql_using="gin",
            postgresql_where=text("note is not null"),
        ).ddl_if(dialect="postgresql"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    call_id: Mapped[Ref] = mapped_column(ForeignKey("calls.id"), index=True)
    insured_id: Mapped[Ref | None] = mapped_column(ForeignKey("insured_people.id"))
    code: Mapped[str]
    is_primary: Mapped[bool]
    note: Mapped[str | None]
    rule: Mapped[str | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    next_action: Mapped[str | None]
    due_at: Mapped[datetime | None]
    owner: Mapped[str | None]
    done_at: Mapped[datetime | None]


class Request(Base):
    """Something that a call opened and that must be brought to its end: a guarantee letter, an appointment, ..."""

    __tablename__ = "requests"
    __table_args__ = (Index("ix_requests_insured_id_kind", "insured_id", "kind"),)

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    kind: Mapped[str]
    call_id: Mapped[Ref | None] = mapped_column(ForeignKey("calls.id"), index=True)
    insured_id: Mapped[Ref | None] = mapped_column(ForeignKey("insured_people.id"))
    step: Mapped[str]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    owner: Mapped[str | None]
    details: Mapped[dict[str, Any]]


class RequestStep(Base):
    """One step that a request reached, with its own instant."""

    __tablename__ = "request_steps"
    __table_args__ = (UniqueConstraint("request_id", "step"),)

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    request_id: Mapped[Ref] = mapped_column(ForeignKey("requests.id"))
    step: Mapped[str]
    reached_at: Mapped[datetime]
    by: Mapped[str]


class Message(Base):
    """An SMS to send, by the id of its text; never with health details."""

    __tablename__ = "messages"

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    call_id: Mapped[Ref | None] = mapped_column(ForeignKey("calls.id"), index=True)
    to_e164: Mapped[str]
    template: Mapped[str]
    variables: Mapped[dict[str, Any]]
    language: Mapped[str]
    state: Mapped[str]
    carrier_sid: Mapped[str | None] = mapped_column(unique=True)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class FlowVersion(Base):
    """A set of flows that passed its checks, whole, so that a call stays on the one that it began with."""

    __tablename__ = "flow_versions"

    digest: Mapped[str] = mapped_column(primary_key=True)
    sources: Mapped[dict[str, Any]]
    installed_at: Mapped[datetime]


class LineNotice(Base):
    """What a duty manager put up at once for a line or queue: an announcement, or a diversion (`ivr/diversions.py`)."""

    __tablename__ = "line_notices"
    __table_args__ = (
        CheckConstraint("(line is null) <> (queue is null)", name="hangs_at_one_place"),
        CheckConstraint("(kind = 'diversion') = (divert_to is not null)", name="only_a_diversion_leads_on"),
        Index(
            "uq_line_notices_one_at_a_line",
            *("insurer_id", "line", "kind"),
            unique=True,
            sqlite_where=text("taken_down_at is null"),
            postgresql_where=text("taken_down_at is null"),
        ),
        Index(
            "uq_line_notices_one_at_a_queue",
            *("insurer_id", "queue", "kind"),
            unique=True,
            sqlite_where=text("taken_down_at is null"),
            postgresql_where=text("taken_down_at is null"),
        ),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    line: Mapped[str | None]
    queue: Mapped[str | None]
    kind: Mapped[str]
    text: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    divert_to: Mapped[str | None]
    put_up_by: Mapped[str]
    put_up_at: Mapped[datetime]
    until: Mapped[datetime | None]
    taken_down_at: Mapped[datetime | None]


class CarrierNews(Base):
    """A status callback that was seen, so that a repeated one changes nothing."""

    __tablename__ = "carrier_news"

    key: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
