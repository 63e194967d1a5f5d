"""What other systems are answered: of their own insurer, as far as their scopes go, page by page, and audited."""

import json
import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from agents.api.tokens import revoke_token
from agents.scopes import Scope
from agents.supervisor.breach.suspects import Actor
from agents.supervisor.breach.touches import read_touches
from config.audit import AuditEntry
from ivr.calls.models import Call
from ivr.calls.outcomes import record_outcome
from ivr.insured.models import InsuredPerson
from tests.agents.api.conftest import Api, api_of, recorded
from tests.agents.supervisor.conftest import NAME, OWN_PHONE, POLICY, Logged
from tests.databases import read_apart
from tests.ids import without_ids

PHONE_END = OWN_PHONE[-7:]


def audited(api: Api, action: str) -> list[AuditEntry]:
    with api.house.centre.database.reading("test_audit") as tx:
        return list(tx.scalars(select(AuditEntry).filter_by(action=action).order_by(AuditEntry.id)))


def born(api: Api) -> str:
    with api.house.centre.database.reading("test_born") as tx:
        return tx.scalars(select(InsuredPerson.birth_date)).one().isoformat()


# Tokens.


def test_a_token_opens_until_it_is_revoked_or_runs_out(api: Api) -> None:
    lasting, revoked = api.token(name="lasting"), api.token(name="revoked")
    assert api.ask(revoked, "/calls").status_code == 200
    revoke_token(api.house.centre, insurer_id="vsk", name="revoked", by="t")
    assert api.ask(revoked, "/calls").status_code == 401
    api.clock.move_by(timedelta(days=30).total_seconds() - 60)
    assert api.ask(lasting, "/calls").status_code == 200
    api.clock.move_by(61)
    refused = api.ask(lasting, "/calls")
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    assert refused.content_type == "application/problem+json"
    assert api.token(name="revoked") != revoked, "the name is free again"


@pytest.mark.parametrize("said", ["", "Bearer", "Bearer x y", "Basic dDp0", "Bearer жетон", "Bearer " + "x" * 300])
def test_what_is_no_token_opens_nothing(api: Api, said: str) -> None:
    answer = api.app.test_client().get("/api/v1/calls", headers={"Authorization": said.encode().decode("latin-1")})
    assert answer.status_code == 401
    assert answer.json["type"] == "urn:pult:problem:no-token"


def test_no_token_lies_in_the_database(api: Api, tmp_path) -> None:
    token = api.token()
    assert api.ask(token, "/calls").status_code == 200
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("pult.sqlite*"))
    assert token.encode() not in kept
    assert token.removeprefix("pult_").encode() not in kept


# What is seen of whom.


def test_without_the_scope_for_health_a_call_is_nobodys(api: Api, logged: Logged) -> None:
    call_id = logged.whole()
    token = api.token(Scope.CALLS, Scope.REQUESTS, Scope.RECORDINGS, Scope.NOTES)
    listed = api.ask(token, "/calls").json["items"][0]
    assert (listed["id"], listed["outcome"], listed["agents"]) == (call_id, "gl_requested", ["desk-1"])
    whole = api.ask(token, f"/calls/{call_id}").json
    assert [whole[name] for name in ("insured_id", "caller", "identification")] == [None] * 3
    assert whole["request_ids"] == []
    assert whole["outcomes"][0]["note"] is None
    assert api.ask(token, "/requests").json["items"] == [], "a guarantee letter tells of health"
    assert api.ask(token, f"/calls?insured_id={logged.insured_id}").status_code == 403


def test_with_it_the_person_is_told_by_id_and_masked(api: Api, logged: Logged) -> None:
    call_id = logged.whole()
    token = api.token(Scope.CALLS, Scope.REQUESTS, Scope.HEALTH)
    whole = api.ask(token, f"/calls/{call_id}").json
    assert whole["insured_id"] == logged.insured_id
    assert PHONE_END not in whole["caller"].replace(" ", "").replace("-", "")
    assert whole["outcomes"][0]["note"] is None, "notes are another scope"
    (request,) = api.ask(token, f"/requests?insured_id={logged.insured_id}").json["items"]
    assert whole["request_ids"] == [request["id"]]
    assert (request["kind"], request["call_id"]) == ("guarantee_letter", call_id)
    with_notes = api.token(Scope.CALLS, Scope.HEALTH, Scope.NOTES, name="notes")
    assert api.ask(with_notes, f"/calls/{call_id}").json["outcomes"][0]["note"] == "Ждёт ответа до вечера"


