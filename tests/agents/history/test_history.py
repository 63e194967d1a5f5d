"""The demo's past: made beside a centre that lives, broken off and gone on with, and nothing of it comes to life."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

import wsgi
from agents.accounts.looking_after import add_account, give_role
from agents.accounts.models import Account, Role
from agents.accounts.passwords import fresh_password
from agents.demo import load_demo
from agents.history.bringing import APPENDED, BROUGHT, HISTORY
from agents.history.callers import Callers
from agents.history.making import FOLDER, Maker, make_week
from agents.history.people import add_people
from agents.history.week import Day, Week, keep_week, kept_week, week_before
from agents.history.world import COPIED
from agents.house.composing import prepare
from agents.house.upkeep import keep_up
from agents.models import Agent, Callback, Offer, PresenceInterval, Wait
from agents.models.evaluations import Evaluation
from config import failpoints
from config.audit import AuditEntry
from config.audit_chain import seal_new, verify
from config.centre import Centre
from config.database import Base
from config.due_work import DueWork
from config.errors import ConfigError
from config.settings import CENTRE_FILE, Settings, demo_settings, read_settings
from ivr.calls.models import Call, CallEvent, Outcome
from ivr.calls.recorded import RECORDED_ONE_IN
from ivr.exchange.telephones import ManyTelephones
from recordings.keeping import RETIRE
from recordings.models import Recording
from recordings.playing_conversations import sound_of

LINE, CALLER = "+78002001441", "+70002000001"
JUDGES = ("vsk-quality", "vsk-supervisor")
# Tuesday, noon in Moscow; the past is two hours of the day before.
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PAST = Day(1, NOW - timedelta(hours=26), NOW - timedelta(hours=24))
WEEK = Week(seed=7, calls_a_day=110, days=[PAST])

# The rest is decided too: who is signed in, what belongs to this installation alone, and what only counts for an hour.
STAYS = {
    *("staff_sessions", "failed_tries", "saved_searches", "call_exports"),
    *("api_tokens", "webhook_endpoints", "outgoing_events", "webhook_deliveries"),
    *("audit_seals", "shifts", "insured_searches", "identification_tries", "carrier_news"),
}


@pytest.fixture(autouse=True)
def _nothing_stays_armed() -> Iterator[None]:
    yield
    failpoints.disarm()


@contextmanager
def stage_of(settings: Settings, start: datetime, *, seed: int) -> Iterator[wsgi.Stage]:
    often = replace(settings, named={**settings.named, RECORDED_ONE_IN: "2"})
    with wsgi.rehearse(often, start, redis_url=None, seed=seed) as stage:
        yield stage


def make(settings: Settings, stage: wsgi.Stage) -> list[str]:
    news: list[str] = []
    make_week(settings, stage.rehearsal.clock, Maker(prepare, stage_of), news.append)
    return news


def demo_in(folder: Path) -> Settings:
    settings = read_settings({"PULT_DATA_DIR": str(folder)}, folder=folder, defaults=demo_settings())
    (settings.data_dir / CENTRE_FILE).touch()
    (settings.data_dir / FOLDER).mkdir()
    keep_week(settings.data_dir / FOLDER, WEEK)
    return settings


def give_account(centre: Centre, code: str) -> None:
    given = {"insurer_id": "vsk", "name": code, "by": "demo", "agent_code": code}
    add_account(centre, role=Role.AGENT, password=fresh_password(), **given)
    give_role(centre, role=Role.SUPERVISOR, **given)


def count(centre: Centre, model: type[Base], *where: object) -> int:
    with centre.database.reading("count") as tx:
        return tx.scalar(select(func.count()).select_from(model).where(*where)) or 0  # type: ignore[arg-type]


@pytest.mark.timeout(600)
def test_a_past_is_made_beside_a_live_call_and_gone_on_with_after_each_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = demo_in(tmp_path)
    matters = set()

    def talk_about(telephones: ManyTelephones, call_sid: str, matter: str) -> None:
        matters.add(matter)
        really_talk_about(telephones, call_sid, matter)

    really_talk_about = ManyTelephones.talk_about
    monkeypatch.setattr(ManyTelephones, "talk_about", talk_about)
    with wsgi.rehearse(settings, NOW, redis_url=None) as stage:
        load_demo(stage.centre)
        for code in JUDGES:
            give_account(stage.centre, code)
        call = stage.telephones.dial(LINE, CALLER, ("0",), think_seconds=1, speaks_seconds=0)
        assert stage.rehearsal.run_until(lambda: "bridged" in stage.telephones.happened(call))
        before = count(stage.centre, Call)
        for place in ("commit:record_outcome", "commit:bring_history", "commit:bring_history_audit"):
            failpoints.arm_once(place, failpoints.kill_here)
            with pytest.raises(failpoints.ProcessKilled):
                make(settings, stage)
            assert not failpoints.is_armed(place)
        assert make(settings, stage) == []
        brought = count(stage.centre, Call) - before
        assert brought > 10
        # Kinds of request, and the queues of those who have opened none.
        assert {"appointment", "medical_desk"} < matters
        assert stage.rehearsal.run_until(lambda: "ended" in stage.telephones.happened(call))
        stage.rehearsal.run_for(timedelta(minutes=2))
        assert count(stage.centre, Call) - before == brought
        assert_is_past(stage.centre, brought)
        assert_is_whole(stage.centre)
        assert_is_judged(stage.centre)


def assert_is_past(centre: Centre, brought: int) -> None:
    """All of it happened then and ended then; what there is to do now is to destroy the recordings, in time."""
    then = (Call.started_at >= PAST.begins_at, Call.started_at < PAST.ends_at)
    assert count(centre, Call, *then, Call.ended_at <= PAST.ends_at + timedelta(minutes=10)) == brought
    assert count(centre, Callback, Callback.ended_at.is_(None)) == 0
    assert count(centre, Wait, Wait.ended_at.is_(None)) == 0
    assert keep_up(centre) == 0
    with centre.database.reading("due") as tx:
        calls = set(tx.scalars(select(Call.id).where(*then)))
        past = {
            *calls,
            *tx.scalars(select(Wait.id).where(Wait.call_id.in_(calls))),
            *tx.scalars(select(Offer.id).where(Offer.call_id.in_(calls))),
            *tx.scalars(select(Callback.id).where(Callback.call_id.in_(calls))),
        }
        kinds = set(tx.scalars(select(DueWork.kind).where(DueWork.subject_id.in_(past))))
        retired = set(tx.scalars(select(DueWork.subject_id).where(DueWork.kind == RETIRE)))
        recordings = tx.scalars(select(Recording).where(Recording.call_id.in_(calls))).all()
        open_since = set(tx.scalars(select(PresenceInterval.since).where(PresenceInterval.until.is_(None))))
    assert kinds == set()
    assert {one.id for one in recordings} <= retired
    assert min(open_since) >= NOW
    assert recordings
    # Nobody says what somebody else has said, in the same voice.
    assert len({one.peaks for one in recordings}) == len(recordings)
    for one in recordings:
        assert sound_of(centre, insurer_id=one.insurer_id, recording_id=one.id).read()[:4] == b"RIFF"


def assert_is_whole(centre: Centre) -> None:
    """Really run: every call went through the flow, agents spoke to callers, and the audit is one chain."""
    with centre.database.reading("ran") as tx:
        entered = select(CallEvent.call_id).where(CallEvent.kind == "node_entered")
        assert tx.scalar(select(func.count()).select_from(Call).where(Call.id.not_in(entered))) == 0
        assert tx.scalar(select(func.count()).select_from(Call).where(Call.id.not_in(select(Outcome.call_id)))) == 0
        served = tx.scalars(select(Agent.code).join(Offer, Offer.agent_id == Agent.id).distinct()).all()
        days = tx.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.action == HISTORY))
    assert len(served) > 3
    assert days == len(centre.insurers)
    while seal_new(centre):
        pass
    verdict = verify(centre.database, key=centre.settings.audit_key, data_dir=centre.settings.data_dir)
    assert (verdict.findings, verdict.unsealed) == ((), 0)


def assert_is_judged(centre: Centre) -> None:
    """Supervisors have judged what can be listened to, and two have calibrated; their accounts open as before."""
    with centre.database.reading("judged") as tx:
        rows = tx.scalars(select(Evaluation)).all()
        heard = set(tx.scalars(select(Recording.call_id)))
        hashes = tx.scalars(select(Account.password_hash)).all()
    assert {one.evaluator for one in rows if one.calibration_id is None} <= set(JUDGES)
    assert sorted(one.evaluator for one in rows if one.calibration_id is not None) == sorted(JUDGES)
    assert {one.call_id for one in rows} <= heard
    assert all(one.submitted_at < PAST.ends_at for one in rows)
    assert len(rows) > len(JUDGES)
    assert all(hashes)


@pytest.mark.timeout(300)
def test_few_ring_often_and_some_ring_again(tmp_path: Path) -> None:
    settings = demo_in(tmp_path)
    with wsgi.rehearse(settings, NOW, redis_url=None) as stage:
        load_demo(stage.centre)
        week = week_before(NOW, days=7, calls_a_day=40)
        add_people(stage.centre, calls_a_day=40, seed=week.seed)
        callers = Callers(stage.centre.insurers, stage.centre.database)
        drawn = [one for day in week.days for one in callers.of_day(day, week)]
    own = Counter(one.ani for one in drawn if one.ani.startswith("+7000") and not one.ani.startswith("+7000777"))
    again = sum(calls - 1 for calls in own.values()) / own.total()
    assert 0.1 < again < 0.35
    assert max(own.values()) < 8


def test_only_a_demos_centre_is_given_a_past(tmp_path: Path) -> None:
    settings = demo_in(tmp_path)
    (settings.data_dir / CENTRE_FILE).unlink()
    with wsgi.rehearse(settings, NOW, redis_url=None) as stage, pytest.raises(ConfigError, match="no demo's centre"):
        make(settings, stage)


def test_of_every_table_it_is_decided_whether_it_comes_over() -> None:
    # What a policy grants is written when it is first used: there, or here.
    decided = [BROUGHT - {"entitlements"}, COPIED, {APPENDED}, STAYS]
    assert sum(map(len, decided)) == len(set().union(*decided))
    assert set().union(*decided) == set(Base.metadata.tables)


def test_the_days_before_a_centres_first_hour_follow_one_another(tmp_path: Path) -> None:
    week = week_before(NOW, days=7, calls_a_day=300)
    assert [day.number for day in week.days] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert all(day.ends_at == after.begins_at for day, after in zip(week.days, week.days[1:], strict=False))
    assert week.days[-1].ends_at == NOW
    assert [day.name for day in week.days[-2:]] == ["2026-11-23", "2026-11-24"]
    keep_week(tmp_path, week)
    assert kept_week(tmp_path) == week


def test_who_starts_early_has_whole_days_only() -> None:
    week = week_before(datetime(2026, 11, 24, 1, 30, tzinfo=UTC), days=2, calls_a_day=300)
    assert [day.name for day in week.days] == ["2026-11-22", "2026-11-23"]
