"""Whole calls: a caller's telephone in one browser, desks in others, and the sound between them, measured."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import APIResponse, Browser, Page, Route, WebSocketRoute, expect

from agents.at_work import commands
from agents.models import Dial, Offer
from config.audit import AuditEntry
from config.embedded_redis import running
from ivr.calls.models import Call, CallEvent, Hold, Leg
from tests.accessibility import faults
from tests.agents.desk.signals import HeldSignals
from tests.agents.desk.whole import (
    AGENT_TONE,
    CALLER_TONE,
    COLLEAGUE_TONE,
    SUPERVISOR_TONE,
    Person,
    WholeCentre,
    caller_of,
    desk_of,
    mute_and_hold,
    stage,
    supervisor_of,
    until,
)
from tests.agents.staff.browsing import launched
from tests.ports import free_port

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("browsers")]
ANNA, BORIS, BOSS = "vsk-desk-1", "vsk-desk-2", "vsk-supervisor"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as started:
        yield started


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[WholeCentre]:
    """One centre for all; the browser first, so that nothing is started where there is none."""
    folder = tmp_path_factory.mktemp("whole")
    with running(free_port(), folder / "redis") as redis, WholeCentre(folder, redis.url).up() as centre:
        yield centre


@pytest.fixture
def people(programs: WholeCentre) -> Iterator[list[Person]]:
    """Whoever takes part in the test: their browsers are closed after it, and the centre is as before."""
    there: list[Person] = []
    yield there
    for person in there:
        person.context.close()
    programs.everybody_goes()


@pytest.fixture
def anna(browser: Browser, programs: WholeCentre, people: list[Person]) -> Person:
    people.append(desk_of(browser, programs, ANNA, AGENT_TONE))
    return people[-1]


@pytest.fixture
def boris(browser: Browser, programs: WholeCentre, people: list[Person], anna: Person) -> Person:
    """A colleague, who has been free for less long than anna."""
    people.append(desk_of(browser, programs, BORIS, COLLEAGUE_TONE))
    return people[-1]


@pytest.fixture
def boss(browser: Browser, programs: WholeCentre, people: list[Person]) -> Person:
    """A supervisor who watches the floor."""
    people.append(supervisor_of(browser, programs, BOSS))
    return people[-1]


@pytest.fixture
def caller(browser: Browser, programs: WholeCentre, people: list[Person], anna: Person) -> Person:
    """Asked for last of all: it rings for a minute only, which others may need to come in."""
    people.append(caller_of(browser, programs, "0"))
    return people[-1]


def accept(person: Person) -> None:
    """By the key, once it rings."""
    expect(person.page.locator("#phone-accept")).to_be_enabled()
    person.page.keyboard.press("KeyA")
    stage(person, "talking")


@contextmanager
def no_complaints(page: Page) -> Iterator[None]:
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None)
    yield
    assert wrong == []


def test_a_whole_call(programs: WholeCentre, anna: Person, caller: Person) -> None:
    page = anna.page
    with no_complaints(page):
        accept_button = page.locator("#phone-accept")
        expect(accept_button).to_be_enabled()
        expect(accept_button).to_be_focused()
        expect(page).to_have_title("☎ Звонок")
        # Who it is stands there before the telephone is answered.
        expect(page.locator(".desk-call")).to_contain_text("Медицинский пульт")
        expect(page.locator(".desk-call")).to_contain_text("+7 000 ···-··-01")
        expect(page.locator(".desk-who")).to_contain_text("известен только номер")
        page.keyboard.press("Enter")
        stage(anna, "talking")
        anna.hears(CALLER_TONE)
        caller.hears(AGENT_TONE)

        mute_and_hold(anna, caller)

        expect(page.locator("#phone-state")).to_contain_text("Связь: хорошая")
        page.keyboard.press("KeyE")
        stage(anna, "wrap_up")
    call = programs.newest_call()
    assert len(programs.rows(Hold, call_id=call.id)) == 1
    kinds = [one.kind for one in programs.rows(CallEvent, call_id=call.id)]
    assert "agent_hung_up" in kinds
    expect(page.locator(".desk-outcome [data-used]")).to_contain_text("из 03:00")


def test_keys_pressed_at_the_desk_are_heard(anna: Person, caller: Person) -> None:
    accept(anna)
    anna.hears(CALLER_TONE)
    anna.page.keyboard.press("KeyK")
    expect(anna.page.locator("#keypad")).to_be_visible()

    def is_heard() -> bool:
        anna.page.keyboard.type("5" * 30)
        _, shares = caller.listen(770.0, 1336.0)
        return min(shares) > 0.03

    until(is_heard, "the tones of key 5")


def test_a_second_tab_does_not_ring_twice_and_works_the_same_telephone(
    browser: Browser, programs: WholeCentre, people: list[Person], anna: Person
) -> None:
    second = anna.context.new_page()
    second.goto(anna.page.url)
    expect(second.locator("#phone-state")).to_contain_text("в другой вкладке")
    people.append(caller := caller_of(browser, programs, "0"))
    expect(second.locator("#phone-accept")).to_be_enabled()
    expect(anna.page.locator("#phone-accept")).to_be_enabled()
    second.locator("#phone-accept").click()
    expect(second.locator("#desk-now")).to_have_attribute("data-stage", "talking")
    stage(anna, "talking")
    anna.hears(CALLER_TONE)
    # The sound is in one tab only.
    assert second.evaluate("window.remote") is None
    second.keyboard.press("KeyM")
    caller.hears_no(AGENT_TONE)
    second.keyboard.press("KeyE")
    stage(anna, "wrap_up")
    anna.page.close()
    # The telephone goes on in the tab that is left.
    expect(second.locator("#phone-state")).to_have_text("Телефон готов")
    anna.page = second


def test_a_declined_call_keeps_its_place_and_goes_to_somebody_else(
    programs: WholeCentre, anna: Person, boris: Person, caller: Person
) -> None:
    expect(anna.page.locator("#phone-accept")).to_be_enabled()
    anna.page.keyboard.press("KeyD")
    expect(anna.page.locator(".presence .word")).to_have_text("Отклонён звонок")
    accept(boris)
    boris.hears(CALLER_TONE)
    assert [one.state for one in programs.rows(Offer, call_id=programs.newest_call().id)] == ["declined", "accepted"]


def test_a_cold_transfer_to_a_colleague(anna: Person, boris: Person, caller: Person) -> None:
    accept(anna)
    anna.hears(CALLER_TONE)
    anna.page.keyboard.press("KeyT")
    expect(anna.page.locator("#target-search")).to_be_focused()
    anna.page.keyboard.type("102")
    anna.page.locator("#targets li:visible").first.get_by_role("button", name="Перевести").click()
    stage(anna, "wrap_up")
    accept(boris)
    expect(boris.page.locator(".desk-call")).to_contain_text("передан вам")
    boris.hears(CALLER_TONE)
    caller.hears(COLLEAGUE_TONE)


def test_a_cold_transfer_to_a_queue(programs: WholeCentre, anna: Person, boris: Person, caller: Person) -> None:
    accept(anna)
    anna.page.keyboard.press("KeyT")
    anna.page.locator("#target-search").fill("срочно")
    anna.page.locator("#targets li:visible").first.get_by_role("button", name="Перевести").click()
    stage(anna, "wrap_up")
    accept(boris)
    expect(boris.page.locator(".desk-call")).to_contain_text("Срочно")
    caller.hears(COLLEAGUE_TONE)


def test_a_cold_transfer_to_a_number_outside(programs: WholeCentre, anna: Person, caller: Person) -> None:
    accept(anna)
    anna.hears(CALLER_TONE)
    anna.page.keyboard.press("KeyT")
    anna.page.locator("#target-search").fill("навигатор")
    anna.page.locator("#targets li:visible").first.get_by_role("button", name="Перевести").click()
    stage(anna, "wrap_up")
    expect(caller.page.locator("#story")).to_contain_text("Соединили: 8 (800) 775-66-10")
    (dial,) = programs.rows(Dial, about_call_id=programs.newest_call().id)
    assert dial.agent_id == programs.agent(ANNA).id


def consulting(anna: Person, boris: Person, caller: Person) -> None:
    accept(anna)
    anna.page.keyboard.press("KeyT")
    anna.page.locator("#target-search").fill("102")
    anna.page.locator("#targets li:visible").first.get_by_role("button", name="Спросить").click()
    expect(anna.page.locator("#do-hand-over")).to_be_disabled()
    accept(boris)
    expect(boris.page.locator(".desk-call")).to_contain_text("в консультации")
    anna.hears(COLLEAGUE_TONE)
    boris.hears(AGENT_TONE)
    caller.hears_music()


def test_a_warm_transfer(anna: Person, boris: Person, caller: Person) -> None:
    consulting(anna, boris, caller)
    expect(anna.page.locator("#do-hand-over")).to_be_enabled()
    anna.page.keyboard.press("KeyT")
    stage(anna, "wrap_up")
    boris.hears(CALLER_TONE)
    caller.hears(COLLEAGUE_TONE)
    expect(boris.page.locator("#do-hold")).to_be_enabled()


def test_all_three_together_and_then_without_the_colleague(anna: Person, boris: Person, caller: Person) -> None:
    consulting(anna, boris, caller)
    anna.page.keyboard.press("KeyG")
    caller.hears(AGENT_TONE, COLLEAGUE_TONE)
    boris.hears(AGENT_TONE, CALLER_TONE)
    anna.page.keyboard.press("KeyB")
    expect(anna.page.locator("#do-hold")).to_be_enabled()
    caller.hears(AGENT_TONE)
    expect(boris.page.locator(".presence .word")).to_have_text("Доступен")


def listen_in(boss: Person, code: str) -> None:
    """From the floor, by the agent's row."""
    button = boss.page.locator(f"[data-listens='{code}']")
    button.dblclick()
    expect(boss.page.locator("#listening")).to_contain_text("Вы слушаете молча")


