"""Sound at a telephone's rate: 16 bit samples, one channel, 8 kHz; brought to it from any other, and its µ-law.

Both sides import it, the exchange and the centre's prompt packs: it imports nothing of either.
"""

import math
import warnings
from typing import Final

with warnings.catch_warnings():
    # Deprecated in Python 3.11 and 3.12; from 3.13 on audioop-lts provides the module of the same name.
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

RATE: Final = 8000
WIDTH: Final = 2
_HIGHEST_HZ: Final = 3600


def seconds(samples: bytes) -> float:
    """How long they last."""
    return len(samples) / (RATE * WIDTH)


def to_mu_law(samples: bytes) -> bytes:
    """Eight bits a sample, as carriers have it."""
    return audioop.lin2ulaw(samples, WIDTH)


def from_mu_law(packed: bytes) -> bytes:
    """Samples from µ-law."""
    return audioop.ulaw2lin(packed, WIDTH)


def converted(samples: bytes, *, width: int, channels: int, rate: int) -> bytes:
    """Samples of any width, with one or two channels at any rate, as a telephone has them."""
    if width == 1:
        # In a WAV file samples of 8 bits are unsigned.
        samples = audioop.bias(samples, 1, 128)
    if width != WIDTH:
        samples = audioop.lin2lin(samples, width, WIDTH)
    if channels == 2:
        samples = audioop.tomono(samples, WIDTH, 0.5, 0.5)
    if rate > RATE:
        samples = _low_passed(samples, rate)
    if rate != RATE:
        samples, _state = audioop.ratecv(samples, WIDTH, 1, rate, RATE, None)
    return samples


def _low_passed(samples: bytes, rate: int) -> bytes:
    """Without what is too high for a telephone, which would come back as hiss when samples are left out."""
    reach = round(4 * rate / RATE)
    width = 2 * WIDTH
    wide = audioop.lin2lin(samples, WIDTH, width)
    edge = bytes(reach * width)
    around, total = edge + wide + edge, bytes(len(wide))
    for tap, weight in enumerate(_low_pass(reach, rate)):
        at = tap * width
        total = audioop.add(total, audioop.mul(around[at : at + len(wide)], width, weight), width)
    return audioop.lin2lin(total, width, WIDTH)


def _low_pass(reach: int, rate: int) -> list[float]:
    """The weights of a windowed sinc that ends at 3.6 kHz; they sum up to one."""
    cut = 2 * _HIGHEST_HZ / rate
    weights = []
    for tap in range(-reach, reach + 1):
        sinc = math.sin(math.pi * cut * tap) / (math.pi * tap) if tap else cut
        weights.append(sinc * (0.54 + 0.46 * math.cos(math.pi * tap / (reach + 1))))
    return [weight / sum(weights) for weight in weights]
