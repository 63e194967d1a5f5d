"""The recording in the controls of a call: shown, paused and gone on with by whoever has the call."""

from ivr.calls.log import record
from ivr.calls.models import Call
from ivr.calls.recorded import RECORDING_ANNOUNCED
from recordings.conversations import expect
from recordings.models import RecordingKind
from recordings.pauses import Pauses
from tests.agents.desk.conftest import Ringing, ringing_call  # noqa: F401 - a fixture
from tests.agents.staff.conftest import Site, site  # noqa: F401 - a fixture


def recorded(ringing: Ringing) -> None:
    house = ringing.site.house
    Pauses(house.centre, house.carrier).wire(house.centre.plan)
    conversation = ringing.offer.conference
    with house.centre.database.transaction("test_recorded") as tx:
        call, now = tx.get_one(Call, ringing.call.id), house.clock.now()
        record(tx, call, RECORDING_ANNOUNCED, at=now, language="ru")
        expect(tx, call, conversation=conversation, kind=RecordingKind.CONVERSATION, at=now)


def press(ringing: Ringing, who: str, on: str):
    path = f"/desk/calls/{ringing.call.id}/recording"
    return ringing.site.signed_in(who).post(path, {"on": on}, page="/no-such-page")


def test_the_controls_show_the_recording_and_pause_it(ringing_call: Ringing) -> None:  # noqa: F811
    ringing_call.answer()
    recorded(ringing_call)
    anna = ringing_call.site.signed_in("anna")
    assert "Разговор записывается" in anna.get("/desk/now").text
    assert press(ringing_call, "anna", "yes").status_code == 204
    page = anna.get("/desk/now").text
    assert "Запись на паузе" in page
    assert 'data-key="KeyZ"' in page
    assert press(ringing_call, "anna", "no").status_code == 204
    assert "Разговор записывается" in anna.get("/desk/now").text


def test_a_call_that_is_not_recorded_shows_nothing_and_is_refused(ringing_call: Ringing) -> None:  # noqa: F811
    ringing_call.answer()
    assert 'id="recorded"' not in ringing_call.site.signed_in("anna").get("/desk/now").text
    assert press(ringing_call, "anna", "yes").status_code == 409


def test_another_agents_recording_is_not_theirs_to_pause(ringing_call: Ringing) -> None:  # noqa: F811
    ringing_call.answer()
    recorded(ringing_call)
    assert press(ringing_call, "boss", "yes").status_code == 409
    assert not ringing_call.site.house.carrier.of("pause_recording")
