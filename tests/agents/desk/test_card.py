"""The card on the page: there before the telephone rings, and never more than the level of identification allows."""

import pytest
from sqlalchemy import delete, select

from agents.models import Agent, AgentSkill
from agents.sight import Certainty, certainty_by_level, seen_at
from config.audit import AuditEntry
from ivr.calls.models import Call, CallEvent, IdentificationLevel, Request
from ivr.insured.models import InsuredPerson
from tests.agents.desk.conftest import NAME, OTHER_PHONE, OWN_PHONE, POLICY, Ringing, ring
from tests.agents.staff.conftest import Site
from tests.ids import without_ids

MASKED = "+7 916 ···-··-67"
WHOLE = "8 (916) 123-45-67"
# What each fact looks like in the page, by what it is.
FACTS = {
    "masked phone": MASKED,
    "whole phone": WHOLE,
    "initials": "О. П. Т.",
    "name": NAME,
    "birth year": "1985 г.",
    "birth date": "15.03.1985",
    "masked policy": "···· 4417",
    "policy": POLICY,
    "programme": "Проверочная",
    "last day": "31.12.2026",
    "city": "Самара",
    "deductible": "активирована",
    "deductible left": "12 500",
    "limit": "использовано 0 из 1",
    "curator": "5093",
    "request": "Гарантийное письмо",
    "call before": "прежний повод звонка",
    "cover": "покрытие: решаете вы",
    "reason": "больница: плановая госпитализация",
    "line": "Медицинский пульт",
}
ALWAYS = {"line", "reason"}
NUMBER = ALWAYS | {"masked phone"}
MASKED_RECORD = NUMBER | {
    "initials", "birth year", "masked policy", "programme", "last day", "deductible", "curator",
}  # fmt: skip
HEALTH = {"request", "call before", "cover", "limit"}
WHOLE_RECORD = NUMBER | {
    "name", "birth date", "policy", "programme", "last day", "city", "deductible", "deductible left", "curator",
}  # fmt: skip
SECRETS = ("ООО «Пример»", OWN_PHONE, "9161234567", OTHER_PHONE)


def told(site: Site, *, path: str = "/desk/now", who: str = "anna") -> set[str]:
    text = without_ids(site.signed_in(who).get(path).text).replace("\N{NO-BREAK SPACE}", " ")
    return {fact for fact, words in FACTS.items() if words in text}


@pytest.mark.parametrize("path", ["/desk", "/desk/now"])
@pytest.mark.parametrize(
    ("level", "role", "expected"),
    [
        ("unknown", None, NUMBER),
        ("hinted", None, NUMBER),
        ("identified", None, MASKED_RECORD | HEALTH),
        ("identified", "parent", MASKED_RECORD | HEALTH),
        ("identified", "employer", MASKED_RECORD),
        ("verified", "insured", WHOLE_RECORD | HEALTH),
        ("verified", "clinic", WHOLE_RECORD | HEALTH),
        ("verified", "employer", WHOLE_RECORD),
    ],
)
def test_the_page_is_sent_what_the_level_allows_and_no_more(
    ringing_call: Ringing, path: str, level: str, role: str | None, expected: set[str]
) -> None:
    ringing_call.know(IdentificationLevel(level), caller_role=role)
    assert told(ringing_call.site, path=path) == expected
    text = ringing_call.site.signed_in("anna").get(path).text
    for secret in SECRETS:
        assert secret not in text
    if level != "verified":
        assert ringing_call.insured_id not in text


@pytest.mark.parametrize("language", ["ru", "en"])
def test_an_earlier_call_that_never_waited_and_a_curator_without_a_role_are_shown_all_the_same(
    ringing_call: Ringing, language: str
) -> None:
    """Whoever was helped by the menus alone has no reason on record; an extension may have left the description."""
    site = ringing_call.site
    with site.house.centre.database.transaction("test_self_served") as tx:
        before = tx.scalars(select(Call).filter_by(carrier_sid="CA-before")).one()
        tx.execute(delete(CallEvent).where(CallEvent.call_id == before.id))
        tx.get_one(InsuredPerson, ringing_call.insured_id).curator_extension = "4999"
    ringing_call.know(IdentificationLevel.VERIFIED)
    anna = site.signed_in("anna")
    anna.post("/language", {"language": language}, page="/no-such-page")
    answer = anna.get("/desk/now")
    assert answer.status_code == 200
    assert "<td>–</td>" in answer.text
    assert "4999" in answer.text


def test_the_card_is_there_before_the_telephone_rings(site: Site) -> None:
    called = ring(site)
    assert called.offer.state == "made"
    assert called.offer.ringing_at is None
    assert {"reason", "masked phone"} <= told(site)


def test_an_omi_policy_and_its_birth_date_are_one_factor(ringing_call: Ringing) -> None:
    """The same of a compulsory insurer: until verified nothing personal but the mask."""
    insurer = ringing_call.site.house.centre.insurers["oms"]
    call = Call(insurer_id="oms", level="identified", insured_id="x" * 32, is_anonymous=False)
    assert certainty_by_level(call, insurer) is Certainty.ONE_FACTOR
    may = seen_at(Certainty.ONE_FACTOR, role=None)
    assert (may.has_record, may.is_whole, may.file, may.history) == (True, False, False, False)


