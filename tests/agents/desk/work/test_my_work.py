"""My work: what is owed, promised, left to be done, heard and missed, of this agent and insurer alone."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from agents.at_work.wrap_up import WrittenOutcome, record_call_outcome
from agents.calling_back.callbacks import OwedCalls
from agents.models import Agent, Callback, Offer, Presence, Wait
from agents.news_told import FOR_EVERYBODY, TOLD
from config.audit import AuditEntry
from config.ids import new_id
from config.news import News
from ivr.calls.models import Call, Outcome, Request, RequestStep
from recordings.models import Recording
from recordings.sealing import seal
from recordings.shelf import FolderShelf
from tests.agents.desk.work.conftest import AtWork, add_insured, change_call, give_call
from tests.agents.staff.conftest import Browser
from tests.ids import without_ids
from tests.ivr.insured.records import Given

SOUND = b"RIFF-a-message"


def send(browser: Browser, to: str, data: dict[str, str]):
    return browser.post(f"/desk/my-work/{to}", data, page="/account", headers={"Sec-Fetch-Dest": "empty"})


def leave_task(at_work: AtWork, owner: str, action: str = "ring_back", note: str | None = None) -> str:
    """What desk-1 leaves to be done after the call; the outcome's id."""
    due_at = at_work.house.clock.now() + timedelta(hours=2)
    outcome = WrittenOutcome("info_given", (), note, action, due_at, owner)
    record_call_outcome(at_work.house.floor, insurer_id="vsk", code="desk-1", outcome=outcome)
    return at_work.rows(Outcome)[-1].id


def leave_message(at_work: AtWork, insurer: str = "vsk", **more: object) -> str:
    """A message that lies sealed on the shelf."""
    centre, now = at_work.house.centre, at_work.house.clock.now()
    id_ = new_id(now)
    sealed = seal(SOUND, recording_id=id_, seal_key=centre.settings.seal_key)
    FolderShelf(centre.settings.data_dir).put(f"{id_}.sealed", [sealed.content])
    values = {"state": "deleted_at_carrier", "ended_at": now, **more}
    with centre.database.transaction("test_message") as tx:
        tx.add(
            Recording(
                id=id_, insurer_id=insurer, call_id=at_work.call.id, carrier_sid=id_, kind="voicemail",
                duration_seconds=17, file_name=f"{id_}.sealed", wrapped_key=sealed.wrapped_key, announced_at=now,
                **values,
            )
        )  # fmt: skip
    return id_


def test_a_task_is_its_owners_and_done_once(at_work: AtWork) -> None:
    outcome_id = leave_task(at_work, "desk-2", note="<b>после обеда</b>")
    anna, boss = at_work.site.signed_in("anna"), at_work.site.signed_in("boss")
    assert outcome_id not in anna.get("/desk/my-work").text
    text = boss.get("/desk/my-work").text
    assert "Перезвонить" in text
    assert "&lt;b&gt;после обеда&lt;/b&gt;" in text
    assert "9161234567" not in text
    assert send(anna, "done", {"outcome": outcome_id}).status_code == 409
    assert at_work.rows(Outcome)[0].done_at is None
    assert send(boss, "done", {"outcome": outcome_id}).status_code == 303
    assert at_work.rows(Outcome)[0].done_at is not None
    assert at_work.site.audited(actor="desk-2")[-1] == "finished_task"
    before = len(at_work.rows(AuditEntry))
    assert send(boss, "done", {"outcome": outcome_id}).status_code == 409
    assert len(at_work.rows(AuditEntry)) == before
    assert outcome_id not in boss.get("/desk/my-work").text


def test_a_look_at_the_work_is_on_record_with_whom_it_shows_and_the_breach_report_counts_it(at_work: AtWork) -> None:
    leave_task(at_work, "desk", note="после операции")
    boss = at_work.site.signed_in("boss")

    def looks() -> list[AuditEntry]:
        return [one for one in at_work.rows(AuditEntry) if one.action == "work_shown"]

    boss.get("/desk/my-work/summary")
    assert looks() == []
    assert "после операции" in boss.get("/desk/my-work", **{"Sec-Fetch-Dest": "document"}).text
    (look,) = looks()
    assert (look.actor, look.subject_kind) == ("desk-2", "agent")
    assert at_work.call.id in look.detail["calls"].split()
    # The open page reads itself again: nothing is new on it; then something is.
    boss.get("/desk/my-work", **{"Sec-Fetch-Dest": "empty"})
    assert len(looks()) == 1
    request_id = new_id(at_work.house.clock.now())
    with at_work.house.centre.database.transaction("test_request") as tx:
        tx.add(
            Request(
                id=request_id, insurer_id="vsk", kind="guarantee_letter", call_id=at_work.call.id, owner="desk-2",
                step="formed", opened_at=at_work.house.clock.now(), details={},
            )
        )  # fmt: skip
    boss.get("/desk/my-work", **{"Sec-Fetch-Dest": "empty"})
    assert request_id in looks()[1].detail["requests"].split()
    boss.get("/desk/my-work", **{"Sec-Fetch-Dest": "document"})
    assert len(looks()) == 3
    at_work.house.clock.move_by(60)
    page = boss.get("/audit/breach?from=2026-11-24&accounts=boss").text
    assert at_work.call.id[-12:] in page.split('id="h-calls"', 1)[1].split("</section>", 1)[0]
    assert "смотрел свою работу" in page


