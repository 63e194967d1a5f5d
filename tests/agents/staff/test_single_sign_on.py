"""Single sign-on against a real provider: the way in, and everything that must be refused on it."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc.jwk import RSAKey

from agents.accounts import looking_after
from agents.accounts.models import Role
from agents.floor import Floor
from agents.site import create_staff_app
from agents.staff.side import EXTENSION
from config.clock import WallClock
from config.database import Database
from tests.agents.conftest import make_house
from tests.agents.staff import provider as providers
from tests.agents.staff.conftest import Browser, Site, add_people
from tests.agents.staff.provider import CLIENT_ID, CLIENT_SECRET, Provider

RETURN = "http://127.0.0.1:8082/sign-in/company/return"


class FromNow(NamedTuple):
    """A moment counted from the test's own, so that the test has the same name in every process."""

    seconds: int



@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    # The provider is on loopback without https, which its library refuses unless told.
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    with providers.running(RETURN) as running:
        yield running


@pytest.fixture
def site(tmp_path: Path, sqlite_url: str, provider: Provider) -> Iterator[Site]:
    """The site on the wall clock, by which the provider dates its tokens."""
    database = Database(sqlite_url)
    house = make_house(tmp_path, database)
    add_people(house)
    named = {
        **house.centre.settings.named,
        "PULT_OIDC_ISSUER": provider.url,
        "PULT_OIDC_CLIENT_ID": CLIENT_ID,
        "PULT_OIDC_CLIENT_SECRET": CLIENT_SECRET,
    }
    centre = replace(house.centre, clock=WallClock(), settings=replace(house.centre.settings, named=named))
    house.floor = Floor(centre, house.carrier)
    app = create_staff_app(house.floor)
    yield Site(app, house)
    app.extensions[EXTENSION].streams.stop()
    database.close()


def ask_provider(browser: Browser, path: str = "/sign-in/company") -> str:
    """Follow the site to the provider; the address to which the provider sends the browser back."""
    there = browser.get(path).headers["Location"]
    return requests.get(there, allow_redirects=False, timeout=60).headers["Location"]


def come_back(browser: Browser, address: str):
    parts = urlsplit(address)
    return browser.get(f"{parts.path}?{parts.query}")


def test_the_company_account_opens_the_page_that_was_wanted(site: Site, provider: Provider) -> None:
    browser = site.browser()
    assert "/sign-in/company?next=" in browser.get("/sign-in?next=/desk").text
    answer = come_back(browser, ask_provider(browser, "/sign-in/company?next=/desk"))
    assert answer.headers["Location"] == "/desk"
    assert browser.get("/desk").status_code == 200
    assert {"linked_single_sign_on", "signed_in"} <= set(site.audited(actor="anna"))
    asked = provider.asked[0]
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["state"]) >= 32
    assert len(asked["nonce"]) >= 32


def test_an_account_without_a_password_opens_by_single_sign_on_only(site: Site, provider: Provider) -> None:
    looking_after.add_account(
        site.house.centre, insurer_id="vsk", name="vera", role=Role.SUPERVISOR, password=None, by="t"
    )
    provider.person = {"sub": "7", "preferred_username": "Vera"}
    browser = site.browser()
    assert browser.sign_in("vera", "").status_code == 401
    assert come_back(browser, ask_provider(browser)).status_code == 302
    assert browser.get("/account").status_code == 200


def test_a_name_handed_on_to_somebody_else_opens_nothing(site: Site, provider: Provider) -> None:
    browser = site.browser()
    come_back(browser, ask_provider(browser))
    provider.person = {"sub": "43", "preferred_username": "anna"}
    other = site.browser()
    assert come_back(other, ask_provider(other)).status_code == 403
    assert other.get("/desk").status_code == 302


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "another-client"},
        {"aud": ["another-client"]},
        {"aud": [CLIENT_ID, "another-client"], "azp": "another-client"},
        {"exp": FromNow(-600)},
        {"iat": FromNow(6000)},
        {"nonce": "another"},
        {"nonce": None},
        {"preferred_username": None},
        {"preferred_username": "nobody-here"},
        {"sub": None},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_now_opens_nothing(site: Site, provider: Provider, claims: dict) -> None:
    now = int(time.time())
    provider.claims = {
        name: now + value.seconds if isinstance(value, FromNow) else value for name, value in claims.items()
    }
    browser = site.browser()
    answer = come_back(browser, ask_provider(browser))
    assert answer.status_code == 403
    assert "не удалось" in answer.text
    assert browser.get("/desk").status_code == 302


def test_a_token_of_another_key_opens_nothing(site: Site, provider: Provider) -> None:
    provider.signs_with = RSAKey.generate_key(2048, {"kid": "one"})
    browser = site.browser()
    assert come_back(browser, ask_provider(browser)).status_code == 403


def test_a_provider_by_another_name_is_not_asked(site: Site, provider: Provider) -> None:
    provider.calls_itself = "https://evil.example"
    assert site.browser().get("/sign-in/company").status_code == 403


def test_a_provider_that_is_away_is_said_so(site: Site) -> None:
    sso = site.app.extensions[EXTENSION].single_sign_on
    sso._provider = replace(sso._provider, issuer="http://127.0.0.1:9")
    answer = site.browser().get("/sign-in/company")
    assert answer.status_code == 503
    assert "с паролем" in answer.text


def test_an_answer_brought_by_another_browser_opens_nothing(site: Site) -> None:
    """Somebody else's finished sign-in, sent as a link, must not sign the reader in."""
    address = ask_provider(site.browser())
    assert come_back(site.browser(), address).status_code == 403
    victim = site.browser()
    victim.get("/sign-in/company")
    assert come_back(victim, address).status_code == 403


def test_an_answer_is_good_once(site: Site) -> None:
    browser = site.browser()
    address = ask_provider(browser)
    assert come_back(browser, address).status_code == 302
    browser.client.delete_cookie("pult_session")
    assert come_back(browser, address).status_code == 403


def test_a_stolen_code_is_worth_nothing_without_its_verifier(site: Site, provider: Provider) -> None:
    code = parse_qs(urlsplit(ask_provider(site.browser())).query)["code"][0]
    thief = site.browser()
    own = ask_provider(thief)
    state = parse_qs(urlsplit(own).query)["state"][0]
    assert thief.get(f"/sign-in/company/return?code={code}&state={state}").status_code == 403
