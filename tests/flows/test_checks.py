"""Each proof fails on a flow that breaks just it; the small line and the shipped ones pass them all."""

import re
from collections.abc import Callable
from typing import Any

from flows.checks import check
from flows.checks.exploring import Exploration, explore
from flows.library import SHIPPED, FlowSet, sources_in

Findings = Callable[..., str]


def test_the_small_line_passes(findings_after: Findings) -> None:
    assert findings_after(line=lambda line: None) == ""


def test_every_shipped_flow_passes() -> None:
    findings = check(sources_in(SHIPPED))
    assert "\n".join(map(str, findings)) == ""


def test_exploration_goes_everywhere_that_the_engine_can(demo: FlowSet) -> None:
    exploration: Exploration = explore(demo, demo.lines["demo"])
    entered = {place for edge in exploration.edges() for place in edge.entered}
    assert entered == {(flow.name, node) for flow in demo.flows.values() for node in flow.nodes}
    assert not exploration.runaways


def test_a_useless_end_is_no_help(findings_after: Findings) -> None:
    def change(line: dict[str, Any]) -> None:
        line["nodes"]["sorry"]["end"] = "nuisance"

    found = findings_after(line=change)
    assert "nodes.sorry: line 'demo': neither a person nor a useful end can be counted on from here" in found
    assert "nodes.partner: line 'demo': neither a person" in found


def test_silence_that_goes_round_for_ever_is_found(findings_after: Findings) -> None:
    def change(line: dict[str, Any]) -> None:
        line["nodes"]["main"]["noinput"]["then"] = "policy"
        line["nodes"]["policy"]["noinput"]["then"] = "main"

    assert "goes round for ever without the caller doing anything: main → policy → main" in findings_after(line=change)


def test_silence_and_wrong_keys_mixed_are_found(findings_after: Findings) -> None:
    def change(line: dict[str, Any]) -> None:
        line["nodes"]["main"]["noinput"]["then"] = "policy"
        line["nodes"]["policy"]["nomatch"]["then"] = "main"

    assert "goes round for ever" in findings_after(line=change)


def test_failures_that_go_round_for_ever_are_found(findings_after: Findings) -> None:
    def change(line: dict[str, Any]) -> None:
        line["nodes"]["waiting"]["results"]["failed"] = "partner"
        line["nodes"]["partner"]["results"]["failed"] = "waiting"

    assert "goes round for ever" in findings_after(line=change)


def test_an_emergency_queue_may_be_waited_in_again_and_again(findings_after: Findings) -> None:
    def change(line: dict[str, Any]) -> None:
        line["nodes"]["emergency"]["results"]["timed_out"] = "duty"
        line["nodes"]["duty"] = {
            "transfer": "duty",
            "results": {"completed": "bye", "busy": "emergency", "no_answer": "emergency", "failed": "sorry"},
        }

    assert findings_after(line=change) == ""


def test_an_emergency_queue_that_fails_for_ever_is_found(findings_after: Findings) -> None:
    def change(line: dict[str, Any]) -> None:
        line["nodes"]["emergency"]["results"]["failed"] = "emergency"

    assert "goes round for ever" in findings_after(line=change)


def test_an_emergency_that_is_asked_first_is_found(findings_after: Findings) -> None:
    def change(line: dict[str, Any]) -> None:
        line["emergency"] = "policy"
        del line["nodes"]["emergency"]

    assert "nodes.policy: line 'demo': an emergency comes here before it reaches" in findings_after(line=change)


def test_an_emergency_that_waits_in_an_ordinary_queue_is_found(findings_after: Findings) -> None:
    def change(line: dict[str, Any]) -> None:
        line["nodes"]["emergency"]["emergency"] = False

    assert "an emergency comes here before it reaches an emergency queue" in findings_after(line=change)


def _deeper(line: dict[str, Any], purpose: str) -> None:
    """Three more menus in front of the one that there is."""
    retry = {"say": [], "then": "operator"}
    for number, to in (("1", "second"), ("2", "third"), ("3", "main")):
        name = {"1": "first", "2": "second", "3": "third"}[number]
        keys = {"5": to}
        line["nodes"][name] = {
            "menu": ["demo.deep"],
            "keys": keys,
            "noinput": retry,
            "nomatch": retry,
            "purpose": purpose,
        }
    line["nodes"]["hello"]["next"] = "first"


def _deep_prompt(prompts: dict[str, Any]) -> None:
    prompts["demo.deep"] = {"ru": "Нажмите 5.", "en": "Press 5."}


def test_a_menu_below_three_others_is_found(findings_after: Findings) -> None:
    found = findings_after(line=lambda line: _deeper(line, "service"), prompts=_deep_prompt)
    assert "nodes.main.menu: line 'demo': 3 menus come before this one, of 3 in all" in found


def test_menus_of_language_and_region_do_not_count(findings_after: Findings) -> None:
    for purpose in ("language", "region", "entry"):
        assert findings_after(line=lambda line, p=purpose: _deeper(line, p), prompts=_deep_prompt) == ""


