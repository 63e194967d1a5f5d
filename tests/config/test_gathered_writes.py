"""Writes that a transaction gathers: when they are sent, what becomes of them where they fail; and lost servers."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError

from config.database import Database, Transaction
from config.due_work import DueWork
from config.ids import new_id
from config.prepared import change, insertion
from ivr.calls.models import Call, CallEvent, CallTurn
from tests.postgres import close_connections

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
ADD = insertion(DueWork, "id", "insurer_id", "kind", "subject_id", "due_at", "attempts", "revision")
MOVE = change(DueWork, "due_at")
TRY = change(DueWork, "attempts")


def ring(number: int) -> dict[str, object]:
    return {
        "id": str(number),
        "insurer_id": "vsk",
        "kind": "ring",
        "subject_id": f"o{number}",
        "due_at": NOON,
        "attempts": 0,
        "revision": 1,
    }


def attempts(tx: Transaction) -> list[int]:
    return list(tx.scalars(select(DueWork.attempts).order_by(DueWork.id)))


def test_what_was_gathered_is_there_for_whoever_reads_and_after_the_commit(database: Database) -> None:
    with database.transaction("add") as tx:
        ADD.gather(tx, [ring(1), ring(2)])
        assert attempts(tx) == [0, 0]
        ADD.gather(tx, [ring(3)])
        TRY.gather(tx, [{"row_id": "3", "attempts": 3}])
        TRY.gather(tx, [{"row_id": "1", "attempts": 1}])
        MOVE.gather(tx, [{"row_id": "1", "due_at": NOON}])
    with database.reading("look") as tx:
        assert attempts(tx) == [1, 0, 3]


def test_one_gathered_write_that_fails_undoes_the_transaction_and_troubles_no_later_one(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction("add") as tx:
        ADD.gather(tx, [ring(1), ring(1)])
    with database.transaction("add") as tx:
        assert attempts(tx) == []
        ADD.gather(tx, [ring(1)])
    with database.reading("look") as tx:
        assert attempts(tx) == [0]


def test_what_an_error_interrupts_is_not_sent_by_the_next_transaction(database: Database) -> None:
    with suppress(RuntimeError), database.transaction("add") as tx:
        ADD.gather(tx, [ring(1)])
        raise RuntimeError
    with database.reading("look") as tx:
        ADD.gather(tx, [ring(2)])
    with database.reading("look") as tx:
        assert attempts(tx) == []


def test_a_savepoint_undoes_what_was_gathered_in_it_and_nothing_else(database: Database) -> None:
    with database.transaction("add") as tx:
        ADD.gather(tx, [ring(1)])
        with suppress(RuntimeError), tx.begin_nested():
            ADD.gather(tx, [ring(2)])
            raise RuntimeError
        assert attempts(tx) == [0]
        with suppress(IntegrityError), tx.begin_nested():
            ADD.gather(tx, [ring(1)])
        assert attempts(tx) == [0]


def test_a_server_gets_the_writes_of_a_turn_in_one_statement(postgres_url: str) -> None:
    database = Database(postgres_url)
    keep = insertion(CallTurn, "call_id", "number", "reply", "at")
    append = insertion(CallEvent, "call_id", "seq", "insurer_id", "at", "kind", "data")
    stand = change(Call, "turn", "event_count")
    call_id = new_id(NOON)
    with database.transaction("add") as tx:
        tx.add(_call(call_id))
    sent = []
    with database.transaction("take_turn") as tx:
        event.listen(tx.own_connection, "before_cursor_execute", lambda *it: sent.append(it[2]))
        keep.gather(tx, [{"call_id": call_id, "number": "1", "reply": "<Response/>", "at": NOON}])
        entered = {"call_id": call_id, "insurer_id": "vsk", "at": NOON, "kind": "node_entered", "data": {}}
        append.gather(tx, [{**entered, "seq": seq} for seq in (1, 2, 3)])
        stand.gather(tx, [{"row_id": call_id, "turn": 2, "event_count": 3}])
    assert sent == []
    with database.reading("look") as tx:
        call = tx.get_one(Call, call_id)
        assert (call.turn, call.event_count) == (2, 3)
        assert list(tx.scalars(select(CallEvent.seq).order_by(CallEvent.seq))) == [1, 2, 3]
        assert tx.scalars(select(CallTurn.reply)).one() == "<Response/>"
        # All that the transaction wrote was written by one statement: the rows have its one command's number.
        written = "select cmin::text from {} where xmin = (select xmin from calls)"
        numbers = {
            number
            for table in ("calls", "call_events", "call_turns")
            for number in tx.own_connection.exec_driver_sql(written.format(table)).scalars()
        }
        assert len(numbers) == 1
    database.close()


def test_connections_that_the_server_closed_meanwhile_cost_no_transaction(postgres_url: str) -> None:
    database = Database(postgres_url)
    with database.transaction("add") as tx:
        ADD.gather(tx, [ring(1)])
    for _ in range(2):
        close_connections(postgres_url)
        with database.transaction("try") as tx:
            TRY.gather(tx, [{"row_id": "1", "attempts": 5}])
    with database.reading("look") as tx:
        assert attempts(tx) == [5]
    database.close()


def _call(call_id: str) -> Call:
    return Call(
        id=call_id,
        insurer_id="vsk",
        carrier_sid="CA1",
        line="main",
        dnis="+74950000001",
        direction="inbound",
        state="in_menu",
        started_at=NOON,
        language="ru",
        flow="vsk",
        flow_digest="0",
    )
