"""Who may open what: every route says so, and every route is tried by everybody."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from agents.accounts.models import Role
from agents.api.site import DESCRIPTION
from agents.api.tokens import add_token, revoke_token
from agents.floor import Floor
from agents.scopes import Scope
from agents.site import API, create_staff_app
from agents.staff.guarding import roles_of
from tests.agents.staff.conftest import ORIGIN, PASSWORD, Browser, Site, form_token

PUBLIC = {
    "static",
    "desk.static",
    "softphone.static",
    "calls.static",
    "scoring.static",
    "entrance.sign_in",
    "entrance.try_to_sign_in",
    "entrance.choose_language",
    "entrance.health",
    "single_sign_on.begin",
    "single_sign_on.come_back",
}

PEOPLE = ("nobody", "former", "anna", "boss", "watcher", "admin")
"""Not signed in; no role any more; an agent; a supervisor who takes calls, one who does not; an administrator."""

EVERYBODY = {"anna", "boss", "watcher", "admin"}
AT_A_DESK = {"anna", "boss"}
SUPERVISORS = {"boss", "watcher"}
AUDITORS = {"boss", "watcher", "admin"}
SEARCHERS = {"anna", "boss", "watcher"}
ROUTES = {
    ("GET", "/"): EVERYBODY,
    ("GET", "/account"): EVERYBODY,
    ("POST", "/account/password"): EVERYBODY,
    ("POST", "/insurer"): EVERYBODY,
    ("POST", "/sign-out"): EVERYBODY,
    ("HEAD", "/news"): EVERYBODY,
    ("GET", "/desk"): AT_A_DESK,
    ("GET", "/desk/bar"): AT_A_DESK,
    ("GET", "/desk/now"): AT_A_DESK,
    ("POST", "/desk/presence"): AT_A_DESK,
    ("POST", "/desk/calls/x/caller"): AT_A_DESK,
    ("POST", "/desk/calls/x/identify"): AT_A_DESK,
    ("POST", "/desk/calls/x/verify"): AT_A_DESK,
    ("POST", "/desk/calls/x/address"): AT_A_DESK,
    ("POST", "/desk/telephone"): AT_A_DESK,
    ("GET", "/desk/targets"): AT_A_DESK,
    ("POST", "/desk/calls/x/decline"): AT_A_DESK,
    ("POST", "/desk/calls/x/hold"): AT_A_DESK,
    ("POST", "/desk/calls/x/hang-up"): AT_A_DESK,
    ("POST", "/desk/calls/x/transfer"): AT_A_DESK,
    ("POST", "/desk/calls/x/consult"): AT_A_DESK,
    ("POST", "/desk/calls/x/hand-over"): AT_A_DESK,
    ("POST", "/desk/calls/x/end-consult"): AT_A_DESK,
    ("POST", "/desk/dial"): AT_A_DESK,
    ("POST", "/desk/dials/x/over"): AT_A_DESK,
    ("GET", "/desk/colleagues"): AT_A_DESK,
    ("GET", "/desk/calls/x/wrap-up"): AT_A_DESK,
    ("POST", "/desk/calls/x/wrap-up"): AT_A_DESK,
    ("POST", "/desk/calls/x/draft"): AT_A_DESK,
    ("GET", "/desk/calls/x/requests"): AT_A_DESK,
    ("POST", "/desk/calls/x/requests/open"): AT_A_DESK,
    ("POST", "/desk/calls/x/requests/move"): AT_A_DESK,
    ("POST", "/desk/calls/x/requests/tell"): AT_A_DESK,
    ("POST", "/desk/calls/x/requests/book"): AT_A_DESK,
    ("GET", "/desk/my-work"): AT_A_DESK,
    ("GET", "/desk/my-work/summary"): AT_A_DESK,
    ("POST", "/desk/my-work/done"): AT_A_DESK,
    ("POST", "/desk/my-work/move"): AT_A_DESK,
    ("GET", "/desk/messages/x/sound"): AT_A_DESK,
    ("GET", "/desk/insured"): SEARCHERS,
    ("POST", "/desk/insured"): SEARCHERS,
    ("GET", "/desk/insured/x"): SEARCHERS,
    ("POST", "/desk/calls/x/recording"): AT_A_DESK,
    ("GET", "/recordings/x"): SUPERVISORS,
    ("POST", "/calls/x/hold-recordings"): SUPERVISORS,
    ("POST", "/calls/x/release-recordings"): SUPERVISORS,
    ("GET", "/calls/destroyed-recordings"): SUPERVISORS,
    ("GET", "/calls/destroyed-recordings/acts.csv"): SUPERVISORS,
    ("GET", "/calls/destroyed-recordings/x"): SUPERVISORS,
    ("GET", "/calls/destroyed-recordings/x/act.pdf"): SUPERVISORS,
    ("POST", "/recordings/x/play"): SUPERVISORS,
    ("GET", "/recordings/x/sound"): SUPERVISORS,
    ("GET", "/desk/wrap-ups"): SUPERVISORS,
    ("POST", "/desk/wrap-ups/release"): SUPERVISORS,
    ("GET", "/audit"): AUDITORS,
    ("GET", "/audit/breach"): AUDITORS,
    ("GET", "/audit/breach/file.x"): {"admin"},
    ("GET", "/floor"): SUPERVISORS,
    ("GET", "/floor/wall"): SUPERVISORS,
    ("GET", "/floor/parts/x"): SUPERVISORS,
    ("GET", "/listening"): SUPERVISORS,
    ("POST", "/listening/x"): SUPERVISORS,
    ("POST", "/listening/x/ear"): SUPERVISORS,
    ("POST", "/listening/x/leave"): SUPERVISORS,
    ("POST", "/floor/presence"): SUPERVISORS,
    ("POST", "/floor/waits/up"): SUPERVISORS,
    ("POST", "/floor/waits/move"): SUPERVISORS,
    ("POST", "/floor/waits/release"): SUPERVISORS,
    ("POST", "/floor/notices"): SUPERVISORS,
    ("POST", "/floor/notices/down"): SUPERVISORS,
    ("GET", "/calls"): SUPERVISORS,
    ("GET", "/calls/exports"): SUPERVISORS,
    ("POST", "/calls/exports"): SUPERVISORS,
    ("POST", "/calls/exports/journal"): SUPERVISORS,
    ("GET", "/calls/exports/x"): SUPERVISORS,
    ("POST", "/calls"): SUPERVISORS,
    ("POST", "/calls/searches"): SUPERVISORS,
    ("POST", "/calls/searches/drop"): SUPERVISORS,
    ("GET", "/calls/x"): SUPERVISORS,
    ("GET", "/reports"): SUPERVISORS,
    ("GET", "/reports/table.csv"): SUPERVISORS,
    ("GET", "/reports/report.pdf"): SUPERVISORS,
    ("GET", "/reports/funnel"): SUPERVISORS,
    ("GET", "/reports/staffing"): SUPERVISORS,
    ("GET", "/quality"): SUPERVISORS,
    ("GET", "/quality/waiting"): SUPERVISORS,
    ("GET", "/quality/list"): SUPERVISORS,
    ("GET", "/quality/questions"): SUPERVISORS,
    ("POST", "/quality/evaluations"): SUPERVISORS,
    ("GET", "/quality/evaluations/x"): SUPERVISORS,
    ("POST", "/quality/evaluations/x/draft"): SUPERVISORS,
    ("POST", "/quality/evaluations/x/submit"): SUPERVISORS,
    ("POST", "/quality/evaluations/x/drop"): SUPERVISORS,
    ("POST", "/quality/evaluations/x/answer"): SUPERVISORS,
    ("POST", "/quality/calibrations"): SUPERVISORS,
    ("GET", "/quality/calibrations/x"): SUPERVISORS,
    ("GET", "/desk/evaluations"): AT_A_DESK,
    ("GET", "/desk/evaluations/x"): AT_A_DESK,
    ("POST", "/desk/evaluations/x/dispute"): AT_A_DESK,
    ("POST", "/desk/evaluations/x/recordings/x/play"): AT_A_DESK,
    ("GET", "/desk/evaluations/x/recordings/x/sound"): AT_A_DESK,
}


def test_every_route_is_public_by_name_or_has_its_roles(site: Site) -> None:
    for rule in site.app.url_map.iter_rules():
        roles = roles_of(site.app.view_functions[rule.endpoint])
        if rule.endpoint in PUBLIC:
            assert roles is None, rule
        else:
            assert roles, f"{rule} is open to nobody: say who may open it"
            assert roles <= set(Role)


def test_every_guarded_route_is_in_the_table(site: Site) -> None:
    listed = {path for _, path in ROUTES}
    guarded = {
        re.sub(r"<[^>]+>", "x", str(rule)) for rule in site.app.url_map.iter_rules() if rule.endpoint not in PUBLIC
    }
    assert guarded == listed


@pytest.mark.parametrize("who", PEOPLE)
def test_each_route_opens_for_its_roles_only(site: Site, who: str) -> None:
    for (method, path), allowed in ROUTES.items():
        browser = site.browser() if who == "nobody" else site.signed_in(who)
        token = form_token(browser.get("/sign-in" if who == "nobody" else "/no-such-page"))
        response = browser.client.open(
            path, method=method, data={"form_token": token}, headers={**ORIGIN, "Accept": "application/json"}
        )
        if who == "nobody":
            assert response.status_code == 401, path
        elif who in allowed:
            assert response.status_code not in (401, 403) or path == "/insurer", (path, response.text)
        else:
            assert response.status_code == 403, path


ID = "0" * 32
API_ROUTES = {
    ("GET", "/v1/calls"): {Scope.CALLS},
    ("GET", f"/v1/calls/{ID}"): {Scope.CALLS},
    ("GET", "/v1/requests"): {Scope.REQUESTS},
    ("GET", f"/v1/requests/{ID}"): {Scope.REQUESTS},
    ("POST", f"/v1/requests/{ID}/steps"): {Scope.REQUESTS_WRITE, Scope.REQUESTS},
    ("POST", "/v1/insured/look-up"): {Scope.INSURED},
    ("GET", "/v1/presence"): {Scope.PRESENCE},
    ("GET", "/v1/recordings"): {Scope.RECORDINGS},
    ("GET", f"/v1/recordings/{ID}"): {Scope.RECORDINGS},
}
"""What another system may ask, and the scopes that its token needs for it, all of them."""


def test_every_route_of_the_api_is_in_its_table(site: Site) -> None:
    rules = [rule for rule in site.app.extensions[API].url_map.iter_rules() if rule.endpoint != DESCRIPTION]
    asked = {(method, re.sub(r"<[^>]+>", ID, str(rule))) for rule in rules for method in rule.methods - {"HEAD"}}
    assert asked == set(API_ROUTES)


@pytest.mark.parametrize("who", ["nobody", "signed in", "unknown", "revoked", "run out", "other scopes", "right scope"])
def test_each_route_of_the_api_opens_by_its_scopes_only(site: Site, who: str) -> None:
    each = [(route, needed, missing) for route, needed in API_ROUTES.items() for missing in needed]
    for number, ((method, path), needed, missing) in enumerate(each):
        scopes = set(Scope) - {missing} if who == "other scopes" else needed
        token = add_token(
            site.house.centre, insurer_id="vsk", name=f"t{number}", scopes=scopes, lives=timedelta(days=1), by="t"
        )
        if who == "revoked":
            revoke_token(site.house.centre, insurer_id="vsk", name=f"t{number}", by="t")
        if who == "run out":
            site.house.clock.move_by(timedelta(days=1).total_seconds())
        sent = {"unknown": f"{token}x", "nobody": None, "signed in": None}.get(who, token)
        client = (site.signed_in("boss") if who == "signed in" else site.browser()).client
        headers = {} if sent is None else {"Authorization": f"Bearer {sent}"}
        answer = client.open(f"/api{path}", method=method, headers=headers, json={} if method == "POST" else None)
        expected = {"other scopes": {403}, "right scope": {200, 404, 422}}.get(who, {401})
        assert answer.status_code in expected, (who, path, answer.text)


@pytest.mark.parametrize("who", PEOPLE)
def test_only_supervisors_watch_the_floor(site: Site, who: str) -> None:
    browser = site.browser() if who == "nobody" else site.signed_in(who)
    status = browser.client.head("/news?watch=/floor/parts/now", headers={"Accept": "text/event-stream"}).status_code
    assert status == (401 if who == "nobody" else 200 if who in SUPERVISORS else 403)


def test_a_stranger_who_opens_a_page_is_asked_to_sign_in_and_comes_back(site: Site) -> None:
    browser = site.browser()
    sent_to = browser.get("/desk?x=1").headers["Location"]
    assert sent_to == "/sign-in?next=/desk?x%3D1"
    response = browser.post("/sign-in", {"name": "anna", "password": "correct-horse-7", "next": "/desk?x=1"})
    assert response.headers["Location"] == "/desk?x=1"


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "desk", "/a\r\nb"]
)
def test_nobody_is_sent_to_another_site_after_signing_in(site: Site, wanted: str) -> None:
    response = site.browser().post("/sign-in", {"name": "anna", "password": "correct-horse-7", "next": wanted})
    assert response.headers["Location"] == "/"


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({"Origin": "https://evil.example"}, None),
        ({"Origin": "null"}, None),
        ({"Origin": "http://127.0.0.1:8083"}, None),
        ({"Sec-Fetch-Site": "cross-site"}, None),
        ({}, None),
        (ORIGIN, "somebody-elses"),
        (ORIGIN, ""),
        (ORIGIN, "жетон"),
    ],
)
def test_a_forged_request_changes_nothing(site: Site, headers: dict[str, str], token: str | None) -> None:
    browser = site.signed_in("anna")
    good = form_token(browser.get("/desk"))
    data = {"form_token": good if token is None else token, "presence": "meal"}
    response = browser.client.post("/desk/presence", data=data, headers=headers)
    assert response.status_code == 403
    assert "устарела" in response.text
    assert site.house.agent_now("desk-1").presence == "available"


def test_a_strangers_token_is_worth_nothing_to_another_browser(site: Site) -> None:
    token = form_token(site.browser().get("/sign-in"))
    assert (
        site.browser().post("/sign-in", {"name": "anna", "password": "correct-horse-7"}, token=token).status_code == 403
    )


def test_a_page_may_load_nothing_from_elsewhere_and_is_not_kept(site: Site) -> None:
    response = site.signed_in("anna").get("/desk")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", response.text)


def test_the_sessions_cookie_is_out_of_reach_of_scripts_and_other_sites(site: Site) -> None:
    cookie = next(one for one in site.browser().sign_in("anna").headers.getlist("Set-Cookie") if "session" in one)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_over_https_the_cookie_is_for_this_host_and_https_alone(site: Site) -> None:
    settings = replace(site.house.centre.settings, desk_url="https://desk.example")
    app = create_staff_app(Floor(replace(site.house.centre, settings=settings), site.house.carrier))
    client, there = app.test_client(), {"base_url": "https://desk.example"}
    token = form_token(client.get("/sign-in", **there))
    data = {"name": "anna", "password": PASSWORD, "form_token": token}
    answer = client.post("/sign-in", data=data, headers={"Origin": "https://desk.example"}, **there)
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if "session" in one)
    assert cookie.startswith("__Host-pult_session=")
    assert "Secure" in cookie
    assert answer.headers["Strict-Transport-Security"]


def test_behind_a_proxy_the_callers_own_address_counts(site: Site) -> None:
    named = {**site.house.centre.settings.named, "PULT_DESK_PROXIES": "1"}
    settings = replace(site.house.centre.settings, named=named)
    app = create_staff_app(Floor(replace(site.house.centre, settings=settings), site.house.carrier))

    def tries(app: Flask, forwarded: str) -> int:
        browser = Browser(app.test_client())
        return browser.post(
            "/sign-in", {"name": f"n-{forwarded}", "password": "x"}, headers={"X-Forwarded-For": forwarded}
        ).status_code

    assert [tries(app, f"203.0.113.{number}") for number in range(25)] == [401] * 25
    assert 429 in [tries(site.app, f"203.0.113.{number + 50}") for number in range(25)]
