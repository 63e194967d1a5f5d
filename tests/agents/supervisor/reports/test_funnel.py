"""The funnel: who came to a node and who left there, counted on both databases and drawn on the flow's own picture."""

import html
import re
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sqlalchemy import insert

import flows as flows_package
from agents.supervisor.installed_flows import installed_flows
from agents.supervisor.reports.funnel import NodeVisits, funnel, left_inside
from config.ids import new_id
from flows.library import digest_of, sources_in
from ivr.calls.ending import end_call
from ivr.calls.log import record
from ivr.calls.models import Call, FlowVersion
from tests.agents.conftest import NOON, House, house  # noqa: F401 - a fixture
from tests.agents.staff.conftest import Site


def install(house: House) -> None:  # noqa: F811
    sources = sources_in(Path(flows_package.__file__).parent)
    row = {"digest": digest_of(sources), "sources": dict(sources), "installed_at": NOON}
    with house.centre.database.transaction("test_install") as tx:
        tx.execute(insert(FlowVersion).values(row))


def went(
    house: House,  # noqa: F811
    *nodes: str | tuple[str, str],
    flow: str,
    is_over: bool = True,
    spoke: bool = False,
    **more: object,
) -> None:
    """A call that came to these nodes, of `flow` where none is named, and ended at the last; after a conversation if
    they `spoke`.
    """
    at = house.clock.now() - timedelta(minutes=10)
    values = {"insurer_id": "vsk", "line": "medical_desk", "direction": "inbound"} | more
    with house.centre.database.transaction("test_went") as tx:
        call = Call(
            id=new_id(at),
            carrier_sid=new_id(at),
            dnis="+78002001441",
            ani=None,
            language="ru",
            flow=flow,
            state="in_menu",
            flow_digest="",
            started_at=at,
            **values,
        )
        tx.add(call)
        tx.flush()
        for one in nodes:
            entered, node = (flow, one) if isinstance(one, str) else one
            record(tx, call, "node_entered", at=at, flow=entered, node=node)
        if spoke:
            record(tx, call, "connected", at=at)
        if is_over:
            end_call(house.centre, tx, call, cause="completed", at=at + timedelta(seconds=20))


def nodes_by_type(house: House) -> tuple[str, str, str]:  # noqa: F811
    """The flow of the medical desk's line, one of its menus and its first queue or end."""
    with house.centre.database.reading("test_flows") as tx:
        known = installed_flows(tx)
    flow = house.centre.insurers["vsk"].lines["medical_desk"].flow
    nodes = known.flows[flow].nodes
    menu = next(name for name, node in nodes.items() if node.type == "menu")
    return flow, menu, next(name for name, node in nodes.items() if node.type in ("queue", "end"))


def test_whoever_ends_at_a_menu_left_and_whoever_is_served_did_not(house: House) -> None:  # noqa: F811
    install(house)
    flow, menu, served = nodes_by_type(house)
    went(house, menu, flow=flow)
    went(house, menu, menu, flow=flow)
    went(house, menu, served, flow=flow)
    went(house, menu, flow=flow, is_over=False)
    went(house, menu, flow=flow, spoke=True)
    went(house, menu, flow=flow, line="curator")
    went(house, menu, flow=flow, direction="outbound")
    went(house, menu, flow=flow, insurer_id="soglasie")
    went(house, "gone_since", flow=flow)
    period = {"since": NOON - timedelta(hours=1), "until": NOON + timedelta(hours=1)}
    with house.centre.database.reading("test_funnel") as tx:
        whole = {"insurer": house.centre.insurers["vsk"], "flows": installed_flows(tx), **period}
        assert funnel(tx, **whole) == [NodeVisits(flow, menu, 6, 3), NodeVisits(flow, served, 1, 0)]
        assert funnel(tx, line="curator", **whole) == [NodeVisits(flow, menu, 1, 1)]


def test_who_left_in_another_flow_is_counted_at_the_step_that_leads_there(house: House) -> None:  # noqa: F811
    install(house)
    with house.centre.database.reading("test_flows") as tx:
        known = installed_flows(tx)
    flow = house.centre.insurers["vsk"].lines["medical_desk"].flow
    step, into = next((one.name, one.flow) for one in known.flows[flow].nodes.values() if one.type == "call")
    nodes = known.flows[into].nodes.values()
    asks, ends = (next(one.name for one in nodes if (one.type == "end") is is_end) for is_end in (False, True))
    for last in (asks, asks, ends):
        went(house, (flow, step), (into, last), flow=flow)
    # Neither who came back and went on, nor who spoke, nor whoever is still there.
    went(house, (flow, step), (into, asks), (flow, "main"), flow=flow)
    went(house, (flow, step), (into, asks), flow=flow, spoke=True)
    went(house, (flow, step), (into, asks), flow=flow, is_over=False)
    period = {"since": NOON - timedelta(hours=1), "until": NOON + timedelta(hours=1)}
    with house.centre.database.reading("test_funnel") as tx:
        asked = {"insurer": house.centre.insurers["vsk"], "flows": known, "flow": flow, **period}
        assert left_inside(tx, **asked) == {step: 2}
        assert left_inside(tx, **asked, line="curator") == {}


