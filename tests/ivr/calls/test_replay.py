"""A replay tells the call as it was, with nothing in it that identifies the caller, and leaves an audit row."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from config.audit import AuditEntry
from config.database import Transaction
from ivr.calls.listing import CallFilter, list_calls
from ivr.calls.log import record_all
from ivr.calls.models import Call, CallTurn, FlowVersion, Hold, Leg
from ivr.calls.outcomes import record_outcome
from ivr.calls.replay import Replay, replay_call
from ivr.calls.requests import open_request
from ivr.errors import UnknownCall
from ivr.messages import write_message
from tests.ivr.insurers import shipped_insurers
from tests.ivr.log_rows import NOW, add_call

SOURCES = {
    "definitions/tiny.yaml": """
flow: tiny
title: Проба
kind: subflow
languages: [ru]
start: hello
results: [done]
nodes:
  hello: {say: [tiny.hello], next: place}
  place: {say: [tiny.hello], next: bye}
  bye: {end: done}
""",
    "prompts/tiny.yaml": """
tiny.hello: {ru: "Здравствуйте."}
tiny.place: {ru: "Перед вами {ahead:people_ahead}."}
""",
}
REPLY = '<Response><Say language="ru-RU">Здравствуйте.</Say><Say>Перед вами два человека.</Say></Response>'


def _whole_call(tx: Transaction) -> Call:
    call = add_call(tx, flow_digest="1" * 64)
    tx.add(FlowVersion(digest="1" * 64, sources=SOURCES, installed_at=NOW))
    tx.add(CallTurn(call_id=call.id, number="0", reply=REPLY, at=NOW))
    later = NOW + timedelta(seconds=30)
    record_all(
        tx,
        call,
        [
            ("node_entered", {"flow": "tiny", "node": "hello"}),
            ("said", {"prompts": ["tiny.hello", "tiny.place"], "language": "ru"}),
            ("key_pressed", {"flow": "tiny", "node": "policy", "key": "digits"}),
            ("queued", {"queue": "medical_desk"}),
            ("something_new", {"fact": 3}),
        ],
        at=NOW,
    )
    leg = {"id": "1" * 32, "insurer_id": "vsk", "call_id": call.id, "carrier_sid": "CA1", "party": "agent"}
    tx.add(Leg(**leg, started_at=later, answered_at=later, ended_at=later + timedelta(seconds=60)))
    hold = {"id": "2" * 32, "insurer_id": "vsk", "call_id": call.id}
    tx.add(Hold(**hold, started_at=later, ended_at=later + timedelta(seconds=7)))
    insurer = shipped_insurers()["vsk"]
    open_request(tx, insurer=insurer, call=call, kind="guarantee_letter", by="a1", at=later)
    write_message(tx, call=call, template="sms.confirmation", variables={}, language="ru", at=later)
    record_outcome(tx, call=call, code="gl_requested", by="a1", at=later, next_action="оформить", owner="a1")
    return call


def _replay(tx: Transaction, call_id: str) -> Replay:
    return replay_call(tx, insurers=shipped_insurers(), call_id=call_id, by="chief", at=NOW)


def test_replay_tells_what_was_said_with_its_variables(tx: Transaction) -> None:
    replay = _replay(tx, _whole_call(tx).id)
    assert [step.text for step in replay.steps if step.kind == "said"] == [
        "Здравствуйте.",
        "Перед вами два человека.",
    ]


def test_prompt_whose_reply_is_gone_is_shown_with_gaps(tx: Transaction) -> None:
    call = _whole_call(tx)
    later = NOW + timedelta(seconds=5)
    record_all(tx, call, [("said", {"prompts": ["tiny.place", "gone"], "language": "ru"})], at=later)
    said = [step.text for step in _replay(tx, call.id).steps if step.kind == "said" and step.at == later]
    assert said == ["Перед вами ….", "[gone]"]


def test_replay_is_in_order_and_holds_all_that_came_of_the_call(tx: Transaction) -> None:
    replay = _replay(tx, _whole_call(tx).id)
    texts = [(step.second, step.text) for step in replay.steps]
    assert (0, "waits in medical_desk") in texts
    assert (0, "something new: fact 3") in texts
    assert (37, "off hold after 7 s") in texts
    assert texts[-1] == (90, "leg of the agent ends")
    assert [step.at for step in replay.steps] == sorted(step.at for step in replay.steps)
    assert [(one.code, one.owner) for one in replay.outcomes] == [("gl_requested", "a1")]
    assert [one.kind for one in replay.requests] == ["guarantee_letter"]
    assert [(one.template, one.state) for one in replay.messages] == [("sms.confirmation", "queued")]


def test_replay_masks_the_callers_number_and_the_keys(tx: Transaction) -> None:
    text = json.dumps(_replay(tx, _whole_call(tx).id).as_json(), ensure_ascii=False)
    assert "+79160001234" not in text
    assert "pressed digits" in text


def test_anonymous_callers_number_is_not_shown_at_all(tx: Transaction) -> None:
    assert _replay(tx, add_call(tx, is_anonymous=True).id).caller == ""


def test_reading_is_audited(tx: Transaction) -> None:
    call = _whole_call(tx)
    _replay(tx, call.id)
    list_calls(tx, wanted=CallFilter(), by="chief", at=NOW)
    tx.flush()
    entries = tx.scalars(select(AuditEntry).where(AuditEntry.actor == "chief").order_by(AuditEntry.id)).all()
    assert [(entry.action, entry.insurer_id) for entry in entries] == [
        ("call_replayed", "vsk"),
        ("calls_listed", "vsk"),
    ]


def test_unknown_call_is_told_so(tx: Transaction) -> None:
    with pytest.raises(UnknownCall):
        _replay(tx, "f" * 32)


@pytest.mark.parametrize(
    ("wanted", "is_found"),
    [
        (CallFilter(), True),
        (CallFilter(insurer_id="vsk", line="medical_desk", queue="medical_desk", outcome="gl_requested"), True),
        (CallFilter(since=NOW), True),
        (CallFilter(insurer_id="rgs"), False),
        (CallFilter(line="curators"), False),
        (CallFilter(queue="curator"), False),
        (CallFilter(outcome="info_given"), False),
        (CallFilter(since=NOW + timedelta(seconds=1)), False),
    ],
)
def test_calls_are_found_by_what_is_asked(tx: Transaction, wanted: CallFilter, is_found: bool) -> None:
    call = _whole_call(tx)
    found = [one.id for one in list_calls(tx, wanted=wanted, by="chief", at=NOW)]
    assert found == ([call.id] if is_found else [])
