"""What the engine promises beyond single transcripts: purity, speed of thought, sessions that can be stored."""


import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows import FlowSet, Session, advance, begin, why
from flows.actions import ACTIONS, QUEUE_RESULTS, RECORD_RESULTS, TRANSFER_RESULTS
from flows.replay import SAMPLES
from flows.turn import (
    Answered,
    Ask,
    Begin,
    Do,
    Enqueue,
    Entered,
    HangUp,
    Heard,
    KeyPressed,
    LeaveQueue,
    Pressed,
    Prompt,
    Round,
    Silence,
    Wait,
)

_RESULTS = sorted({r for action in ACTIONS.values() for r in action.answers} | {"left", "nonsense"})
_VARIABLES = sorted({name for action in ACTIONS.values() for name in action.sets})
_VALUES = st.one_of(st.none(), st.booleans(), st.integers(-5, 10**9), st.text(max_size=8))
_HEARD: st.SearchStrategy[Heard] = st.one_of(
    st.builds(Pressed, st.text("0123456789*#", max_size=18)),
    st.builds(Pressed, st.sampled_from("0123456789*#")),
    st.just(Silence()),
    st.builds(
        Answered,
        st.sampled_from([*_RESULTS, *QUEUE_RESULTS, *TRANSFER_RESULTS, *RECORD_RESULTS]),
        st.dictionaries(st.sampled_from(_VARIABLES), _VALUES, max_size=3),
    ),
    st.builds(Round, st.integers(0, 50), st.none() | st.integers(0, 9999), st.integers(0, 9999)),
    st.builds(Begin, st.dictionaries(st.sampled_from(["language", "policy"]), _VALUES, max_size=2)),
)


def _call(flows: FlowSet, line: str, *heard: Heard, language: str = "ru") -> Session:
    session = begin(flows, line, language=language)
    for one in (Begin(), *heard):
        session = advance(flows, session, one).session
    return session


@settings(max_examples=150)
@given(data=st.data())
def test_no_input_ever_raises_and_each_session_survives_storage(shipped: FlowSet, data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(sorted(shipped.lines)))
    session = begin(shipped, line, language=data.draw(st.sampled_from(["ru", "en", "xx"])))
    for heard in data.draw(st.lists(_HEARD, max_size=40)):
        turn = advance(shipped, session, heard)
        stored = Session.from_json(turn.session.to_json())
        assert stored == turn.session
        assert advance(shipped, stored, Silence()) == advance(shipped, turn.session, Silence())
        assert all(prompt.id in shipped.prompts for prompt in turn.said)
        session = stored


@settings(max_examples=100)
@given(data=st.data())
def test_a_silent_caller_comes_to_an_end_whatever_is_answered(shipped: FlowSet, data: st.DataObject) -> None:
    session = begin(shipped, data.draw(st.sampled_from(sorted(shipped.lines))), language="ru")
    heard: Heard = Begin()
    for _ in range(200):
        turn = advance(shipped, session, heard)
        session = turn.session
        match turn.step:
            case HangUp():
                return
            case Ask():
                heard = Silence()
            case Do(action):
                sampled = data.draw(st.sampled_from(ACTIONS[action].answers))
                sets = ACTIONS[action].sets
                heard = Answered(sampled, {name: SAMPLES[sets[name]] for name in ACTIONS[action].sets_on(sampled)})
            case Enqueue():
                heard = Answered(data.draw(st.sampled_from(QUEUE_RESULTS)))
            case _:
                heard = Answered("failed")
    pytest.fail("the call goes on and on")


def test_the_same_input_gives_the_same_turn_and_leaves_the_session_alone(demo: FlowSet) -> None:
    session = _call(demo, "demo", Pressed("1"))
    before = session.to_json()
    assert advance(demo, session, Pressed("123456")) == advance(demo, session, Pressed("123456"))
    assert session.to_json() == before


def test_prompts_wait_for_a_step_that_is_heard(demo: FlowSet) -> None:
    session = _call(demo, "demo", Pressed("1"))
    asking = advance(demo, session, Pressed("123456"))
    assert asking.step == Do("identify", {"policy": "123456", "birth_date": "123456"})
    answer = Answered("identified", {"last_four": "3456", "policy_until": "2026-12-01"})
    told = advance(demo, asking.session, answer)
    assert told.said == (
        Prompt("demo.known", (("last_four", "3456"), ("policy_until", "2026-12-01"))),
        Prompt("demo.score"),
    )


def test_a_prompt_without_its_value_is_left_out(demo: FlowSet) -> None:
    session = _call(demo, "demo", Pressed("3"))
    turn = advance(demo, session, Round(ahead=2, wait_seconds=None, waited_seconds=0))
    assert turn.said == (Prompt("demo.place", (("ahead", 2),)),)


