"""Facts read from real rows, on both databases: what happened on the floor comes out as figures of one insurer."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from agents.models import (
    Callback,
    CallbackState,
    Offer,
    OfferState,
    Presence,
    PresenceInterval,
    QueuedCall,
    Wait,
    WaitState,
)
from agents.supervisor.reports.facts import Facts
from agents.supervisor.reports.figures import BY_NAME
from agents.supervisor.reports.intervals import Grouping
from agents.supervisor.reports.making import make_report
from agents.supervisor.reports.reading import read_facts, read_outcomes
from config.ids import new_id
from ivr.calls.finding import locked_call
from ivr.calls.log import RATED, record
from ivr.calls.models import Call
from ivr.calls.outcomes import record_outcome
from tests.agents.conftest import NOON, House, house  # noqa: F401 - a fixture
from tests.agents.desk.conftest import sow

LONG = timedelta(hours=6)


def facts(house: House, *, insurer: str = "vsk", since=NOON - LONG, until=NOON + LONG, at=None) -> Facts:  # noqa: F811
    with house.centre.database.reading("test_facts") as tx:
        return read_facts(
            tx, insurer=house.centre.insurers[insurer], since=since, until=until, at=at or house.clock.now()
        )


def value(name: str, of: Facts) -> float | None:
    return BY_NAME[name].formula(of)


class Past:
    """Writes rows as a day's work leaves them; times are seconds after noon."""

    def __init__(self, house: House) -> None:  # noqa: F811
        self.house = house
        self.count = 0
        self.agents = {code: house.agent(code, presence_now=Presence.AWAY).id for code in ("one", "two")}
        self.sog = house.agent("sog", insurer_id="soglasie", presence_now=Presence.AWAY).id
        with house.centre.database.transaction("test_sow") as tx:
            self.insured_id = sow(tx)

    def call(
        self,
        at: float,
        waited: float,
        state: WaitState = WaitState.SERVED,
        *,
        agent: str = "one",
        talk: float = 100,
        wrap_up: float = 20,
        queue: str = "medical_desk",
        purpose: str = "queue",
        outcome: str | None = None,
        promised_at: float | None = None,
        is_emergency: bool = False,
        **more,
    ) -> str:
        self.count += 1
        joined, over = NOON + timedelta(seconds=at), NOON + timedelta(seconds=at + waited)
        is_served = state is WaitState.SERVED
        ends = over + timedelta(seconds=talk if is_served else 0)
        values = {"insurer_id": "vsk", "line": "medical_desk", "ani": None, "direction": "inbound"} | more
        insurer_id = values["insurer_id"]
        with self.house.centre.database.transaction("test_past") as tx:
            call = Call(
                id=new_id(joined),
                carrier_sid=f"CA-past-{self.count}",
                dnis="+78002001441",
                state="ended",
                started_at=joined,
                ended_at=ends,
                language="ru",
                flow="vsk",
                flow_digest="",
                **values,
            )
            row = Wait(
                id=new_id(joined),
                insurer_id=insurer_id,
                call_id=call.id,
                queue=queue,
                joined_queue=queue,
                first_queue=None if promised_at == at else queue,
                skills=[],
                lane="",
                priority=0,
                rank=0 if is_emergency else 1000,
                is_emergency=is_emergency,
                emergency_since=joined if is_emergency else None,
                state=state,
                since=joined,
                joined_at=joined,
                queue_since=joined,
                anyone_from=joined,
                claimed_at=over if is_served else None,
                answered_at=over if is_served else None,
                promised_at=None if promised_at is None else NOON + timedelta(seconds=promised_at),
                ended_at=over,
                end_reason="x",
            )
            tx.add(call)
            tx.flush()
            tx.add(row)
            tx.add(QueuedCall(insurer_id=insurer_id, queue=queue, call_id=call.id))
            tx.flush()
            if is_served:
                tx.add(
                    Offer(
                        id=new_id(over),
                        insurer_id=insurer_id,
                        wait_id=row.id,
                        call_id=call.id,
                        agent_id=self.sog if insurer_id == "soglasie" else self.agents[agent],
                        queue=queue,
                        purpose=purpose,
                        presence_before="available",
                        state=OfferState.DONE,
                        conference=f"c-{self.count}",
                        made_at=over,
                        accepted_at=over,
                        bridged_at=over,
                        ended_at=ends,
                        handled_until=ends + timedelta(seconds=wrap_up),
                        end_reason="ended",
                    )
                )
            if outcome is not None:
                record_outcome(tx, call=call, code=outcome, by=agent, at=ends)
            if promised_at is not None:
                self._promise(tx, call, row, NOON + timedelta(seconds=promised_at), over if is_served else None)
            return call.id

    def _promise(self, tx, call: Call, row: Wait, at, dialled_at) -> None:
        is_done = dialled_at is not None
        tx.add(
            Callback(
                id=new_id(at),
                insurer_id=call.insurer_id,
                call_id=call.id,
                wait_id=row.id,
                phone=f"+7999{self.count}",
                reason="r",
                queue=row.queue,
                line=call.line,
                time_zone="Europe/Moscow",
                language="ru",
                state=CallbackState.DONE if is_done else CallbackState.FAILED,
                attempts_allowed=3,
                dialled_at=dialled_at,
                planned_at=at,
                due_at=at,
                window_until=at + timedelta(seconds=600),
                promised_until=at + timedelta(seconds=600),
                ended_at=at + timedelta(seconds=900),
                end_reason="done",
            )
        )

    def presence(self, code: str, presence: Presence, at: float, until: float | None) -> None:
        since = NOON + timedelta(seconds=at)
        ends = None if until is None else NOON + timedelta(seconds=until)
        with self.house.centre.database.transaction("test_presence") as tx:
            tx.query(PresenceInterval).filter_by(agent_id=self.agents[code], until=None).delete()
            tx.add(
                PresenceInterval(
                    id=new_id(since),
                    insurer_id="vsk",
                    agent_id=self.agents[code],
                    presence=presence,
                    since=since,
                    until=ends,
                )
            )


