"""A notice holds at once, until its time or until it is taken down, and only where it hangs."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from config.audit import AuditEntry
from config.database import Database
from ivr.line_notices import (
    NoticeRefused,
    Place,
    announce,
    announcement_of_line,
    announcement_of_queue,
    current_notices,
    diversion_of_line,
    diversion_of_queue,
    divert,
    place_in,
    take_down,
)
from tests.ivr.insurers import shipped_insurers
from tests.ivr.log_rows import NOW

LINE = Place("vsk", line="medical_desk")
QUEUE = Place("vsk", queue="medical_desk")
SOON = NOW + timedelta(hours=1)


def test_announcement_is_said_until_its_time(database: Database) -> None:
    with database.transaction("test") as tx:
        announce(tx, place=LINE, text={"ru": "Ждать  дольше обычного.", "en": ""}, by="duty", at=NOW, until=SOON)
        assert announcement_of_line(tx, "vsk", "medical_desk", NOW, "en") == "Ждать дольше обычного."
        assert announcement_of_line(tx, "vsk", "medical_desk", SOON, "ru") is None
        assert announcement_of_line(tx, "vsk", "curators", NOW, "ru") is None
        assert announcement_of_line(tx, "rgs", "medical_desk", NOW, "ru") is None
        assert announcement_of_queue(tx, "vsk", "medical_desk", NOW, "ru") is None


def test_new_diversion_replaces_the_old_one_and_leaves_the_announcement(database: Database) -> None:
    with database.transaction("test") as tx:
        announce(tx, place=QUEUE, text={"ru": "Ждите."}, by="duty", at=NOW)
        divert(tx, place=QUEUE, to="8 (000) 000-00-01", by="duty", at=NOW)
        divert(tx, place=QUEUE, to="+7 000 000-00-02", by="duty", at=NOW)
        assert diversion_of_queue(tx, "vsk", "medical_desk", NOW) == "+70000000002"
        assert diversion_of_line(tx, "vsk", "medical_desk", NOW) is None
        assert len(current_notices(tx, "vsk", now=NOW)) == 2


def test_notice_is_taken_down_and_all_is_audited(database: Database) -> None:
    with database.transaction("test") as tx:
        announce(tx, place=LINE, text={"ru": "Ждите."}, by="duty", at=NOW)
        assert len(take_down(tx, place=LINE, by="duty", at=SOON)) == 1
        assert take_down(tx, place=LINE, by="duty", at=SOON) == []
        assert current_notices(tx, "vsk", line="medical_desk", now=SOON) == []
        tx.flush()
        assert tx.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all() == [
            "notice_put_up",
            "notice_taken_down",
        ]


def test_notice_that_nobody_could_follow_is_refused(database: Database) -> None:
    with database.transaction("test") as tx:
        for text in ({"en": "Wait."}, {"ru": "ж" * 601}):
            with pytest.raises(NoticeRefused):
                announce(tx, place=LINE, text=text, by="duty", at=NOW)
        for to in ("nowhere", "+7 000 000-00-02 доб. 12"):
            with pytest.raises(NoticeRefused):
                divert(tx, place=LINE, to=to, by="duty", at=NOW)
        with pytest.raises(NoticeRefused):
            divert(tx, place=LINE, to="+70000000002", by="duty", at=NOW, until=NOW)


def test_place_that_the_insurer_does_not_have_is_refused() -> None:
    vsk = shipped_insurers()["vsk"]
    assert place_in(vsk, "medical_desk") == LINE
    assert place_in(vsk, "medical_desk", is_queue=True) == QUEUE
    with pytest.raises(NoticeRefused, match="medical_desk"):
        place_in(vsk, "medical_dask")
