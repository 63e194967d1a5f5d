"""Sounds as a carrier would give them."""

import io
import math
import struct
import wave

RATE = 8000


def wav(seconds: float, *, channels: int = 1, width: int = 2, rate: int = RATE) -> bytes:
    """A tone that swells and ebbs, so that its waveform has a shape."""
    frames = round(seconds * rate)
    samples = (round(20000 * math.sin(math.pi * n / frames) * math.sin(n / 3)) for n in range(frames))
    whole = b"".join(struct.pack("<h", one)[-width:] * channels for one in samples)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(whole)
    return buffer.getvalue()
