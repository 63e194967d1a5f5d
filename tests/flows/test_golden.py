"""Each node type has its file of transcripts, and calls go as they are written there."""

from pathlib import Path

import pytest

from flows import FlowSet
from flows.nodes import NODE_TYPES
from flows.replay import play
from flows.transcripts import FOLDER, compare, files_in, read_transcripts, refreshed

GOLDEN = Path(__file__).parent / "golden" / "transcripts"


def _hold(flows: FlowSet, path: Path, request: pytest.FixtureRequest) -> None:
    text = path.read_text("utf-8")
    differences = compare(flows, read_transcripts(path.name, text))
    if differences and request.config.getoption("--update-golden"):
        path.write_text(refreshed(text, differences), "utf-8")
        return
    assert not differences, "\n\n".join(map(str, differences))


@pytest.mark.parametrize("path", files_in(GOLDEN), ids=lambda path: path.stem)
def test_calls_on_the_small_line_go_as_written(demo: FlowSet, path: Path, request: pytest.FixtureRequest) -> None:
    _hold(demo, path, request)


@pytest.mark.parametrize("path", files_in(FOLDER), ids=lambda path: path.stem)
def test_calls_on_shipped_lines_go_as_written(shipped: FlowSet, path: Path, request: pytest.FixtureRequest) -> None:
    _hold(shipped, path, request)


@pytest.mark.parametrize("type_", NODE_TYPES)
def test_each_node_type_has_transcripts_that_pass_through_it(demo: FlowSet, type_: str) -> None:
    path = GOLDEN / f"{type_}.yaml"
    assert path.exists(), f"node type '{type_}' has no golden file"
    for transcript in read_transcripts(path.name, path.read_text("utf-8")):
        entered = play(demo, transcript.script).entered
        assert type_ in {demo.flows[flow].nodes[node].type for flow, node in entered}, transcript.name


def test_no_golden_file_is_of_an_unknown_node_type() -> None:
    assert {path.stem for path in files_in(GOLDEN)} == set(NODE_TYPES)


def test_transcripts_pass_through_every_node_of_the_small_line(demo: FlowSet) -> None:
    played = [
        play(demo, transcript.script)
        for path in files_in(GOLDEN)
        for transcript in read_transcripts(path.name, path.read_text("utf-8"))
    ]
    entered = {place for call in played for place in call.entered}
    assert entered == {(flow.name, node) for flow in demo.flows.values() for node in flow.nodes}
