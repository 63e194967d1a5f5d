"""The waveform of a recording as the path of an SVG: 400 wide, 64 high, its middle at 32."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

WIDTH: Final = 400
_MIDDLE: Final = 32
_LEAST: Final = 0.5


def waveform(peaks: Sequence[int]) -> str:
    """The outline of the peaks (0 to 255), mirrored; a thin line where it is silent, and for no peaks at all."""
    heights = [max(_LEAST, peak / 255 * (_MIDDLE - 1)) for peak in peaks or (0,)]
    step = WIDTH / len(heights)
    upper = [f"{at * step:g} {_MIDDLE - height:.1f}H{(at + 1) * step:g}" for at, height in enumerate(heights)]
    lower = [
        f"{(at + 1) * step:g} {_MIDDLE + height:.1f}H{at * step:g}"
        for at, height in reversed(list(enumerate(heights)))
    ]
    return f"M{'L'.join((*upper, *lower))}Z"


def silences(spans: Iterable[tuple[float, float]], seconds: int) -> Iterator[tuple[float, float]]:
    """Where pauses lie in the picture: the left edge and the width of each."""
    for start, end in spans:
        yield round(start / max(1, seconds) * WIDTH, 1), round((end - start) / max(1, seconds) * WIDTH, 1)
