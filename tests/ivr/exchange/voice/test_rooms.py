"""Conferences in real browsers: everybody hears the others and not themselves; hold, mute, coaching, the recording."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import requests

from ivr.exchange import RunningExchange
from tests.ivr.exchange.conftest import CALLER, LINE, RecordingApp
from tests.ivr.exchange.voice.conftest import Telephone, read_wav, recording_of, share_of, token_for, until

pytestmark = [pytest.mark.xdist_group("browsers")]
MakeTelephone = Callable[..., Telephone]
CALLERS, ANNAS, BORIS = 440.0, 620.0, 800.0


@dataclass
class Room:
    """A conference with a caller, Anna and Boris in it, worked by REST."""

    carrier: RunningExchange
    caller: Telephone
    anna: Telephone
    boris: Telephone

    def post(self, path: str, **fields: str) -> requests.Response:
        settings = self.carrier.switch.settings
        url = f"{self.carrier.url}/2010-04-01/Accounts/{settings.account_sid}/Conferences/room/{path}"
        return requests.post(url, data=fields, auth=(settings.account_sid, settings.auth_token), timeout=60)

    def change(self, who: str, **fields: str) -> None:
        assert self.post(f"Participants/{who}.json", **fields).status_code == 200

    def add(self, telephone: Telephone, name: str, **fields: str) -> None:
        telephone.register(token_for(name))
        answer = self.post("Participants.json", From=LINE, To=f"client:{name}", Label=name, **fields)
        assert answer.status_code == 201
        telephone.wait_for("incoming")
        telephone.accept()
        telephone.wait_for("bridged")


@pytest.fixture
def room(telephone: MakeTelephone, app: RecordingApp, carrier: RunningExchange) -> Room:
    app.says(
        "/voice",
        '<Dial action="/after"><Conference record="record-from-start" beep="false" participantLabel="caller" '
        'endConferenceOnExit="true" recordingStatusCallback="/recorded" waitUrl="">room</Conference></Dial>',
    )
    found = Room(carrier, telephone(tone=CALLERS), telephone(tone=ANNAS), telephone(tone=BORIS))
    found.caller.call(To=LINE, From=CALLER)
    found.caller.wait_for("answered")
    found.add(found.anna, "anna", Beep="false")
    return found


def heard(telephone: Telephone) -> set[float]:
    """The tones that reach a telephone now."""
    sounds = telephone.listen(CALLERS, ANNAS, BORIS)
    tones = zip((CALLERS, ANNAS, BORIS), sounds.shares, strict=True)
    return {tone for tone, share in tones if share > 0.2} if sounds.level > 0.02 else set()


def hears(telephone: Telephone, *tones: float) -> None:
    until(lambda: heard(telephone) == set(tones), lambda: f"{tones}; heard {telephone.listen(CALLERS, ANNAS, BORIS)}")


def test_three_hear_each_other_and_not_themselves(room: Room) -> None:
    room.add(room.boris, "boris", Beep="false")

    hears(room.caller, ANNAS, BORIS)
    hears(room.anna, CALLERS, BORIS)
    hears(room.boris, CALLERS, ANNAS)


def test_hold_has_music_and_ends_it(room: Room) -> None:
    hears(room.anna, CALLERS)

    room.change("caller", Hold="true")
    room.caller.wait_for("hold_music")
    hears(room.anna)
    until(lambda: room.caller.listen(ANNAS).level > 0.01 and room.caller.listen(ANNAS).shares[0] < 0.2, "music alone")

    room.change("caller", Hold="false")
    hears(room.caller, ANNAS)
    hears(room.anna, CALLERS)


def test_muted_by_rest_is_not_heard(room: Room) -> None:
    hears(room.caller, ANNAS)

    room.change("anna", Muted="true")
    hears(room.caller)
    hears(room.anna, CALLERS)


def test_a_coach_is_heard_by_the_agent_alone_and_is_not_recorded(room: Room, app: RecordingApp) -> None:
    room.add(room.boris, "boris", Beep="false", Coaching="true", CallSidToCoach=room.anna.sid())

    hears(room.boris, CALLERS, ANNAS)
    hears(room.anna, CALLERS, BORIS)
    hears(room.caller, ANNAS)
    room.caller.page.wait_for_timeout(1500)
    room.caller.do("hangUp()")
    until(lambda: app.at("/recorded"), "the recording's callback")

    channels, samples = read_wav(recording_of(room.carrier, app.last("/recorded")["RecordingSid"]))
    assert channels == 1
    assert share_of(samples, CALLERS) > 0.25
    assert share_of(samples, ANNAS) > 0.25
    assert share_of(samples, BORIS) < 0.02


def test_a_paused_recording_is_silent_or_leaves_the_pause_out(room: Room, app: RecordingApp) -> None:
    hears(room.caller, ANNAS)
    room.post("Recordings/Twilio.CURRENT.json", Status="paused", PauseBehavior="skip")
    room.caller.page.wait_for_timeout(3000)
    room.post("Recordings/Twilio.CURRENT.json", Status="in-progress")
    room.caller.page.wait_for_timeout(1000)
    room.caller.do("hangUp()")
    until(lambda: app.at("/recorded"), "the recording's callback")

    told = app.last("/recorded")
    _channels, samples = read_wav(recording_of(room.carrier, told["RecordingSid"]))
    assert abs(len(samples) / 8000 - int(told["RecordingDuration"])) < 1.2
