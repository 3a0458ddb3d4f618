"""The dashboard in a real browser: complaints, barriers, keyboard, small screens, no script."""

from __future__ import annotations

import io
import re

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import expect

from generation.batches.work import take_steps
from generation.models import Batch, CutoutEdit, Generation
from productviz.lib import files
from tests.browser.conftest import OpenPage
from tests.dashboard.addresses import ADDRESSES
from tests.dashboard.rows import Seed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PARTS = {"home_live", "stages_live", "store_sync_live", "generation_live", "batch_live"}
PARTS |= {"publication_live", "preset_drawing", "product_sources", "batch_expected"}
PAGES = [address for address in ADDRESSES if address.is_page and address.name not in PARTS]


def paths(rows: Seed) -> list[str]:
    """Every page, and some of them in other states."""
    more = [
        reverse("generation", args=[rows.generations[name].pk]) for name in ("succeeded", "failed")
    ]
    more += [reverse("publication", args=[rows.publications["conflict"].pk])]
    more += [f"{reverse('batch_new')}?all=1&store={rows.store.public_id}"]
    three = "&".join(f"product={product.public_id}" for product in rows.products[:3])
    more += [f"{reverse('together')}?{three}", f"{reverse('preset_new')}?kind=group_shot"]
    more += [f"{reverse('preset_new')}?kind={kind}" for kind in ("ai_scene", "virtual_model")]
    return [*(address.url(rows) for address in PAGES), *more]


DESKTOP = {"width": 1360, "height": 900}
TABLET = {"width": 820, "height": 1100}
PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize(("scheme", "viewport"), [("light", DESKTOP), ("dark", TABLET)])
def test_it_has_no_barriers(
    scheme: str, viewport: dict[str, int], rows: Seed, open_page: OpenPage
) -> None:
    visit = open_page(color_scheme=scheme, viewport=viewport)
    visit.go("/accounts/login/")
    barriers = visit.barriers()
    visit.sign_in(rows.users["owner"].email)

    for path in paths(rows):
        visit.go(path)
        barriers += visit.barriers()

    assert barriers == []
    assert visit.complaints == []


@pytest.mark.parametrize("viewport", [DESKTOP, TABLET, PHONE])
def test_it_fits_every_page_on_the_screen_without_complaint(
    viewport: dict[str, int], rows: Seed, open_page: OpenPage
) -> None:
    visit = open_page(viewport=viewport)
    visit.sign_in(rows.users["owner"].email)
    wide = []

    for path in paths(rows):
        visit.go(path)
        if visit.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(path)

    assert wide == []
    assert visit.complaints == []


def test_it_parts_before_and_after_by_keyboard(rows: Seed, open_page: OpenPage) -> None:
    visit = open_page()
    visit.sign_in(rows.users["viewer"].email)
    visit.go(reverse("generation", args=[rows.generations["succeeded"].pk]))
    slider, before = visit.page.get_by_role("slider"), visit.page.locator(".compare-before")
    start = before.evaluate("node => getComputedStyle(node).clipPath")

    slider.focus()
    visit.page.keyboard.press("ArrowRight")
    after_one = slider.input_value()
    visit.page.keyboard.press("End")

    assert after_one == "51"
    assert slider.get_attribute("aria-valuetext") == "100 percent before"
    assert before.evaluate("node => getComputedStyle(node).clipPath") != start
    assert visit.complaints == []


def test_it_parts_before_and_after_by_dragging(rows: Seed, open_page: OpenPage) -> None:
    visit = open_page()
    visit.sign_in(rows.users["viewer"].email)
    visit.go(reverse("generation", args=[rows.generations["succeeded"].pk]))
    box = visit.page.locator(".compare-frame").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 3

    visit.page.mouse.move(box["x"] + box["width"] / 2, middle)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + box["width"] * 0.8, middle, steps=4)
    visit.page.mouse.up()
    visit.page.mouse.move(box["x"], middle)

    assert visit.page.get_by_role("slider").input_value() == "80"


