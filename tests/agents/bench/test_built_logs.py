"""The log that the bench builds, on both databases: whole, believable, and searched as a look at every row would."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from agents.bench.built_logs import build_log, build_steps
from agents.bench.past_calls import EVENTS, YEAR
from agents.models import Agent, Wait
from agents.supervisor.call_log import searching
from agents.supervisor.call_log.searching import CallSearch, find_calls
from config.database import Transaction
from flows.library import SHIPPED as FLOWS
from flows.library import digest_of, sources_in
from ivr.calls.models import Call, CallEvent, FlowVersion, Leg, Outcome
from recordings.models import Recording
from tests.agents.conftest import House, house  # noqa: F401 - fixture

CALLS = 500


@pytest.fixture
def built(house: House) -> House:  # noqa: F811
    sources = sources_in(FLOWS)
    with house.centre.database.transaction("test_flows") as tx:
        tx.add(FlowVersion(digest=digest_of(sources), sources=sources, installed_at=house.clock.now()))
    steps: list[None] = []
    build_log(house.centre, calls=CALLS, step=lambda: steps.append(None))
    assert len(steps) == build_steps(CALLS)
    return house


def found(tx: Transaction, built: House, wanted: CallSearch, most: int = CALLS) -> list[str]:
    """Everything that is found, page after page."""
    insurer, before, ids = built.centre.insurers["vsk"], None, []
    while True:
        page = find_calls(tx, insurer=insurer, wanted=wanted, before=before, most=most)
        ids += [call.id for call in page.calls]
        before = page.go_on_at
        if before is None:
            return ids


def test_a_search_finds_what_a_look_at_every_row_finds(built: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with built.centre.database.reading("test_searches") as tx:
        calls = tx.scalars(select(Call).where(Call.insurer_id == "vsk").order_by(Call.id.desc())).all()
        notes = {one.call_id: one.note.casefold() for one in tx.scalars(select(Outcome)) if one.note}
        codes = {(one.call_id, one.code) for one in tx.scalars(select(Outcome))}
        waits = {one.call_id: one for one in tx.scalars(select(Wait))}
        recorded = set(tx.scalars(select(Recording.call_id)))
        agent = tx.scalars(select(Agent).where(Agent.code == "vsk-1")).one()
        served = set(tx.scalars(select(Leg.call_id).where(Leg.agent_id == agent.id)))

        def lasted(call: Call, least: float, most: float = 1e9) -> bool:
            return call.ended_at is not None and least <= (call.ended_at - call.started_at).total_seconds() <= most

        def waited(call: Call, least: float) -> bool:
            wait = waits.get(call.id)
            return wait is not None and (wait.claimed_at or wait.ended_at) - wait.since >= timedelta(seconds=least)

        def noted(call: Call, *words: str) -> bool:
            return not call.is_anonymous and all(word in notes.get(call.id, "") for word in words)

        half = calls[len(calls) // 2].started_at
        asked = [
            (CallSearch(), lambda call: True),
            (CallSearch(since=half), lambda call: call.started_at >= half),
            (CallSearch(line="curators"), lambda call: call.line == "curators"),
            (CallSearch(agent="vsk-1"), lambda call: call.id in served),
            (CallSearch(outcome="gl_issued"), lambda call: (call.id, "gl_issued") in codes),
            (CallSearch(is_open=True), lambda call: call.ended_at is None),
            (CallSearch(is_emergency=True), lambda call: call.is_emergency),
            (CallSearch(has_recording=True), lambda call: call.id in recorded),
            (CallSearch(has_recording=False), lambda call: call.id not in recorded),
            (CallSearch(lasted=(300, None)), lambda call: lasted(call, 300)),
            (CallSearch(lasted=(60, 300)), lambda call: lasted(call, 60, 300)),
            (CallSearch(waited=(60, None)), lambda call: waited(call, 60)),
            (CallSearch(text="Клинику"), lambda call: noted(call, "клиник")),
            (CallSearch(text="почта документ"), lambda call: noted(call, "документ", "почт")),
            (CallSearch(text="ждет"), lambda call: noted(call, "ждёт")),
            (CallSearch(text="для"), lambda call: noted(call, "для")),
            (CallSearch(text="метеорит"), lambda call: False),
            (
                CallSearch(line="medical_desk", waited=(30, None), text="клиника"),
                lambda call: call.line == "medical_desk" and waited(call, 30) and noted(call, "клиник"),
            ),
        ]  # fmt: skip
        for look in (searching.LOOK, 20):
            # The same whether a search gets through in one look or has to go on.
            monkeypatch.setattr(searching, "LOOK", look)
            for wanted, fits in asked:
                expected = [call.id for call in calls if fits(call)]
                assert found(tx, built, wanted) == expected, wanted
                assert expected or wanted.is_emergency or wanted.text == "метеорит", wanted
                assert found(tx, built, wanted, most=7) == expected, wanted


def test_every_call_has_its_twenty_events_and_the_year_is_full(built: House) -> None:
    with built.centre.database.reading("test_log") as tx:
        events = Counter(tx.scalars(select(CallEvent.call_id)))
        began = sorted(tx.scalars(select(Call.started_at)))
    assert len(began) == CALLS
    assert set(events.values()) == {EVENTS}
    assert len(events) == CALLS
    assert began[-1] - began[0] > YEAR * 0.95
    assert len({one.month for one in began}) == 12
