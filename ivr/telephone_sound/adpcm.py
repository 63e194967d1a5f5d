"""IMA ADPCM: a codec half as long as a telephone's, which every player reads."""

import warnings
from typing import Final

from ivr.telephone_sound import WIDTH

with warnings.catch_warnings():
    # Deprecated in Python 3.11 and 3.12; from 3.13 on audioop-lts provides the module of the same name.
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

# A block of IMA ADPCM: the first sample, the step's index, then four bits a sample.
BLOCK_BYTES: Final = 256
BLOCK_SAMPLES: Final = 1 + (BLOCK_BYTES - 4) * 2
_SWAPPED: Final = bytes((byte & 0x0F) << 4 | byte >> 4 for byte in range(256))


def to_adpcm(samples: bytes) -> bytes:
    """Four bits a sample, in blocks as WAV files have them; the last block is filled up with silence."""
    packed, index = bytearray(), 0
    for at in range(0, len(samples), BLOCK_SAMPLES * WIDTH):
        block = samples[at : at + BLOCK_SAMPLES * WIDTH].ljust(BLOCK_SAMPLES * WIDTH, b"\0")
        first = int.from_bytes(block[:WIDTH], "little", signed=True)
        packed += block[:WIDTH] + bytes((index, 0))
        nibbles, (_, index) = audioop.lin2adpcm(block[WIDTH:], WIDTH, (first, index))
        packed += nibbles.translate(_SWAPPED)
    return bytes(packed)


def from_adpcm(packed: bytes, block_bytes: int = BLOCK_BYTES) -> bytes:
    """Samples from IMA ADPCM. Raises ValueError for a block that is none."""
    samples = bytearray()
    for at in range(0, len(packed), block_bytes):
        block = packed[at : at + block_bytes]
        if len(block) < 4 or block[2] > 88:
            raise ValueError("a broken block")
        first = int.from_bytes(block[:WIDTH], "little", signed=True)
        spoken, _state = audioop.adpcm2lin(block[4:].translate(_SWAPPED), WIDTH, (first, block[2]))
        samples += block[:WIDTH] + spoken
    return bytes(samples)