def test_variables_that_an_action_does_not_declare_are_dropped(demo: FlowSet) -> None:
    session = _call(demo, "demo", Pressed("1"), Pressed("123456"), Answered("wrong", {"secret": "x"}))
    assert "secret" not in session.variables


def test_an_unknown_result_counts_as_failure(demo: FlowSet) -> None:
    session = _call(demo, "demo", Pressed("1"), Pressed("123456"))
    assert isinstance(advance(demo, session, Answered("eaten by a dog")).step, Enqueue)


def test_digits_never_reach_the_trace(demo: FlowSet) -> None:
    turn = advance(demo, _call(demo, "demo", Pressed("1")), Pressed("123456"))
    assert turn.trace == (KeyPressed("demo", "policy", "digits"), Entered("demo", "check"))


def test_the_next_round_of_waiting_comes_with_the_offer(demo: FlowSet) -> None:
    session = _call(demo, "demo", Pressed("3"))
    assert advance(demo, session, Round(1, 60, 0)).step == Wait(30, "90*")
    assert advance(demo, session, Round(1, 60, 45)).step == Wait(15, "90*")
    assert advance(demo, session, Round(1, 60, 60)).step == Wait(30, "290*")


def test_a_caller_served_while_leaving_the_queue_is_served(demo: FlowSet) -> None:
    session = _call(demo, "demo", Pressed("3"), Round(1, 60, 60))
    leaving = advance(demo, session, Pressed("2"))
    assert leaving.step == LeaveQueue()
    assert advance(demo, leaving.session, Answered("served")).step == HangUp("info_given")


def test_why_tells_the_choices_in_the_language_asked_for(demo: FlowSet) -> None:
    session = _call(demo, "demo", Pressed("3"))
    assert why(demo, session, "ru") == "поговорить с куратором"
    assert why(demo, session, "en") == "talk to a curator"
    assert why(demo, _call(demo, "demo", Pressed("1"), Pressed("*")), "en") == "check a policy"


def test_a_queue_without_a_reason_of_its_own_gets_the_choices(demo: FlowSet) -> None:
    turn = advance(demo, _call(demo, "demo"), Pressed("3"))
    assert isinstance(turn.step, Enqueue)
    assert turn.step.reason == {"ru": "поговорить с куратором", "en": "talk to a curator"}


def test_a_language_that_the_line_does_not_speak_is_answered_in_its_first(demo: FlowSet) -> None:
    assert begin(demo, "demo", language="fr").language == "ru"


def test_frightened_fingers_reach_the_emergency(demo: FlowSet) -> None:
    for keys in ("9", "99", "999#", "9#", "*9#", "12*9#"):
        step = advance(demo, _call(demo, "demo"), Pressed(keys)).step
        assert isinstance(step, Enqueue), keys
        assert step.is_emergency


def test_a_session_is_small(shipped: FlowSet) -> None:
    for line in shipped.lines:
        session = _call(shipped, line, Answered("none"), Answered("none"), Pressed("1"), Pressed("1"))
        assert len(session.to_json()) < 1500


HABIT = Pressed("#", is_hasty=True)


@pytest.mark.parametrize(
    ("line", "way", "noinput"),
    [
        ("demo", (Pressed("1"),), 0),
        ("demo", (Pressed("1"), Silence()), 1),
        ("demo", (Pressed("8"),), 0),
        ("vsk", (Answered("none"), Answered("none"), Pressed("2")), 0),
    ],
)
def test_a_hash_that_ends_the_entry_before_changes_nothing(
    demo: FlowSet, shipped: FlowSet, line: str, way: tuple[Heard, ...], noinput: int
) -> None:
    flows = demo if line == "demo" else shipped
    session = _call(flows, line, *way)
    before = advance(flows, session, Pressed("*"))
    turn = advance(flows, session, HABIT)
    assert (turn.said, turn.step) == (before.said, before.step)
    assert (turn.session.frames, turn.session.noinput, turn.session.nomatch) == (session.frames, noinput, 0)
    assert [entry.key for entry in turn.trace if isinstance(entry, KeyPressed)] == ["finish"]


def test_a_second_hash_is_meant_and_so_is_one_that_comes_slowly(shipped: FlowSet) -> None:
    there = _call(shipped, "vsk", Answered("none"), Answered("none"), Pressed("2"))
    back = advance(shipped, there, Pressed("#"))
    assert back.session.frames[-1].node == "main"
    forgiven = advance(shipped, there, HABIT).session
    assert advance(shipped, forgiven, HABIT).session.frames[-1].node == "main"
    assert advance(shipped, back.session, HABIT).session.frames[-1].node == "main"


