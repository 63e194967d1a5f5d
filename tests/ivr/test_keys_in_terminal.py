"""Keys typed at a terminal: in real time at any moment, on a moved clock when one is asked; Ctrl-C hangs up."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ivr.keys_in_terminal import AskedPerson, Script, TypingPerson, is_pressable

ROOT = Path(__file__).parents[2]


def test_a_script_answers_prompts_in_order_and_is_silent_then() -> None:
    script = Script(["1", "", "hangup"])
    assert [script.at_prompt() for _ in range(5)] == ["1", "", "hangup", None, None]
    assert script.meanwhile() is None


@pytest.mark.parametrize(("text", "is_fine"), [("0123456789*#", True), ("", True), ("hangup", True), ("1a", False)])
def test_only_keys_can_be_pressed(text: str, is_fine: bool) -> None:
    assert is_pressable(text) is is_fine


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """What a person types goes in here, and comes out of `sys.stdin`."""
    typing, typed = pty.openpty()
    with os.fdopen(typed, "r") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield typing
    os.close(typing)


def test_somebody_who_types_is_never_waited_for(terminal: int, capsys: pytest.CaptureFixture[str]) -> None:
    person = TypingPerson()
    assert person.at_prompt() is None
    assert "hangup or Ctrl-C" in capsys.readouterr().err
    assert person.meanwhile() is None
    os.write(terminal, "1\nдва\n42#\n".encode())
    assert [person.meanwhile() for _ in range(3)] == ["1", "42#", None]
    assert "no such key: два" in capsys.readouterr().err
    os.write(terminal, b"\x04")
    assert [person.meanwhile() for _ in range(3)] == ["hangup", None, None]


def test_somebody_who_is_asked_may_correct_themselves_or_hang_up(terminal: int) -> None:
    person = AskedPerson()
    os.write(terminal, b"x\n5\n\n\x04")
    assert [person.at_prompt() for _ in range(3)] == ["5", "", "hangup"]


def test_ctrl_c_hangs_up_and_the_call_is_followed_to_its_end() -> None:
    code = """
import os, signal, time
from ivr.call_command import _hanging_up_on_interrupt
with _hanging_up_on_interrupt() as is_hung_up:
    assert not is_hung_up()
    print("up", flush=True)
    while not is_hung_up():
        time.sleep(0.05)
    print("hung up", flush=True)
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)
    except KeyboardInterrupt:
        print("given up", flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "hung up\ngiven up\n"
        assert process.wait(60) == 0
