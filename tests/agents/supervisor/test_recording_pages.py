"""Recordings in a supervisor's page: heard by signed links, in parts, and never without a row of audit."""

import secrets
from datetime import datetime
from pathlib import Path

import pytest

from agents.supervisor.one_call.waveforms import WIDTH, silences, waveform
from config.ids import new_id
from recordings.checking import check
from recordings.keys import seal_keys
from recordings.models import Recording
from recordings.sealing import CHUNK_BYTES, seal
from recordings.shelf import FolderShelf
from tests.agents.staff.conftest import Browser, Live, Site, site  # noqa: F401 - a fixture
from tests.recordings.sounds import wav

SOUND = wav(20)


@pytest.fixture
def recording_id(site: Site) -> str:  # noqa: F811
    """A conversation that lies sealed on the shelf; longer than a chunk."""
    assert len(SOUND) > 4 * CHUNK_BYTES
    return keep(site)


def keep(
    there: Site | Live, insurer_id: str = "vsk", call_id: str = "c" * 32, began_at: datetime | None = None
) -> str:
    centre, now = there.house.centre, there.house.clock.now()
    id_, key = new_id(now), seal_keys(centre.settings).current
    sealed = seal(SOUND, recording_id=id_, seal_key=key.key)
    FolderShelf(centre.settings.data_dir).put(f"{id_}.sealed", [sealed.content])
    with centre.database.transaction("test_recording") as tx:
        tx.add(
            Recording(
                id=id_, insurer_id=insurer_id, call_id=call_id, carrier_sid=id_, kind="conversation",
                conversation=id_, state="deleted_at_carrier", ended_at=now, duration_seconds=20,
                began_at=began_at or now, file_name=f"{id_}.sealed", wrapped_key=sealed.wrapped_key, key_id=key.id,
                announced_at=now,
                peaks=check(SOUND, announced_seconds=20).peaks,
            )
        )  # fmt: skip
    return id_


def link(browser: Browser, recording_id: str) -> str:
    response = browser.post(f"/recordings/{recording_id}/play", page=f"/recordings/{recording_id}")
    assert response.status_code == 200, response.text
    return response.json["url"]


def test_the_page_shows_a_waveform_and_asks_for_no_sound_yet(site: Site, recording_id: str) -> None:  # noqa: F811
    page = site.signed_in("watcher").get(f"/recordings/{recording_id}").text
    assert 'data-seconds="20"' in page
    assert "<path d=" in page
    assert "src=" not in page.split("<audio")[1].split("</audio>")[0]
    assert site.audited(action="played_recording") == []


def test_each_play_is_a_row_of_audit_and_a_link_to_the_whole_sound(site: Site, recording_id: str) -> None:  # noqa: F811
    browser = site.signed_in("watcher")
    response = browser.get(link(browser, recording_id))
    assert (response.status_code, response.data) == (200, SOUND)
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["Cache-Control"] == "no-store"
    assert site.audited(action="played_recording", actor="watcher", subject_id=recording_id) == ["played_recording"]


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-99", 0, 100),
        (f"bytes={CHUNK_BYTES - 10}-{CHUNK_BYTES + 9}", CHUNK_BYTES - 10, CHUNK_BYTES + 10),
        (f"bytes={3 * CHUNK_BYTES}-", 3 * CHUNK_BYTES, len(SOUND)),
        ("bytes=-44", len(SOUND) - 44, len(SOUND)),
    ],
)
def test_a_part_is_handed_out_alone(site: Site, recording_id: str, asked: str, start: int, end: int) -> None:  # noqa: F811
    browser = site.signed_in("watcher")
    response = browser.get(link(browser, recording_id), Range=asked)
    assert response.status_code == 206
    assert response.data == SOUND[start:end]
    assert response.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(SOUND)}"


def test_a_part_beyond_the_end_is_refused(site: Site, recording_id: str) -> None:  # noqa: F811
    browser = site.signed_in("watcher")
    assert browser.get(link(browser, recording_id), Range=f"bytes={len(SOUND)}-").status_code == 416


def test_a_link_holds_five_minutes(site: Site, recording_id: str) -> None:  # noqa: F811
    browser = site.signed_in("watcher")
    url = link(browser, recording_id)
    site.house.clock.move_by(299)
    assert browser.get(url).status_code == 200
    site.house.clock.move_by(2)
    assert browser.get(url).status_code == 410


def test_a_link_is_its_sessions_and_its_recordings(site: Site, recording_id: str) -> None:  # noqa: F811
    watcher, other = site.signed_in("watcher"), keep(site)
    url = link(watcher, recording_id)
    assert site.signed_in("boss").get(url).status_code == 410
    assert watcher.get(url.replace(recording_id, other)).status_code == 410
    assert watcher.get(url.replace("key=", "key=0")).status_code == 410
    assert watcher.get(url.replace("key=", "key=ключ")).status_code == 410
    assert watcher.get(f"/recordings/{recording_id}/sound").status_code == 410
    assert site.browser().get(url).status_code == 302


def test_another_insurers_recording_is_nowhere(site: Site) -> None:  # noqa: F811
    theirs = keep(site, "rgs")
    browser = site.signed_in("watcher")
    assert browser.get(f"/recordings/{theirs}").status_code == 404
    assert browser.post(f"/recordings/{theirs}/play", page="/no-such-page").status_code == 409
    assert site.audited(action="played_recording") == []


def test_a_conversation_is_not_played_as_a_message(site: Site, recording_id: str) -> None:  # noqa: F811
    assert site.signed_in("anna").get(f"/desk/messages/{recording_id}/sound").status_code == 404
    assert site.signed_in("boss").get(f"/desk/messages/{recording_id}/sound").status_code == 404


def test_a_broken_seal_is_said_before_a_byte_goes_out(site: Site, recording_id: str) -> None:  # noqa: F811
    browser = site.signed_in("watcher")
    url = link(browser, recording_id)
    folder: Path = site.house.centre.settings.data_dir / "recordings"
    (folder / f"{recording_id}.sealed").write_bytes(secrets.token_bytes(1000))
    assert browser.get(url).status_code == 410


def test_playing_leaves_no_clear_file(site: Site, recording_id: str) -> None:  # noqa: F811
    browser = site.signed_in("watcher")
    browser.get(link(browser, recording_id))
    piece = SOUND[len(SOUND) // 2 :][:64]
    files = [path for path in site.house.centre.settings.data_dir.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if piece in path.read_bytes()]


def test_a_waveform_is_as_wide_as_its_picture_and_mirrored() -> None:
    assert waveform([255, 0]) == f"M0 1.0H200L200 31.5H{WIDTH}L{WIDTH} 32.5H200L200 63.0H0Z"
    assert waveform([]).startswith("M0 31.5H400")
    assert list(silences([(5.0, 10.0)], 20)) == [(100.0, 100.0)]