def test_while_it_rings_the_same_requests_are_sent_as_in_the_call(ringing_call: Ringing) -> None:
    """To the employer those that say nothing of health; of an unknown caller those that this very call brought."""
    site, now = ringing_call.site, ringing_call.site.house.clock.now()
    with site.house.centre.database.transaction("test_requests") as tx:
        for number, (kind, call_id) in enumerate([("policy_duplicate", None), ("ticket", ringing_call.call.id)]):
            tx.add(
                Request(
                    id=str(number) * 32, insurer_id="vsk", kind=kind, call_id=call_id,
                    insured_id=ringing_call.insured_id, step="requested", opened_at=now, details={},
                )
            )  # fmt: skip
    words = {"guarantee_letter": "Гарантийное письмо", "policy_duplicate": "Копия полиса", "ticket": "Заявка"}
    expected = {
        ("unknown", None): {"ticket"},
        ("verified", "employer"): {"ticket", "policy_duplicate"},
        ("verified", "insured"): set(words),
    }
    paths = ("/desk/now", f"/desk/calls/{ringing_call.call.id}/requests")
    for (level, role), kinds in expected.items():
        ringing_call.know(IdentificationLevel(level), caller_role=role)
        for path in paths:
            text = site.signed_in("anna").get(path).text
            rows = {kind for kind, word in words.items() if f"<td>{word}" in text or f'row">{word}' in text}
            assert rows == kinds, (level, role, path)


def test_a_call_from_the_number_alone_is_no_earlier_call_of_theirs(ringing_call: Ringing) -> None:
    ringing_call.know(IdentificationLevel.VERIFIED)
    assert "call before" in told(ringing_call.site)
    with ringing_call.site.house.centre.database.transaction("test_hinted") as tx:
        tx.scalars(select(Call).filter_by(carrier_sid="CA-before")).one().level = IdentificationLevel.HINTED
    assert "call before" not in told(ringing_call.site)


@pytest.mark.parametrize("is_forgotten", [True, False], ids=["forgotten", "not yet forgotten"])
def test_of_an_anonymous_caller_nothing_is_sent(site: Site, is_forgotten: bool) -> None:
    house = site.house
    with house.centre.database.transaction("test_skill") as tx:
        agent = tx.scalars(select(Agent).where(Agent.code == "desk-1")).one()
        tx.add(AgentSkill(agent_id=agent.id, skill="psychologist", insurer_id="vsk", level=1))
    called = ring(site, queue="psychologist")
    called.know(IdentificationLevel.VERIFIED, caller_role="insured", region="77", is_anonymous=is_forgotten)
    assert told(site) == ALWAYS
    text = site.signed_in("anna").get("/desk/now").text
    assert "Анонимная линия" in text
    assert "Звонящий" not in text
    assert "/caller" not in text
    assert site.audited(action="insured_shown") == []


def test_an_emergency_has_address_and_phone_first_and_looks_different(site: Site) -> None:
    called = ring(site, queue="emergency", is_emergency=True)
    text = site.signed_in("anna").get("/desk/now").text.replace("\N{NO-BREAK SPACE}", " ")
    assert "is-emergency" in text
    assert text.index("Адрес: спросите первым") < text.index(WHOLE) < text.index("Опознание")
    assert told(site) == ALWAYS | {"whole phone"}
    called.know(IdentificationLevel.VERIFIED)
    assert "whole phone" in told(site)


def test_a_look_at_the_record_is_audited_once_for_each_level(ringing_call: Ringing) -> None:
    browser = ringing_call.site.signed_in("anna")
    for level in ("unknown", "identified", "verified"):
        ringing_call.know(IdentificationLevel(level))
        for _ in range(3):
            browser.get("/desk/now")
    site = ringing_call.site
    assert site.audited(action="insured_shown", subject_id=ringing_call.insured_id) == ["insured_shown"] * 2
    with site.house.centre.database.reading("test_audit") as tx:
        levels = [one.detail["level"] for one in tx.scalars(select(AuditEntry).filter_by(action="insured_shown"))]
        events = tx.scalars(select(CallEvent.data).where(CallEvent.kind == "card_shown")).all()
    assert levels == ["identified", "verified"]
    assert [one["agent"] for one in events] == ["desk-1", "desk-1"]


def test_a_call_is_shown_at_its_own_agents_desk_only(ringing_call: Ringing) -> None:
    ringing_call.know(IdentificationLevel.VERIFIED)
    assert told(ringing_call.site, who="boss") == set()


def test_a_name_with_script_in_it_is_text(ringing_call: Ringing) -> None:
    with ringing_call.site.house.centre.database.transaction("test_name") as tx:
        tx.get_one(InsuredPerson, ringing_call.insured_id).full_name = "<script>alert(1)</script> <img src=x>"
    ringing_call.know(IdentificationLevel.VERIFIED, address='"><script>alert(2)</script>')
    text = ringing_call.site.signed_in("anna").get("/desk/now").text
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;alert(1)" in text
