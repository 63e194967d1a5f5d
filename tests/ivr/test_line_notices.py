"""A notice holds at once, until its time or until it is taken down, and only where it hangs."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from config.audit import AuditEntry
from config.database import Database
from ivr.calls.log import record
from ivr.calls.models import Call, LineNotice
from ivr.diversions import (
    VOICEMAIL,
    Diversion,
    diversion_of_line,
    diversion_of_queue,
    divert,
    to_number,
)
from ivr.line_notices import (
    SAID,
    NoticeRefused,
    Place,
    Refusal,
    announce,
    announcement_of_line,
    current_notices,
    place_in,
    take_down,
    unheard_announcements,
    words_of,
)
from tests.ivr.insurers import shipped_insurers
from tests.ivr.log_rows import NOW, add_call

LINE = Place("vsk", line="medical_desk")
QUEUE = Place("vsk", queue="medical_desk")
SOON = NOW + timedelta(hours=1)
LATE = NOW + timedelta(hours=2)
RUSSIA = ("+7",)
VSK = shipped_insurers()["vsk"]


def put(tx, place, to, *, at=NOW, until=None):
    return divert(tx, insurer=VSK, place=place, to=to, by="duty", at=at, until=until)


def words(tx, line, now, language="ru", *, insurer="vsk"):
    found = announcement_of_line(tx, insurer, line, now)
    return None if found is None else words_of(found, language)


def test_announcement_is_said_until_its_time(database: Database) -> None:
    with database.transaction("test") as tx:
        announce(tx, place=LINE, text={"ru": "Ждать  дольше обычного.", "en": ""}, by="duty", at=NOW, until=SOON)
        assert words(tx, "medical_desk", NOW, "en") == ("Ждать дольше обычного.", "ru")
        assert words(tx, "medical_desk", SOON) is None
        assert words(tx, "curators", NOW) is None
        assert words(tx, "medical_desk", NOW, insurer="rgs") is None


def test_an_announcement_is_no_longer_than_a_caller_listens(database: Database) -> None:
    text = {"ru": "Ждать дольше обычного.", "en": "The wait is longer than usual. " * 12}
    with database.transaction("test") as tx, pytest.raises(NoticeRefused, match=r"in 'en' takes about \d\d s"):
        announce(tx, place=LINE, text=text, by="duty", at=NOW)


def test_a_call_is_told_what_hangs_at_its_line_and_queues_once(database: Database) -> None:
    with database.transaction("test") as tx:
        call, foreign = add_call(tx), add_call(tx, insurer_id="rgs")
        at_queue = announce(tx, place=QUEUE, text={"ru": "Ждать дольше."}, by="duty", at=NOW)
        at_line = announce(tx, place=LINE, text={"ru": "Ведутся работы."}, by="duty", at=SOON)

        def unheard(one: Call, *queues: str, is_line_included: bool = True) -> list[str]:
            found = unheard_announcements(tx, one, queues=queues, is_line_included=is_line_included, now=SOON)
            return [notice.id for notice in found]

        assert unheard(call, "medical_desk") == [at_queue.id, at_line.id]
        assert unheard(call, "curator") == [at_line.id]
        assert unheard(call, "medical_desk", is_line_included=False) == [at_queue.id]
        assert unheard(foreign, "medical_desk") == []
        record(tx, call, SAID, at=NOW, notice=at_line.id)
        assert unheard(call, "medical_desk") == [at_queue.id]


def test_new_diversion_replaces_the_old_one_and_leaves_the_announcement(database: Database) -> None:
    with database.transaction("test") as tx:
        announce(tx, place=QUEUE, text={"ru": "Ждите."}, by="duty", at=NOW)
        put(tx, QUEUE, to_number("8 (000) 000-00-01", begins=RUSSIA))
        put(tx, QUEUE, to_number("+7 000 000-00-02", begins=RUSSIA))
        assert diversion_of_queue(tx, "vsk", "medical_desk", NOW) == Diversion(number="+70000000002")
        assert diversion_of_line(tx, "vsk", "medical_desk", NOW) is None
        assert len(current_notices(tx, "vsk", now=NOW)) == 2


def test_a_diversion_to_a_queue_is_followed_to_its_end(database: Database) -> None:
    with database.transaction("test") as tx:
        put(tx, Place("vsk", queue="curator"), Diversion(queue="medical_desk"))
        assert diversion_of_queue(tx, "vsk", "curator", NOW) == Diversion(queue="medical_desk")
        put(tx, QUEUE, VOICEMAIL)
        found = diversion_of_queue(tx, "vsk", "curator", NOW)
        assert found is not None
        assert found.is_voicemail
        take_down(tx, place=QUEUE, by="duty", at=NOW)
        assert diversion_of_queue(tx, "vsk", "curator", NOW) == Diversion(queue="medical_desk")
        assert diversion_of_queue(tx, "vsk", "medical_desk", NOW) is None
        assert diversion_of_queue(tx, "soglasie", "curator", NOW) is None


@pytest.mark.parametrize(
    ("place", "to", "why"),
    [
        (LINE, VOICEMAIL, "a line is diverted to a number"),
        (LINE, Diversion(queue="curator"), "a line is diverted to a number"),
        (QUEUE, Diversion(queue="medical_desk"), "leads back"),
        (QUEUE, Diversion(queue="curator"), "leads back"),
        (QUEUE, Diversion(queue="nowhere"), "one of emergency, urgent"),
        (QUEUE, Diversion(queue="emergency"), "emergencies are never diverted"),
        (Place("vsk", queue="emergency"), VOICEMAIL, "emergencies are never diverted"),
        (Place("vsk", queue="psychologist"), VOICEMAIL, "nothing of theirs is recorded"),
    ],
)
def test_a_diversion_to_where_nobody_could_go_is_refused(
    database: Database, place: Place, to: Diversion, why: str
) -> None:
    with database.transaction("test") as tx:
        put(tx, Place("vsk", queue="curator"), Diversion(queue="urgent"))
        put(tx, Place("vsk", queue="urgent"), Diversion(queue="medical_desk"))
        with pytest.raises(NoticeRefused, match=why):
            put(tx, place, to)


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


def test_one_of_a_kind_hangs_at_a_place_whoever_hung_it_up(database: Database) -> None:
    with database.transaction("test") as tx:
        put(tx, QUEUE, VOICEMAIL, until=SOON)
        announce(tx, place=QUEUE, text={"ru": "Ждите."}, by="duty", at=NOW)
        put(tx, QUEUE, to_number("+70000000001", begins=RUSSIA), at=SOON)
    twin = {"insurer_id": "vsk", "queue": "medical_desk", "kind": "diversion", "divert_to": "voicemail"}
    with database.transaction("test") as tx:
        tx.add(LineNotice(id="twin", put_up_by="other", put_up_at=SOON, **twin))
        with pytest.raises(IntegrityError):
            tx.flush()
        tx.rollback()


def test_a_diversion_goes_only_where_agents_may_dial() -> None:
    for number in ("8-10-371-2222-0000", "+1 900 555 01 00", "+7 809 505-00-01"):
        with pytest.raises(NoticeRefused, match="begins with") as refused:
            to_number(number, begins=("+7495", "+7800"))
        assert refused.value.why is Refusal.NOT_DIALLED
    assert str(to_number("8 495 785-10-57", begins=("+7495", "+7800"))) == "+74957851057"


def test_where_callers_are_sent_and_until_when_is_on_record(database: Database) -> None:
    with database.transaction("test") as tx:
        put(tx, LINE, to_number("+70000000001", begins=RUSSIA), until=LATE)
        take_down(tx, place=LINE, by="duty", at=SOON)
        tx.flush()
        for entry in tx.scalars(select(AuditEntry)):
            assert (entry.detail["divert_to"], entry.detail["until"]) == ("+70000000001", LATE.isoformat())


def test_notice_that_nobody_could_follow_is_refused(database: Database) -> None:
    with database.transaction("test") as tx:
        for text in ({"en": "Wait."}, {"ru": "ж" * 601}):
            with pytest.raises(NoticeRefused):
                announce(tx, place=LINE, text=text, by="duty", at=NOW)
        for to in ("nowhere", "+7 000 000-00-02 доб. 12"):
            with pytest.raises(NoticeRefused):
                to_number(to, begins=RUSSIA)
        with pytest.raises(NoticeRefused):
            put(tx, LINE, to_number("+70000000002", begins=RUSSIA), until=NOW)


def test_place_that_the_insurer_does_not_have_is_refused() -> None:
    assert place_in(VSK, "medical_desk") == LINE
    assert place_in(VSK, "medical_desk", is_queue=True) == QUEUE
    with pytest.raises(NoticeRefused, match="medical_desk"):
        place_in(VSK, "medical_dask")
