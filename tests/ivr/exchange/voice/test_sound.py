"""Files, tones, tapes and speech, without a browser."""

from __future__ import annotations

import io
import math
import struct
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from ivr import telephone_sound
from ivr.exchange.voice import audio, pcm, speech, tones
from ivr.exchange.voice.legs import Incoming, Leg, Player
from ivr.exchange.voice.mixer import Mixer
from ivr.exchange.voice.tapes import Tape
from tests.ivr.exchange.voice.conftest import read_wav, share_of

MENU = "Чтобы записаться к врачу, нажмите один. Оператор — нажмите ноль."


def samples(content: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(content) // 2}h", content))


def wav_of(content: bytes, *, width: int, channels: int, rate: int) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(content)
    return buffer.getvalue()


@pytest.mark.parametrize(("width", "channels", "rate"), [(2, 1, 8000), (2, 2, 44100), (1, 1, 11025), (3, 2, 48000)])
def test_any_plain_wav_is_read(width: int, channels: int, rate: int) -> None:
    tone = pcm.audioop.ratecv(tones.tone((440.0,), 2.0), 2, 1, 8000, rate, None)[0]
    tone = pcm.audioop.tostereo(tone, 2, 1, 1) if channels == 2 else tone
    tone = pcm.audioop.lin2lin(tone, 2, width)
    tone = pcm.audioop.bias(tone, 1, 128) if width == 1 else tone

    read = audio.samples_of(wav_of(tone, width=width, channels=channels, rate=rate))

    assert telephone_sound.seconds(read) == pytest.approx(2.0, abs=0.05)
    assert share_of(samples(read), 440.0) > 0.95


def test_mu_law_and_its_text_are_read() -> None:
    said = "Здравствуйте!".encode() + b"\0"
    said += b"\0" * (len(said) % 2)
    data = telephone_sound.to_mu_law(tones.tone((440.0,), 1.0))
    chunks = b"fmt " + struct.pack("<IHHIIHH", 16, 7, 1, 8000, 8000, 1, 8)
    info = b"INFO" + b"ICMT" + struct.pack("<I", len(said)) + said
    chunks += b"LIST" + struct.pack("<I", len(info)) + info + b"data" + struct.pack("<I", len(data)) + data
    content = b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks

    assert share_of(samples(audio.samples_of(content)), 440.0) > 0.95
    assert audio.text_of(content) == "Здравствуйте!"


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\0\0\0\0WAVEfmt ", b"<html>no sound</html>" * 20])
def test_what_is_no_sound_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        audio.samples_of(content)


@pytest.mark.parametrize(("key", "pair"), [("1", (697.0, 1209.0)), ("#", (941.0, 1477.0)), ("5", (770.0, 1336.0))])
def test_keys_sound_their_two_frequencies(key: str, pair: tuple[float, float]) -> None:
    sounded = samples(tones.key(key))[:960]

    for frequency in pair:
        assert share_of(sounded, frequency) > 0.4


def test_music_is_calm_and_not_cut_off() -> None:
    music = samples(tones.music())

    assert 60 < len(music) / 8000 < 90
    assert max(map(abs, music)) < 20000


def test_everybody_hears_the_others_and_not_themselves() -> None:
    mixer = Mixer(lambda _sid: None)
    frequencies = {"a": 400.0, "b": 600.0, "c": 900.0}
    mixer.legs = {sid: Leg(sid) for sid in frequencies}
    mixer.hearing = {"a": ("b", "c"), "b": ("a", "c"), "c": ("a",)}
    for sid, frequency in frequencies.items():
        _talk(mixer.legs[sid].incoming, frequency)
    heard: dict[str, bytes] = dict.fromkeys(frequencies, b"")

    for _tick in range(6):
        mixer.tick()
        for sid, leg in mixer.legs.items():
            heard[sid] += leg.outgoing.frames[-1]

    for sid, listened in heard.items():
        for other, frequency in frequencies.items():
            is_meant = other in mixer.hearing[sid]
            assert (share_of(samples(listened), frequency) > 0.2) is is_meant, (sid, other)


def _talk(incoming: Incoming, frequency: float) -> None:
    # As many frames as wait at most, so that none is lost.
    incoming.put(tones.tone((frequency,), 0.16))


def test_a_prompt_ends_music_and_a_beep_does_not() -> None:
    player = Player()
    player.background(tones.music())
    player.over(tones.beep())
    first = b"".join(player.take() or b"" for _frame in range(12))
    assert share_of(samples(first), 1000.0) > 0.5
    assert player.is_ringing(tones.music())

    player.play(tones.tone((500.0,), 0.02))

    assert player.take() is not None
    assert player.take() is None


def test_a_tape_keeps_sides_apart_and_leaves_pauses_out() -> None:
    tape = Tape("CA1", "both", has_one_side=False)
    said, heard = tones.tone((440.0,), 1.0), tones.tone((620.0,), 1.0)
    for at in range(0, len(said), pcm.FRAME_BYTES):
        tape.take(said[at : at + pcm.FRAME_BYTES], heard[at : at + pcm.FRAME_BYTES])
    tape.is_paused = tape.is_skipping = True
    tape.take(pcm.QUIET, pcm.QUIET)
    tape.is_paused = False
    tape.is_over = True
    tape.take(pcm.QUIET, pcm.QUIET)

    channels, both = read_wav(tape.wav(2))
    tape.close()

    assert (channels, len(both)) == (2, 16000)
    assert share_of(both[0::2], 440.0) > 0.9
    assert share_of(both[1::2], 620.0) > 0.9


def test_espeak_speaks_every_language_that_it_has() -> None:
    engine = speech.EspeakLibrary()

    spoken = {language: engine.speak(MENU, language) for language in ("ru", "en", "uz", "ky", "kk")}

    for language, said in spoken.items():
        assert 1.0 < telephone_sound.seconds(said) < 15.0, language
        assert pcm.loudness(said) > 500, language
    assert len(set(spoken.values())) == 5
    assert not engine.has("tg")


def test_an_engine_found_here_speaks_russian_and_nobody_speaks_tajik() -> None:
    engines = speech.find_engines()

    said = engines.speak(MENU, "ru-RU")
    engines.close()

    assert said is not None
    assert 3.0 < telephone_sound.seconds(said) < 15.0
    assert engines.for_language("tg-TJ") is None
    assert engines.speak("Салом", "tg-TJ") is None


def test_what_is_too_high_for_a_telephone_does_not_come_back_as_hiss() -> None:
    high = wav_of(_tone_at(16000, 6300.0), width=2, channels=1, rate=16000)
    fair = wav_of(_tone_at(16000, 1000.0), width=2, channels=1, rate=16000)

    assert pcm.loudness(audio.samples_of(high)) < 0.03 * pcm.loudness(audio.samples_of(fair))


def _tone_at(rate: int, frequency: float) -> bytes:
    turns = (2 * math.pi * frequency * number / rate for number in range(rate // 2))
    return b"".join(struct.pack("<h", round(8000 * math.sin(turn))) for turn in turns)


def test_festival_is_given_what_it_can_read() -> None:
    assert speech._pronounceable("пульт «ВСК». Полис — ОМС.") == "пульт вэ эс ка. Полис, о эм эс."
    assert speech._pronounceable("компании «МАКС»: нажмите 1.") == "компании МАКС: нажмите 1."


def test_a_text_can_give_festival_no_orders(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    nasty = 'Да") (сыстем "тоуч 1") (принт "\\'

    assert speech._pronounceable(nasty) == "Да сыстем тоуч 1 принт"
    nasty += f'(system "touch {trap}")'
    engines = speech.find_engines()
    assert engines.speak(nasty, "ru")
    engines.close()
    assert not trap.exists()


_WITHOUT_SOUND = """
import importlib.abc, sys
class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("aiortc", "av", "espeakng_loader"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
import importlib.util
real = importlib.util.find_spec
gone = ("aiortc", "av", "espeakng_loader")
importlib.util.find_spec = lambda name, *rest: None if name in gone else real(name, *rest)
import shutil
shutil.which = lambda *_: None
import asyncio, json
import aiohttp
from ivr.exchange import RunningExchange
async def talk(url):
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        hello = await socket.receive_json()
        await socket.send_json({"type": "call", "id": "1", "parameters": {"To": "+70000000001"}, "sdp": "v=0"})
        found = [hello]
        while found[-1].get("kind") != "ended":
            found.append(await socket.receive_json())
        return found
with RunningExchange(voice_port=0) as running:
    running.switch.add_number("+70000000001", running.url + "/exchange/nowhere")
    signal = f"ws://127.0.0.1:{running.voice.port}/exchange/voice/signal"
    for message in asyncio.run(talk(signal)):
        print(json.dumps(message, ensure_ascii=False))
"""


def test_without_any_part_for_sound_calls_are_text_and_it_says_so() -> None:
    done = subprocess.run([sys.executable, "-c", _WITHOUT_SOUND], capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    assert '"audio": false' in done.stdout
    assert "aiortc is not installed" in done.stdout
    assert '"ru": null' in done.stdout
    assert '"sdp": ""' in done.stdout
    # The number's application is not there, so the exchange apologises, in text.
    assert "an application error has occurred" in done.stdout
