"""What Prometheus is told: true figures under its own conventions, few series, nobody's data, and not for the world."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from agents.metrics import of_job_queues
from agents.metrics.serving import metrics_app
from config.addresses import metrics_address
from config.due_work import DueWork, schedule
from config.errors import ConfigError
from ivr.calls.finding import locked_call
from ivr.calls.outcomes import record_outcome
from tests.agents.staff.conftest import Site, site  # noqa: F401 - fixtures
from tests.agents.supervisor.conftest import NAME, OWN_PHONE, POLICY, Logged, logged  # noqa: F401 - fixtures

TOKEN = "of-this-test-alone"
LABELS = {
    *("insurer", "line", "direction", "outcome", "state", "queue", "end", "purpose", "presence", "kind", "job_queue"),
}


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis that answers is heard, however slow the machine is."""
    monkeypatch.setattr(of_job_queues, "_PATIENCE_SECONDS", 30.0)


def scraped(logged: Logged, redis_url: str, *, token: str | None = None, **sent: str) -> tuple[str, str]:  # noqa: F811
    """Status and text of one scrape."""
    centre = logged.site.house.centre
    app = metrics_app(replace(centre, settings=replace(centre.settings, redis_url=redis_url)), token=token)
    statuses: list[str] = []
    environ = {"PATH_INFO": "/metrics", "REQUEST_METHOD": "GET", **sent}
    body = b"".join(app(environ, lambda status, _headers: statuses.append(status)))
    return statuses[0], body.decode()


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels, in the order of their names."""
    return {
        (one.name, *(value for _, value in sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def test_the_days_calls_waits_and_offers_are_counted(logged: Logged, redis_url: str) -> None:  # noqa: F811
    logged.call(waited=12, agent="desk-1", outcome="info_given", minutes_ago=30)
    logged.call(waited=45, agent="desk-1", minutes_ago=20)
    logged.call(minutes_ago=60 * 30, outcome="info_given")
    logged.call(minutes_ago=1, lasted=None)
    found = samples(scraped(logged, redis_url)[1])
    assert found["pult_calls_begun_total", "inbound", "vsk", "medical_desk"] == 3
    assert found["pult_calls_ended_total", "inbound", "vsk", "medical_desk"] == 2
    assert found["pult_calls_by_outcome", "vsk", "medical_desk", "info_given"] == 1
    assert found["pult_calls_by_outcome", "vsk", "medical_desk", "none"] == 1
    assert found["pult_calls_open", "vsk", "medical_desk", "in_menu"] == 1
    assert found["pult_waits_answered_total", "vsk", "medical_desk"] == 2
    assert found["pult_waits_in_time_total", "vsk", "medical_desk"] == 1
    assert found["pult_wait_seconds_bucket", "answered", "vsk", "20.0", "medical_desk"] == 1
    assert found["pult_wait_seconds_sum", "answered", "vsk", "medical_desk"] == 57
    assert found["pult_offers_ended_total", "done", "vsk", "queue", "medical_desk"] == 2
    assert found["pult_agents", "vsk", "available"] == 2
    assert found["pult_emergencies_waiting", "vsk"] == 0
    assert (found["pult_database_up",], found["pult_redis_up",]) == (1, 1)
    assert found["pult_job_queue_length", "dispatch"] == 0


def test_no_counter_falls_when_an_outcome_is_written_down_or_corrected(logged: Logged, redis_url: str) -> None:  # noqa: F811
    def counters() -> dict[tuple[str, ...], float]:
        return {name: one for name, one in samples(scraped(logged, redis_url)[1]).items() if "_total" in name[0]}

    call_id = logged.call(waited=12, agent="desk-1", minutes_ago=30)
    before = counters()
    for code, by in (("dropped_mid_call", "line"), ("info_given", "desk-1"), ("gl_requested", "desk-2")):
        with logged.site.house.centre.database.transaction("test_outcome") as tx:
            record_outcome(tx, call=locked_call(tx, call_id), code=code, by=by, at=logged.site.house.clock.now())
        after = counters()
        assert {name: one for name, one in before.items() if after.get(name, 0) < one} == {}
        before = after


def test_nothing_of_anybody_is_told_and_there_are_few_series(logged: Logged, redis_url: str) -> None:  # noqa: F811
    for _ in range(20):
        logged.call(waited=5, agent="desk-1", ani=OWN_PHONE, insured_id=logged.insured_id, outcome="info_given")
    text = scraped(logged, redis_url)[1]
    for secret in (OWN_PHONE, OWN_PHONE.lstrip("+"), POLICY, *NAME.split(), logged.insured_id, "desk-1", "boss"):
        assert secret not in text
    assert not re.search(r"[0-9a-f]{32}|\d{7,}", re.sub(r"^.*_sum.*$", "", text, flags=re.M))
    families = list(text_string_to_metric_families(text))
    assert {label for family in families for one in family.samples for label in one.labels} - {"le"} <= LABELS
    series = {(one.name, *sorted(one.labels.items())) for family in families for one in family.samples}
    assert len(series) < 400
    assert all(family.documentation and family.name.startswith("pult_") for family in families)


def test_work_that_somebody_is_at_is_not_overdue(logged: Logged, redis_url: str) -> None:  # noqa: F811
    house = logged.site.house
    now = house.clock.now()
    with house.centre.database.transaction("test_due") as tx:
        for subject in ("left", "long"):
            schedule(tx, kind="join_export", subject_id=subject, insurer_id="vsk", due_at=now - timedelta(seconds=90))
        leased_until = now + timedelta(seconds=1)
        tx.execute(update(DueWork).where(DueWork.subject_id == "long").values(leased_until=leased_until))
    assert samples(scraped(logged, redis_url)[1])["pult_due_work_overdue", "join_export"] == 1
    house.clock.move_by(1)
    found = samples(scraped(logged, redis_url)[1])
    assert found["pult_due_work_overdue", "join_export"] == 2
    assert found["pult_due_work_oldest_seconds",] == 91


def test_without_database_or_redis_that_is_what_is_told(logged: Logged) -> None:  # noqa: F811
    with logged.site.house.centre.database.engine.begin() as connection:
        connection.exec_driver_sql("drop table due_work")
    found = samples(scraped(logged, "redis://127.0.0.1:1/0")[1])
    assert (found["pult_database_up",], found["pult_redis_up",]) == (0, 0)


def test_who_has_a_token_set_must_bring_it(logged: Logged, redis_url: str) -> None:  # noqa: F811
    ask = {"token": TOKEN}
    assert scraped(logged, redis_url, **ask)[0] == "401 Unauthorized"
    assert scraped(logged, redis_url, HTTP_AUTHORIZATION="Bearer другой", **ask)[0] == "401 Unauthorized"
    assert scraped(logged, redis_url, HTTP_AUTHORIZATION=f"Bearer {TOKEN}", **ask)[0] == "200 OK"
    assert scraped(logged, redis_url, PATH_INFO="/", **ask)[0] == "404 Not Found"


@pytest.mark.parametrize("named", [{}, {"PULT_METRICS_TOKEN": "short"}])
def test_beyond_this_machine_figures_need_a_token(logged: Logged, named: dict[str, str]) -> None:  # noqa: F811
    settings = replace(logged.site.house.centre.settings, named={"PULT_METRICS_BIND": "http://0.0.0.0:9180", **named})
    with pytest.raises(ConfigError, match="PULT_METRICS_TOKEN"):
        metrics_address(settings)
    assert metrics_address(replace(settings, named={})).host == "127.0.0.1"
    assert metrics_address(replace(settings, named={**settings.named, "PULT_METRICS_TOKEN": TOKEN})).port == 9180