def test_a_calling_number_alone_does_not_make_it_somebodys_call(api: Api, logged: Logged) -> None:
    call_id = logged.call(insured_id=logged.insured_id, level="hinted")
    token = api.token()
    assert api.ask(token, f"/calls/{call_id}").json["insured_id"] is None
    assert api.ask(token, f"/calls?insured_id={logged.insured_id}").json["items"] == []


def test_an_anonymous_call_is_nobodys_for_any_token(api: Api, logged: Logged) -> None:
    in_queue = logged.call(waited=5, queue="psychologist", insured_id=logged.insured_id, level="verified")
    forgot = logged.call(is_anonymous=True, outcome="info_given", note="не для чужих глаз")
    token = api.token()
    for call_id in (in_queue, forgot):
        answer = api.ask(token, f"/calls/{call_id}")
        assert answer.json["is_anonymous"] is True
        assert [answer.json[name] for name in ("insured_id", "caller", "identification")] == [None] * 3
        assert "чужих" not in answer.text


def test_nothing_of_another_insurer_is_seen(api: Api, logged: Logged) -> None:
    call_id = logged.whole()
    recording_id = recorded(api, call_id)
    stranger = api.token(insurer_id="soglasie")
    own = api.token()
    request_id = api.ask(own, "/requests").json["items"][0]["id"]
    for path in (f"/calls/{call_id}", f"/requests/{request_id}", f"/recordings/{recording_id}"):
        assert api.ask(own, path).status_code == 200
        assert api.ask(stranger, path).status_code == 404
    step = {"step": "formed"}
    assert api.ask(stranger, f"/requests/{request_id}/steps", json=step).status_code == 404
    for path in ("/calls", "/requests", "/recordings"):
        assert api.ask(own, path).json["items"]
        assert api.ask(stranger, path).json["items"] == []
    assert {one["agent"] for one in api.ask(stranger, "/presence").json["items"]} == {"sog-1"}
    person = {"policy": POLICY, "birth_date": born(api)}
    assert api.ask(stranger, "/insured/look-up", json=person).json == {"people": []}


def test_presence_says_who_does_what(api: Api) -> None:
    token = api.token(Scope.PRESENCE)
    items = api.ask(token, "/presence").json["items"]
    assert {(one["agent"], one["presence"]) for one in items} == {("desk-1", "available"), ("desk-2", "available")}
    assert api.ask(token, "/presence?presence=away").json["items"] == []


def test_recordings_are_told_without_their_sound(api: Api, logged: Logged) -> None:
    call_id = logged.whole()
    recording_id = recorded(api, call_id)
    answer = api.ask(api.token(Scope.RECORDINGS), f"/recordings?call_id={call_id}&is_stored=true")
    assert [one["id"] for one in answer.json["items"]] == [recording_id]
    assert "wrapped_key" not in answer.text
    assert ".sealed" not in answer.text


# The look-up of an insured person.


def test_an_insured_person_is_found_by_policy_and_birth_date(api: Api, logged: Logged, caplog) -> None:
    token = api.token(Scope.INSURED, name="crm")
    with caplog.at_level(logging.DEBUG):
        answer = api.ask(token, "/insured/look-up", json={"policy": POLICY, "birth_date": born(api)})
    (person,) = answer.json["people"]
    assert person["insured_id"] == logged.insured_id
    assert person["is_covered"] is True
    assert person["initials"] == " ".join(f"{word[0]}." for word in NAME.split())
    for secret in (*NAME.split(), POLICY, PHONE_END, born(api)):
        assert secret not in answer.text
        assert secret not in caplog.text
    assert [(one.actor, one.subject_id) for one in audited(api, "insured_found")] == [("api:crm", logged.insured_id)]
    assert POLICY not in json.dumps([one.detail for one in audited(api, "insured_searched")])


def test_misses_are_limited_and_hits_are_not(api: Api) -> None:
    token = api.token(Scope.INSURED)
    most = api.house.centre.insurers["vsk"].identification.searches_per_hour
    right, wrong = ({"policy": POLICY, "birth_date": day} for day in (born(api), "1931-01-01"))
    for _ in range(most):
        assert api.ask(token, "/insured/look-up", json=right).json["people"]
        assert api.ask(token, "/insured/look-up", json=wrong).json == {"people": []}
    refused = api.ask(token, "/insured/look-up", json=right)
    assert refused.status_code == 429
    api.clock.move_by(int(refused.headers["Retry-After"]) + 1)
    assert api.ask(token, "/insured/look-up", json=right).json["people"]


