"""REST shapes and errors, and misbehaviour on request (twilio.md §4, §10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

from ivr.exchange import Ambush, Mischief, NoAnswer, RestFault

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ivr.exchange.conftest import Bench, RecordingApp

LINE = "+74950000001"
DUTY = "+79990000001"


def _raw(bench: Bench, path: str, method: str = "GET", **options: object) -> requests.Response:
    settings = bench.switch.settings
    root = f"{bench.running.url}/2010-04-01/Accounts/{settings.account_sid}"
    with requests.Session() as session:
        return session.request(
            method,
            root + path,
            auth=(settings.account_sid, settings.auth_token),
            timeout=60,
            **options,  # type: ignore[arg-type]
        )


def test_error_has_twilios_shape(bench: Bench) -> None:
    response = _raw(bench, "/Calls/CA" + "0" * 32 + ".json")
    assert response.status_code == 404
    body = response.json()
    assert (body["code"], body["status"]) == (20404, 404)
    assert body["more_info"] == "https://www.twilio.com/docs/errors/20404"


def test_wrong_token_is_20003(bench: Bench) -> None:
    url = f"{bench.running.url}/2010-04-01/Accounts/{bench.switch.settings.account_sid}/Calls.json"
    with requests.Session() as session:
        response = session.get(url, auth=("AC", "no"), timeout=60)
    assert (response.status_code, response.json()["code"]) == (401, 20003)


def test_lists_have_an_envelope_and_page(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", "<Enqueue>care</Enqueue>")
    for _ in range(5):
        bench.call()
    body = _raw(bench, "/Calls.json?PageSize=2&Page=1").json()
    assert {"calls", "page", "page_size", "start", "end", "uri"} <= body.keys()
    assert (body["page"], body["start"], body["end"], len(body["calls"])) == (1, 2, 3, 2)
    assert body["next_page_uri"]
    assert body["previous_page_uri"]
    assert len(bench.client.calls.list(page_size=2)) == 5


def test_call_has_explicit_nulls_text_duration_and_rfc_dates(app: RecordingApp, bench: Bench) -> None:
    phone = bench.call()
    bench.run(1)
    call = _raw(bench, f"/Calls/{bench.sid(phone)}.json").json()
    assert call["parent_call_sid"] is None
    assert call["duration"] == "0"
    assert call["date_created"] == "Mon, 23 Nov 2026 09:00:00 +0000"


def test_calls_are_filtered(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", "<Enqueue>care</Enqueue>")
    first, second = bench.call(), bench.call()
    bench.switch.hang_up(first)
    assert [c.sid for c in bench.client.calls.list(status="in-progress")] == [bench.sid(second)]
    assert bench.client.calls.list(to=DUTY) == []
    assert len(bench.client.calls.list(start_time_after=bench.clock.now())) == 2


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"To": DUTY, "From": LINE}, 21205),
        ({"To": DUTY, "From": LINE, "Url": "ftp://x"}, 21205),
        ({"From": LINE, "Url": "http://x/"}, 21201),
        ({"To": "12", "From": LINE, "Url": "http://x/"}, 21211),
        ({"To": DUTY, "From": "me", "Url": "http://x/"}, 21212),
    ],
)
def test_bad_calls_are_refused_by_code(bench: Bench, form: dict[str, str], code: int) -> None:
    response = _raw(bench, "/Calls.json", "POST", data=form)
    assert (response.status_code, response.json()["code"]) == (400, code)


def test_number_is_pointed_elsewhere(app: RecordingApp, bench: Bench) -> None:
    (number,) = bench.client.incoming_phone_numbers.list(phone_number=LINE)
    number.update(voice_url=app.url("/new"), voice_fallback_url=app.url("/fallback"))
    bench.call()
    assert app.at("/new")
    assert number.fetch().voice_fallback_url == app.url("/fallback")


def test_calls_beyond_the_concurrency_are_429(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(most_concurrent_calls=1)
    bench.switch.behave(DUTY, NoAnswer())
    bench.client.calls.create(to=DUTY, from_=LINE, twiml="<Response/>")
    with pytest.raises(TwilioRestException) as refused:
        bench.client.calls.create(to=DUTY, from_=LINE, twiml="<Response/>")
    assert (refused.value.status, refused.value.code) == (429, 20429)


def test_one_call_a_second_queues_the_rest(app: RecordingApp, make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(calls_per_second=1.0)
    bench.switch.behave(DUTY, NoAnswer())
    sids = [bench.client.calls.create(to=DUTY, from_=LINE, twiml="<Response/>").sid for _ in range(3)]
    bench.run(1.5)
    states = [bench.client.calls(sid).fetch().status for sid in sids]
    assert states == ["ringing", "ringing", "queued"]


def _statuses(app: RecordingApp, bench: Bench, mischief: Mischief) -> list[tuple[str, float]]:
    app.heard.clear()
    bench.switch.misbehave(mischief)
    start = bench.clock.now()
    bench.client.calls.create(
        to=DUTY,
        from_=LINE,
        url=app.url("/out"),
        status_callback=app.url("/progress"),
        status_callback_event=["initiated", "ringing", "answered", "completed"],
    )
    bench.run(120)
    return [
        (one.params["CallStatus"], round((one.at - start).total_seconds(), 3)) for one in app.at("/progress")
    ]


def test_doubled_callbacks_come_twice(app: RecordingApp, bench: Bench) -> None:
    told = [status for status, _ in _statuses(app, bench, Mischief(doubled=1.0))]
    assert sorted(told) == sorted(["initiated", "ringing", "in-progress", "completed"] * 2)


def test_lost_callbacks_never_come(app: RecordingApp, bench: Bench) -> None:
    assert _statuses(app, bench, Mischief(lost=1.0)) == []


def test_late_callbacks_come_late(app: RecordingApp, bench: Bench) -> None:
    told = _statuses(app, bench, Mischief(late=1.0, late_seconds=20))
    assert len(told) == 4
    assert all(at >= 10 for _, at in told)


def test_reordered_callbacks_overtake_each_other(app: RecordingApp, bench: Bench) -> None:
    orders = {
        tuple(
            status
            for status, _ in _statuses(app, bench, Mischief(seed=seed, reordered=1.0, reordered_seconds=9))
        )
        for seed in range(5)
    }
    assert len(orders) > 1


def test_the_same_seed_misbehaves_the_same(app: RecordingApp, bench: Bench) -> None:
    mischief = Mischief(seed=7, doubled=0.3, late=0.3, reordered=0.3, lost=0.2)
    assert _statuses(app, bench, mischief) == _statuses(app, bench, mischief)


def test_doubled_document_request_has_one_token_and_the_first_reply_counts(
    app: RecordingApp, bench: Bench
) -> None:
    answers = iter(["<Response><Say>One</Say></Response>", "<Response><Say>Two</Say></Response>"])
    app.says("/voice", lambda _heard: next(answers))
    bench.switch.misbehave(Mischief(twiml_doubled=1.0))
    phone = bench.call()
    first, second = app.at("/voice")
    assert first.pairs == second.pairs
    assert first.headers["I-Twilio-Idempotency-Token"] == second.headers["I-Twilio-Idempotency-Token"]
    assert bench.said(phone) == ["One"]


def test_lost_document_answer_is_asked_for_again(app: RecordingApp, bench: Bench) -> None:
    answers = iter(["<Response><Say>One</Say></Response>", "<Response><Say>Two</Say></Response>"])
    app.says("/voice", lambda _heard: next(answers))
    bench.switch.misbehave(Mischief(twiml_answer_lost=1.0))
    assert bench.said(bench.call()) == ["Two"]


@pytest.mark.parametrize("fault", [RestFault.ANSWER_500, RestFault.ANSWER_CLOSED])
def test_lost_answer_was_carried_out(bench: Bench, fault: RestFault) -> None:
    bench.switch.ambush(Ambush(fault, "POST", "*/Calls.json"))
    with pytest.raises((TwilioRestException, requests.RequestException)):
        bench.client.calls.create(to=DUTY, from_=LINE, twiml="<Response/>")
    assert len(bench.client.calls.list()) == 1


@pytest.mark.parametrize(("fault", "status"), [(RestFault.THROTTLED, 429), (RestFault.REFUSED_500, 500)])
def test_refused_request_was_not_carried_out(bench: Bench, fault: RestFault, status: int) -> None:
    bench.switch.ambush(Ambush(fault))
    with pytest.raises(TwilioRestException) as refused:
        bench.client.calls.create(to=DUTY, from_=LINE, twiml="<Response/>")
    assert refused.value.status == status
    assert bench.client.calls.list() == []


def test_down_for_a_while(bench: Bench) -> None:
    bench.switch.go_down(5)
    assert _raw(bench, "/Calls.json").status_code == 503
    bench.run(5)
    assert bench.client.calls.list() == []


def test_control_api_sets_mischief_and_names_bad_fields(bench: Bench) -> None:
    url = f"{bench.running.url}/exchange/mischief"
    with requests.Session() as session:
        body = {"seed": 3, "doubled": 0.5, "next": [{"fault": "throttled", "times": 2}]}
        assert session.put(url, json=body, timeout=60).json()["doubled"] == 0.5
        assert _raw(bench, "/Calls.json").status_code == 429
        wrong = session.put(url, json={"cruelty": 1}, timeout=60)
        assert wrong.status_code == 400
        assert "cruelty" in wrong.json()["error"]
        assert session.delete(url, timeout=60).status_code == 204
    assert _raw(bench, "/Calls.json").status_code == 200
