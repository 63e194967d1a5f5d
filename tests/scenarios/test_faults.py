"""One fault a run, after every commit and around every request to the carrier: whatever dies, nobody is left stuck."""

import ast
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from config import failpoints
from ivr import exchange
from tests.postgres import PostgresServer
from tests.scenarios import reference as calls
from tests.scenarios.centre import Centre

HERE: Final = Path(__file__).resolve().parents[2]

# Which of the reference calls passes a place; the shortest one.
PASSED_BY: Final[dict[calls.Scenario, str]] = {
    calls.served: """
        commit:answer_call commit:appoint_reconciling commit:begin_connecting commit:begin_ringing commit:claim_wait
        commit:claim_work commit:end_call commit:end_leg commit:finish_work commit:hang_up commit:hear_ringing
        commit:join_agent commit:keep_up_recordings commit:leave_bridge commit:leave_queue commit:match_offers
        commit:hear_recording commit:note_bridged commit:note_ringing commit:record_outcome commit:take_turn
        commit:waiting_round
        carrier:calls_since carrier:end_call carrier:find_conference carrier:queue_sid carrier:ring_agent
        carrier:take_from_queue
    """,
    calls.hung_up_waiting: "commit:waiting_key commit:give_up_offer",
    calls.emergency_given_to_duty: "commit:call_duty commit:escalate_emergency carrier:redirect",
    calls.curator_away_from_the_desk: "commit:widen_wait",
    calls.representatives_overflow: "commit:overflow_wait",
    calls.curator_goes_home: "commit:autopilot_later",
    calls.long_talk: "commit:check_offer_again commit:set_hold commit:note_wrap_up_overdue carrier:hold",
    calls.passed_on: "commit:release_agent commit:transfer_call",
    calls.consulted: "commit:consult commit:end_consult commit:hand_over carrier:take_seat",
    calls.listened_to: "commit:listen commit:lend_ear commit:stop_listening",
    calls.moved_while_waiting: "commit:move_wait commit:move_wait_up",
    calls.released_while_waiting: "commit:release_wait",
    calls.booked: """
        commit:identify_caller commit:verify_caller commit:book_appointment commit:move_request commit:step_request
    """,
    calls.language_after_all: "commit:ask_any_language",
    calls.worked_from_the_card: """
        commit:identify_by_policy commit:verify_by_answers commit:set_caller_role commit:note_address commit:keep_draft
        commit:book_from_card commit:open_request_from_card commit:move_request_from_card commit:tell_insured
        commit:owe_news_callback commit:move_own_request commit:finish_task
    """,
    calls.passed_to_a_queue: "commit:transfer_to_queue",
    calls.passed_outside: "commit:pass_outside commit:dial_through_over",
    calls.dialled: """
        commit:ask_to_dial commit:place_dial commit:end_dial commit:begin_ringing_number commit:note_number_rung
        commit:answer_dial commit:end_dialled_number
    """,
    calls.paused: "commit:pause_recording commit:confirm_pause carrier:pause_recording",
    calls.recording_news_lost: "commit:check_recording carrier:recordings_of",
    calls.outside_news_lost: "carrier:recordings_of_dials",
    calls.rang_a_colleague: "commit:ask_to_ring_colleague commit:hear_colleague",
    calls.declined: "commit:become_available commit:go_away commit:note_leg_ended",
    calls.agent_lost_in_between: "carrier:end_conference",
    calls.gone_as_it_is_answered: "commit:lose_race carrier:call_status",
    calls.quicker_than_the_words: "commit:connect_again",
    calls.rung_again: "commit:put_work_back carrier:participant_sid",
    calls.work_forgotten: "commit:upkeep",
    calls.turn_failed: "commit:apologise",
    calls.promised: """
        commit:begin_callback commit:begin_outgoing_call commit:begin_sending commit:fail_callback_attempt
        commit:message_news commit:note_callback_dialled commit:note_message_sent commit:open_callback_window
        commit:reach_callback carrier:place_call carrier:send_sms
    """,
    calls.promised_and_long: "commit:check_callback_again",
    calls.promise_broken_off: "commit:settle_callback",
    calls.message_unsent: "commit:note_message_failed carrier:messages_to",
    calls.message_left: """
        commit:note_recording commit:note_sealed commit:note_deleted_at_carrier carrier:fetch_recording
        carrier:delete_recording
    """,
    calls.message_gone: "commit:fail_recording",
    calls.administration: """
        commit:add_agent commit:announce commit:clear_line commit:create_agents commit:divert commit:import_roster
        commit:import_shifts
    """,
}
WHERE: Final = {place: scenario for scenario, places in PASSED_BY.items() for place in places.split()}