def test_after_another_key_a_hash_is_forgiven_anew(shipped: FlowSet) -> None:
    there = _call(shipped, "vsk", Answered("none"), Answered("none"), Pressed("2"), HABIT, Pressed("1"))
    assert advance(shipped, there, HABIT).session.frames == there.frames


def test_a_hash_ends_what_a_correction_left_however_soon(demo: FlowSet) -> None:
    session = _call(demo, "demo", Pressed("1"), Pressed("12*34567"))
    assert session.keyed == "34567"
    assert advance(demo, session, HABIT).session.nomatch == 1


def test_a_hash_while_waiting_says_the_place_again(demo: FlowSet) -> None:
    session = _call(demo, "demo", Pressed("3"))
    told = advance(demo, session, Round(1, 60, 0))
    again = advance(demo, told.session, HABIT)
    assert (again.said, again.step) == (told.said, told.step)


def _psychologist(shipped: FlowSet) -> Session:
    """A caller of ВСК who has just keyed the pair for the psychologist."""
    notices = (Answered("none"), Answered("none"))
    return _call(
        shipped, "vsk", *notices, Pressed("5"), Pressed("2"), Pressed("5000000001"), Answered("ok"), Pressed("15031985")
    )


@pytest.mark.parametrize("result", ["identified", "wrong", "locked", "several", "failed"])
def test_what_was_keyed_is_forgotten_once_it_is_answered(shipped: FlowSet, result: str) -> None:
    asking = advance(shipped, _psychologist(shipped), Answered("ok"))
    assert asking.step == Do("identify", {"policy": "5000000001", "birth_date": "15031985"})
    stored = advance(shipped, asking.session, Answered(result, {"last_four": "0001"})).session.to_json()
    assert "5000000001" not in stored
    assert "15031985" not in stored


def test_a_call_that_forgets_its_caller_keeps_and_says_nothing_of_them(shipped: FlowSet) -> None:
    known = {"last_four": "0001", "policy_until": "2030-12-31"}
    session = _psychologist(shipped)
    for heard in (Answered("ok"), Answered("identified", known), Answered("used")):
        turn = advance(shipped, session, heard)
        session = turn.session
    assert turn.step == Do("forget_caller", {})
    forgotten = advance(shipped, session, Answered("done"))
    assert [prompt.id for prompt in forgotten.said] == ["vsk.psychologist_open"]
    assert dict(forgotten.session.variables) == {}
    assert "0001" not in forgotten.session.to_json()
    kept = advance(shipped, session, Answered("failed")).session
    assert kept.variables["last_four"] == "0001"


def test_a_session_without_digits_tells_where_the_call_stood_and_why(shipped: FlowSet) -> None:
    session = _psychologist(shipped)
    bare = session.without_digits()
    assert (bare.frames, bare.path) == (session.frames, session.path)
    assert "15031985" in session.to_json()
    assert "15031985" not in bare.to_json()


def _told_not_to_pay(shipped: FlowSet) -> Session:
    keyed = (Pressed("1"), Pressed("1"), Answered("done"), Pressed("5000000001"), Answered("ok"), Pressed("15031985"))
    answers = map(Answered, ("ok", "identified", "covered", "none", "none"))
    return _call(shipped, "vsk", Answered("none"), Answered("none"), *keyed, *answers)


def test_what_must_be_heard_out_is_heard_before_the_call_goes_on(shipped: FlowSet) -> None:
    session = _told_not_to_pay(shipped)
    assert session.frames[-1].node == "do_not_pay"
    assert advance(shipped, session, Silence()).step == Do("open_request", {"kind": "appointment"})
    assert advance(shipped, session, Pressed("5")).step == Do("open_request", {"kind": "appointment"})
    again = advance(shipped, session, Pressed("*"))
    assert again.session.frames == session.frames
    assert "vsk.do_not_pay" in [prompt.id for prompt in again.said]


@pytest.mark.parametrize(("key", "node"), [("9", "emergency"), ("0", "desk"), ("#", "main")])
def test_keys_that_work_everywhere_work_over_what_must_be_heard_out(shipped: FlowSet, key: str, node: str) -> None:
    assert advance(shipped, _told_not_to_pay(shipped), Pressed(key)).session.frames[0].node == node


def test_keys_that_work_everywhere_work_before_anybody_is_rung(shipped: FlowSet) -> None:
    session = _call(shipped, "vsk", Answered("none"), Answered("none"), Pressed("4"))
    emergency = advance(shipped, session, Pressed("9")).step
    assert isinstance(emergency, Enqueue)
    assert emergency.is_emergency
    assert advance(shipped, session, Pressed("5")).session.frames == session.frames
    assert [prompt.id for prompt in advance(shipped, session, Pressed("*")).said] == ["vsk.navigator"]
