"""Evaluations, disputes and calibrations as services: what may be done, by whom, and what stays on record."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from agents.draft_editions import Edition
from agents.errors import ChangedMeanwhile, ImpossibleChange, OutOfSight
from agents.models.evaluations import Evaluation, EvaluationState
from agents.quality import disputes, evaluations, transitions
from agents.quality.calibrations import calibrate, calibrations_of, comparison, veiled
from agents.quality.drawing import quotas
from agents.quality.errors import NotDisputable, NothingChanged, NotScorable, Why
from agents.quality.evaluations import Written
from agents.quality.scoring import Answer, Moment, from_row
from agents.quality.searching import EvaluationSearch, ResultKind, search_evaluations
from config.audit import AuditEntry
from ivr.calls.models import Call
from tests.agents.quality.conftest import NO, Quality, best


def refused(act: Callable[[], Any]) -> Why:
    with pytest.raises(NotScorable) as error:
        act()
    return error.value.why


def dispute(quality: Quality, id_: str, *, agent: str = "desk-1", reason: str = "Полис был назван") -> None:
    disputes.dispute(
        quality.centre, insurer_id="vsk", evaluation_id=id_, agent_id=quality.agent_id(agent), code=agent,
        reason=reason,
    )  # fmt: skip


def change(quality: Quality, id_: str, *, by: str = "watcher", **otherwise: str | None) -> None:
    answers = best(quality.card(id_), **otherwise)
    who = quality.supervisor(by)
    disputes.change(
        quality.centre, quality.library, insurer_id="vsk", evaluation_id=id_, by=who, reason="Верно", answers=answers
    )


def seat(quality: Quality, call_id: str, by: str) -> str:
    return calibrate(
        quality.centre, quality.library, insurer_id="vsk", call_id=call_id, agent_id=quality.agent_id("desk-1"),
        by=quality.supervisor(by),
    )  # fmt: skip


def test_the_table_has_every_state_and_reaches_all() -> None:
    assert set(transitions.NEXT) == set(EvaluationState)
    assert set().union(*transitions.NEXT.values()) | {EvaluationState.DRAFT} == set(EvaluationState)


def test_a_draft_is_kept_as_it_is_answered_and_an_older_window_overwrites_nothing(quality: Quality) -> None:
    call_id, recording_id = quality.call()
    id_ = quality.begun(call_id)
    assert quality.begun(call_id) == id_
    who = {"insurer_id": "vsk", "evaluation_id": id_, "by": quality.supervisor("watcher")}
    moments = (Moment(recording_id, 7), Moment("0" * 32, 7))
    answers = {"greeting": Answer("no", "не назвался", moments[0]), "need": Answer("9", "", moments[1])}
    assert evaluations.keep(quality.centre, quality.library, **who, written=Written(answers, "", Edition(0))) == 1
    # What the card does not know, and moments of other calls' recordings, are not kept.
    assert from_row(quality.row(id_).answers) == {"greeting": answers["greeting"]}
    with pytest.raises(ChangedMeanwhile):
        evaluations.keep(quality.centre, quality.library, **who, written=Written({}, "старое", Edition(0)))
    other = {**who, "by": quality.supervisor("chief")}
    with pytest.raises(OutOfSight):
        evaluations.keep(quality.centre, quality.library, **other, written=Written({}, "", Edition(1)))


def test_who_may_evaluate_what(quality: Quality) -> None:
    call_id, _ = quality.call()
    assert refused(lambda: quality.begun(call_id, agent="desk-2")) == Why.NOT_IN_IT
    own, _ = quality.call(agent="desk-2")
    assert refused(lambda: quality.begun(own, agent="desk-2", by="boss")) == Why.OWN_CALL
    assert refused(lambda: seat_of_own(quality, own)) == Why.OWN_CALL
    secret, _ = quality.call(queue="psychologist")
    assert refused(lambda: quality.begun(secret)) == Why.ANONYMOUS
    forgotten, _ = quality.call(is_anonymous=True)
    assert refused(lambda: quality.begun(forgotten)) == Why.ANONYMOUS
    going_on, _ = quality.call(lasted=None)[0], None
    assert refused(lambda: quality.begun(going_on)) == Why.GOES_ON
    quality.begun(call_id)
    assert refused(lambda: quality.begun(call_id, by="chief")) == Why.BEGUN


def seat_of_own(quality: Quality, call_id: str) -> str:
    who, agent_id = quality.supervisor("boss"), quality.agent_id("desk-2")
    return calibrate(quality.centre, quality.library, insurer_id="vsk", call_id=call_id, agent_id=agent_id, by=who)


def test_an_evaluation_is_disputed_once_in_time_and_the_first_score_stays_on_record(quality: Quality) -> None:
    id_ = quality.evaluated(quality.call()[0], identified_first=NO)
    row = quality.row(id_)
    assert (row.state, row.score, row.has_failed) == ("submitted", 0, True)
    with pytest.raises(NotDisputable):
        dispute(quality, id_, reason="  ")
    with pytest.raises(OutOfSight):
        dispute(quality, id_, agent="desk-2")
    with pytest.raises(ChangedMeanwhile):
        change(quality, id_)
    dispute(quality, id_)
    with pytest.raises(NotDisputable):
        dispute(quality, id_)
    with pytest.raises(NothingChanged):
        change(quality, id_, identified_first=NO)
    change(quality, id_, greeting=NO)
    row = quality.row(id_)
    assert (row.state, row.score, row.has_failed) == ("changed", 962, False)
    assert (row.first_score, row.first_has_failed) == (0, True)
    assert from_row(row.first_answers or {})["identified_first"].value == NO
    with pytest.raises(ChangedMeanwhile):
        change(quality, id_)
    with quality.centre.database.reading("test_audit") as tx:
        acts = tx.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == id_).order_by(AuditEntry.id)).all()
    expected = ["begun", "submitted", "disputed", "changed"]
    assert acts == [f"evaluation_{one}" for one in expected]


def test_after_its_days_nothing_is_disputed_and_an_upheld_score_stands(quality: Quality) -> None:
    late, upheld = quality.evaluated(quality.call()[0]), quality.evaluated(quality.call()[0], greeting=NO)
    dispute(quality, upheld)
    disputes.uphold(
        quality.centre, insurer_id="vsk", evaluation_id=upheld, by=quality.supervisor("chief"), reason="Не назван"
    )
    row = quality.row(upheld)
    assert (row.state, row.score, row.first_score, row.answered_by) == ("upheld", 962, None, "chief")
    quality.site.house.clock.move_by(5 * 24 * 3600)
    with pytest.raises(NotDisputable):
        dispute(quality, late)


def test_two_calibrate_without_seeing_each_other_and_it_counts_for_nobody(quality: Quality) -> None:
    call_id, _ = quality.call()
    counted = quality.evaluated(call_id)
    first = seat(quality, call_id, "watcher")
    assert seat(quality, call_id, "watcher") == first
    second = seat(quality, call_id, "chief")
    assert refused(lambda: seat(quality, call_id, "boss")) == Why.TAKEN
    calibration_id = quality.row(first).calibration_id or ""
    quality.submitted(first, greeting=NO, manner="2")
    watcher, chief, boss = (quality.supervisor(one) for one in ("watcher", "chief", "boss"))
    with quality.centre.database.reading("test_before") as tx:
        assert comparison(tx, quality.library, insurer_id="vsk", calibration_id=calibration_id) is None
        rows = [tx.get_one(Evaluation, counted)]
        assert veiled(tx, rows, chief) == {counted}
        assert veiled(tx, rows, watcher) == frozenset()
    quality.submitted(second, by="chief", manner="3", second_opinion="na")
    with quality.centre.database.reading("test_after") as tx:
        both = comparison(tx, quality.library, insurer_id="vsk", calibration_id=calibration_id)
        assert veiled(tx, [tx.get_one(Evaluation, counted)], chief) == frozenset()
        standing = calibrations_of(tx, quality.centre.insurers["vsk"], boss, most=5)
        with pytest.raises(OutOfSight):
            comparison(tx, quality.library, insurer_id="soglasie", calibration_id=calibration_id)
    assert both is not None
    apart = {one.question.name: one.apart for one in both.differences if not one.is_same}
    assert apart == {"greeting": 1000, "manner": 250, "second_opinion": None}
    assert [(one.done, one.is_finished, one.may_join) for one in standing] == [(2, True, False)]
    with pytest.raises(OutOfSight):
        dispute(quality, first)


def test_what_is_drawn_is_the_same_at_each_look_and_ends_with_the_weeks_number(quality: Quality) -> None:
    calls = [quality.call(minutes_ago=10 * number)[0] for number in range(1, 7)]
    old, _ = quality.call(minutes_ago=8 * 24 * 60)
    secret, _ = quality.call(queue="psychologist")
    own, _ = quality.call(agent="desk-2")
    insurer = quality.centre.insurers["vsk"]

    def drawn(by: str = "watcher") -> dict[str, list[str]]:
        who = quality.supervisor(by)
        with quality.centre.database.reading("test_drawn") as tx:
            found = quotas(tx, quality.centre, insurer, by=who, at=quality.centre.clock.now())
            return {one.agent: [it.call_id for it in one.drawn] for one in found}

    first = drawn()
    assert len(set(first["desk-1"])) == insurer.quality.calls_a_week == 2
    assert set(first["desk-1"]) <= set(calls) - {old, secret}
    assert drawn() == first
    assert (first["desk-2"], drawn("boss")["desk-2"]) == ([own], [])
    quality.evaluated(first["desk-1"][0])
    assert drawn()["desk-1"] == first["desk-1"][1:]
    quality.begun(next(one for one in calls if one not in first["desk-1"]))
    assert drawn()["desk-1"] == []


def test_evaluations_are_found_by_what_they_are_of_page_by_page(
    quality: Quality, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.quality.searching.PAGE", 2)
    passed = [quality.evaluated(quality.call()[0]) for _ in range(3)]
    failed = quality.evaluated(quality.call(agent="desk-2")[0], agent="desk-2", identified_first=NO)
    quality.begun(quality.call()[0])
    insurer, at = quality.centre.insurers["vsk"], quality.centre.clock.now()

    def found(**wanted: Any) -> list[str]:
        after, ids = None, []
        while True:
            with quality.centre.database.transaction("test_search") as tx:
                page = search_evaluations(
                    tx, insurer=insurer, wanted=EvaluationSearch(**wanted), by="watcher", at=at, after=after
                )
            ids += [one.id for one in page.evaluations]
            after = page.go_on_at
            if after is None:
                return ids

    assert found() == sorted([*passed, failed], reverse=True)
    assert found(agent="desk-2") == found(result=ResultKind.FAILED) == [failed]
    assert found(result=ResultKind.PASSED, line="medical_desk", card="vsk") == sorted(passed, reverse=True)
    assert found(agent="nobody") == found(until=at) == found(card="oms") == []


BROKEN = [
    {"state": "lost"},
    {"state": "draft"},
    {"score": None},
    {"score": 1001},
    {"dispute_reason": "so"},
    {"state": "changed"},
    {"seat": 1},
]


@pytest.mark.parametrize("values", BROKEN, ids=[str(number) for number in range(len(BROKEN))])
def test_the_database_guards_it_too(quality: Quality, values: dict[str, Any]) -> None:
    id_ = quality.evaluated(quality.call()[0])
    with quality.centre.database.transaction("refused") as tx:
        with pytest.raises(IntegrityError):
            tx.execute(update(Evaluation).where(Evaluation.id == id_).values(values))
        tx.rollback()


def test_one_conversation_is_evaluated_once_and_of_one_insurer(quality: Quality) -> None:
    id_ = quality.evaluated(quality.call()[0])
    first = quality.row(id_)
    theirs = quality.agent_id("sog-1")
    fields = {one.name: getattr(first, one.name) for one in Evaluation.__table__.columns}
    for otherwise in ({"id": "twin"}, {"id": "alien", "agent_id": theirs}):
        with quality.centre.database.transaction("refused") as tx:
            tx.add(Evaluation(**(fields | otherwise)))
            with pytest.raises(IntegrityError):
                tx.flush()
            tx.rollback()
    with pytest.raises(OutOfSight):
        evaluations.drop(quality.centre, insurer_id="soglasie", evaluation_id=id_, by=quality.supervisor("watcher"))
    with pytest.raises(ImpossibleChange):
        evaluations.drop(quality.centre, insurer_id="vsk", evaluation_id=id_, by=quality.supervisor("watcher"))
    with quality.centre.database.transaction("test_alien") as tx:
        tx.execute(update(Call).where(Call.id == first.call_id).values(insurer_id="soglasie"))
    with pytest.raises(OutOfSight):
        quality.begun(first.call_id)