def test_a_supervisor_listens_whispers_and_barges_in_by_one_leg(
    programs: WholeCentre, anna: Person, boss: Person, caller: Person
) -> None:
    accept(anna)
    with no_complaints(boss.page):
        listen_in(boss, ANNA)
        # Silent, and hears both.
        boss.hears(CALLER_TONE, AGENT_TONE)
        anna.hears(CALLER_TONE)
        caller.hears(AGENT_TONE)
        expect(anna.page.locator("#heard")).to_contain_text("слушает разговор")
        for scheme in ("light", "dark"):
            boss.page.emulate_media(color_scheme=scheme)
            assert faults(boss.page) == []

        boss.page.keyboard.press("KeyW")
        anna.hears(CALLER_TONE, SUPERVISOR_TONE)
        caller.hears_no(SUPERVISOR_TONE)
        caller.hears(AGENT_TONE)
        expect(anna.page.locator("#heard")).to_contain_text("подсказывает вам")
        assert faults(anna.page) == []

        boss.page.keyboard.press("KeyB")
        caller.hears(AGENT_TONE, SUPERVISOR_TONE)
        anna.hears(CALLER_TONE, SUPERVISOR_TONE)
        expect(anna.page.locator("#heard")).to_contain_text("говорит с вами обоими")

        boss.page.keyboard.press("KeyL")
        caller.hears(AGENT_TONE)
        anna.hears(CALLER_TONE)
        boss.hears(CALLER_TONE, AGENT_TONE)
        # Another page comes in another tab: this one holds the receiver.
        with boss.context.expect_page() as opened:
            boss.page.locator("#listening a").first.click()
        beside = opened.value
        expect(beside.locator("#listening")).to_contain_text("Вы слушаете молча")
        expect(beside.locator("html")).to_have_attribute("data-connection", "up")
        assert beside.evaluate("window.remote") is None
        beside.keyboard.press("KeyE")
    expect(boss.page.locator("#listening")).to_contain_text("Чтобы слушать")
    expect(anna.page.locator("#heard")).to_be_empty()
    call, own = programs.newest_call(), programs.agent(BOSS)
    assert len(programs.rows(Leg, call_id=call.id, agent_id=own.id)) == 1
    assert (own.presence, own.call_id) == ("away", None)
    done = [one.action for one in programs.rows(AuditEntry, actor=BOSS, subject_id=call.id)]
    assert [one for one in done if one != "call_replayed"] == [
        "listened_in", "ended_listen", "monitor_whisper", "ended_whisper", "monitor_barge", "ended_barge",
        "monitor_listen", "ended_listen",
    ]  # fmt: skip

    # Again, from the call's page; then the browser dies in the middle of a word.
    expect(beside.locator("[data-listens]")).to_be_enabled()
    beside.keyboard.press("KeyL")
    expect(beside.locator("#listening")).to_contain_text("Вы слушаете молча")
    beside.keyboard.press("KeyB")
    caller.hears(AGENT_TONE, SUPERVISOR_TONE)
    boss.context.close()
    caller.hears(AGENT_TONE)
    anna.hears(CALLER_TONE)
    expect(anna.page.locator("#heard")).to_be_empty()


