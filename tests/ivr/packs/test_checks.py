"""A pack held against its texts: what is missing, stale, unfit or needed by nobody, and how it is filled."""

import json
import re
from pathlib import Path
from subprocess import SubprocessError

import pytest
import yaml
from click.testing import CliRunner, Result

from flows import FlowSet
from ivr.packs.checks import State, entries, findings, unknown_files
from ivr.packs.cli import Places, prompts_command
from ivr.packs.pack import Pack, Shelf, find_pack
from ivr.packs.rendering import Engine
from ivr.packs.wanted import Wanted, file_name, wanted
from ivr.telephone_sound import levels
from ivr.telephone_sound.wav import read_wav
from tests.ivr.packs.conftest import Record, tone
from tests.ivr.telephone_sound.test_wav import plain

GREETING = Wanted("prompts/hello.wav", "Здравствуйте!", "hello")
WORD = Wanted("words/двадцать_пять.wav", "двадцать пять", "wait")
NEEDED = (GREETING, WORD)


class SpokenTone:
    """An engine that speaks everything as a tone, but no letters that are not Russian."""

    name = "a tone"

    def __init__(self) -> None:
        self.spoke: list[str] = []

    def speak(self, text: str, language: str) -> bytes:
        if re.search("[a-zҷў]", text, re.IGNORECASE):
            raise SubprocessError("not written in Russian letters")
        self.spoke.append(text)
        return levels.silence(0.5) + tone(0.4, peak=900) + levels.silence(0.5)


@pytest.fixture(scope="module")
def shipped() -> FlowSet:
    return FlowSet.from_folder()


@pytest.fixture
def studio(packs: Path) -> Pack:
    return Pack("studio", packs / "studio")


def faults(pack: Pack) -> list[str]:
    unknown = unknown_files(pack, "ru", NEEDED)
    return list(findings(entries(pack, "ru", NEEDED), unknown, "ru"))


def test_what_is_right_has_no_faults(studio: Pack, record: Record) -> None:
    for one in NEEDED:
        record(one.file, one.words)

    assert faults(studio) == []


@pytest.mark.parametrize(
    ("words", "samples", "fault"),
    [
        ("Добрый день!", tone(1), "ru/prompts/hello.wav: stale: it says 'Добрый день!', the text is 'Здравствуйте!'"),
        ("", tone(1), "ru/prompts/hello.wav: does not say what it speaks"),
        ("Здравствуйте!", tone(41), "ru/prompts/hello.wav: too long: 41.0 s of at most 40"),
        ("Здравствуйте!", tone(0.05), "ru/prompts/hello.wav: too short"),
        ("Здравствуйте!", tone(1, peak=300), "ru/prompts/hello.wav: too quiet: -44 dBFS"),
        ("Здравствуйте!", levels.silence(1), "ru/prompts/hello.wav: too quiet"),
        ("Здравствуйте!", b"\xff\x7f" * 8000, "ru/prompts/hello.wav: clipped"),
    ],
    ids=["stale", "unmarked", "long", "short", "quiet", "silent", "clipped"],
)
def test_each_fault_is_told_with_its_file(
    studio: Pack, record: Record, words: str, samples: bytes, fault: str
) -> None:
    record(WORD.file, WORD.words)
    record(GREETING.file, words, samples=samples)

    (found,) = faults(studio)

    assert found.startswith(fault)


def test_missing_unknown_unreadable_and_unfit_files_are_told(studio: Pack, record: Record) -> None:
    record("prompts/old.wav", "Раньше так говорили")
    (studio.folder / "ru/prompts/hello.mp3").write_bytes(b"ID3")
    path = record(GREETING.file, GREETING.words)
    path.write_bytes(b"RIFF and so on")

    assert [fault.split(";")[0] for fault in faults(studio)] == [
        "ru/prompts/hello.wav: unreadable: not a WAV file",
        "ru/words/двадцать_пять.wav: missing",
        "ru/prompts/hello.mp3: no prompt needs this file",
        "ru/prompts/old.wav: no prompt needs this file",
    ]
    path.write_bytes(plain(tone(1, rate=44_100), rate=44_100))
    assert "wrong format (pcm, 44100 Hz, 16 bit, mono)" in faults(studio)[1]