APART: Final = {
    # Commands that show something and leave a row of the audit, after which nothing follows.
    "commit:list_calls",
    "commit:list_requests",
    *("commit:play_recording", "commit:play_conversation"),
    # A recording's end, a year later or at a command: tests/recordings kills there (test_retention, test_rotating).
    *("commit:retire_recording", "commit:note_erased", "commit:destroy_recording", "commit:hold_recordings"),
    *("commit:release_recordings", "commit:retry_recording", "commit:review_recordings"),
    "commit:forget_seal_keys",
    *("commit:rewrap_recording", "commit:note_seal_key"),
    "commit:replay_call",
    "commit:show_insured",
    # Only at a start with other flows than the last one's; the next start does the same again.
    "commit:install_flows",
    # Who signs in, and as what: a page or a command that is asked again, and no call waits for it.
    *("commit:act_for", "commit:add_account", "commit:change_password", "commit:choose_language"),
    *("commit:count_sign_in", "commit:find_person", "commit:give_role", "commit:lock_account", "commit:note_refusal"),
    *("commit:set_password", "commit:sign_in", "commit:sign_out", "commit:take_role", "commit:touch_session"),
    # A desk's heartbeat: the next one, or the upkeep, writes what one missed (tests/agents/staff/test_news.py).
    *("commit:open_desk", "commit:close_desk", "commit:leave_desk", "commit:desks_seen"),
    # What a page showed or found is audited; nothing follows.
    *("commit:note_card_shown", "commit:search_insured", "commit:audit_refused_search"),
    *("commit:search_calls", "commit:show_call", "commit:show_work", "commit:take_acts"),
    "commit:search_audit",
    # A supervisor's own searches: kept or not, they ask again.
    *("commit:save_search", "commit:drop_search"),
    # A supervisor hangs up a notice: one commit, which the caller's next round reads (test_floor_pages.py).
    *("commit:put_up_notice", "commit:take_down_notice"),
    # The demo's past, made by a program of its own: tests/agents/history kills there.
    *("commit:copy_people", "commit:send_home", "commit:lay_out_shifts", "commit:leave_nothing_promised"),
    *("commit:bring_history", "commit:bring_history_audit"),
    # A look at a report is written down by itself, and looked at again it is written down again.
    "commit:note_report",
    # An export is due work, slice by slice, each of which may be done again (tests/agents/supervisor/test_exports.py).
    *("commit:ask_export", "commit:note_export", "commit:export_made", "commit:drop_export", "commit:take_export"),
    "commit:begin_export_anew",
    # Quality: one commit each, which the person sees done or does again; no call waits for it (tests/agents/quality).
    *("commit:begin_evaluation", "commit:keep_evaluation", "commit:submit_evaluation", "commit:drop_evaluation"),
    *("commit:dispute_evaluation", "commit:uphold_evaluation", "commit:change_evaluation", "commit:calibrate"),
    *("commit:show_evaluation", "commit:show_own_evaluation", "commit:search_evaluations"),
    "commit:compare_calibration",
    # At a start of the desk; the next start does the same again.
    "commit:install_score_cards",
    # A file that a terminal makes: killed, it is asked for again, and the audit has what was read.
    *("commit:read_journal", "commit:breach_report"),
    # Another system's token, and what it reads: asked again, it is answered again (tests/agents/api).
    *("commit:add_token", "commit:revoke_token", "commit:touch_token", "commit:look_up_insured"),
    *("commit:list_calls_for_system", "commit:show_call_to_system", "commit:list_requests_for_system"),
    *("commit:show_request_to_system", "commit:list_recordings_for_system", "commit:show_recording_to_system"),
    # A request that another system brings on: one commit, which may be sent again.
    "commit:step_request_for_system",
    # Webhooks: killed at each of these in tests/agents/webhooks.
    *("commit:note_delivery", "commit:put_off_delivery", "commit:give_up_delivery", "commit:redeliver_event"),
    *("commit:add_webhook", "commit:remove_webhook"),
    # The audit is chained after the fact: what one look of the sweep missed the next one seals.
    "commit:seal_audit",
    # The bench fills a database of its own.
    "commit:analyse",
    "commit:fill_world",
    "commit:free_agent",
    "commit:reset_match",
}
"""What no call passes, each with its reason."""

