"""``python -m ivr.exchange.talk`` speaks the lines that have no sound yet, and forgets sounds that no line needs."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path
from typing import Final

from ivr.exchange.talk.lines import Lines, shipped
from ivr.exchange.voice.speech import Engine, find_engines
from ivr.telephone_sound import levels
from ivr.telephone_sound.wav import Coding, write_wav

_MAKER: Final = "ivr.exchange.talk"


def main() -> int:
    """Speak what is to be spoken; returns the exit status."""
    engines = find_engines()
    engine = engines.for_language("ru")
    if engine is None:
        print("exchange: nothing on this machine speaks Russian (Debian: festival, festvox-ru)", file=sys.stderr)
        return 1
    try:
        made, gone = speak(shipped(), engine)
    finally:
        engines.close()
    print(f"exchange: {made} lines spoken by {engine.name}, {gone} forgotten")
    return 0


def speak(lines: Lines, engine: Engine) -> tuple[int, int]:
    """Bring the sounds of a folder up to its plays: how many were made, and how many deleted."""
    wanted = {line.words: name for name, play in lines.plays.items() for passage in play for line in passage}
    stale = [path for words, path in lines.sounds.items() if words not in wanted]
    missing = {words: name for words, name in wanted.items() if words not in lines.sounds}
    for path in stale:
        path.unlink()
    for words, name in missing.items():
        samples = levels.levelled(levels.trimmed(engine.speak(words, "ru")))
        content = write_wav(samples, words, Coding.ADPCM, maker=f"{_MAKER}, {engine.name}")
        _free(lines.folder / "sounds", name).write_bytes(content)
    return len(missing), len(stale)


def _free(folder: Path, name: str) -> Path:
    """Numbers only keep the files of a play apart."""
    folder.mkdir(exist_ok=True)
    return next(path for number in count(1) if not (path := folder / f"{name}.{number}.wav").exists())


if __name__ == "__main__":
    sys.exit(main())