@pytest.fixture
def past(house: House) -> Past:  # noqa: F811
    made = Past(house)
    house.clock.move_by(5 * 3600)
    return made


def test_waits_and_conversations_become_figures(past: Past) -> None:
    target = past.house.centre.insurers["vsk"].queues["medical_desk"].answer_target_seconds
    past.call(0, target, talk=100, wrap_up=20)
    past.call(60, target + 40, agent="two", talk=200, wrap_up=40)
    past.call(120, target + 1, WaitState.ABANDONED)
    past.call(180, target, WaitState.ABANDONED)
    past.call(240, 300, WaitState.LEFT)
    past.call(0, 1, insurer_id="soglasie")
    found = facts(past.house)
    assert value("offered", found) == 5
    assert value("service_level", found) == pytest.approx(1 / 3)
    assert value("abandonment", found) == pytest.approx(1 / 3)
    assert value("short", found) == 1
    assert value("asa", found) == target + 20
    assert value("aht", found) == 180
    assert [one.agent for one in found.waits] == ["one", "two", None, None, None]
    assert value("offered", facts(past.house, insurer="soglasie")) == 1


def test_a_promise_kept_is_a_callback_and_no_slow_answer(past: Past) -> None:
    past.call(0, 400, purpose="callback", promised_at=100)
    past.call(0, 900, purpose="callback", promised_at=100)
    past.call(0, 50, WaitState.LEFT, promised_at=100)
    # Whoever had left their wait gets a new place with the promise: they did not queue twice.
    past.call(100, 200, purpose="callback", promised_at=100)
    found = facts(past.house)
    assert value("callbacks_kept", found) == 0.5
    assert (value("offered", found), value("answered", found)) == (3, 0)
    # A promise that may still be kept is not judged.
    assert facts(past.house, at=NOON + timedelta(seconds=699)).callbacks == []


def test_a_call_that_was_passed_on_was_answered_when_the_first_agent_took_it(past: Past) -> None:
    call_id = past.call(0, 10, agent="one", talk=60)
    with past.house.centre.database.transaction("test_passed_on") as tx:
        row = tx.query(Wait).filter_by(call_id=call_id).one()
        row.claimed_at = NOON + timedelta(seconds=90)
        tx.add(
            Offer(
                id=new_id(row.claimed_at),
                insurer_id="vsk",
                wait_id=row.id,
                call_id=call_id,
                agent_id=past.agents["two"],
                queue="medical_desk",
                purpose="transfer",
                presence_before="available",
                state=OfferState.DONE,
                conference="c-on",
                made_at=row.claimed_at,
                accepted_at=row.claimed_at,
                bridged_at=row.claimed_at,
                ended_at=NOON + timedelta(seconds=190),
                end_reason="ended",
            )
        )
    found = facts(past.house)
    assert value("asa", found) == 10
    assert sorted((one.agent, one.talk_seconds) for one in found.services) == [("one", 60), ("two", 100)]


def test_presence_is_cut_to_the_period_and_to_now(past: Past) -> None:
    past.presence("one", Presence.ON_CALL, -3600, 600)
    past.presence("two", Presence.AVAILABLE, 300, None)
    past.presence("one", Presence.AWAY, 600, None)
    found = facts(past.house, since=NOON, until=NOON + LONG, at=NOON + timedelta(seconds=900))
    assert sorted(one.seconds for one in found.presences) == [600, 600]
    assert value("occupancy", found) == 0.5


