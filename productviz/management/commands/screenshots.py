"""Takes the README's screenshots of a running dashboard, as a signed-in person sees it.

For whoever edits the documentation: it needs the dev extra and the distribution's Chromium, and it
only looks. Run ``manage.py screenshots --email ... --password ...`` beside a running demo.
"""

from __future__ import annotations

import shutil
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from productviz.env import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
DESKTOP = {"width": 1360, "height": 900}
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: a page, or the first page that a link on it leads to."""

    name: str
    path: str
    first_link: str = ""
    scheme: str = "light"
    is_phone: bool = False


SHOTS = (
    Shot("home", "/"),
    Shot("stores", "/stores/"),
    Shot("home-dark", "/", scheme="dark"),
    Shot("products", "/products/"),
    Shot("generations", "/generations/"),
    Shot("group", "/generations/?status=succeeded", "main a.tile"),
    Shot("scene", "/generations/?status=succeeded", "main a.tile:nth-child(3)"),
    Shot("generation", "/generations/?status=succeeded", "main a.tile:last-child"),
    Shot(
        "generation-phone",
        "/generations/?status=succeeded",
        "main a.tile:last-child",
        is_phone=True,
    ),
    Shot("batch", "/batches/", "main .lines a"),
    Shot("product", "/products/", "main .tile a"),
    Shot("presets", "/presets/"),
    Shot("preset-new", "/presets/new/?kind=scene"),
    Shot("preset-painted", "/presets/new/?kind=ai_scene"),
    Shot("people", "/people/"),
    Shot("system", "/system/"),
    Shot("automation-new", "/automations/new/"),
    Shot("schedule-new", "/schedules/new/"),
    Shot("budgets", "/budgets/"),
    Shot("webhook-new", "/webhook-endpoints/new/"),
    Shot("keys", "/keys/"),
    Shot("store-custom", "/stores/connect/custom/"),
    Shot("publications", "/publications/"),
)
# Pages of the app in the Shopify admin.
FRAMED = (("shopify", "/products/"), ("shopify-publications", "/publications/"))


class Command(BaseCommand):
    """Open each page, wait until its pictures are there, save it as PNG."""

    help = "Take the documentation's screenshots of a running dashboard."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where the dashboard runs, who signs in, and where the pictures go."""
        parser.add_argument("--base", default=settings.PUBLIC_URL)
        parser.add_argument("--email", required=True)
        parser.add_argument("--password", required=True)
        parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "screenshots")
        parser.add_argument("--app", default="", help="the app's address in a sandbox shop's Admin")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take them all; a page with nothing to show yet is named and left out."""
        chromium = shutil.which("chromium")
        if chromium is None:
            raise CommandError("This needs Chromium: install your distribution's package.")
        try:
            from playwright.sync_api import sync_playwright
        except ImportError as error:
            raise CommandError("This needs the dev extra: pip install -e .[dev]") from error
        options["folder"].mkdir(parents=True, exist_ok=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            for shot in SHOTS:
                taken = _take(browser, shot, options)
                self.stdout.write(f"{shot.name}: {taken or 'nothing to show yet'}")
            if options["app"]:
                for name in _take_framed(browser, options["app"], options["folder"]):
                    self.stdout.write(f"{name}: taken")
            browser.close()


def _take(browser: Browser, shot: Shot, options: dict[str, Any]) -> Path | None:
    size = PHONE if shot.is_phone else DESKTOP
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="dark" if shot.scheme == "dark" else "light",
        device_scale_factor=2 if shot.is_phone else 1,
    )
    page = context.new_page()
    _sign_in(page, options)
    _open(page, options["base"] + shot.path)
    if shot.first_link:
        link = page.locator(shot.first_link).first
        if not link.count():
            return None
        link.click()
    page.wait_for_load_state("networkidle")
    target: Path = options["folder"] / f"{shot.name}.png"
    page.screenshot(path=target)
    context.close()
    return target


def _take_framed(browser: Browser, app: str, folder: Path) -> Iterator[str]:
    """Take pages of the dashboard in the frame of a shop's Admin."""
    page = browser.new_context(
        viewport={"width": DESKTOP["width"], "height": DESKTOP["height"]}
    ).new_page()
    _open(page, app)
    page.get_by_label("User").fill("admin")
    page.get_by_label("Password").fill("admin-pass-1")
    page.get_by_role("button", name="Log in").click()
    for name, path in FRAMED:
        _open(page, f"{app}{path}")
        page.frame_locator("#app-frame").locator("main").wait_for()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / f"{name}.png")
        yield name


def _open(page: Page, url: str) -> None:
    response = page.goto(url)
    if response is None or not response.ok:
        status = response.status if response else "nothing"
        raise CommandError(f"{url} answered {status}; look at the server's log.")


def _sign_in(page: Page, options: dict[str, Any]) -> None:
    _open(page, options["base"] + "/accounts/login/")
    page.get_by_label("E-mail address").fill(options["email"])
    page.get_by_label("Password").fill(options["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(options["base"] + "/")
