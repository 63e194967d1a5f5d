"""Addresses that name files elsewhere: no page hands out anything but what its rows say."""

import re
from urllib.parse import quote

import pytest

from tests.agents.staff.conftest import Site

ELSEWHERE = ("../seal.key", "../../seal.key", "/etc/passwd", "..\\seal.key", "....//seal.key", "%2e%2e/seal.key", "\0")


@pytest.mark.parametrize("who", ["boss", "admin"])
def test_no_part_of_an_address_leads_out_of_what_a_page_shows(site: Site, who: str) -> None:
    settings = site.house.centre.settings
    key = (settings.data_dir / "seal.key").read_text(encoding="ascii")
    (settings.data_dir / "exports").mkdir(exist_ok=True)
    browser, tried = site.signed_in(who), 0
    for rule in site.app.url_map.iter_rules():
        if not rule.arguments or "GET" not in rule.methods:
            continue
        for name in ELSEWHERE:
            path = re.sub(r"<[^>]+>", lambda _, name=name: quote(name, safe=""), str(rule))
            answer = browser.get(path)
            assert answer.status_code in (308, 400, 403, 404, 410), (path, answer.status_code)
            assert key.strip() not in answer.text
            assert "root:" not in answer.text
            tried += 1
    assert tried > 50