def test_only_what_speaks_the_words_of_today_is_played(packs: Path, record: Record) -> None:
    record(GREETING.file, "Добрый день!")
    record("prompts/unmarked.wav", "")
    record("prompts/other.wav", "Здравствуйте!", pack="second")
    shelf = Shelf(packs, ("studio", "second"))

    assert shelf.find(("studio",), "ru", "Здравствуйте!") is None
    assert shelf.find(("studio",), "ru", "") is None
    found = shelf.find(("studio", "second"), "ru", "Здравствуйте!")
    assert found is not None
    assert shelf.by_id(found.id) == found
    assert shelf.find(("studio", "second"), "en", "Здравствуйте!") is None


@pytest.mark.parametrize("name", ["../studio", "/etc", ".", "..", "", "absent"])
def test_a_packs_name_leads_nowhere_else(packs: Path, name: str) -> None:
    with pytest.raises(Exception, match="no prompt pack"):
        find_pack(packs, name)


def test_every_prompt_of_the_lines_is_wanted_once(shipped: FlowSet) -> None:
    needed = wanted(shipped, "ru")
    words = [one.words for one in needed]

    assert len(set(words)) == len(words)
    assert len({one.file for one in needed}) == len(needed)
    assert "Тридцать" not in words
    assert {"тридцатого", "ноября", "двадцать", "перед вами", "по московскому времени"} <= set(words)
    # Text messages are read, digits that tell a person are spoken.
    assert not any(one.prompt.startswith("sms.") for one in needed)
    assert not any(one.file.startswith("words/") and one.words.isdigit() for one in needed)
    assert all(re.fullmatch(r"(prompts/[a-z0-9_.]+|words/[\w-]+)\.wav", one.file) for one in needed)


def test_a_fragments_file_can_be_stored_anywhere() -> None:
    assert file_name("по московскому времени") == "по_московскому_времени.wav"
    assert file_name("a.m./p.m.\\..") == "ampm.wav"


def test_the_shipped_pack_speaks_the_texts_of_today(shipped: FlowSet) -> None:
    pack = find_pack(None, "festival")
    needed = wanted(shipped, "ru")

    found = entries(pack, "ru", needed)

    assert list(findings(found, unknown_files(pack, "ru", needed), "ru")) == []
    assert sum(path.stat().st_size for path in pack.folder.rglob("*")) < 9_000_000


# The commands.


@pytest.fixture
def flows(tmp_path: Path, shipped: FlowSet) -> Path:
    """The shipped flows, to be changed."""
    for file, text in shipped.sources.items():
        path = tmp_path / "flows" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path / "flows"


def run(packs: Path, flows: Path, *words: str, engine: Engine | None = None) -> Result:
    command = prompts_command(lambda: Places(packs, flows), lambda _language: engine)
    return CliRunner().invoke(command, list(words), catch_exceptions=True)


def rewrite(flows: Path, prompt: str, text: str) -> None:
    path = next(it for it in (flows / "prompts").glob("*.yaml") if f"\n{prompt}:" in it.read_text("utf-8"))
    texts = yaml.safe_load(path.read_text("utf-8"))
    texts[prompt]["ru"] = text
    path.write_text(yaml.safe_dump(texts, allow_unicode=True), "utf-8")


def test_what_is_rendered_is_listed_and_checked(packs: Path, flows: Path) -> None:
    done = run(packs, flows, "render", "--pack", "studio", engine=(engine := SpokenTone()))
    # One prompt asks in other languages which is spoken; the engine cannot.
    assert done.exit_code == 1
    assert "a tone cannot speak it" in done.output
    assert len(engine.spoke) > 300

    listed = [json.loads(line) for line in run(packs, flows, "list", "--pack", "studio", "--json").stdout.splitlines()]
    ready = {row["file"]: row for row in listed if row["state"] == "ready"}
    assert ready["prompts/vsk.notice.wav"]["says"] == ready["prompts/vsk.notice.wav"]["text"]
    assert ready["prompts/vsk.notice.wav"]["level_dbfs"] == pytest.approx(-18, abs=0.5)
    assert ready["prompts/vsk.notice.wav"]["seconds"] == pytest.approx(0.48, abs=0.05)
    assert ready["prompts/vsk.notice.wav"]["rendered"] is True

    again = run(packs, flows, "render", "--pack", "studio", engine=(engine := SpokenTone()))
    assert engine.spoke == []
    assert again.exit_code == 1