def test_a_whisper_goes_with_the_caller_and_ends_with_the_call(
    anna: Person, boris: Person, boss: Person, caller: Person
) -> None:
    consulting(anna, boris, caller)
    listen_in(boss, ANNA)
    boss.page.keyboard.press("KeyW")
    anna.hears(COLLEAGUE_TONE, SUPERVISOR_TONE)
    boris.hears_no(SUPERVISOR_TONE)
    expect(anna.page.locator("#do-hand-over")).to_be_enabled()
    anna.page.keyboard.press("KeyT")
    stage(anna, "wrap_up")
    boris.hears(CALLER_TONE, SUPERVISOR_TONE)
    caller.hears(COLLEAGUE_TONE)
    expect(boss.page.locator("#listening")).to_contain_text(BORIS)
    boris.page.keyboard.press("KeyE")
    expect(boss.page.locator("#listening")).to_contain_text("Чтобы слушать")
    stage(boris, "wrap_up")


def test_a_browser_killed_in_mid_call_sends_the_caller_to_the_head_of_the_queue(
    anna: Person, boris: Person, caller: Person
) -> None:
    accept(anna)
    anna.hears(CALLER_TONE)
    anna.context.close()
    # They are told why, and go on with the next agent.
    expect(caller.page.locator("#story")).to_contain_text("прервалась")
    accept(boris)
    boris.hears(CALLER_TONE)
    caller.hears(COLLEAGUE_TONE)


