"""The page of the reports: what is chosen is shown, explained, led to its calls, exported harmlessly and audited."""

import csv
import html
import re
from urllib.parse import unquote

import pytest

from agents.models import Agent, Offer, Wait
from agents.supervisor.reports.figures import FIGURES
from config.ids import new_id
from ivr.calls.finding import locked_call
from ivr.calls.models import Leg
from ivr.calls.outcomes import record_outcome
from tests.agents.staff.conftest import Site
from tests.agents.supervisor.conftest import Logged


def report_of(text: str) -> dict[str, list[str]]:
    """The cells of each row by its name."""
    table = re.search(r'<table class="rows log report">.*?</table>', text, re.DOTALL)[0]
    rows = {}
    for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)[1:]:
        name, *cells = [html.unescape(re.sub(r"<[^>]+>", "", one)) for one in re.findall(r"<t[hd].*?</t[hd]>", row)]
        rows[name] = cells
    return rows


def test_the_figures_of_today_by_queue(logged: Logged) -> None:
    logged.call(minutes_ago=30, waited=5, agent="desk-1", lasted=105, outcome="gl_requested")
    logged.call(minutes_ago=40, waited=300, queue="curator", agent="desk-2", lasted=400)
    text = logged.site.signed_in("watcher").get("/reports?by=queue").text
    rows = report_of(text)
    at = {one.name: number for number, one in enumerate(FIGURES)}
    assert len(rows) == 3
    assert rows["Всего"][at["answered"]] == "2"
    assert rows["Всего"][at["asa"]] == "02:32"
    assert rows["Медицинский пульт"][at["service_level"]] == "100,0\N{NO-BREAK SPACE}%"
    assert rows["Медицинский пульт"][at["occupancy"]] == "–"


def test_every_figure_is_explained_on_the_page(logged: Logged) -> None:
    for language, words in (("ru", "короткий сброс"), ("en", "a short abandon")):
        browser = logged.site.signed_in("watcher")
        browser.post("/language", {"language": language, "next": "/reports"}, page="/reports")
        text = browser.get("/reports").text
        assert words in text
        assert all(f'id="word-{one.name}"' in text for one in FIGURES)


def test_a_row_leads_to_its_calls_in_the_log(logged: Logged) -> None:
    near = logged.call(minutes_ago=30, waited=5, agent="desk-1", outcome="gl_requested")
    logged.call(minutes_ago=30, waited=5, queue="curator", agent="desk-2")
    watcher = logged.site.signed_in("watcher")
    text = watcher.get("/reports?by=queue").text
    row = next(one for one in re.findall(r"<tr>.*?</tr>", text) if "queue=medical_desk" in one)
    log = watcher.get(html.unescape(re.search(r'href="([^"]+)"', row)[1])).text
    assert re.findall(r'<tr id="call-(\w+)"', log) == [near]
    outcome = html.unescape(re.search(r'href="(/calls\?[^"]*outcome=gl_requested[^"]*)"', text)[1])
    assert re.findall(r'<tr id="call-(\w+)"', watcher.get(outcome).text) == [near]


def test_outcomes_lead_to_the_calls_that_were_counted_for_them(logged: Logged) -> None:
    def served(agent: str, outcome: str, *, queue: str = "medical_desk", besides: str | None = None) -> str:
        call_id = logged.call(minutes_ago=30, waited=5, agent=agent, queue=queue, outcome=outcome)
        with logged.site.house.centre.database.transaction("test_besides") as tx:
            call, now = locked_call(tx, call_id), logged.site.house.clock.now()
            if besides is not None:
                record_outcome(tx, call=call, code=besides, by=agent, at=now, is_primary=False)
            return call_id

    own = served("desk-1", "gl_requested")
    served("desk-1", "info_given", besides="gl_requested")
    served("desk-1", "gl_requested", queue="curator")
    heard = served("desk-2", "gl_requested")
    with logged.site.house.centre.database.transaction("test_listened") as tx:
        wait, at = tx.query(Wait).filter_by(call_id=heard).one(), logged.site.house.clock.now()
        listener = tx.query(Agent).filter_by(code="desk-1").one().id
        tx.add(
            Offer(
                id=new_id(at), insurer_id="vsk", wait_id=wait.id, call_id=heard, agent_id=listener, queue=wait.queue,
                purpose="monitor", presence_before="available", state="done", conference="c", made_at=at,
                accepted_at=at, bridged_at=at, ended_at=at, end_reason="ended",
            )
        )
        tx.add(
            Leg(
                id=new_id(at), insurer_id="vsk", call_id=heard, carrier_sid="CA-listens", party="agent",
                agent_id=listener, started_at=at, answered_at=at, ended_at=at,
            )
        )
    watcher = logged.site.signed_in("watcher")

    def counted(query: str) -> tuple[list[str], list[str]]:
        """How many calls the table has of the outcome, and which the log shows behind that."""
        text = watcher.get(f"/reports?by=hour&{query}").text
        row = re.search(r'<tr><td>[^<]*</td><td><a href="(/calls[^"]*outcome=gl_requested[^"]*)".*?</tr>', text)
        log = watcher.get(html.unescape(row[1])).text
        return re.findall(r'<td class="figures number">(\d+)</td>', row[0]), re.findall(r'<tr id="call-(\w+)"', log)

    assert counted("agent=desk-1&queue=medical_desk") == (["1"], [own])
    table, log = counted("")
    assert (table, len(log)) == (["3"], 3)