def test_what_is_the_desks_is_everybodys_of_the_insurer(at_work: AtWork) -> None:
    outcome_id = leave_task(at_work, "desk")
    for name in ("anna", "boss"):
        assert outcome_id in at_work.site.signed_in(name).get("/desk/my-work").text
    with at_work.house.centre.database.transaction("test_other_insurer") as tx:
        tx.execute(update(Outcome).values(insurer_id="soglasie"))
    anna = at_work.site.signed_in("anna")
    assert outcome_id not in anna.get("/desk/my-work").text
    assert send(anna, "done", {"outcome": outcome_id}).status_code == 409


def test_an_outcome_that_is_owed_leads_to_its_form(at_work: AtWork) -> None:
    give_call(at_work.house, at_work.call, presence=Presence.WRAP_UP)
    watcher = at_work.site.signed_in("watcher")
    watcher.post("/desk/wrap-ups/release", {"agent": "desk-1"}, page="/account")
    anna = at_work.site.signed_in("anna")
    assert f"/desk/calls/{at_work.call.id}/wrap-up" in anna.get("/desk/my-work").text
    assert "1 итог не записан" in anna.get("/desk/my-work/summary").text
    assert at_work.call.id not in at_work.site.signed_in("boss").get("/desk/my-work").text


def promise(at_work: AtWork, **of_call: object) -> None:
    call = at_work.house.call("CA-9", **of_call)
    at_work.house.join(call)
    with at_work.house.centre.database.transaction("test_promise") as tx:
        owed = OwedCalls(at_work.house.centre)
        owed.plan(tx, tx.get_one(Call, call.id), reason="callback", keep_place=True)


def test_callbacks_are_of_queues_that_the_agent_serves(at_work: AtWork) -> None:
    promise(at_work)
    (callback,) = at_work.rows(Callback)
    anna = at_work.site.signed_in("anna")
    text = anna.get("/desk/my-work").text
    assert f"callback-{callback.id}" in text
    assert "+7 916 ···-··-67" in text.replace("\N{NO-BREAK SPACE}", " ")
    with at_work.house.centre.database.transaction("test_skill") as tx:
        tx.execute(update(Wait).values(skills=["psychologist"]))
    assert f"callback-{callback.id}" not in anna.get("/desk/my-work").text
    anna_id = at_work.house.agent_now("desk-1").id
    with at_work.house.centre.database.transaction("test_preferred") as tx:
        tx.execute(update(Wait).values(preferred_agent_id=anna_id))
    assert f"callback-{callback.id}" in anna.get("/desk/my-work").text


def test_a_message_is_played_from_its_seal_and_who_played_it_is_written_down(at_work: AtWork) -> None:
    recording_id = leave_message(at_work)
    anna = at_work.site.signed_in("anna")
    assert f"/desk/messages/{recording_id}/sound" in anna.get("/desk/my-work").text
    answer = anna.get(f"/desk/messages/{recording_id}/sound")
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "audio/wav", SOUND)
    assert answer.headers["Cache-Control"] == "no-store"
    played = at_work.rows(AuditEntry, action="played_recording")
    assert [(one.actor, one.subject_id) for one in played] == [("desk-1", recording_id)]
    assert "прослушано" in anna.get("/desk/my-work").text
    shelf = at_work.house.centre.settings.data_dir / "recordings"
    assert not [file for file in shelf.iterdir() if SOUND in file.read_bytes()]


def test_another_insurers_message_is_neither_listed_nor_played(at_work: AtWork) -> None:
    recording_id = leave_message(at_work, "soglasie")
    anna = at_work.site.signed_in("anna")
    assert recording_id not in anna.get("/desk/my-work").text
    assert anna.get(f"/desk/messages/{recording_id}/sound").status_code == 404
    assert at_work.rows(AuditEntry, action="played_recording") == []


def test_a_broken_seal_is_said(at_work: AtWork) -> None:
    recording_id = leave_message(at_work)
    FolderShelf(at_work.house.centre.settings.data_dir).put(f"{recording_id}.sealed", [b"x" * 40])
    answer = at_work.site.signed_in("anna").get(f"/desk/messages/{recording_id}/sound")
    assert answer.status_code == 410
    assert "не открывается" in answer.text


def test_a_message_on_its_way_cannot_be_played_yet(at_work: AtWork) -> None:
    recording_id = leave_message(at_work, state="announced", ended_at=None)
    anna = at_work.site.signed_in("anna")
    text = anna.get("/desk/my-work").text
    assert "ещё в пути" in text
    assert "<audio" not in text
    assert recording_id in text