def test_the_desks_server_restarted_under_an_open_page_costs_no_call(
    programs: WholeCentre, anna: Person, caller: Person
) -> None:
    accept(anna)
    anna.hears(CALLER_TONE)
    programs.stop("desk")
    expect(anna.page.locator("html")).to_have_attribute("data-connection", "lost")
    expect(anna.page.locator("#do-hold")).to_be_disabled()
    # What the telephone itself does needs no desk, and the sound goes on.
    anna.page.keyboard.press("KeyM")
    caller.hears_no(AGENT_TONE)
    anna.page.keyboard.press("KeyM")
    caller.hears(AGENT_TONE)
    programs.start("desk")
    expect(anna.page.locator("html")).to_have_attribute("data-connection", "up")
    stage(anna, "talking")
    anna.page.keyboard.press("KeyH")
    stage(anna, "holding")
    caller.hears_music()


def test_a_call_that_the_agent_makes(programs: WholeCentre, anna: Person) -> None:
    page = anna.page
    page.keyboard.press("KeyN")
    page.locator("#dial-number").fill("8 (495) 111-22-33 доб. 12")
    page.keyboard.press("Enter")
    expect(page.locator("#dialled")).to_be_visible()
    anna.hears(425.0)
    call = until(lambda: programs.rows(Call, direction="outbound"), "the call in the log")[-1]
    assert (call.ani, call.line, call.state) == ("+74951112233", "medical_desk", "connected")
    expect(page.locator(".presence .word")).to_have_text("В разговоре")
    page.keyboard.press("KeyE")
    stage(anna, "wrap_up")
    (leg,) = programs.rows(Leg, call_id=call.id)
    assert (leg.party, leg.agent_id) == ("agent", programs.agent(ANNA).id)
    assert programs.rows(Call, id=call.id)[0].state == "ended"


