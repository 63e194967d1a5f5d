"""The exchange as a program: ``python -m ivr.exchange --port 9000 --number +7…=URL``."""

from __future__ import annotations

import argparse
import os
import sys

from ivr.exchange.errors import PortTaken
from ivr.exchange.server import RunningExchange, serve
from ivr.exchange.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; returns the exit status."""
    given = _parser().parse_args(arguments)
    settings = Settings(
        account_sid=given.account_sid,
        auth_token=given.auth_token,
        seed=given.seed,
        calls_per_second=given.calls_per_second,
    )
    try:
        running = RunningExchange(settings, host=given.host, port=given.port, voice_port=given.voice_port)
    except PortTaken as error:
        print(f"exchange: {error}", file=sys.stderr)
        return 1
    for number, url in given.number:
        running.switch.add_number(
            number,
            url or f"{given.app_url}/voice/incoming",
            fallback_url=given.fallback_url,
            status_callback=given.status_callback,
        )
    serve(running, lambda: print(f"exchange: listening on {running.url}", flush=True))
    return 0


def _parser() -> argparse.ArgumentParser:
    defaults = Settings()
    parser = argparse.ArgumentParser(prog="python -m ivr.exchange", description="A stand-in carrier.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--voice-port", type=int, help="where telephones in pages signal; none if left out")
    parser.add_argument("--app-url", default="http://127.0.0.1:8000", help="where the centre answers")
    parser.add_argument("--fallback-url", default="", help="voice fallback of every number")
    parser.add_argument("--status-callback", default="", help="status callback of every number")
    parser.add_argument("--account-sid", default=defaults.account_sid)
    parser.add_argument(
        "--auth-token",
        default=os.environ.get("EXCHANGE_AUTH_TOKEN", defaults.auth_token),
        help="or EXCHANGE_AUTH_TOKEN, which other programs cannot see in the list of processes",
    )
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--calls-per-second", type=float, default=None)
    parser.add_argument("--number", action="append", default=[], type=_number, metavar="+7…[=URL]")
    return parser


def _number(text: str) -> tuple[str, str]:
    number, _, url = text.partition("=")
    if not number.startswith("+"):
        raise argparse.ArgumentTypeError(f"{number!r} is not a number in the form +7…")
    return number, url


if __name__ == "__main__":
    sys.exit(main())