def test_an_anonymous_callers_message_has_no_number(at_work: AtWork) -> None:
    leave_message(at_work)
    change_call(at_work.house, at_work.call, is_anonymous=True)
    assert "916" not in without_ids(at_work.site.signed_in("anna").get("/desk/my-work").text)


def add_request(at_work: AtWork, **more: object) -> str:
    now = at_work.house.clock.now()
    values = {
        "insurer_id": "vsk", "kind": "guarantee_letter", "step": "requested", "opened_at": now, "details": {}, **more,
    }  # fmt: skip
    with at_work.house.centre.database.transaction("test_request") as tx:
        request = Request(id=new_id(now), **values)
        tx.add(request)
    return request.id


def step_by(at_work: AtWork, request_id: str, by: str) -> None:
    now = at_work.house.clock.now()
    with at_work.house.centre.database.transaction("test_step") as tx:
        tx.add(
            RequestStep(
                id=new_id(now), insurer_id="vsk", request_id=request_id, step="requested", reached_at=now, by=by
            )
        )


def test_requests_are_those_named_opened_curated_or_forgotten(at_work: AtWork) -> None:
    now = at_work.house.clock.now()
    insured = add_insured(at_work.house, Given(number="5000000008", person_fields={"curator_extension": "50-93"}))
    with at_work.house.centre.database.transaction("test_extension") as tx:
        tx.execute(update(Agent).where(Agent.code == "desk-1").values(extension="5093"))
    mine = [
        add_request(at_work, owner="desk-1"),
        add_request(at_work, insured_id=insured),
        add_request(at_work, due_at=now - timedelta(hours=1)),
        add_request(at_work),
    ]
    step_by(at_work, mine[3], "desk-1")
    others = [
        add_request(at_work, due_at=now + timedelta(hours=1)),
        add_request(at_work, owner="desk-2", due_at=now - timedelta(hours=1)),
        add_request(at_work, owner="desk-1", closed_at=now),
        add_request(at_work, owner="desk-1", insurer_id="soglasie"),
    ]
    text = at_work.site.signed_in("anna").get("/desk/my-work").text
    assert [f"due-{id_}" in text for id_ in mine] == [True] * 4
    assert [f"due-{id_}" in text for id_ in others] == [False] * 4


@pytest.mark.parametrize(
    ("owner", "stood_at", "step", "code", "stands"),
    [
        ("desk-1", "requested", "formed", 303, "formed"),
        ("desk-2", "requested", "formed", 409, "requested"),
        ("desk-1", "formed", "sent_to_clinic", 409, "requested"),
        ("desk-1", "requested", "made_up", 409, "requested"),
        ("desk-1", "requested", "requested", 409, "requested"),
    ],
)
def test_an_own_request_is_moved_on_without_a_call(
    at_work: AtWork, owner: str, stood_at: str, step: str, code: int, stands: str
) -> None:
    request_id = add_request(at_work, owner=owner)
    anna = at_work.site.signed_in("anna")
    data = {"request": request_id, "stood_at": stood_at, "step": step}
    assert send(anna, "move", data).status_code == code
    assert at_work.house.row(Request, request_id).step == stands
    assert send(anna, "move", data).status_code == 409
    assert at_work.house.row(Request, request_id).step == stands


def test_missed_calls_and_shifts_are_ones_own(at_work: AtWork) -> None:
    house = at_work.house
    give_call(house, house.call("CA-5"), "desk-2")
    with house.centre.database.transaction("test_free") as tx:
        tx.execute(update(Agent).where(Agent.code == "desk-1").values(presence="available", call_id=None))
    house.join(house.call("CA-6"))
    house.work()
    house.later(60)
    (missed,) = at_work.rows(Offer, state="missed")
    text = at_work.site.signed_in("anna").get("/desk/my-work").text
    assert f"missed-{missed.id}" in text
    assert "Медицинский пульт" in text
    assert "11:00–20:00" in text.replace("24.11.2026\N{NO-BREAK SPACE}", "")
    assert missed.id not in at_work.site.signed_in("boss").get("/desk/my-work").text


def test_what_is_left_to_be_done_is_news_for_all_of_the_insurer(at_work: AtWork) -> None:
    leave_task(at_work, "desk-2")
    told = TOLD[Outcome](at_work.rows(Outcome)[0])
    assert isinstance(told, tuple)
    assert [news.kind for news in told] == ["outcome", "task"]
    assert "task" in FOR_EVERYBODY
    assert all(isinstance(news, News) for news in told)


def test_the_summary_counts(at_work: AtWork) -> None:
    leave_task(at_work, "desk-1")
    leave_message(at_work)
    text = at_work.site.signed_in("anna").get("/desk/my-work/summary").text
    for words in ("перезвонить 0", "сделать 1", "сообщения 1", "обращения 0"):
        assert words in text