# Requests are brought on.


def test_a_system_brings_a_request_on_and_may_say_so_twice(api: Api, logged: Logged) -> None:
    logged.whole()
    token = api.token(name="erp")
    request_id = api.ask(token, "/requests").json["items"][0]["id"]
    path = f"/requests/{request_id}/steps"
    for _ in range(2):
        moved = api.ask(token, path, json={"step": "formed", "approval": "ГП-17/1"})
        assert (moved.status_code, moved.json["step"], moved.json["approval"]) == (200, "formed", "ГП-17/1")
    assert [one["step"] for one in moved.json["steps"]] == ["requested", "formed"]
    assert moved.json["steps"][-1]["by"] == "api:erp"
    assert moved.json["steps_ahead"] == ["sent_to_clinic", "insured_told", "declined", "withdrawn"]
    back = api.ask(token, path, json={"step": "requested"})
    assert (back.status_code, back.json["type"]) == (409, "urn:pult:problem:conflict")
    assert [one.actor for one in audited(api, "request_advanced")] == ["api:erp"]
    only_reads = api.token(Scope.REQUESTS, Scope.HEALTH)
    assert api.ask(only_reads, path, json={"step": "insured_told"}).status_code == 403
    without_health = api.token(Scope.REQUESTS, Scope.REQUESTS_WRITE, name="without-health")
    assert api.ask(without_health, path, json={"step": "insured_told"}).status_code == 404


# How it is asked.


def test_pages_follow_one_another_without_a_gap_while_calls_come_in(api: Api, logged: Logged) -> None:
    made = [logged.call(minutes_ago=100 - number) for number in range(7)]
    token, seen, cursor = api.token(), [], ""
    while cursor is not None:
        page = api.ask(token, f"/calls?limit=3{cursor and f'&cursor={cursor}'}").json
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        logged.call(minutes_ago=1)
    assert seen == made[::-1]


def test_filters_narrow(api: Api, logged: Logged) -> None:
    old = logged.call(minutes_ago=600, outcome="info_given")
    new = logged.call(minutes_ago=10, waited=5, queue="curator", agent="desk-1", is_emergency=True)
    token, noon = api.token(), api.clock.now()
    hour_ago = (noon - timedelta(hours=1)).isoformat().replace("+00:00", "Z")

    def found(query: str) -> list[str]:
        return [one["id"] for one in api.ask(token, f"/calls?{query}").json["items"]]

    assert found(f"since={hour_ago}") == [new]
    assert found(f"until={hour_ago}") == [old]
    assert found("queue=curator") == found("agent=desk-1") == found("is_emergency=true") == [new]
    assert found("outcome=info_given") == [old]
    assert found("line=curators") == []


def test_a_name_that_there_never_was_is_told_with_its_place(api: Api, logged: Logged) -> None:
    logged.call(line="given_up", outcome="info_given")
    token = api.token()

    def refused(query: str) -> list[tuple[str, str]]:
        answer = api.ask(token, query)
        assert (answer.status_code, answer.json["type"]) == (404, "urn:pult:problem:unknown-name")
        return [(one["where"], one["detail"]) for one in answer.json["errors"]]

    assert refused("/calls?queue=nowhere&line=medical_desk") == [("query: queue", "there is no such queue")]
    unknown = refused("/calls?line=nowhere&queue=nowhere&agent=nobody&outcome=nothing")
    assert [where for where, _ in unknown] == ["query: line", "query: queue", "query: agent", "query: outcome"]
    assert refused("/requests?kind=nothing") == [("query: kind", "there is no such kind")]
    assert len(api.ask(token, "/calls?line=given_up").json["items"]) == 1
    assert len(audited(api, "calls_searched")) == 1


def test_calls_that_something_was_added_to_are_found_by_when(api: Api, logged: Logged) -> None:
    token, call_id = api.token(), logged.call(minutes_ago=600)
    logged.call(minutes_ago=500)
    since = api.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    assert api.ask(token, f"/calls?updated_since={since}").json["items"] == []
    api.clock.move_by(60)
    with api.house.centre.database.transaction("test_outcome") as tx:
        call = tx.get_one(Call, call_id)
        record_outcome(tx, call=call, code="info_given", by="desk-1", at=api.clock.now())
    assert [one["id"] for one in api.ask(token, f"/calls?updated_since={since}").json["items"]] == [call_id]


