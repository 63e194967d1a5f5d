"""Sealed chunks: any part can be unsealed alone, and none swapped, left out or taken from elsewhere."""

import base64
import tracemalloc

import pytest

from recordings.errors import SealBroken
from recordings.playing_conversations import sound_of
from recordings.sealing import CHUNK_BYTES, SEALED_CHUNK_BYTES, Sealed, opened, seal, unseal, wrapped_anew
from tests.recordings.kept import SOUND as TONE
from tests.recordings.kept import keep, kept_house

KEY = bytes(range(32))
SOUND = bytes(n % 251 for n in range(2 * CHUNK_BYTES + 1000))


def sealed() -> Sealed:
    return seal(SOUND, recording_id="r", seal_key=KEY)


@pytest.mark.parametrize("length", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES])
def test_any_length_comes_back(length: int) -> None:
    one = seal(SOUND[:length], recording_id="r", seal_key=KEY)
    assert unseal(one, recording_id="r", seal_key=KEY) == SOUND[:length]
    size = opened(one.wrapped_key, recording_id="r", seal_key=KEY, sealed_bytes=len(one.content)).sound_bytes
    assert size == length


def test_a_chunk_is_unsealed_alone() -> None:
    one = sealed()
    key = opened(one.wrapped_key, recording_id="r", seal_key=KEY, sealed_bytes=len(one.content))
    piece = one.content[SEALED_CHUNK_BYTES : 2 * SEALED_CHUNK_BYTES]
    assert key.opened(1, piece) == SOUND[CHUNK_BYTES : 2 * CHUNK_BYTES]


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 1), (0, 0, 2), (0, 2)])
def test_swapped_doubled_or_missing_chunks_are_noticed(order: tuple[int, ...]) -> None:
    one = sealed()
    pieces = [one.content[n * SEALED_CHUNK_BYTES : (n + 1) * SEALED_CHUNK_BYTES] for n in order]
    with pytest.raises(SealBroken):
        unseal(Sealed(b"".join(pieces), one.wrapped_key), recording_id="r", seal_key=KEY)


def test_the_same_sound_twice_is_sealed_in_two_ways() -> None:
    assert sealed().content != sealed().content


def test_under_another_seal_key_the_sound_stays_as_it_is() -> None:
    one, other = sealed(), bytes(32)
    wrapped = wrapped_anew(one.wrapped_key, recording_id="r", old_key=KEY, new_key=other)
    assert unseal(Sealed(one.content, wrapped), recording_id="r", seal_key=other) == SOUND
    with pytest.raises(SealBroken):
        unseal(Sealed(one.content, wrapped), recording_id="r", seal_key=KEY)


def test_what_was_sealed_before_opens_still() -> None:
    wrapped = "D8hIr64rFUVgSQeUNUQFu2LihmKxA3/n4s1CZqhI1florF+JFrnL3G1Z5XIOMHpwkXg0GGslsaWCXGca"
    content = base64.b64decode("H5gojjF+N6pWF0LAPIS3hXp3C8hR5usRvH11Z5U=")
    assert unseal(Sealed(content, wrapped), recording_id="r", seal_key=KEY) == b"sealed before"


def test_a_long_recording_is_kept_without_a_second_copy_in_memory(tmp_path, database) -> None:
    house, size = kept_house(tmp_path, database), 8 << 20
    head = TONE[:4] + (size - 8).to_bytes(4, "little") + TONE[8:40] + (size - 44).to_bytes(4, "little")
    long = head + bytes(size - len(head))
    call = house.call()
    # What is loaded for the first one is not counted.
    keep(house, call)
    tracemalloc.start()
    recording_id = keep(house, call, sound=long)
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert highest < size / 4
    assert sound_of(house.centre, insurer_id="vsk", recording_id=recording_id).read() == long
