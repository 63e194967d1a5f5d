"""Digits that identify people, and full numbers of callers, never reach a url, a document or a log."""

import logging
import re

import pytest
from sqlalchemy import select

from flows import Session
from ivr.calls.models import CallEvent
from tests.ivr.turns.conftest import Hand

POLICY = "775641088400"
BIRTH_DATE = "17051984"


def _asked_for(hand: Hand) -> str | None:
    """The variable that the call's node stores digits in, if it does."""
    call = hand.call()
    frame = Session.from_json(call.session or "").frames[-1]
    with hand.phone.centre.database.reading("flows") as tx:
        flows = hand.phone.flow_library.version(tx, call.flow_digest)
    return getattr(flows.flows[frame.flow].nodes[frame.node], "store", None)


def _identify(hand: Hand) -> None:
    reply = hand.press(hand.ring(), "3")
    for _ in range(12):
        if reply.find(".//Gather") is None:
            return
        keys = {"policy": POLICY, "birth_date": BIRTH_DATE}.get(_asked_for(hand) or "", "1")
        reply = hand.press(reply, keys)


def test_identifying_digits_stay_in_the_call(hand: Hand, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        _identify(hand)
    with hand.phone.centre.database.reading("events") as tx:
        events = "\n".join(str(row) for row in tx.scalars(select(CallEvent.data)))
    assert "'action': 'identify'" in events
    for seen in (*hand.seen, caplog.text, events):
        for secret in (POLICY, BIRTH_DATE, hand.caller, hand.caller.removeprefix("+7"), "1984-05-17"):
            assert secret not in seen


def test_no_url_holds_anything_but_ids_and_counts(hand: Hand) -> None:
    _identify(hand)
    urls = {url for text in hand.seen for url in re.findall(r'(?:action|waitUrl)="([^"]+)"', text)}
    assert urls
    for url in urls:
        assert re.fullmatch(r"https://[^/]+/base/voice/calls/[0-9a-f]{32}/[a-z-]+/\d+", url)
