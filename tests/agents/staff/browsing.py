"""A real browser for tests: the machine's own Chromium, with a microphone that plays a tone."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

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


@contextmanager
def launched() -> Iterator[Browser]:
    """Chromium, until the end of the block."""
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()
