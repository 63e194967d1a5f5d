"""How long digits fall into groups for the ear."""

import re
from collections.abc import Callable, Iterable

from flows.speech.errors import SpeechError
from flows.speech.kinds import Fragments


def fours(digits: str) -> tuple[str, ...]:
    """Groups of four from the left: 16 digits read back as 4-4-4-4 (standards §1.3)."""
    return tuple(digits[start : start + 4] for start in range(0, len(digits), 4))


def grouped(groups: Iterable[str], say: Callable[[str], Fragments]) -> Fragments:
    """Each group said digit by digit, a comma closing every group but the last: the voice's pause."""
    spoken = [say(group) for group in groups]
    paused = [(*words[:-1], f"{words[-1]},") for words in spoken[:-1]]
    return tuple(word for words in (*paused, *spoken[-1:]) for word in words)


def phone_groups(number: str) -> tuple[str, ...]:
    """The country or trunk prefix, then groups: '+78002001441' → ('8', '800', '200', '14', '41').

    A number of Russia (+7 but not Kazakhstan's 6 and 7, standards §2) starts with '8'; any other falls
    into pairs, since no grouping is known here. Raises SpeechError for what is no E.164 number.
    """
    digits = re.sub(r"[\s()\-–]", "", number)
    if russian := re.fullmatch(r"(?:\+7|8)([0-589]\d{2})(\d{3})(\d{2})(\d{2})", digits):
        return ("8", *russian.groups())
    if kazakh := re.fullmatch(r"\+7([67]\d{2})(\d{3})(\d{2})(\d{2})", digits):
        return ("7", *kazakh.groups())
    if re.fullmatch(r"\+[1-9]\d{6,14}", digits):
        return tuple(digits[start : start + 2] for start in range(1, len(digits), 2))
    raise SpeechError("expected a telephone number in E.164 form")
