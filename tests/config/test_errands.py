"""Errands: in order, off the caller's time, and not lost at an orderly end."""

import threading

from config.errands import Afterwards, at_once


def test_at_once_means_before_anything_else() -> None:
    done: list[int] = []
    at_once(lambda: done.append(1))
    assert done == [1]


def test_nobody_waits_and_the_order_is_kept() -> None:
    may_go, done, errands = threading.Event(), list[int](), Afterwards()
    errands(lambda: done.append(1 if may_go.wait(60) else 0))
    errands(lambda: done.append(2))
    assert done == []
    may_go.set()
    errands.finish()
    assert done == [1, 2]


def test_one_that_fails_keeps_nobody_else_from_being_run() -> None:
    done, errands = list[int](), Afterwards()
    errands(lambda: done.append(1 // 0))
    errands(lambda: done.append(2))
    errands.finish()
    assert done == [2]
