"""The funnel: who came to a node and who left there, counted on both databases and drawn on the flow's own picture."""

import base64
import re
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sqlalchemy import insert

import flows as flows_package
from agents.supervisor.reports.funnel import NodeVisits, funnel, installed_flows
from config.ids import new_id
from flows.library import digest_of, sources_in
from ivr.calls.log import record
from ivr.calls.models import Call, FlowVersion
from tests.agents.conftest import NOON, House, house  # noqa: F401 - a fixture
from tests.agents.staff.conftest import Site


def install(house: House) -> None:  # noqa: F811
    sources = sources_in(Path(flows_package.__file__).parent)
    row = {"digest": digest_of(sources), "sources": dict(sources), "installed_at": NOON}
    with house.centre.database.transaction("test_install") as tx:
        tx.execute(insert(FlowVersion).values(row))


def went(house: House, *nodes: str, flow: str, is_over: bool = True, spoke: bool = False, **more: object) -> None:  # noqa: F811
    """A call that came to these nodes, and ended at the last; after a conversation if they `spoke`."""
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
            state="ended" if is_over else "in_menu",
            flow_digest="",
            started_at=at,
            ended_at=at + timedelta(seconds=20) if is_over else None,
            **values,
        )
        tx.add(call)
        tx.flush()
        for node in nodes:
            record(tx, call, "node_entered", at=at, flow=flow, node=node)
        if spoke:
            record(tx, call, "connected", at=at)


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


def test_the_flows_own_picture_says_who_left_where(site: Site) -> None:
    install(site.house)
    flow, menu, served = nodes_by_type(site.house)
    went(site.house, menu, flow=flow)
    went(site.house, menu, served, flow=flow)
    text = site.signed_in("watcher").get(f"/reports/funnel?flow={flow}").text
    picture = base64.b64decode(re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', text)[1])
    box = next(one for one in ElementTree.fromstring(picture).iter() if one.get("id") == f"node-{menu}")
    assert "пришли 2, ушли 1: 50,0\N{NO-BREAK SPACE}%" in " ".join(box.itertext()).replace("  ", " ")
    assert re.search(rf'<th scope="row">{menu}</th>', text)


@pytest.mark.parametrize("query", ["", "?line=curator&flow=nonsense", "?period=month"])
def test_the_page_stands_with_nothing_to_show(site: Site, query: str) -> None:
    watcher = site.signed_in("watcher")
    assert "никто не ушёл" in watcher.get(f"/reports/funnel{query}").text
    install(site.house)
    assert "data:image/svg" in watcher.get(f"/reports/funnel{query}").text
    assert watcher.get("/reports/funnel?from=x&period=own").status_code == 400