def test_it_keeps_the_product_in_place_between_before_and_after(
    rows: Seed, open_page: OpenPage
) -> None:
    """Both pictures show the product at the same pixels: the overlay follows the transform."""
    visit = open_page(viewport={"width": 1360, "height": 1400})
    visit.sign_in(rows.users["viewer"].email)
    visit.go(reverse("generation", args=[rows.generations["succeeded"].pk]))
    slider = visit.page.get_by_role("slider")

    frame = visit.page.locator(".compare-frame")

    def shown(cut: str) -> Image.Image:
        slider.fill(cut)
        return Image.open(io.BytesIO(frame.screenshot())).convert("RGB")

    after, before = shown("0"), shown("100")
    inside = [(0.38, 0.45), (0.45, 0.7), (0.52, 0.4), (0.6, 0.8)]
    for across, down in inside:
        spot = (round(after.width * across), round(after.height * down))
        differences = [
            abs(a - b) for a, b in zip(pixel(after, spot), pixel(before, spot), strict=True)
        ]
        assert max(differences) <= 12, (across, down)
    assert pixel(after, (8, 8)) != pixel(before, (8, 8))


def pixel(picture: Image.Image, spot: tuple[int, int]) -> tuple[int, ...]:
    """One pixel's colour."""
    found = picture.getpixel(spot)
    assert isinstance(found, tuple)
    return tuple(int(value) for value in found)


def test_it_works_without_script(rows: Seed, open_page: OpenPage) -> None:
    visit = open_page(java_script_enabled=False)
    visit.sign_in(rows.users["editor"].email)

    visit.go(f"{reverse('products')}?q=Bud")
    visit.page.locator("input[name=product]").check()
    visit.page.get_by_role("button", name="Make images").click()
    visit.page.get_by_text("Transparent", exact=True).click()
    visit.page.get_by_role("button", name="Start").click()

    expect(visit.page.get_by_role("heading", level=1)).to_have_text("1 image with Transparent v1")
    take_steps("a worker")
    assert Batch.objects.latest("id").generations.get().product == rows.products[3]


def test_it_estimates_anew_when_another_preset_is_chosen(rows: Seed, open_page: OpenPage) -> None:
    visit = open_page()
    visit.sign_in(rows.users["editor"].email)
    visit.go(f"{reverse('batch_new')}?all=1&store={rows.store.public_id}")
    number = visit.page.locator("#expected .big strong")
    expect(number).to_have_text("16")

    visit.page.get_by_text("Shirts", exact=True).click()

    expect(number).not_to_have_text("16")
    assert visit.complaints == []


def test_it_counts_what_is_chosen(rows: Seed, open_page: OpenPage) -> None:
    visit = open_page()
    visit.sign_in(rows.users["editor"].email)
    visit.go(reverse("products"))
    make = visit.page.get_by_role("button", name="Make images")
    expect(make).to_be_disabled()

    visit.page.locator("input[name=product]").first.check()
    expect(visit.page.get_by_text("1 chosen")).to_be_visible()
    visit.page.get_by_role("button", name="Choose this page").click()
    expect(visit.page.get_by_text("18 chosen")).to_be_visible()
    make.click()

    expect(visit.page.get_by_text("16 images")).to_be_visible()
    assert visit.complaints == []


def test_it_follows_a_generation_to_its_end_and_then_stops_asking(
    rows: Seed, open_page: OpenPage
) -> None:
    visit = open_page()
    generation = rows.generations["processing"]
    visit.sign_in(rows.users["viewer"].email)
    visit.go(reverse("generation", args=[generation.pk]))
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url))

    Generation.objects.filter(pk=generation.pk).update(status="failed", error_message="No product.")
    expect(visit.page.get_by_text("No product.")).to_be_visible()
    polls = [url for url in asked if "/live/" in url and "generations" in url]
    visit.page.wait_for_timeout(4_500)

    assert polls
    assert [url for url in asked if "/live/" in url and "generations" in url] == polls
    assert visit.complaints == []