def test_a_call_to_a_colleague(programs: WholeCentre, anna: Person, boris: Person) -> None:
    # Typed sooner than the list comes.
    late: list[Route] = []
    anna.page.route("**/desk/colleagues", lambda route: late.append(route), times=1)
    anna.page.keyboard.press("KeyN")
    expect(anna.page.locator("#dial-number")).to_be_focused()
    until(lambda: late or anna.page.wait_for_timeout(50), "the list that is asked for")
    anna.page.locator("#dial-number").fill("102")
    late[0].continue_()
    expect(anna.page.locator("#colleagues li:visible")).to_have_count(1)
    anna.page.keyboard.press("Enter")
    expect(boris.page.locator(".desk-call")).to_contain_text("от коллеги")
    expect(boris.page.locator(".desk-call")).to_contain_text("101")
    accept(boris)
    stage(anna, "talking")
    anna.hears(COLLEAGUE_TONE)
    boris.hears(AGENT_TONE)
    expect(anna.page.locator(".desk-call")).to_contain_text("на линии")
    boris.page.keyboard.press("KeyE")
    for person in (anna, boris):
        expect(person.page.locator(".presence .word")).to_have_text("Доступен")
    expect(anna.page.locator("#dialled")).to_be_hidden()

    # Declined, and from the list.
    anna.page.keyboard.press("KeyN")
    anna.page.locator(f"[data-colleague='{BORIS}']").click()
    expect(boris.page.locator("#phone-accept")).to_be_enabled()
    boris.page.keyboard.press("KeyD")
    for person in (anna, boris):
        expect(person.page.locator(".presence .word")).to_have_text("Доступен")
    expect(anna.page.locator(".failed")).to_have_text("Коллега не принял звонок.")
    first, second = programs.rows(Dial, colleague_id=programs.agent(BORIS).id)
    assert {first.state, second.state} == {"over"}


def test_what_is_typed_before_the_list_to_pass_a_call_on_is_no_key(anna: Person, caller: Person) -> None:
    accept(anna)
    page = anna.page
    late: list[Route] = []
    page.route("**/desk/targets", lambda route: late.append(route), times=1)
    with page.expect_request("**/desk/targets"):
        page.keyboard.press("KeyT")
    # As on a Russian keyboard: "у" is the key that would end the call, "р" the one that would hold it.
    keyboard = page.context.new_cdp_session(page)
    for letter, key in zip("куратор", "REHFNJH", strict=True):
        for kind, text in (("keyDown", {"text": letter}), ("keyUp", {})):
            keyboard.send("Input.dispatchKeyEvent", {"type": kind, "key": letter, "code": f"Key{key}", **text})
    late[0].continue_()
    found = page.locator("#targets li:not([data-always]):visible")
    expect(found).not_to_have_count(0)
    expect(found.filter(has_not_text="куратор")).to_have_count(0)
    expect(page.locator("#target-search")).to_have_value("куратор")
    expect(page.locator("#target-search")).to_be_focused()
    stage(anna, "talking")
    anna.hears(CALLER_TONE)
    caller.hears(AGENT_TONE)


def test_who_rings_a_colleague_whom_another_call_took_meanwhile_reads_why(
    browser: Browser, programs: WholeCentre, people: list[Person], anna: Person, boris: Person
) -> None:
    commands.go_away(programs.house.floor, insurer_id="vsk", code=ANNA)
    expect(anna.page.locator(".presence .word")).to_have_text("Перерыв")
    asked: list[tuple[Route, APIResponse]] = []
    anna.page.route("**/desk/dial", lambda route: asked.append((route, route.fetch())))
    anna.page.keyboard.press("KeyN")
    anna.page.locator(f"[data-colleague='{BORIS}']").click()
    until(lambda: asked or anna.page.wait_for_timeout(50), "the answer to who wants to dial")
    people.append(caller_of(browser, programs, "0"))
    expect(boris.page.locator("#phone-accept")).to_be_enabled()
    ((route, answer),) = asked
    route.fulfill(response=answer)
    expect(anna.page.locator(".failed")).to_have_text("Коллеге уже звонят.")
    expect(anna.page.locator("#dialled")).to_be_hidden()
    accept(boris)
    boris.hears(CALLER_TONE)