def test_an_hours_row_leads_to_that_hour_by_the_readers_clock(logged: Logged) -> None:
    logged.call(minutes_ago=150, waited=5)
    text = logged.site.signed_in("watcher").get("/reports?by=hour").text
    links = [html.unescape(one) for one in re.findall(r'<th scope="row"[^>]*><a href="([^"]+)"', text)]
    assert "/calls?period=own&from=2026-11-24T09:00&to=2026-11-24T10:00" in [unquote(one) for one in links]
    assert "from=2026-11-24&" in links[0]


def test_a_report_is_of_ones_own_insurer(logged: Logged) -> None:
    logged.call(minutes_ago=30, waited=5, insurer_id="soglasie", line="soglasie")
    rows = report_of(logged.site.signed_in("watcher").get("/reports?by=queue").text)
    assert rows["Всего"][0] == "0"


@pytest.mark.parametrize(
    "query",
    ["period=own&from=gestern", "from=2026-11-25&to=2026-11-23", "from=2026-11-01&by=half", "from=2026-01-01&by=day"],
)
def test_a_period_that_cannot_be_is_refused_with_words(site: Site, query: str) -> None:
    watcher = site.signed_in("watcher")
    answer = watcher.get(f"/reports?{query}")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert watcher.get(f"/reports/table.csv?{query}").status_code == 400
    assert site.audited(action="report_made") == []


def test_typed_days_win_over_a_period_with_a_name(site: Site) -> None:
    text = site.signed_in("watcher").get("/reports?period=today&from=2026-11-20&to=2026-11-21").text
    assert re.search(r"20\.11\.2026.00:00 – 22\.11\.2026.00:00", text)
    assert '<option value="own" selected>' in text


def test_rows_that_nobody_chose_go_with_the_period(site: Site) -> None:
    watcher = site.signed_in("watcher")
    for period, rows in (("today", "По часам"), ("month", "По дням")):
        text = watcher.get(f"/reports?period={period}&by=").text
        assert f'<th scope="col">{rows}</th>' in text
        assert re.search(r'<option value="[a-z]+" selected>По', text) is None


@pytest.mark.parametrize("by", ["quarter", "half", "hour", "day", "line", "queue", "agent", "nonsense"])
def test_every_grouping_has_its_page_and_table(logged: Logged, by: str) -> None:
    logged.call(minutes_ago=30, waited=5, agent="desk-1")
    watcher = logged.site.signed_in("watcher")
    shown = report_of(watcher.get(f"/reports?period=week&by={by}").text)
    answer = watcher.get(f"/reports/table.csv?period=week&by={by}")
    table = list(csv.reader(answer.text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}").splitlines(), delimiter=";"))
    assert [row[0] for row in table[1:]] == [re.sub(r" (короткий день|выходной)$", "", name) for name in shown]
    assert all(len(row) == len(FIGURES) + 1 for row in table)
    assert [title for title in table[0] if title.endswith(", s")] == []
    assert [title for title in table[0] if title.endswith(", с")]
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert logged.site.audited(actor="watcher", action="report_exported") == ["report_exported"]
    assert logged.site.audited(actor="watcher", action="report_made") == ["report_made"]


def test_no_cell_is_a_formula(logged: Logged) -> None:
    logged.site.house.agent("=HYPERLINK(1)")
    logged.call(minutes_ago=30, waited=5, agent="=HYPERLINK(1)")
    text = logged.site.signed_in("watcher").get("/reports/table.csv?by=agent").text
    assert "\n'=HYPERLINK(1);" in text