def test_it_draws_a_preset_while_it_is_filled_in(rows: Seed, open_page: OpenPage) -> None:
    visit = open_page()
    visit.sign_in(rows.users["editor"].email)
    visit.go(reverse("preset_new"))
    ground = visit.page.locator("#sketch rect")
    expect(ground).to_have_attribute("fill", "#ffffff")

    visit.page.get_by_role("radio", name="Colour", exact=True).check()
    visit.page.get_by_label("Background colour").fill("#335577")

    expect(ground).to_have_attribute("fill", "#335577")
    assert visit.complaints == []


def test_it_sends_the_strokes_that_were_painted(rows: Seed, open_page: OpenPage) -> None:
    generation = rows.generations["awaiting_review"]
    page = f"{reverse('outline', args=[generation.source.pk])}?generation={generation.public_id}"
    visit = open_page(viewport=DESKTOP)
    visit.sign_in(rows.users["editor"].email)
    visit.go(page)
    box = visit.page.locator("pv-outline[data-ready] .outline-paint").bounding_box()
    assert box is not None

    def paint(down: float) -> None:
        visit.page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * down)
        visit.page.mouse.down()
        visit.page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * down)
        visit.page.mouse.up()

    paint(0.25)
    visit.page.keyboard.press("r")
    paint(0.5)
    paint(0.75)
    visit.page.keyboard.press("z")
    visit.page.get_by_label("Glass: keep it see-through").check()
    visit.page.get_by_role("button", name="Save and make again").click()
    expect(visit.page.get_by_text("The image is made again with your outline.")).to_be_visible()

    edit = CutoutEdit.objects.get()
    with Image.open(io.BytesIO(files.get("work", edit.strokes_key))) as kept:
        middle = [kept.getpixel((kept.width // 2, kept.height * part // 4)) for part in (1, 2, 3)]
    assert (middle, edit.see_through) == ([edit.KEEP, edit.REMOVE, edit.UNTOUCHED], True)
    assert visit.complaints == []


@pytest.mark.parametrize("has_script", [True, False])
def test_it_shows_only_what_the_kind_of_picture_needs(
    has_script: bool, rows: Seed, open_page: OpenPage
) -> None:
    visit = open_page(java_script_enabled=has_script)
    visit.sign_in(rows.users["editor"].email)
    visit.go(reverse("preset_new"))
    shown = {
        name: visit.page.get_by_role("group", name=name, exact=True)
        for name in ("Background", "Gradient", "Layout", "Studio plate")
    }

    def visible() -> set[str]:
        return {name for name, part in shown.items() if part.is_visible()}

    at_first = visible()
    visit.page.get_by_role("radio", name="Gradient").check()
    with_gradient = visible()
    visit.page.get_by_role("radio", name="Group shot").check()
    in_group = visible()
    visit.page.get_by_role("radio", name=re.compile("^Scene")).check()

    assert at_first == {"Background"}
    assert with_gradient == {"Background", "Gradient"}
    assert in_group == {"Background", "Gradient", "Layout", "Studio plate"}
    assert visible() == {"Studio plate"}


def test_it_lets_the_keyboard_skip_to_the_content(rows: Seed, open_page: OpenPage) -> None:
    visit = open_page()
    visit.sign_in(rows.users["viewer"].email)
    visit.go(reverse("stores"))

    visit.page.keyboard.press("Tab")
    skip = visit.page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    visit.page.keyboard.press("Enter")

    expect(visit.page).to_have_url(re.compile("#main$"))
    expect(visit.page.locator("main")).to_be_focused()


def test_it_opens_the_menu_on_a_phone(rows: Seed, open_page: OpenPage) -> None:
    visit = open_page(viewport={"width": 390, "height": 844})
    visit.sign_in(rows.users["viewer"].email)
    link = visit.page.get_by_role("link", name="Products", exact=True)
    expect(link).to_be_hidden()

    visit.page.get_by_text("Menu").click()
    link.click()

    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Products")
