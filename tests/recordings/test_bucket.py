"""Recordings in an S3-compatible store: a real server on loopback, sealed content only, none lost while it is away."""

import logging
import warnings
from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest

from config.database import Database
from config.errors import IoInsideTransaction, SettingMissing
from recordings.errors import NotThere, ShelfUnavailable
from recordings.models import Recording, RecordingState
from recordings.playing_conversations import sound_of
from recordings.sealing import CHUNK_BYTES
from recordings.shelf import FolderShelf, shelf_of
from tests.ports import free_port
from tests.recordings.kept import SOUND, keep, kept_house

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from moto.server import ThreadedMotoServer

YEAR_SECONDS = 365 * 24 * 3600


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """The store's address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=free_port(), verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(store: str):
    """An empty bucket, as its owner sees it."""
    session = boto3.session.Session(aws_access_key_id="k", aws_secret_access_key="s", region_name="us-east-1")
    found = session.resource("s3", endpoint_url=store).Bucket("pult-recordings")
    found.create()
    yield found
    found.objects.all().delete()


@pytest.fixture
def house(tmp_path, database, store, bucket):
    house = kept_house(tmp_path, database)
    named = house.centre.settings.named
    named["PULT_RECORDINGS_BUCKET"] = "pult-recordings/vsk"
    named.update({"PULT_S3_ENDPOINT": store, "PULT_S3_KEY": "k", "PULT_S3_SECRET": "s"})
    return house


def objects(bucket) -> dict[str, bytes]:
    return {one.key: one.get()["Body"].read() for one in bucket.objects.all()}


def test_a_recording_is_kept_sealed_heard_in_parts_and_destroyed_there(house, bucket):
    recording_id = keep(house, house.call())
    ((name, content),) = objects(bucket).items()
    assert name.startswith(f"vsk/{recording_id}.")
    assert SOUND[1000:1064] not in content
    assert not (house.centre.settings.data_dir / "recordings").exists()
    sound = sound_of(house.centre, insurer_id="vsk", recording_id=recording_id)
    sound.seek(CHUNK_BYTES + 10)
    assert sound.read(100) == SOUND[CHUNK_BYTES + 10 : CHUNK_BYTES + 110]
    sound.seek(0)
    assert sound.read() == SOUND
    house.later(YEAR_SECONDS + 60)
    assert objects(bucket) == {}


def test_while_the_store_is_away_the_recording_stays_at_the_carrier(house, bucket):
    address = house.centre.settings.named["PULT_S3_ENDPOINT"]
    house.centre.settings.named["PULT_S3_ENDPOINT"] = f"http://127.0.0.1:{free_port()}"
    recording_id = keep(house, house.call())
    assert house.row(Recording, recording_id).state == RecordingState.ANNOUNCED
    assert house.carrier.recordings
    house.centre.settings.named["PULT_S3_ENDPOINT"] = address
    house.later(400)
    assert house.row(Recording, recording_id).state == RecordingState.DELETED_AT_CARRIER
    assert len(objects(bucket)) == 1


def test_what_is_not_there_and_what_is_refused_have_names(house):
    shelf = shelf_of(house.centre.settings)
    for look in (shelf.get, shelf.size, lambda name: shelf.read(name, start=0, length=5)):
        with pytest.raises(NotThere):
            look("nothing.sealed")
    shelf.remove("nothing.sealed")
    house.centre.settings.named["PULT_RECORDINGS_BUCKET"] = "somebody-elses"
    with pytest.raises(ShelfUnavailable, match="NoSuchBucket"):
        shelf_of(house.centre.settings).put("a.sealed", [b"x"])


def test_the_store_is_not_asked_inside_a_transaction(house):
    with Database("sqlite://").transaction("hold_on") as _, pytest.raises(IoInsideTransaction):
        shelf_of(house.centre.settings).remove("a.sealed")


def test_without_its_key_the_store_is_named_as_missing_one(house):
    del house.centre.settings.named["PULT_S3_SECRET"]
    with pytest.raises(SettingMissing, match="PULT_S3_SECRET"):
        shelf_of(house.centre.settings)


def test_without_a_bucket_recordings_are_in_the_folder(house):
    assert isinstance(shelf_of(replace(house.centre.settings, named={})), FolderShelf)