def test_what_is_dialled_before_the_telephone_is_ready_is_said_and_kept(programs: WholeCentre, anna: Person) -> None:
    page = anna.page
    asked_before = len(programs.rows(Dial))
    late: list[Route] = []
    page.route("**/desk/telephone", lambda route: late.append(route), times=1)
    page.reload()
    page.keyboard.press("KeyN")
    page.locator("#dial-number").fill("8 (495) 111-22-33")
    page.keyboard.press("Enter")
    expect(page.locator(".failed")).to_have_text("Телефон подключается…")
    assert len(programs.rows(Dial)) == asked_before
    until(lambda: late or page.wait_for_timeout(50), "the telephone that asks for its token")
    late[0].continue_()
    expect(page.locator("#phone-state")).to_contain_text("Телефон готов")
    expect(page.locator("#dial-number")).to_have_value("8 (495) 111-22-33")
    page.locator("#dial-number").press("Enter")
    expect(page.locator("#dialled-whom")).to_have_text("8 (495) 111-22-33")
    expect(page.locator(".failed")).to_be_hidden()
    page.keyboard.press("KeyE")
    expect(page.locator("#dialled")).to_be_hidden()


def test_a_telephone_whose_first_connection_fails_is_ready_by_itself(anna: Person) -> None:
    page, made = anna.page, []

    def only_from_the_second(line: WebSocketRoute) -> None:
        made.append(line)
        line.close() if len(made) == 1 else line.connect_to_server()

    page.route_web_socket("**/*", only_from_the_second)
    page.reload()
    until(lambda: len(made) > 1 or page.wait_for_timeout(50), "the second connection")
    expect(page.locator("#phone-state")).to_contain_text("Телефон готов")


@pytest.mark.parametrize("seen_first", ["what rings", "what was dialled"])
def test_what_is_offered_before_the_server_saw_what_was_dialled_rings(
    browser: Browser, programs: WholeCentre, people: list[Person], anna: Person, seen_first: str
) -> None:
    made_before = len(programs.rows(Call, direction="outbound"))
    signals = HeldSignals(anna.page, "call", "incoming", "ended")
    expect(anna.page.locator("#phone-state")).to_contain_text("Телефон готов")
    anna.page.keyboard.press("KeyN")
    anna.page.locator("#dial-number").fill("8 (495) 111-22-33")
    anna.page.keyboard.press("Enter")
    signals.wait_for("call")
    people.append(caller_of(browser, programs, "0"))
    if seen_first == "what rings":
        signals.let_go("incoming")
        expect(anna.page.locator("#phone-accept")).to_be_enabled()
        signals.let_go("call")
    else:
        signals.wait_for("incoming")
        signals.let_go("call")
        signals.let_go("incoming")
        signals.let_go("ended")
    accept(anna)
    stage(anna, "talking")
    assert len(programs.rows(Call, direction="outbound")) == made_before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_faults_while_it_rings(anna: Person, caller: Person, scheme: str) -> None:
    anna.page.emulate_media(color_scheme=scheme)
    expect(anna.page.locator("#phone-accept")).to_be_enabled()
    assert not faults(anna.page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_faults_from_then_on(anna: Person, caller: Person, scheme: str) -> None:
    anna.page.emulate_media(color_scheme=scheme)
    accept(anna)
    found = {"talking": faults(anna.page)}
    anna.page.keyboard.press("KeyT")
    expect(anna.page.locator("#target-search")).to_be_focused()
    found["transfer"] = faults(anna.page)
    anna.page.keyboard.press("Escape")
    anna.page.keyboard.press("KeyK")
    found["keypad"] = faults(anna.page)
    anna.page.keyboard.press("KeyE")
    stage(anna, "wrap_up")
    found["wrap-up"] = faults(anna.page)
    assert not any(found.values()), found
