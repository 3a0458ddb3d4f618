"""A real Chromium before a real server: pages that watch for every complaint of the browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)
from pytest_django.live_server_helper import LiveServer

from tests.dashboard.rows import Seed
from tests.dashboard.seed import PASSWORD, seed

# Playwright's sync API keeps an event loop in this thread, and Django refuses its ORM beside one.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
PATIENCE = 15_000  # milliseconds; a machine that runs other things answers late, not wrongly
expect.set_options(timeout=PATIENCE)
OpenPage = Callable[..., "Visit"]


class Visit:
    """A browser page and what the browser complained about on it."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        self.complaints: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{self.page.url}: {message.text}")

    def go(self, path: str) -> None:
        """Open a page of ours, which must answer well."""
        response = self.page.goto(self.base + path)
        assert response is not None, path
        assert response.ok, f"{path}: {response.status} {response.text()[:300]}"

    def sign_in(self, email: str) -> None:
        """Sign in through the form."""
        self.go("/accounts/login/")
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(self.base + "/")

    def barriers(self) -> list[str]:
        """What axe finds against WCAG 2.2 A and AA, and its own best practices."""
        self.page.evaluate(AXE.read_text())
        found: list[dict[str, Any]] = self.page.evaluate("axe.run().then(done => done.violations)")
        return [
            f"{self.page.url}: {rule['id']}: {[node['target'] for node in rule['nodes']][:4]}"
            for rule in found
        ]


@pytest.fixture(scope="session")
def engine() -> Iterator[BrowserType]:
    """How to launch the distribution's Chromium; one a process, or Playwright refuses."""
    with sync_playwright() as playwright:
        yield playwright.chromium


def launched(engine: BrowserType, *flags: str) -> Browser:
    """A Chromium with ``flags`` added to ours."""
    return engine.launch(executable_path=shutil.which("chromium"), args=[*FLAGS, *flags])


@pytest.fixture(scope="session")
def chromium(engine: BrowserType) -> Iterator[Browser]:
    """The distribution's Chromium."""
    browser = launched(engine)
    yield browser
    browser.close()


@pytest.fixture
def rows(live_server: LiveServer) -> Seed:
    """A workspace full of rows on the live server."""
    return seed()


@pytest.fixture
def open_page(chromium: Browser, live_server: LiveServer) -> Iterator[OpenPage]:
    """A function that opens a fresh browser window; options are those of a browser context."""
    contexts: list[BrowserContext] = []

    def opened(**options: Any) -> Visit:
        contexts.append(chromium.new_context(**options))
        contexts[-1].set_default_timeout(PATIENCE)
        return Visit(contexts[-1].new_page(), live_server.url)

    yield opened
    for context in contexts:
        context.close()
