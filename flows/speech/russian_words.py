"""Russian number words and the agreement of nouns with them: num2words and pymorphy3, their traps closed."""

from functools import lru_cache
from typing import Any, Final

import pymorphy3
from num2words import num2words

from flows.speech.errors import SpeechError
from flows.speech.kinds import Case, Fragments, Gender

_GRAMMEMES: Final = {
    Case.NOMINATIVE: "nomn",
    Case.GENITIVE: "gent",
    Case.DATIVE: "datv",
    Case.ACCUSATIVE: "accs",
    Case.INSTRUMENTAL: "ablt",
    Case.PREPOSITIONAL: "loct",
}
_GENDERS: Final = {"masc": Gender.MASCULINE, "femn": Gender.FEMININE, "neut": Gender.NEUTER}
_LETTERS: Final = {Gender.MASCULINE: "m", Gender.FEMININE: "f", Gender.NEUTER: "n"}

# After a numeral these two use another word than their own genitive plural: пять человек, пять лет.
_COUNTED: Final = {"человек": "человек", "год": "лет"}


@lru_cache(maxsize=4096)
def cardinal(number: int, case: Case = Case.NOMINATIVE, gender: Gender = Gender.MASCULINE) -> Fragments:
    """The words of a whole number, one fragment a word: 21 feminine accusative is ('двадцать', 'одну')."""
    if number < 0:
        return ("минус", *cardinal(-number, case, gender))
    # num2words lends the gender to a bare million ("одна миллион"), so only the last three digits carry it.
    high, low = number - number % 1000, number % 1000
    words = _num2words(high, case, Gender.MASCULINE) if high else ()
    return words + (_num2words(low, case, gender) if low or not high else ())


@lru_cache(maxsize=1024)
def ordinal(number: int, case: Case = Case.NOMINATIVE, gender: Gender = Gender.MASCULINE) -> str:
    """The ordinal of a number from 1, as one fragment: 30 neuter genitive is 'тридцатого'."""
    if number < 1:
        raise SpeechError("an ordinal counts from one")
    # num2words ignores the case of a noun that it takes for animate; things are inanimate (standards §4).
    words = num2words(number, lang="ru", to="ordinal", case=case.value, gender=_LETTERS[gender], animate=False)
    return str(words)


@lru_cache(maxsize=4096)
def counted(number: int, noun: str, case: Case = Case.NOMINATIVE) -> Fragments:
    """A number with its noun in agreement: 2, 'рабочий день' is ('два', 'рабочих дня').

    `noun` is a noun in the nominative singular, adjectives before it. Raises SpeechError for any other word.
    """
    adjectives, head = _phrase(noun)
    gender = _GENDERS[head.tag.gender]
    animate = "anim" in head.tag
    if animate and case is Case.ACCUSATIVE and _is_animate_form(number, gender):
        case = Case.GENITIVE
    forms = [_inflect(word, number, case, gender) for word in (*adjectives, head)]
    return (*cardinal(number, case, gender), " ".join(forms))


def _num2words(number: int, case: Case, gender: Gender) -> Fragments:
    words = num2words(number, lang="ru", case=case.value, gender=_LETTERS[gender], animate=False)
    return tuple(str(words).split())


def _is_animate_form(number: int, gender: Gender) -> bool:
    """Whether the animate accusative shows: двух врачей, двадцать одного врача, but двадцать два врача."""
    if number % 10 == 1 and number % 100 != 11:
        return gender is Gender.MASCULINE
    return number in (2, 3, 4)


def _inflect(word: Any, number: int, case: Case, gender: Gender) -> str:
    if number % 10 == 1 and number % 100 != 11:
        return _form(word, "sing", case, gender)
    if case in (Case.NOMINATIVE, Case.ACCUSATIVE):
        few = number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14)
        if few and "NOUN" in word.tag:
            return _form(word, "sing", Case.GENITIVE)
        case = Case.NOMINATIVE if few and gender is Gender.FEMININE else Case.GENITIVE
    if case is Case.GENITIVE and word.normal_form in _COUNTED:
        return _COUNTED[word.normal_form]
    return _form(word, "plur", case)


def _form(word: Any, number: str, case: Case, gender: Gender | None = None) -> str:
    wanted = {number, _GRAMMEMES[case]}
    if "ADJF" in word.tag and number == "sing" and gender is not None:
        wanted.add(next(tag for tag, known in _GENDERS.items() if known is gender))
        if case is Case.ACCUSATIVE and gender is Gender.MASCULINE:
            wanted.add("inan")
    inflected = word.inflect(wanted)
    if inflected is None:
        raise SpeechError(f"'{word.word}' has no form for this number")
    return str(inflected.word)


def _phrase(noun: str) -> tuple[list[Any], Any]:
    """The adjectives and the head noun of a phrase in the nominative singular."""
    *before, last = noun.split()
    head = _parsed(last, "NOUN", None)
    return [_parsed(word, "ADJF", head.tag.gender) for word in before], head


def _parsed(word: str, part: str, gender: str | None) -> Any:
    for reading in _analyzer().parse(word):
        tag = reading.tag
        is_base_form = (tag.POS, tag.case, tag.number) == (part, "nomn", "sing")
        if is_base_form and tag.gender is not None and gender in (None, tag.gender):
            return reading
    wanted = "noun" if part == "NOUN" else "matching adjective"
    raise SpeechError(f"'{word}' is not a {wanted} in the nominative singular")


@lru_cache(maxsize=1)
def _analyzer() -> Any:
    # Loading takes a tenth of a second, so only a process that counts in Russian pays for it.
    return pymorphy3.MorphAnalyzer()
