"""Pictures show every node and edge, escape every text, and lay no box on another."""

import re
from xml.etree import ElementTree

import pytest

from flows import FlowSet
from flows.drawing import draw, draw_svg
from flows.drawing.layout import lay_out

SVG = "{http://www.w3.org/2000/svg}"


def _boxes(svg: str) -> list[tuple[float, float, float, float]]:
    rects = ElementTree.fromstring(svg).findall(f".//{SVG}g/{SVG}g/{SVG}rect")
    return [tuple(float(rect.attrib[name]) for name in ("x", "y", "width", "height")) for rect in rects]


def test_every_flow_is_drawn_with_all_of_its_nodes(shipped: FlowSet) -> None:
    for flow in shipped.flows.values():
        svg = draw_svg(flow, shipped.prompts)
        root = ElementTree.fromstring(svg)
        assert {g.attrib["id"] for g in root.iter(f"{SVG}g") if "id" in g.attrib} == {f"node-{n}" for n in flow.nodes}
        assert flow.title in svg.replace("&amp;", "&")


def test_no_box_lies_on_another_or_outside(shipped: FlowSet) -> None:
    for flow in shipped.flows.values():
        svg = draw_svg(flow, shipped.prompts)
        _, _, width, height = map(float, ElementTree.fromstring(svg).attrib["viewBox"].split())
        boxes = _boxes(svg)
        for index, (x, y, w, h) in enumerate(boxes):
            assert x >= 0
            assert x + w <= width
            assert y + h + 40 <= height
            for ox, oy, ow, oh in boxes[index + 1 :]:
                assert x + w <= ox or ox + ow <= x or y + h <= oy or oy + oh <= y, flow.name


def test_text_stays_inside_its_box(shipped: FlowSet) -> None:
    for flow in shipped.flows.values():
        for text in re.findall(r'<text class="(?:name|kind|words|to)"[^>]*>([^<]*)<', draw_svg(flow, shipped.prompts)):
            assert len(text) <= 60


@pytest.mark.parametrize("title", ['<script>alert("1")</script>', "a & b", 'quote " and ]]> end', "эфир `x` {{y}} | z"])
def test_every_text_is_escaped(demo: FlowSet, title: str) -> None:
    from dataclasses import replace

    flow = replace(demo.flows["demo"], title=title)
    assert ElementTree.fromstring(draw_svg(flow)).find(f"{SVG}title").text == title
    assert "<script>" not in draw_svg(flow)
    shown = draw(flow).splitlines()[1]
    assert not set(shown.removeprefix('title: "').removesuffix('"')) & set('"<>{}|`&')


def test_mermaid_names_each_edge_once_with_its_keys(demo: FlowSet) -> None:
    text = draw(demo.flows["demo"], demo.prompts)
    assert text.startswith('---\ntitle: "Пробная линия"\n---\nflowchart TD\n')
    assert '-->|"тишина, не та клавиша"|' in text
    assert text.count("-->") == len(set(re.findall(r"n\d+ -->.* n\d+", text)))


def test_circles_and_long_edges_are_laid_out() -> None:
    sizes = dict.fromkeys("abcd", (100.0, 40.0))
    layout = lay_out(sizes, [("a", "b"), ("b", "c"), ("c", "a"), ("a", "c"), ("c", "d"), ("a", "d")], "a")
    tops = [layout.spots[name].top for name in "abcd"]
    assert tops == sorted(tops)
    assert len(layout.bends["a", "d"]) == 4
    assert len(layout.bends["c", "a"]) == 2
