"""Lines that play from packs: documents, the files that the carrier fetches, and the voice for what is missing."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from config.clock import MovedClock
from config.errors import ConfigError
from config.line_descriptions import LineSpeech
from config.settings import Settings, read_settings
from flows import FlowSet
from flows.turn import Prompt
from ivr import wiring
from ivr.calls.spoken import SpokenTexts
from ivr.packs.deliveries import deliveries_of
from ivr.packs.errors import PackError
from ivr.packs.pack import SHIPPED
from ivr.phone_side import PhoneSide
from ivr.telephone_sound.wav import read_wav
from ivr.twiml import elements
from ivr.twiml.speech import Delivery, say_text, spoken, text_of
from tests.ivr.insurers import shipped_insurers
from tests.ivr.packs.conftest import Record, from_packs, with_speech
from tests.ivr.turns.conftest import NOON, PUBLIC, Hand, kept, phone, shipped  # noqa: F401 - fixtures
from tests.ivr.twiml_schema import findings

NOTICE = "Здравствуйте! Это медицинский пульт компании «ВСК»."


@pytest.fixture
def playing(phone: PhoneSide, packs: Path) -> PhoneSide:  # noqa: F811
    """The phone side whose lines play from the shipped pack."""
    return with_packs(phone, packs, SHIPPED)


def with_packs(side: PhoneSide, packs: Path, *names: str) -> PhoneSide:
    insurers = with_speech(side.centre.insurers, from_packs(*names))
    centre = replace(side.centre, insurers=insurers)
    chosen = replace(centre.settings, named={**centre.settings.named, "PULT_PACKS_DIR": str(packs)})
    return replace(side, centre=centre, deliveries=deliveries_of(chosen, insurers, centre.clock))


def client_of(side: PhoneSide) -> FlaskClient:
    return wiring.create_app(side).test_client()


def hand_of(side: PhoneSide) -> Hand:
    clock = side.centre.clock
    assert isinstance(clock, MovedClock)
    return Hand(client_of(side), side, clock)


def addresses(reply: etree._Element) -> list[str]:
    return [str(it.text) for it in reply.iter("Play") if "/prompts/" in str(it.text)]


def delivery_of(side: PhoneSide) -> Delivery:
    return side.deliveries.of(side.centre.insurers["vsk"].lines["medical_desk"])


def test_a_call_is_played_and_each_file_says_what_the_document_says(playing: PhoneSide) -> None:
    hand = hand_of(playing)
    reply = hand.ring()

    said = [str(it.text) for it in reply.iter(etree.Comment)]
    files = [hand.client.get(url.removeprefix(PUBLIC)) for url in addresses(reply)]

    assert said[0].startswith(NOTICE)
    # The pack speaks Russian only.
    assert [(say.text, say.get("language")) for say in reply.iter("Say")] == [("For English, press 8.", "en-US")]
    assert [read_wav(file.data).text for file in files] == said
    assert {(file.status_code, file.mimetype) for file in files} == {(200, "audio/wav")}
    assert read_wav(files[0].data).kind == "mu-law, 8000 Hz, 8 bit, mono"


def test_a_call_by_recordings_goes_as_one_by_the_carriers_voice(playing: PhoneSide) -> None:
    hand = hand_of(playing)

    who = hand.press(hand.ring(), "1")
    policy = hand.press(who, "1")
    date = hand.press(policy, "5000000001")

    for reply in (who, policy, date):
        assert len(addresses(reply)) >= 1
    replies = [it for it in hand.seen if it.startswith("<?xml")]
    assert SpokenTexts(replies[:1])._left[0].startswith(NOTICE)


def test_the_carrier_fetches_a_prompt_once(playing: PhoneSide) -> None:
    hand = hand_of(playing)
    url = addresses(hand.ring())[0].removeprefix(PUBLIC)
    first = hand.client.get(url)

    again = hand.client.get(url, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert "max-age=86400" in first.headers["Cache-Control"]
    assert hand.client.head(url).status_code == 200
    assert hand.client.post(url).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/prompts/20784/AAAA.wav",
        "/prompts/20784/..%2f..%2fpack.wav",
        "/prompts/20784/festival%2fru%2fprompts%2fvsk.notice.wav",
        "/prompts/0/AAAA.wav",
        "/prompts/99999999999999999999/AAAA.wav",
    ],
    ids=["forged", "path", "name", "old", "far"],
)
def test_what_was_not_sealed_here_is_refused(playing: PhoneSide, path: str) -> None:
    assert client_of(playing).get(path).status_code in (403, 404)
    assert client_of(playing).get("/prompts/../../etc/passwd").status_code == 404


def test_an_address_ends_with_its_day(playing: PhoneSide) -> None:
    hand = hand_of(playing)
    url = addresses(hand.ring())[0].removeprefix(PUBLIC)

    hand.clock.move_by(86_400)
    assert hand.client.get(url).status_code == 200
    hand.clock.move_by(86_400)

    assert hand.client.get(url).status_code == 403


def test_what_no_pack_has_is_spoken(phone: PhoneSide, packs: Path, record: Record, shipped: FlowSet) -> None:  # noqa: F811
    record("prompts/survey.wav", shipped.prompts["goodbye"].texts["ru"])
    delivery = delivery_of(with_packs(phone, packs, "studio"))

    document = spoken(
        shipped, (Prompt("goodbye"), Prompt("queue.place", (("ahead", 3),))), language="ru", delivery=delivery
    )

    assert document.index("<Play") < document.index("<Say")
    assert "перед вами три человека" in document
    assert findings(elements.document(document)) == []


def test_a_studios_recording_wins_over_the_shipped_one(
    phone: PhoneSide, packs: Path, record: Record, shipped: FlowSet  # noqa: F811
) -> None:
    text = shipped.prompts["goodbye"].texts["ru"]
    record("prompts/goodbye.wav", text)
    side = with_packs(phone, packs, "studio", SHIPPED)

    (url,) = re.findall(r"<Play[^>]*>([^<]*)<", say_text(text, language="ru", delivery=delivery_of(side)))

    assert len(read_wav(client_of(side).get(url.removeprefix(PUBLIC)).data).samples) == 8000


def test_a_recording_that_was_replaced_meanwhile_is_not_played_for_another(
    phone: PhoneSide, packs: Path, record: Record, shipped: FlowSet  # noqa: F811
) -> None:
    text = shipped.prompts["goodbye"].texts["ru"]
    record("prompts/goodbye.wav", text)
    side = with_packs(phone, packs, "studio")
    (url,) = re.findall(r"<Play[^>]*>([^<]*)<", say_text(text, language="ru", delivery=delivery_of(side)))
    record("prompts/goodbye.wav", "Что-то другое")

    assert client_of(side).get(url.removeprefix(PUBLIC)).status_code == 404


def test_digits_of_a_person_and_free_words_are_spoken_and_stand_in_no_address(
    playing: PhoneSide, shipped: FlowSet  # noqa: F811
) -> None:
    said = (Prompt("ident.found", (("last_four", "4071"),)), Prompt("oms.region_name", (("region_name", "Самара"),)))

    document = spoken(shipped, said, language="ru", delivery=delivery_of(playing))

    assert "<Play" not in document
    assert "четыре ноль семь один" in document


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(ahead=st.integers(0, 900), seconds=st.integers(0, 6 * 3600), minute=st.integers(0, 1439))
def test_composed_prompts_say_their_text_whatever_the_values(
    playing: PhoneSide, shipped: FlowSet, ahead: int, seconds: int, minute: int  # noqa: F811
) -> None:
    client = client_of(playing)
    at = f"2026-11-{1 + minute % 30:02d}T{minute // 60:02d}:{minute % 60:02d}+03:00"
    said = (
        Prompt("queue.place", (("ahead", ahead),)),
        Prompt("queue.estimate", (("wait", seconds),)),
        Prompt("callback.window", (("callback_from", at), ("callback_until", at))),
        Prompt("curator.back_at", (("curator_back_at", f"{at} Europe/Moscow"),)),
    )

    document = spoken(shipped, said, language="ru", delivery=delivery_of(playing))

    assert "<Say" not in document
    assert findings(elements.document(document)) == []
    urls = re.findall(r"<Play[^>]*>([^<]*)<", document)
    heard = [read_wav(client.get(url.removeprefix(PUBLIC)).data) for url in urls]
    texts = [" ".join(text_of(shipped, prompt, language="ru").split()) for prompt in said]
    assert [it.text for it in heard] == texts
    assert all(len(it.samples) > 8000 for it in heard)


def test_a_caption_can_close_no_comment() -> None:
    document = elements.document(elements.play("https://x/y.wav", caption="--><Hangup/><!-- \x00 -"))

    assert findings(document) == []
    assert [it.tag for it in etree.fromstring(document.encode()) if isinstance(it.tag, str)] == ["Play"]


# Settings and lines.


def _settings(tmp_path: Path, **named: str) -> Settings:
    return read_settings({"PULT_DATA_DIR": str(tmp_path / "data"), **named}, folder=tmp_path)


def test_lines_are_spoken_unless_the_installation_or_the_line_says_pack(tmp_path: Path) -> None:
    insurers, clock = shipped_insurers(), MovedClock(NOON)
    line = insurers["vsk"].lines["medical_desk"]

    assert deliveries_of(_settings(tmp_path), insurers, clock).of(line).recordings is None
    by_setting = deliveries_of(_settings(tmp_path, PULT_SPEECH="pack"), insurers, clock)
    assert by_setting.of(line).recordings is not None
    own = with_speech(insurers, from_packs())
    assert deliveries_of(_settings(tmp_path, PULT_SPEECH="say"), own, clock).of(line).recordings is not None


def test_a_line_may_have_a_voice_of_its_own(tmp_path: Path) -> None:
    insurers = with_speech(shipped_insurers(), LineSpeech(voices={"ru": "Google.ru-RU-Standard-A"}))
    line = insurers["vsk"].lines["medical_desk"]

    delivery = deliveries_of(_settings(tmp_path), insurers, MovedClock(NOON)).of(line)

    assert 'voice="Google.ru-RU-Standard-A" language="ru-RU"' in say_text("Алло", language="ru", delivery=delivery)
    assert 'voice="Polly.Joanna" language="en-US"' in say_text("Hello", language="en", delivery=delivery)


def test_a_wrong_word_and_an_absent_pack_are_refused_when_the_centre_starts(tmp_path: Path) -> None:
    insurers, clock = shipped_insurers(), MovedClock(NOON)

    with pytest.raises(ConfigError, match="PULT_SPEECH must be one of pack, say"):
        deliveries_of(_settings(tmp_path, PULT_SPEECH="loud"), insurers, clock)
    with pytest.raises(PackError, match="no prompt pack 'studio'"):
        deliveries_of(_settings(tmp_path), with_speech(insurers, from_packs("studio")), clock)
