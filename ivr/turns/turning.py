"""One turn being taken: the call, its flows, and what happened so far."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, assert_never

from sqlalchemy.orm.attributes import instance_state, set_committed_value

from config.database import Transaction
from config.line_descriptions import Insurer, Line
from config.prepared import change
from flows import FlowSet, Session
from flows.nodes.node import Node
from flows.turn import Entered, KeyPressed, Trace
from ivr.actions.context import ActionContext
from ivr.calls.finding import locked_call
from ivr.calls.log import Detail, Happening, count_is_written, event_count, record_all
from ivr.calls.models import Call, CallState
from ivr.errors import CallUnreadable, UnknownCall
from ivr.phone_side import PhoneSide
from ivr.twiml.speech import Delivery
from ivr.urls import Urls

log = logging.getLogger("pult.turns")

# What nearly every turn changes of its call.
_STANDING: Final = ("session", "turn", "state", "language", "caller_role", "region")
_STAND: Final = change(Call, "event_count", *_STANDING)
_WRITTEN: Final = frozenset(_STANDING)


@dataclass
class Turning:
    """The turn's one transaction, and what is gathered on the way: events are written together at its end."""

    phone: PhoneSide
    tx: Transaction
    call: Call
    flows: FlowSet
    insurer: Insurer
    line: Line
    at: datetime
    happenings: list[Happening] = field(default_factory=list)
    has_left_queue: bool = False
    has_hung_up: bool = False

    @property
    def urls(self) -> Urls:
        """The urls of the call's documents."""
        return self.phone.urls(self.call)

    @property
    def delivery(self) -> Delivery:
        """How the call's line sounds."""
        return self.phone.deliveries.of(self.line)

    @property
    def is_over(self) -> bool:
        """Whether the caller has hung up: what is answered now is heard by nobody."""
        return self.has_hung_up or self.call.state == CallState.ENDED

    def session(self) -> Session:
        """Where the call stands in its flow. Raises CallUnreadable."""
        try:
            return Session.from_json(self.call.session or "")
        except ValueError as error:
            raise CallUnreadable(self.call.id) from error

    def node(self) -> Node:
        """The node of the flow at which the call stands. Raises CallUnreadable."""
        frame = self.session().frames[-1]
        return self.flows.flows[frame.flow].nodes[frame.node]

    def keep(self, session: Session) -> None:
        """Let the call stand there from now on; one that is over keeps nothing of what was keyed."""
        kept = session.without_digits() if self.call.state == CallState.ENDED else session
        self.call.session = kept.to_json()
        if self.call.language != session.language:
            self.call.language = session.language

    def note(self, kind: str, **data: Detail) -> None:
        """Something happened, to be written at the end of the turn."""
        self.happenings.append((kind, data))

    def note_trace(self, trace: Trace) -> None:
        """What the flow went through; keys come as classes where they could identify a person."""
        for step in trace:
            match step:
                case Entered(flow, node):
                    self.note("node_entered", flow=flow, node=node)
                case KeyPressed(flow, node, key):
                    self.note("key_pressed", flow=flow, node=node, key=key)
                case _ as never:
                    assert_never(never)

    def write_events(self) -> None:
        """Write what happened so far, before somebody else writes events of this call, and at the end."""
        record_all(self.tx, self.call, self.happenings, at=self.at)
        self.happenings.clear()

    def write(self) -> None:
        """Write the end of the turn: events, and where the call stands now. Nothing may follow in the transaction."""
        self.write_events()
        changed = set(instance_state(self.call).committed_state)
        if not changed:
            return
        values = {name: getattr(self.call, name) for name in _STANDING}
        count = event_count(self.tx, self.call)
        _STAND.gather(self.tx, [{"row_id": self.call.id, "event_count": count, **values}])
        count_is_written(self.tx, self.call)
        if changed <= _WRITTEN:
            # A call with nothing else to write need not go through the session's accounting, which costs as much again.
            self.tx.let_go(self.call)
            return
        for name, value in values.items():
            set_committed_value(self.call, name, value)

    def context(self, session: Session) -> ActionContext:
        """What an action is given."""
        return ActionContext(
            tx=self.tx,
            call=self.call,
            insurer=self.insurer,
            line=self.line,
            centre=self.phone.centre,
            ports=self.phone.ports,
            at=self.at,
            language=session.language,
            flows=self.flows,
            variables=session.variables,
        )


@contextmanager
def turning(phone: PhoneSide, call_id: str, name: str) -> Iterator[Turning]:
    """Hold the call, alone, for one turn. Raises CallUnreadable where the call or its flows cannot be read."""
    with phone.centre.database.transaction(name) as tx:
        try:
            call = locked_call(tx, call_id)
        except UnknownCall as error:
            raise CallUnreadable(call_id) from error
        one = turning_of(phone, tx, call)
        yield one
        one.write()


def turning_of(phone: PhoneSide, tx: Transaction, call: Call) -> Turning:
    """The turn of a call that is held already. Raises CallUnreadable."""
    flows = phone.flow_library.version(tx, call.flow_digest)
    try:
        insurer = phone.centre.insurers[call.insurer_id]
        line = insurer.lines[call.line]
    except KeyError as error:
        raise CallUnreadable(f"{call.id}: no line {call.insurer_id}/{call.line}") from error
    return Turning(phone, tx, call, flows, insurer, line, phone.centre.clock.now())
