"""Sources that are wrong are refused whole, each mistake with file, line and path."""

from collections.abc import Callable, Mapping

import pytest

from flows import FlowSet, FlowsRefusedError, Vocabularies, Vocabulary
from flows.checks import check

DEMO = "definitions/demo.yaml"


def _refusal(sources: Mapping[str, str], vocabulary: Vocabulary | Vocabularies | None = None) -> str:
    with pytest.raises(FlowsRefusedError) as refused:
        FlowSet.from_sources(sources, vocabulary)
    return str(refused.value)


def _with(sources: Mapping[str, str], old: str, new: str, file: str = DEMO) -> dict[str, str]:
    assert old in sources[file]
    return {**sources, file: sources[file].replace(old, new, 1)}


# One change of text to the small line, and what is then said.
MISTAKES = {
    "nodes.main.keys.\"4\": no node 'bonus'": ('"4": partner', '"4": bonus'),
    "nodes.bye.end: no outcome 'cake'": ("{end: info_given", "{end: cake"),
    "nodes.hello.say[0]: no prompt 'demo.hullo'": ("demo.hello", "demo.hullo"),
    "nodes.check.results: result 'locked' leads nowhere": ("locked: operator, ", ""),
    "nodes.check.results.vanished: the action has no result 'vanished'": ("locked:", "vanished: bye, locked:"),
    "nodes.check.with: argument 'birth_date' is not given": (", birth_date: $policy", ""),
    "nodes.check.with.policy: nothing on line 'demo' sets 'polis'": ("policy: $policy", "policy: $polis"),
    "nodes.check.do: 'guess' is not one of": ("do: identify", "do: guess"),
    "nodes.rated.call: no sub-flow 'quiz'": ("call: survey", "call: quiz"),
    "nodes.rated.results: result 'silent' of 'survey' leads nowhere": (", silent: bye", ""),
    "nodes.left_message: nothing leads here": ("recorded: left_message", "recorded: bye"),
    "nodes.language.otherwise: `otherwise` must stand for exactly one value": ("{en: to_russian}", "{fr: to_russian}"),
    'nodes.main.keys."7": key 7 is not said in': ('"4": partner', '"4": partner\n      "7": partner'),
    "nodes.main.menu: says key 4 in 'ru', which leads nowhere": ('"4": partner\n', "\n"),
    "nodes.policy: needs store": ("    store: policy\n", ""),
    "nodes.policy.min: 1 is less than the minimum of 2": ("min: 6", "min: 1"),
    "nodes.waiting: offer, offer_after and keys belong together": ("    offer: [demo.offer]\n", ""),
    "start: no node 'nowhere'": ("start: hello", "start: nowhere"),
    "nodes.sorry: no node type here": ("sorry: {end: callback_failed, say: [demo.sorry]}", "sorry: {stop: now}"),
    "nodes.hello: written twice, first on line 10": (
        "  main:\n",
        "  hello: {say: [demo.hello], next: main}\n  main:\n",
    ),
    "does not know nickname": ("title:", "nickname: x\ntitle:"),
    "flow: must be named as its file, 'demo'": ("flow: demo", "flow: other"),
}


@pytest.mark.parametrize("said", MISTAKES)
def test_a_mistake_is_named_with_file_line_and_path(demo_sources: Mapping[str, str], said: str) -> None:
    old, new = MISTAKES[said]
    refusal = _refusal(_with(demo_sources, old, new))
    assert said in refusal
    assert all(line.startswith(("definitions/demo.yaml:", "definitions/survey.yaml:")) for line in refusal.splitlines())


def test_an_error_is_addressed_by_its_line(demo_sources: Mapping[str, str]) -> None:
    sources = _with(demo_sources, '"4": partner', '"4": bonus')
    line = sources[DEMO].splitlines().index('      "4": bonus') + 1
    assert f"{DEMO}:{line}: nodes.main.keys.\"4\": no node 'bonus'" in _refusal(sources)


def test_all_mistakes_are_told_at_once(demo_sources: Mapping[str, str]) -> None:
    sources = _with(_with(demo_sources, "min: 6", "min: 1"), "timeout: 3", "timeout: 0", "definitions/survey.yaml")
    assert len(_refusal(sources).splitlines()) == 2


