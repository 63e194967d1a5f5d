"""A real browser for tests: the machine's own Chromium, with a microphone that plays a tone."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Response, sync_playwright

ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


def chromium() -> str:
    """Where Chromium is; without one the test is skipped, which is a failure on CI."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("PULT_TEST_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    return found


# Of answers the browser complains too: a form refused, or a server that a test has cut off, is no fault. Nor is it one
# that the pages' policy lets nothing out of what the carrier's own script would tell its maker.
_NO_FAULTS = ("Failed to load resource", "net::ERR_", "[TwilioVoice]", "eventgw.exchange.twilio.com")


@contextmanager
def launched() -> Iterator[Browser]:
    """Chromium, until the end of the block; closing a context fails where its pages complained meanwhile."""
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        _watch_contexts(browser)
        yield browser
        browser.close()


def _watch_contexts(browser: Browser) -> None:
    make = browser.new_context

    def new_context(**options: object) -> BrowserContext:
        context = make(**options)
        _watch(context)
        return context

    browser.new_context = new_context


def _watch(context: BrowserContext) -> None:
    """Collects what no page may do: break off, complain in the console, or load what is not there."""
    wrong: list[str] = []
    close = context.close

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(one in message.text for one in _NO_FAULTS):
            wrong.append(f"{message.page.url if message.page else ''}: {message.text}")

    def see(response: Response) -> None:
        if response.status >= 400 and "/static/" in urlsplit(response.url).path:
            wrong.append(f"{response.status} {response.url}")

    def close_and_tell() -> None:
        close()
        assert not wrong, "\n".join(wrong)

    context.on("console", hear)
    context.on("weberror", lambda broken: wrong.append(str(broken.error)))
    context.on("response", see)
    context.close = close_and_tell