def test_six_options_are_found_and_the_language_key_is_none(findings_after: Findings) -> None:
    def more(*keys: str) -> Callable[[dict[str, Any]], None]:
        def change(line: dict[str, Any]) -> None:
            line["nodes"]["main"]["keys"].update(dict.fromkeys(keys, "bye"))

        return change

    def say(*keys: str) -> Callable[[dict[str, Any]], None]:
        def change(prompts: dict[str, Any]) -> None:
            for language in ("ru", "en"):
                prompts["demo.main"][language] += "".join(f" Или нажмите {key}." for key in keys)

        return change

    assert findings_after(line=more("5"), prompts=say("5")) == ""
    assert "6 options, of 5 that a caller can keep in mind" in findings_after(
        line=more("5", "6"), prompts=say("5", "6")
    )


def test_what_takes_longer_than_a_caller_listens_is_found(findings_after: Findings) -> None:
    def longer(prompts: dict[str, Any]) -> None:
        prompts["demo.main"]["en"] += " One more thing to say." * 12

    found = findings_after(prompts=longer)
    assert re.search(r"nodes\.main\.menu: 'demo\.main' may take 30\.\d s to say in 'en', of 20", found)
    assert "'ru'" not in found


def test_two_prompts_in_one_go_are_as_long_as_both(findings_after: Findings) -> None:
    def change(line: dict[str, Any]) -> None:
        line["nodes"]["hello"]["say"] = ["demo.half", "demo.half"]

    def half(prompts: dict[str, Any]) -> None:
        prompts["demo.half"] = dict.fromkeys(("ru", "en"), "а" * 180)

    assert "nodes.hello.say: 'demo.half', 'demo.half' may take 24.0 s to say in 'ru'" in findings_after(
        line=change, prompts=half
    )


def test_a_variable_counts_at_its_longest(findings_after: Findings) -> None:
    def wordy(prompts: dict[str, Any]) -> None:
        prompts["demo.known"] = dict.fromkeys(("ru", "en"), "{last_four:groups}. " * 4)

    assert "nodes.known.say: 'demo.known' may take" in findings_after(prompts=wordy)


def test_one_meaning_under_two_keys_is_found(findings_after: Findings) -> None:
    def change(survey: dict[str, Any]) -> None:
        survey["nodes"]["score"]["keys"]["5"] = {"to": "good", "why": {"ru": "проверить полис", "en": "check"}}

    assert "'проверить полис' is key 1 here and key 5 elsewhere" in findings_after(survey=change)


def test_a_variable_that_may_not_be_set_by_then_is_found(findings_after: Findings) -> None:
    def change(line: dict[str, Any]) -> None:
        line["nodes"]["check"]["results"]["failed"] = "known"

    found = findings_after(line=change)
    assert "'demo.known' speaks 'last_four', which may not be set by then" in found


def test_a_voice_that_may_not_be_known_by_then_is_found(findings_after: Findings) -> None:
    def change(prompts: dict[str, Any]) -> None:
        prompts["demo.main"]["spoken_in"] = "$voice"

    assert "'demo.main' speaks 'voice', which may not be set by then" in findings_after(prompts=change)


def test_one_node_under_two_keys_is_found(findings_after: Findings) -> None:
    def change(line: dict[str, Any]) -> None:
        line["nodes"]["waiting"]["keys"] = {"5": "message"}

    def say(prompts: dict[str, Any]) -> None:
        prompts["demo.offer"] = {"ru": "Нажмите 5.", "en": "Press 5."}

    found = findings_after(line=change, prompts=say)
    assert "node 'message' of 'demo' is key 2 here and key 5 elsewhere" in found
    assert "node 'message' of 'demo' is key 5 here and key 2 elsewhere" in found


def test_silence_past_a_menu_leaves_that_menu_behind(findings_after: Findings) -> None:
    def change(line: dict[str, Any]) -> None:
        _deeper(line, "service")
        line["nodes"]["third"]["noinput"]["then"] = "main"

    assert "nodes.main.menu: line 'demo': 3 menus come before this one" in findings_after(
        line=change, prompts=_deep_prompt
    )


def test_what_a_call_has_forgotten_cannot_be_spoken(findings_after: Findings) -> None:
    def keyed(line: dict[str, Any]) -> None:
        line["nodes"]["known"]["say"] = ["demo.keyed"]

    def everything(line: dict[str, Any]) -> None:
        line["nodes"]["known"] = {"do": "forget_caller", "results": {"done": "told", "failed": "told"}}
        line["nodes"]["told"] = {"say": ["demo.known"], "next": "rated"}

    def prompts(texts: dict[str, Any]) -> None:
        texts["demo.keyed"] = dict.fromkeys(("ru", "en"), "{policy:digits}.")

    unset = "which may not be set by then"
    assert f"'demo.keyed' speaks 'policy', {unset}" in findings_after(line=keyed, prompts=prompts)
    assert f"'demo.known' speaks 'last_four', {unset}" in findings_after(line=everything)
