"""Drafts of one page arrive in either order, and another window's stands in the way of both."""

import pytest

from agents.draft_editions import Edition
from agents.errors import ChangedMeanwhile

FIRST, LAST = Edition(4, (), 100), Edition(4, (100,), 200)


def test_the_last_words_stand_whichever_draft_comes_first() -> None:
    assert LAST.over(FIRST.over(4, is_same=False), is_same=False) == 200
    with pytest.raises(ChangedMeanwhile):
        FIRST.over(LAST.over(4, is_same=False), is_same=False)


def test_last_words_that_change_nothing_are_not_written_over_by_what_is_still_on_its_way() -> None:
    assert LAST.over(4, is_same=True) == 200


def test_over_another_windows_draft_neither_is_written() -> None:
    for edition in (FIRST, LAST):
        with pytest.raises(ChangedMeanwhile):
            edition.over(5, is_same=False)
        assert edition.over(5, is_same=True) == 5


def test_the_same_draft_again_changes_nothing() -> None:
    assert FIRST.over(4, is_same=True) == 4
    assert FIRST.over(100, is_same=True) == 100
