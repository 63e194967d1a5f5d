"""The pages of quality: agents see their own only, insurers never each other's, calibrations are veiled."""

import re

import pytest

from agents.accounts import looking_after
from agents.accounts.models import Role
from agents.quality import disputes
from agents.quality.calibrations import calibrate
from recordings.models import Recording
from tests.agents.quality.conftest import NO, Quality
from tests.agents.staff.conftest import Browser
from tests.agents.supervisor.test_recording_pages import keep
from tests.databases import read_apart


@pytest.fixture
def evaluated(quality: Quality) -> tuple[str, str, str]:
    """An evaluation of desk-1's call that failed, the call, and its recording."""
    call_id, recording_id = quality.call()
    return quality.evaluated(call_id, identified_first=NO), call_id, recording_id


def test_an_agent_sees_and_hears_their_own_evaluated_conversation_only(
    quality: Quality, evaluated: tuple[str, str, str]
) -> None:
    id_, call_id, recording_id = evaluated
    theirs = quality.evaluated(quality.call(agent="desk-2")[0], agent="desk-2")
    draft = quality.begun(quality.call()[0])
    beside = keep(quality.site, call_id=call_id)
    anna = quality.site.signed_in("anna")
    assert "новых оценок 1" in anna.get("/desk/my-work/summary").text
    page = anna.get(f"/desk/evaluations/{id_}").text
    assert "не сдано" in page
    assert recording_id in page
    assert beside not in page
    assert "новых оценок" not in anna.get("/desk/my-work/summary").text
    assert [anna.get(f"/desk/evaluations/{one}").status_code for one in (theirs, draft, "x")] == [404] * 3
    assert theirs not in anna.get("/desk/evaluations").text
    played = anna.post(f"/desk/evaluations/{id_}/recordings/{recording_id}/play", page="/desk/evaluations")
    assert anna.get(played.json["url"]).status_code == 200
    for one in (beside, "x"):
        path = f"/desk/evaluations/{id_}/recordings/{one}"
        assert anna.post(f"{path}/play", page="/desk/evaluations").status_code == 404
        assert anna.get(f"{path}/sound").status_code == 404
    assert quality.site.audited(actor="desk-1", action="played_recording") == ["played_recording"]
    assert quality.site.audited(actor="desk-1", subject_id=id_) == ["evaluation_shown"]


@pytest.mark.parametrize("path", ["/quality/list", "/quality/questions"])
def test_days_that_cannot_be_read_are_said_and_nothing_is_shown(
    quality: Quality, evaluated: tuple[str, str, str], path: str
) -> None:
    chief = quality.site.signed_in("chief")
    assert "aria-invalid" not in chief.get(f"{path}?from=2026-11-24").text
    searched = len(quality.site.audited(action="evaluations_searched"))
    answer = chief.get(f"{path}?from=2026-02-30&agent=desk-1")
    assert answer.status_code == 400
    assert re.search(r'name="from"[^>]* aria-invalid="true" aria-describedby="wrong"', answer.text)
    assert 'id="wrong" role="alert">Отмеченные дни не прочитать' in answer.text
    assert '<option value="desk-1" selected>' in answer.text
    assert "<tbody>" not in answer.text
    assert len(quality.site.audited(action="evaluations_searched")) == searched


def test_who_looks_keeps_nobody_from_writing(quality: Quality, evaluated: tuple[str, str, str]) -> None:
    id_, call_id, _ = evaluated
    chief = quality.site.signed_in("chief")
    for name, path in (("search_evaluations", "/quality/list"), ("show_evaluation", f"/quality/evaluations/{id_}")):
        with read_apart(quality.centre.database, name):
            assert chief.get(path).status_code == 200
    assert quality.site.audited(subject_id=id_, action="evaluation_shown") == ["evaluation_shown"]
    assert quality.site.audited(subject_id=call_id, action="call_replayed") == ["call_replayed"]


def test_another_insurers_supervisor_finds_nothing(quality: Quality, evaluated: tuple[str, str, str]) -> None:
    id_, call_id, _ = evaluated
    looking_after.give_role(quality.centre, insurer_id="soglasie", name="chief", role=Role.SUPERVISOR, by="t")
    chief = quality.site.signed_in("chief")
    assert id_ in chief.get("/quality/list").text
    assert chief.post("/insurer", {"insurer": "soglasie"}, page="/account").status_code == 302
    assert id_ not in chief.get("/quality/list").text
    assert id_ not in chief.get("/quality").text
    assert chief.get(f"/quality/evaluations/{id_}").status_code == 404
    begin = {"call": call_id, "agent": quality.agent_id("desk-1")}
    for path in ("/quality/evaluations", "/quality/calibrations"):
        assert chief.post(path, begin, page="/account").status_code == 404
    for act in ("draft", "submit", "drop", "answer"):
        data = {"decision": "uphold", "reason": "нет"}
        assert chief.post(f"/quality/evaluations/{id_}/{act}", data, page="/account").status_code == 404