def test_the_flows_own_picture_says_who_left_where(site: Site) -> None:
    install(site.house)
    flow, menu, served = nodes_by_type(site.house)
    went(site.house, menu, flow=flow)
    went(site.house, menu, served, flow=flow)
    text = site.signed_in("watcher").get(f"/reports/funnel?flow={flow}").text
    picture = picture_in(text)
    box = next(one for one in picture.iter() if one.get("id") == f"node-{menu}")
    assert "пришли 2, ушли 1: 50,0\N{NO-BREAK SPACE}%" in " ".join(box.itertext()).replace("  ", " ")
    assert [one.text for one in picture.iter() if one.tag == "text" and one.get("class") == "place"] == ["1"]
    step = rf'<th scope="row"><a href="[^"]*#node-{menu}">[^<]*[а-я]{{3}}[^<]*</a> <span class="soft">{menu}<'
    assert re.search(step, text)


def test_a_step_leads_to_the_calls_that_ended_at_it(site: Site) -> None:
    install(site.house)
    flow, menu, served = nodes_by_type(site.house)
    went(site.house, menu, flow=flow)
    went(site.house, menu, flow=flow, spoke=True)
    went(site.house, menu, flow=flow, is_over=False)
    went(site.house, menu, flow=flow, line="curator")
    went(site.house, menu, served, flow=flow)
    watcher = site.signed_in("watcher")
    text = watcher.get(f"/reports/funnel?flow={flow}&line=medical_desk").text
    box = next(one for one in picture_in(text).iter("a") if one.find("g").get("id") == f"node-{menu}")
    in_table = re.search(r'<td class="figures number"><a href="(/calls[^"]*)">1</a>', text)[1]
    assert html.unescape(in_table) == box.get("href")
    log = watcher.get(box.get("href")).text
    assert log.count('<tr id="call-') == 1
    assert re.search('<p class="chip"><span>Ушли на шаге: САО «ВСК», медицинский пульт · [^<]+</span>', log)
    anywhere = watcher.post("/calls", {"left": f"{flow}/{menu}", "drop": "left"}, page="/calls")
    assert anywhere.location == "/calls"


@pytest.mark.parametrize(("language", "letters"), [("ru", "[a-z]{3}"), ("en", "[а-яё]|[a-z]_")])
def test_what_leads_from_step_to_step_is_said_in_words(site: Site, language: str, letters: str) -> None:
    install(site.house)
    with site.house.centre.database.reading("test_flows") as tx:
        known = installed_flows(tx)
    of_others = {line.flow for one in site.house.centre.insurers if one.id != "vsk" for line in one.lines.values()}
    flows = {name: one for name, one in known.flows.items() if name not in of_others}
    for name, one in flows.items():
        went(site.house, next(iter(one.nodes)), flow=name)
    watcher = site.signed_in("watcher")
    watcher.post("/language", {"language": language}, page="/calls")
    for flow in flows:
        picture = picture_in(watcher.get(f"/reports/funnel?flow={flow}").text)
        said = {one.text for one in picture.iter("text") if one.get("class") in ("name", "label", "kind", "to")}
        assert not {one for one in said if re.search(letters, one)}, flow


def picture_in(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(re.search(r'<svg class="flow-picture".*?</svg>', text, re.DOTALL)[0])


def test_a_step_that_leads_into_another_flow_counts_who_left_in_that(site: Site) -> None:
    install(site.house)
    with site.house.centre.database.reading("test_flows") as tx:
        known = installed_flows(tx)
    flow = site.house.centre.insurers["vsk"].lines["medical_desk"].flow
    step, into = next((one.name, one.flow) for one in known.flows[flow].nodes.values() if one.type == "call")
    nodes = known.flows[into].nodes.values()
    asks = next(one.name for one in nodes if one.type in ("menu", "digits", "say", "do"))
    ends = next(one.name for one in nodes if one.type == "end")
    for last in (asks, ends):
        went(site.house, (flow, step), (into, last), flow=flow)
    went(site.house, (flow, step), (into, asks), (flow, step), flow=flow, spoke=True)
    watcher = site.signed_in("watcher")
    picture = picture_in(watcher.get(f"/reports/funnel?flow={flow}&period=week").text)
    link = next(one for one in picture.iter("a") if one.find("g").get("id") == f"node-{step}")
    assert "пришли 3, внутри ушли 1: 33,3\N{NO-BREAK SPACE}%" in " ".join(link.itertext())
    assert "Начало звонка" in " ".join(link.itertext())
    page = watcher.get(link.get("href").partition("#")[0]).text
    assert "period=week" in link.get("href")
    assert f'<option value="{into}" selected>' in page


def test_flows_are_named_in_the_readers_language(site: Site) -> None:
    install(site.house)
    watcher = site.signed_in("watcher")
    assert "САО «ВСК», медицинский пульт" in watcher.get("/reports/funnel").text
    watcher.post("/language", {"language": "en"}, page="/calls")
    options = re.search(r'name="flow">(.*?)</select>', watcher.get("/reports/funnel").text, re.DOTALL)[1]
    assert "VSK, medical desk" in options
    assert not re.search("[А-Яа-я]", options)


@pytest.mark.parametrize("query", ["", "?line=curator&flow=nonsense", "?period=month"])
def test_the_page_stands_with_nothing_to_show(site: Site, query: str) -> None:
    watcher = site.signed_in("watcher")
    assert "никто не ушёл" in watcher.get(f"/reports/funnel{query}").text
    install(site.house)
    assert '<svg class="flow-picture"' in watcher.get(f"/reports/funnel{query}").text
    assert watcher.get("/reports/funnel?from=x&period=own").status_code == 400
