"""A line that records its calls says so first, or its flow is refused."""

import pytest

from flows import FlowSet, FlowsRefusedError, Vocabularies, Vocabulary
from flows.library import SHIPPED, sources_in

RECORDS = Vocabularies({"vsk": Vocabulary(records_calls=True)})
NOTICE = "  notice: {say: [vsk.notice], next: opening}\n"


def refusal(**changes: tuple[str, str]) -> str:
    sources = sources_in(SHIPPED)
    for folder, (old, new) in changes.items():
        file = f"{folder}/vsk.yaml"
        assert old in sources[file]
        sources[file] = sources[file].replace(old, new, 1)
    with pytest.raises(FlowsRefusedError) as refused:
        FlowSet.from_sources(sources, RECORDS)
    (finding,) = [one for one in refused.value.findings if "announces_recording" in one.message]
    return str(finding)


def test_the_shipped_lines_announce_their_recordings() -> None:
    FlowSet.from_folder(vocabulary=RECORDS)


def test_a_notice_that_says_nothing_of_a_recording_is_refused_with_its_place() -> None:
    said = refusal(prompts=("vsk.notice:\n  announces_recording: true\n", "vsk.notice:\n"))
    assert said.startswith("definitions/vsk.yaml:8: start: the line says `records_calls: true`")


def test_a_notice_after_a_menu_comes_too_late() -> None:
    assert "does not begin by saying so" in refusal(definitions=("start: notice\n", "start: main\n"))


def test_a_notice_behind_words_and_settings_is_in_time() -> None:
    sources = sources_in(SHIPPED)
    before = "  first: {say: [menu.again], next: second}\n  second: {set: {topic: x}, next: notice}\n"
    sources["definitions/vsk.yaml"] = (
        sources["definitions/vsk.yaml"].replace("start: notice", "start: first").replace(NOTICE, before + NOTICE)
    )
    FlowSet.from_sources(sources, RECORDS)


def test_a_line_that_records_nothing_need_not_say_so() -> None:
    sources = sources_in(SHIPPED)
    sources["prompts/vsk.yaml"] = sources["prompts/vsk.yaml"].replace("  announces_recording: true\n", "")
    FlowSet.from_sources(sources, Vocabularies({"vsk": Vocabulary()}))
