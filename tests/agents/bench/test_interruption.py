"""Ctrl-C ends a bench even where a library swallows the exception that it raises."""

import os
import signal

import pytest

from agents.bench.interruption import STATUS, interruptible
from config.bench.report import Measurement, run_bench


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_block_and_the_handlers_are_as_before(number):
    before = signal.getsignal(number)
    with pytest.raises(SystemExit) as ended, interruptible():
        os.kill(os.getpid(), number)
    assert ended.value.code == STATUS
    assert signal.getsignal(number) == before


def test_a_swallowed_interruption_is_heeded_at_the_next_step():
    done = []

    def measure(step):
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except SystemExit:
            done.append("swallowed")
        step()
        done.append("went on")
        return []

    with pytest.raises(SystemExit) as ended, interruptible() as interruption:
        run_bench(interruption.heeded(iter([Measurement("turn", "SQLite", 1, measure)])))
    assert ended.value.code == STATUS
    assert done == ["swallowed"]