COMMITS: Final = sorted(place for place in WHERE if place.startswith("commit:"))
REQUESTS: Final = sorted(place for place in WHERE if place.startswith("carrier:"))


# The suite kills everywhere and flushes along an ordinary call; PULT_FAULTS=all sows every fault everywhere.
EVERYWHERE: Final = os.environ.get("PULT_FAULTS") == "all"
FLUSHED: Final = sorted(WHERE if EVERYWHERE else PASSED_BY[calls.served].split())


def test_every_commit_and_every_request_to_the_carrier_is_passed_by_a_run() -> None:
    assert set(WHERE) | APART == set(_places())


def _places() -> Iterator[str]:
    """Every named transaction and every verb of the carrier, as the source has them."""
    packages = [HERE / package for package in ("agents", "config", "ivr", "recordings")]
    for path in [HERE / "wsgi.py", *(path for package in packages for path in sorted(package.rglob("*.py")))]:
        if "exchange" not in path.parts:
            yield from _places_in(ast.parse(path.read_text()), is_carrier="carrier" in path.parts)


def _places_in(tree: ast.Module, *, is_carrier: bool) -> Iterator[str]:
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        function = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        names = [word.value for word in call.args if isinstance(word, ast.Constant) and isinstance(word.value, str)]
        if names and function in ("transaction", "turning", "audited_reading"):
            yield f"commit:{names[-1]}"
        if names and is_carrier and function in ("_ask", "exchange"):
            yield f"carrier:{names[0]}"


# --- the runs ----------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _nothing_stays_armed() -> Iterator[None]:
    yield
    failpoints.disarm()


@pytest.mark.parametrize("place", [*COMMITS, *REQUESTS])
def test_all_programs_killed_there(centre: Centre, place: str) -> None:
    _run(centre, place, failpoints.kill_here)


@pytest.mark.parametrize("place", FLUSHED)
def test_redis_flushed_there(centre: Centre, place: str) -> None:
    _run(centre, place, lambda _: centre.flush_redis())


if EVERYWHERE:

    @pytest.mark.parametrize("place", [*COMMITS, *REQUESTS])
    def test_every_connection_to_the_database_broken_there(centre: Centre, place: str) -> None:
        _run(centre, place, lambda _: centre.break_connections())


    @pytest.mark.parametrize("place", [*COMMITS, *REQUESTS])
    def test_postgresql_restarted_there(
        postgres_centre: Centre, postgres_server: PostgresServer, place: str
    ) -> None:
        postgres_centre.begin_anew()
        _run(postgres_centre, place, lambda _: postgres_server.restart())


    @pytest.mark.parametrize("fault", [exchange.RestFault.ANSWER_CLOSED, exchange.RestFault.REFUSED_500])
    @pytest.mark.parametrize("place", REQUESTS)
    def test_the_carriers_answer_lost_there(centre: Centre, place: str, fault: exchange.RestFault) -> None:
        """The deed is done and its answer lost, or it is refused: the centre cannot tell which."""
        asking = place.replace("carrier:", "asking:")
        _run(centre, asking, lambda _: centre.switch.ambush(exchange.Ambush(fault)), scenario=WHERE[place])


def _run(
    centre: Centre, place: str, strike: Callable[[str], Any], *, scenario: calls.Scenario | None = None
) -> None:
    centre.switch.behave_well()
    failpoints.arm_once(place, strike)
    (scenario or WHERE[place])(centre)
    assert not failpoints.is_armed(place), "the call did not come there"
    centre.switch.behave_well()
    centre.assert_all_is_well()