def test_who_may_not_read_a_request_is_not_shown_it_for_a_step_that_changes_nothing(api: Api, logged: Logged) -> None:
    logged.whole()
    reader = api.token(name="reader")
    shown = api.ask(reader, "/requests").json["items"][0]
    path, step = f"/requests/{shown['id']}/steps", {"step": shown["step"]}
    for scopes in ((Scope.REQUESTS_WRITE,), (Scope.REQUESTS_WRITE, Scope.HEALTH)):
        refused = api.ask(api.token(*scopes, name=f"writer-{len(scopes)}"), path, json=step)
        assert refused.status_code == 403
        assert shown["insured_id"] not in refused.text
        assert "requests:read" in refused.headers["WWW-Authenticate"]
    before = len(audited(api, "request_shown"))
    answer = api.ask(reader, path, json=step)
    assert (answer.status_code, answer.json["insured_id"]) == (200, shown["insured_id"])
    assert [one.subject_id for one in audited(api, "request_shown")[before:]] == [shown["id"]]
    assert audited(api, "request_advanced") == []


def test_requests_that_moved_are_found_by_when(api: Api, logged: Logged) -> None:
    logged.whole()
    token = api.token()
    request_id = api.ask(token, "/requests").json["items"][0]["id"]
    since = api.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    assert api.ask(token, f"/requests?updated_since={since}").json["items"] == []
    api.clock.move_by(60)
    api.ask(token, f"/requests/{request_id}/steps", json={"step": "formed"})
    assert [one["id"] for one in api.ask(token, f"/requests?updated_since={since}").json["items"]] == [request_id]


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("colour=red", "query: colour"),
        ("limit=0", "query: limit"),
        ("limit=1&limit=2", "query: limit"),
        ("since=yesterday", "query: since"),
        ("since=2026-11-24T09:00:00+03:00", "query: since"),
        ("since=2026-02-30T09:00:00Z", "query: since"),
        ("cursor=%27", "query: cursor"),
        ("is_open=1", "query: is_open"),
    ],
)
def test_what_is_not_described_is_refused_with_its_place(api: Api, query: str, where: str) -> None:
    answer = api.ask(api.token(), f"/calls?{query}")
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert [one["where"] for one in answer.json["errors"]] == [where]


def test_a_body_is_refused_with_its_place_and_never_quoted(api: Api) -> None:
    token = api.token(Scope.INSURED)
    answer = api.ask(token, "/insured/look-up", json={"policy": "1234567890", "birth_date": "15.03.1985", "name": "x"})
    assert {one["where"] for one in answer.json["errors"]} == {"#/birth_date", "#/name"}
    assert "1985" not in without_ids(answer.text).replace("as 1985-03-15", "")
    client, headers = api.app.test_client(), {"Authorization": f"Bearer {token}"}

    def posted(data: bytes, content_type: str) -> int:
        path = "/api/v1/insured/look-up"
        return client.post(path, data=data, content_type=content_type, headers=headers).status_code

    assert posted(b"{", "application/json") == 400
    assert posted(b"policy=1", "application/x-www-form-urlencoded") == 415
    assert posted(b'"' + b"x" * 20_000 + b'"', "application/json") == 413


def test_a_session_of_the_pages_opens_nothing_here_nor_a_token_there(api: Api, logged: Logged) -> None:
    assert logged.site.signed_in("boss").get("/api/v1/calls").status_code == 401
    answer = api.app.test_client().get("/calls", headers={"Authorization": f"Bearer {api.token()}"})
    assert answer.status_code == 401


def test_an_address_that_there_is_not_is_a_problem_too(api: Api) -> None:
    for path, status in (("/nothing", 404), ("/calls/../calls", 404), ("/calls/%00", 404)):
        answer = api.ask(api.token(name=f"t{status}{len(path)}"), path)
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    refused = api.ask(api.token(), "/calls", method="DELETE")
    assert refused.status_code == 405
    assert "GET" in refused.headers["Allow"]


def test_who_has_the_newest_is_told_so(api: Api, logged: Logged) -> None:
    token, call_id = api.token(), logged.whole()
    first = api.ask(token, f"/calls/{call_id}")
    assert api.ask(token, f"/calls/{call_id}", If_None_Match=first.headers["ETag"]).status_code == 304
    assert first.headers["Cache-Control"] == "no-store"