@pytest.mark.parametrize(
    "text",
    ["", "flow: [", "- 1", "a: 1.5", "a: &x [*x]", "<<: {a: b}", "nodes: {", "\x00", "flow: demo\n---\nflow: two"],
)
def test_a_file_that_is_no_flow_is_refused_with_its_name(demo_sources: Mapping[str, str], text: str) -> None:
    assert "definitions/odd.yaml" in _refusal({**demo_sources, "definitions/odd.yaml": text})


def test_a_prompt_that_lacks_a_language_of_the_line_is_refused(demo_sources: Mapping[str, str]) -> None:
    sources = _with(demo_sources, ', en: "Hello!"', "", "prompts/demo.yaml")
    assert "prompt 'demo.hello' (prompts/demo.yaml:1) has no en" in _refusal(sources)


def test_the_voice_of_a_prompt_is_a_language_or_the_variable_that_holds_it(demo_sources: Mapping[str, str]) -> None:
    sources = _with(demo_sources, ', en: "Hello!"', ', en: "Hello!", spoken_in: english', "prompts/demo.yaml")
    assert 'prompts/demo.yaml:1: "demo.hello".spoken_in: has none of the shapes' in _refusal(sources)


def test_a_prompt_in_two_files_is_refused(demo_sources: Mapping[str, str]) -> None:
    assert "is in prompts/demo.yaml:1 too" in _refusal({**demo_sources, "prompts/two.yaml": 'demo.hello: {ru: "а"}'})


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("{nobody:text}", "nothing on line 'demo' sets 'nobody'"),
        ("{policy:date}", "'policy' is a digits and cannot be spoken as date"),
        ("{policy", "a lone '{'"),
        ("{policy:fish}", "fish"),
    ],
)
def test_a_placeholder_that_cannot_be_spoken_is_refused(demo_sources: Mapping[str, str], new: str, said: str) -> None:
    assert said in _refusal(_with(demo_sources, "Здравствуйте!", f"Да {new}", "prompts/demo.yaml"))


def test_queues_destinations_and_outcomes_come_from_outside(demo_sources: Mapping[str, str]) -> None:
    words = Vocabulary(frozenset({"desk", "operators"}), frozenset(), outcomes=frozenset({"info_given"}))
    refusal = _refusal(demo_sources, Vocabularies({"demo": words}))
    assert "nodes.emergency.queue: no queue 'emergency' on line 'demo'; there are desk, operators" in refusal
    assert "nodes.partner.transfer: no destination 'partner' on line 'demo'" in refusal
    assert "nodes.sorry.end: no outcome 'callback_failed'" in refusal


def test_a_silent_loop_is_refused(findings_after: Callable[..., str]) -> None:
    def change(line: dict) -> None:
        line["nodes"]["to_english"]["next"] = "to_russian"
        line["nodes"]["to_russian"]["next"] = "language"

    assert "nothing in it waits for the caller" in findings_after(line=change)


def test_a_loop_without_an_exit_is_refused(findings_after: Callable[..., str]) -> None:
    def change(survey: dict) -> None:
        nodes = survey["nodes"]
        nodes["score"].update(noinput={"say": [], "then": "rate"}, nomatch={"say": [], "then": "rate"})
        nodes["rate"]["results"] = {"rated": "score", "failed": "score"}

    assert "no end can be reached from here" in findings_after(survey=change)


def test_a_sub_flow_that_calls_itself_is_refused(findings_after: Callable[..., str]) -> None:
    def change(survey: dict) -> None:
        survey["nodes"]["score"]["keys"]["5"] = "again"
        survey["nodes"]["again"] = {"call": "survey", "results": {"rated": "good", "silent": "silent"}}

    assert "a sub-flow that calls itself" in findings_after(survey=change)


def test_a_set_is_rebuilt_from_its_own_sources_with_the_same_digest(demo: FlowSet) -> None:
    rebuilt = FlowSet.from_sources(demo.sources)
    assert rebuilt == demo
    assert rebuilt.digest == demo.digest
    assert len(demo.digest) == 64


def test_any_change_of_text_changes_the_digest(demo: FlowSet, demo_sources: Mapping[str, str]) -> None:
    assert FlowSet.from_sources(_with(demo_sources, "Пробная", "Другая")).digest != demo.digest


def test_check_returns_findings_instead_of_raising(demo_sources: Mapping[str, str]) -> None:
    assert check(_with(demo_sources, "min: 6", "min: 1"))
    assert check(demo_sources) == ()
