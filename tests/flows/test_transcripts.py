"""The files of transcripts: what is refused in them, how a difference reads, and what refreshing leaves alone."""

import pytest

from flows import FlowSet, FlowsRefusedError
from flows.transcripts import compare, read_transcripts, refreshed

TEXT = """\
# kept
- name: short
  flow: demo
  language: ru
  answers: {partner: busy}  # kept too
  lines:
    - "> 4"  # replaced with its line
  end: info_given
# kept as well
- name: without an end
  flow: demo
  language: en
  lines: ["> (hangs up)"]
"""


def test_refreshing_rewrites_lines_and_ends_only(demo: FlowSet) -> None:
    new = refreshed(TEXT, compare(demo, read_transcripts("t.yaml", TEXT)))
    assert compare(demo, read_transcripts("t.yaml", new)) == []
    for kept in ("# kept\n", "# kept too\n", "# kept as well\n", "end: callback_failed\n", "end: hangs_up"):
        assert kept in new
    assert refreshed(new, compare(demo, read_transcripts("t.yaml", new))) == new


def test_a_difference_is_told_line_by_line(demo: FlowSet) -> None:
    told = str(compare(demo, read_transcripts("t.yaml", TEXT))[0])
    assert told.startswith("t.yaml:2: short")
    assert "+ = transfer partner: busy" in told
    assert "  > 4" in told
    assert "- end: info_given" in told
    assert "+ end: callback_failed" in told


def test_keys_that_nobody_heard_are_told(demo: FlowSet) -> None:
    text = '- {name: n, flow: demo, language: ru, lines: ["> 9", "> 1"]}\n'
    assert "! nobody heard: 1" in compare(demo, read_transcripts("t.yaml", text))[0].played.lines


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {name: n, flow: demo, language: ru}\n", "t.yaml:1: [0]: needs lines"),
        ('- {name: n, flow: demo, language: ru, lines: ["5"]}\n', "t.yaml:1: [0].lines[0]"),
        ("a: b\n", "t.yaml:1"),
        ("", "t.yaml: the file is empty"),
    ],
)
def test_a_file_that_is_no_list_of_calls_is_refused(text: str, said: str) -> None:
    with pytest.raises(FlowsRefusedError, match=r"t\.yaml") as refused:
        read_transcripts("t.yaml", text)
    assert said in str(refused.value)


def test_a_line_that_is_not_there_is_named(demo: FlowSet) -> None:
    with pytest.raises(FlowsRefusedError, match="no line 'nobody'"):
        compare(demo, read_transcripts("t.yaml", "- {name: n, flow: nobody, language: ru, lines: []}\n"))
