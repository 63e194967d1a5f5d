"""Sealed chunks: any part can be unsealed alone, and none swapped, left out or taken from elsewhere."""

import pytest

from recordings.errors import SealBroken
from recordings.sealing import CHUNK_BYTES, SEALED_CHUNK_BYTES, Sealed, opened, seal, unseal, wrapped_anew

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