def test_what_is_being_calibrated_is_veiled_for_whom_it_could_sway(
    quality: Quality, evaluated: tuple[str, str, str]
) -> None:
    id_, call_id, _ = evaluated
    own = calibrate(
        quality.centre, quality.library, insurer_id="vsk", call_id=call_id, agent_id=quality.agent_id("desk-1"),
        by=quality.supervisor("chief"),
    )  # fmt: skip
    chief, watcher, anna = (quality.site.signed_in(one) for one in ("chief", "watcher", "anna"))
    assert "калибруют" in chief.get(f"/quality/evaluations/{id_}").text
    assert "калибруется" in chief.get("/quality/list").text
    assert "калибруется" not in watcher.get("/quality/list").text
    assert watcher.get(f"/quality/evaluations/{own}").status_code == 404
    assert watcher.get(f"/quality/calibrations/{quality.row(own).calibration_id}").status_code == 409
    assert own not in anna.get("/desk/evaluations").text
    assert anna.get(f"/desk/evaluations/{own}").status_code == 404


def test_a_submission_without_all_answers_keeps_the_draft_and_says_what_lacks(quality: Quality) -> None:
    id_ = quality.begun(quality.call()[0])
    watcher = quality.site.signed_in("watcher")
    form = {"answer.greeting": "yes", "note.need": "перебил", "version": "0"}
    answer = submitted(watcher, id_, form)
    assert answer.status_code == 400
    assert "13 вопросов без ответа" in answer.text
    assert quality.row(id_).answers["greeting"]["value"] == "yes"
    assert quality.row(id_).answers["need"]["note"] == "перебил"


def submitted(browser: Browser, id_: str, form: dict[str, str]):
    return browser.post(f"/quality/evaluations/{id_}/submit", form, page=f"/quality/evaluations/{id_}")


def test_a_dispute_is_answered_on_the_evaluations_page_with_a_reason(
    quality: Quality, evaluated: tuple[str, str, str]
) -> None:
    id_, *_ = evaluated
    anna, watcher = quality.site.signed_in("anna"), quality.site.signed_in("watcher")
    page = f"/desk/evaluations/{id_}"
    assert anna.post(f"{page}/dispute", {"reason": " "}, page=page).status_code == 400
    assert anna.post(f"{page}/dispute", {"reason": "Полис был назван"}, page=page).status_code == 303
    assert "1 спор" in watcher.get("/quality/waiting").text
    assert "Полис был назван" in watcher.get("/quality").text
    path = f"/quality/evaluations/{id_}"
    assert watcher.post(f"{path}/answer", {"decision": "uphold", "reason": ""}, page=path).status_code == 400
    assert watcher.post(f"{path}/answer", {"decision": "uphold", "reason": "Не назван"}, page=path).status_code == 303
    assert "спор" not in watcher.get("/quality/waiting").text
    assert "Не назван" in anna.get(page).text
    # Told again: what is answered counts as not seen until it is.
    assert quality.row(id_).agent_seen_at is not None


def test_a_dispute_answered_by_the_same_answers_says_so_and_keeps_what_was_typed(
    quality: Quality, evaluated: tuple[str, str, str]
) -> None:
    id_, *_ = evaluated
    disputes.dispute(
        quality.centre, insurer_id="vsk", evaluation_id=id_, agent_id=quality.agent_id("desk-1"), code="desk-1",
        reason="Нет",
    )  # fmt: skip
    watcher, path = quality.site.signed_in("watcher"), f"/quality/evaluations/{id_}"
    same = {f"answer.{name}": one["value"] for name, one in quality.row(id_).answers.items()}
    typed = {**same, "decision": "change", "reason": "Да, был назван"}
    answer = watcher.post(f"{path}/answer", typed, page=path)
    assert answer.status_code == 400
    assert "Вы не поменяли ни одного ответа" in answer.text
    assert ">Да, был назван</textarea>" in answer.text
    # Whatever else lacks, the answers that were changed come back too.
    answer = watcher.post(f"{path}/answer", {**typed, "answer.identified_first": "yes", "reason": " "}, page=path)
    assert answer.status_code == 400
    assert 'name="answer.identified_first" value="yes" checked' in answer.text
    assert quality.row(id_).state == "disputed"


def test_a_supervisor_does_not_answer_the_dispute_of_their_own_evaluation(quality: Quality) -> None:
    id_ = quality.evaluated(quality.call(agent="desk-2")[0], agent="desk-2")
    disputes.dispute(
        quality.centre, insurer_id="vsk", evaluation_id=id_, agent_id=quality.agent_id("desk-2"), code="desk-2",
        reason="Нет",
    )  # fmt: skip
    boss = quality.site.signed_in("boss")
    path = f"/quality/evaluations/{id_}"
    assert "Оставить оценку" not in boss.get(path).text
    assert boss.post(f"{path}/answer", {"decision": "uphold", "reason": "Да"}, page=path).status_code == 409


def test_a_secret_call_offers_nothing_to_judge_and_reports_and_questions_count(quality: Quality) -> None:
    secret, recording_id = quality.call(queue="psychologist")
    call_id, _ = quality.call()
    quality.evaluated(call_id, identified_first=NO)
    watcher = quality.site.signed_in("watcher")
    assert "Оценить" not in watcher.get(f"/calls/{secret}").text
    assert "не сдано" not in watcher.get(f"/calls/{call_id}").text
    assert ">Оценка</a>" in watcher.get(f"/calls/{call_id}").text
    questions = watcher.get("/quality/questions").text
    assert "Опознал по полису и дате рождения" in questions
    table = watcher.get("/reports/table.csv?period=today&by=agent").text
    assert "100" in table
    assert quality.site.house.row(Recording, recording_id) is not None