def test_a_changed_text_makes_its_file_stale_until_it_is_rendered_again(packs: Path, flows: Path) -> None:
    run(packs, flows, "render", "--pack", "studio", engine=SpokenTone())
    rewrite(flows, "vsk.notice", "Вас приветствует пульт.")

    checked = run(packs, flows, "check", "--pack", "studio", "--json")
    assert checked.exit_code == 1
    stale = [row for line in checked.stdout.splitlines() if "stale" in (row := json.loads(line))["fault"]]
    assert [row["file"] for row in stale] == ["ru/prompts/vsk.notice.wav"]

    run(packs, flows, "render", "--pack", "studio", engine=(engine := SpokenTone()))
    assert engine.spoke == ["Вас приветствует пульт."]
    assert ": stale" not in run(packs, flows, "check", "--pack", "studio").output


@pytest.mark.parametrize("place", ["prompts", "ru/prompts"])
def test_a_studios_recordings_are_taken_and_never_spoken_over(
    packs: Path, flows: Path, tmp_path: Path, place: str
) -> None:
    studio = tmp_path / "from_the_studio" / place
    studio.mkdir(parents=True)
    (studio / "vsk.notice.wav").write_bytes(plain(tone(2, rate=44_100), rate=44_100))
    (studio / "vsk.notise.wav").write_bytes(plain(tone(2)))
    (studio / "vsk.main.wav").write_bytes(b"no sound")

    taken = run(packs, flows, "take", str(tmp_path / "from_the_studio"), "--pack", "studio")

    assert taken.exit_code == 1
    assert "1 recordings taken" in taken.output
    assert "vsk.notise.wav: no prompt needs a file of this name" in taken.output
    assert "vsk.main.wav: not a WAV file" in taken.output
    path = packs / "studio/ru/prompts/vsk.notice.wav"
    recorded = read_wav(path.read_bytes())
    assert recorded.is_fit
    assert recorded.text.startswith("Здравствуйте! Это медицинский пульт")

    rewrite(flows, "vsk.notice", "Вас приветствует пульт.")
    left = run(packs, flows, "render", "--pack", "studio", engine=(engine := SpokenTone()))
    assert "Вас приветствует пульт." not in engine.spoke
    assert "vsk.notice.wav: stale" in run(packs, flows, "render", "--pack", "studio", engine=SpokenTone()).output
    assert left.exit_code == 1
    assert read_wav(path.read_bytes()) == recorded
    run(packs, flows, "render", "--pack", "studio", "--all", engine=(engine := SpokenTone()))
    assert "Вас приветствует пульт." in engine.spoke


def test_without_an_engine_it_says_so_and_changes_nothing(packs: Path, flows: Path) -> None:
    done = run(packs, flows, "render", "--pack", "studio")

    assert done.exit_code == 1
    assert "No speech engine for this language is on this machine" in done.output
    assert list((packs / "studio").rglob("*.wav")) == []


def test_an_engine_reads_foreign_words_as_the_pack_says(packs: Path, flows: Path) -> None:
    (packs / "studio/ru/pronounced.yaml").write_text('"тоҷикӣ": "тоджики"\n"Ўзбек": "узбек"\n', "utf-8")

    run(packs, flows, "render", "--pack", "studio", engine=(engine := SpokenTone()))

    assert any("забони тоджики" in text for text in engine.spoke)
    spoken = read_wav((packs / "studio/ru/prompts/maks.language.wav").read_bytes())
    assert "забони тоҷикӣ" in spoken.text
    assert "pronounced" not in run(packs, flows, "check", "--pack", "studio").output
    (packs / "studio/ru/pronounced.yaml").write_text("[a list]", "utf-8")
    rewrite(flows, "vsk.notice", "Вас приветствует пульт.")
    assert "expected words" in str(run(packs, flows, "render", "--pack", "studio", engine=SpokenTone()).exception)


def test_files_that_nobody_needs_are_removed_when_asked(packs: Path, flows: Path, record: Record) -> None:
    old = record("prompts/old.wav", "Раньше так говорили")

    run(packs, flows, "render", "--pack", "studio", engine=SpokenTone())
    assert old.exists()
    run(packs, flows, "render", "--pack", "studio", "--remove-unknown", engine=SpokenTone())
    assert not old.exists()


def test_a_state_is_told_in_one_word() -> None:
    assert [str(state) for state in State] == ["ready", "missing", "stale", "unmarked", "unreadable"]
