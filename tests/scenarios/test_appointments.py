"""An appointment that an agent booked: told by text message, and to the insured who calls again."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ivr.calls.booking import Appointment, book_appointment
from ivr.calls.finding import locked_call_by_sid

VSK, OWN = "+78002001441", "+70002000002"
# In Tomsk, four hours ahead of Moscow.
PAIR = ("5000000002#", "02071979")
WAY = ("1", "1", *PAIR)


def _heard(phone: Any) -> str:
    return " ".join(str(event.get("text", "")) for event in phone.events() if event and event["kind"] == "hears")


def _book(centre: Any, call_sid: str, at: datetime) -> None:
    house = centre.stage.house.centre
    with house.database.transaction("book") as tx:
        call = locked_call_by_sid(tx, call_sid)
        wanted = Appointment(at, "поликлиника на Учебной", approval="77-15")
        insurer = house.insurers["vsk"]
        book_appointment(tx, insurer=insurer, call=call, appointment=wanted, by="vsk-desk-1", at=house.clock.now())


def test_a_booked_visit_is_told_by_message_and_by_the_line(centre: Any) -> None:
    story = centre.place(VSK, WAY, ani=OWN)
    assert "bridged" in story.kinds
    # A message goes to the insured's own telephone, whoever has it in hand.
    own = centre.dial(VSK, ("hangup",), ani=OWN)
    at = datetime(2026, 12, 1, 10, 30, tzinfo=ZoneInfo("Europe/Moscow"))
    _book(centre, story.call_sid, at)
    centre.stage.rehearsal.run_for(timedelta(minutes=1))
    (text,) = (event.data["text"] for event in centre.stage.switch.events_since(own.call_sid) if event.kind == "sms")
    assert str(text).startswith("САО «ВСК»: Вы записаны на 01.12, 14:30 по томскому времени.")
    assert "Учебной" not in str(text)
    heard = _heard(centre.dial(VSK, WAY, ani=OWN))
    assert "Вы записаны: первого декабря в четырнадцать часов тридцать минут по томскому времени." in heard
    assert "Место: поликлиника на Учебной." in heard
    assert "не позже" not in heard


def test_a_stranger_hears_nothing_of_the_visit(centre: Any) -> None:
    heard = _heard(centre.dial(VSK, ("1", "1", PAIR[0], "03071979", "", ""), ani="+79160000000"))
    assert "Вы записаны" not in heard