def test_who_rings_again_within_three_days_was_not_helped(past: Past) -> None:
    day = 86_400
    person = {"insured_id": past.insured_id}
    past.call(0, 5, **person)
    past.call(2 * day, 5, WaitState.ABANDONED, **person)
    past.call(6 * day, 5, agent="two", **person)
    past.call(0, 5)
    past.call(6 * day, 5, is_anonymous=True, **person)
    now, until = NOON + timedelta(days=10), NOON + timedelta(days=9)
    found = facts(past.house, until=until, at=now)
    assert [(one.agent, one.is_resolved) for one in found.contacts] == [("two", True), ("one", False)]
    # What is not three days old is not judged yet.
    assert [one.agent for one in facts(past.house, until=until, at=NOON + timedelta(days=8)).contacts] == ["one"]


def test_a_mark_counts_for_whoever_had_the_caller_last_and_once_a_call(past: Past) -> None:
    def rate(call_id: str, *marks: tuple[float, int]) -> None:
        with past.house.centre.database.transaction("test_rate") as tx:
            call = locked_call(tx, call_id)
            for seconds, score in marks:
                record(tx, call, RATED, at=NOON + timedelta(seconds=seconds), score=score)

    rate(past.call(0, 5), (130, 1), (150, 5))
    rate(past.call(200, 5, agent="two", line="curator", queue="curator"), (330, 2))
    # Nobody had this caller, and this one is another insurer's; the last one is rated after the period.
    rate(past.call(400, 5, WaitState.ABANDONED), (420, 1))
    rate(past.call(500, 5, insurer_id="soglasie"), (630, 1))
    rate(past.call(600, 5), (LONG.total_seconds() + 1, 1))
    found = facts(past.house).ratings
    assert [(one.agent, one.line, one.queue, one.score) for one in found] == [
        ("one", "medical_desk", "medical_desk", 5),
        ("two", "curator", "curator", 2),
    ]


def test_outcomes_are_counted_by_line_of_ones_own_insurer(past: Past) -> None:
    past.call(0, 5, outcome="gl_requested")
    past.call(1, 5, outcome="gl_requested", agent="two")
    past.call(2, 5, outcome="callback_scheduled", line="curator", queue="curator")
    past.call(3, 5, outcome="callback_scheduled", insurer_id="soglasie")
    period = {"insurer": past.house.centre.insurers["vsk"], "since": NOON, "until": NOON + LONG}
    with past.house.centre.database.reading("test_outcomes") as tx:

        def counted(**only: str) -> list[tuple[str, str, int]]:
            return [(one.line, one.code, one.calls) for one in read_outcomes(tx, **period, **only)]

        two_and_one = [("medical_desk", "gl_requested", 2), ("curator", "callback_scheduled", 1)]
        assert counted() == two_and_one
        assert counted(line="curator") == counted(queue="curator") == two_and_one[1:]
        assert counted(agent="two") == [("medical_desk", "gl_requested", 1)]


@pytest.mark.parametrize("grouping", list(Grouping))
def test_rows_add_up_to_the_whole(past: Past, grouping: Grouping) -> None:
    for number in range(8):
        state = WaitState.ABANDONED if number % 3 == 2 else WaitState.SERVED
        past.call(
            number * 1700,
            30 + number,
            state,
            agent="two" if number % 2 else "one",
            queue="curator" if number > 5 else "medical_desk",
        )
    zone = past.house.centre.insurers["vsk"].time_zone
    report = make_report(facts(past.house), grouping=grouping, since=NOON - LONG, until=NOON + LONG, zone=zone)
    assert report.total.figures["answered"] == 6
    assert sum(row.figures["answered"] for row in report.rows) == 6
    offered = [row.figures["offered"] for row in report.rows]
    assert offered == [None, None] if grouping is Grouping.AGENT else sum(offered) == 8


def test_what_is_read_of_a_large_log_is_the_periods(house: House) -> None:  # noqa: F811
    engine = house.centre.database.engine
    is_sqlite = engine.dialect.name == "sqlite"
    explain, bounded = ("explain query plan", "id>? AND id<?") if is_sqlite else ("explain", "(id)::text >")
    sent: list[tuple[str, tuple]] = []
    event.listen(engine, "before_cursor_execute", lambda _c, _u, text, given, *_: sent.append((text, given)))
    facts(house)
    with engine.connect() as connection:
        if not is_sqlite:
            # Else an empty table is read from end to end, or by any index of the insurer's: all cost the same.
            connection.exec_driver_sql("set enable_seqscan = off")
            others = "schemaname = 'public' and indexname like 'ix_%%' and indexname not like '%%insurer_id_id'"
            for name in connection.exec_driver_sql(f"select indexname from pg_indexes where {others}").scalars().all():
                connection.exec_driver_sql(f"drop index {name}")
        for table in ("offers", "waits", "presence_intervals", "calls"):
            text, given = next(one for one in sent if f"FROM {table}" in one[0])
            plan = [str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {text}", given)]
            assert any(bounded in row and (table in row or "Index Cond" in row) for row in plan), (table, plan)