def test_what_was_read_is_audited_under_the_tokens_name(api: Api, logged: Logged) -> None:
    token, call_id = api.token(name="dwh"), logged.whole()
    recording_id = recorded(api, call_id)
    request_id = api.ask(token, "/requests").json["items"][0]["id"]
    paths = ("/calls", f"/calls/{call_id}", f"/requests/{request_id}", "/recordings", f"/recordings/{recording_id}")
    for path in paths:
        assert api.ask(token, path).status_code == 200
    with api.house.centre.database.reading("test_audit") as tx:
        entries = tx.execute(select(AuditEntry.action, AuditEntry.subject_id).filter_by(actor="api:dwh")).all()
    assert set(entries) >= {
        ("calls_searched", ""), ("call_shown", call_id), ("requests_listed", ""), ("request_shown", request_id),
        ("recordings_listed", ""), ("recording_shown", recording_id),
    }  # fmt: skip


def test_who_reads_keeps_nobody_from_writing(api: Api, logged: Logged) -> None:
    token, call_id = api.token(), logged.whole()
    recording_id = recorded(api, call_id)
    request_id = api.ask(token, "/requests").json["items"][0]["id"]
    reads = {
        "list_calls_for_system": "/calls", "show_call_to_system": f"/calls/{call_id}",
        "list_requests_for_system": "/requests", "show_request_to_system": f"/requests/{request_id}",
        "list_recordings_for_system": "/recordings", "show_recording_to_system": f"/recordings/{recording_id}",
    }  # fmt: skip
    for name, path in reads.items():
        with read_apart(api.house.centre.database, name):
            assert api.ask(token, path).status_code == 200


@pytest.mark.parametrize("path", ["/calls", "/requests", "/recordings"])
def test_after_a_breach_whoever_was_in_a_list_is_named(api: Api, logged: Logged, path: str) -> None:
    call_id = logged.whole()
    recorded(api, call_id)
    assert api.ask(api.token(name="dwh"), path).status_code == 200
    now = api.clock.now()
    with api.house.centre.database.reading("test_breach") as tx:
        actors, hour = {Actor("api:dwh")}, timedelta(hours=1)
        (touch,) = read_touches(tx, insurer_id="vsk", actors=actors, since=now - hour, until=now + hour)
    assert (touch.calls, touch.people) == ({call_id}, {logged.insured_id})


# How often.


def test_a_token_may_ask_so_often_a_minute_whichever_process_answers(logged: Logged, redis_url: str) -> None:
    house = logged.site.house
    settings = replace(house.centre.settings, redis_url=redis_url, turn_redis_seconds=5.0)
    house.floor = replace(house.floor, centre=replace(house.centre, settings=settings))
    one, other = api_of(logged, PULT_API_PER_MINUTE="3"), api_of(logged, PULT_API_PER_MINUTE="3")
    token, careful = one.token(), one.token(name="careful")
    answers = [process.ask(token, "/calls") for process in (one, other, one, other)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["RateLimit"] == '"minute";r=2;t=60'
    assert answers[0].headers["RateLimit-Policy"] == '"minute";q=3;w=60'
    assert answers[3].headers["Retry-After"] == "60"
    assert one.ask(careful, "/calls").status_code == 200
    one.clock.move_by(60)
    assert other.ask(token, "/calls").status_code == 200


def test_without_redis_the_api_answers_and_each_process_counts_for_itself(logged: Logged) -> None:
    api = api_of(logged, PULT_API_PER_MINUTE="2")
    token = api.token()
    assert [api.ask(token, "/calls").status_code for _ in range(3)] == [200, 200, 429]


def test_requests_without_a_good_token_are_limited_by_address_and_good_tokens_from_there_go_on(logged: Logged) -> None:
    api = api_of(logged, PULT_API_REFUSED_PER_MINUTE="2", PULT_DESK_PROXIES="1")
    good = api.token()

    def asked(token: str | None, address: str) -> TestResponse:
        return api.ask(token, "/calls", X_Forwarded_For=address)

    answers = [asked(token, "203.0.113.7") for token in (None, "guess-1", "guess-2", None)]
    assert [answer.status_code for answer in answers] == [401, 401, 429, 429]
    assert answers[0].headers["RateLimit-Policy"] == '"minute";q=2;w=60'
    assert answers[1].headers["RateLimit"] == '"minute";r=0;t=60'
    assert answers[2].headers["Retry-After"] == "60"
    assert answers[2].json["type"] == "urn:pult:problem:too-many-requests"
    shared = asked(good, "203.0.113.7")
    assert (shared.status_code, shared.headers["RateLimit-Policy"]) == (200, '"minute";q=600;w=60')
    assert asked("guess-3", "203.0.113.8").status_code == 401
    api.clock.move_by(60)
    assert asked("guess-4", "203.0.113.7").status_code == 401
