"""The demo store's products, photographs and true masks, and the geometry they are modelled from.

Nothing is rendered here: the renderer is an optional extra.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from integrations.sandbox.photographs import __main__ as command, camera, labels
from integrations.sandbox.photographs.products import PHOTOS, Photo
from integrations.sandbox.photographs.rooms import Room, Window, panorama
from productviz.lib.pathtrace import shapes

ROOT = Path(__file__).resolve().parents[1]
CATALOG = ROOT / "integrations" / "sandbox" / "catalog"
MASKS = ROOT / "tests" / "data" / "demo_masks"
LARGEST = 200_000
UPSIDE_DOWN = [photo.name for photo in PHOTOS if photo.upside_down]
MODELS = list({photo.name.split("-")[0]: photo for photo in PHOTOS}.values())


def catalog() -> list[dict[str, Any]]:
    products: list[dict[str, Any]] = json.loads((CATALOG / "catalog.json").read_text())["products"]
    return products


def listed() -> Iterator[str]:
    for product in catalog():
        yield from product["photos"]


def upright(name: str) -> Image.Image:
    return ImageOps.exif_transpose(Image.open(CATALOG / "photos" / name)).convert("RGB")


def profile_of(picture: Image.Image) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"]))


def mask_of(name: str) -> Image.Image:
    return Image.open(MASKS / f"{Path(name).stem}.png")


# the catalog


def test_catalog_has_enough_products_and_pictures() -> None:
    assert len(catalog()) >= 14
    assert len(set(listed())) >= 16


def test_every_picture_belongs_to_exactly_one_product() -> None:
    files = sorted(path.name for path in (CATALOG / "photos").iterdir())
    assert sorted(listed()) == files
    assert sorted(f"{photo.name}.jpg" for photo in PHOTOS) == files


def test_stock_keeping_units_are_unique() -> None:
    units = [product["sku"] for product in catalog()]
    units += [variant["sku"] for product in catalog() for variant in product.get("variations", [])]
    assert len(units) == len(set(units))


def test_products_are_described_in_full() -> None:
    for product in catalog():
        assert product["name"]
        assert product["description"]
        assert product["categories"]
        assert float(product["price"]) > 0
        assert product["type"] == ("variable" if "variations" in product else "simple")


def test_each_variant_names_an_offered_option_and_has_its_own_picture() -> None:
    variable = [product for product in catalog() if product["type"] == "variable"]
    assert len(variable) >= 2
    for product in variable:
        colours = [variant["options"]["Color"] for variant in product["variations"]]
        pictures = [variant["photo"] for variant in product["variations"]]
        assert colours == product["attributes"]["Color"]
        assert len(set(pictures)) == len(pictures)
        assert set(pictures) <= set(product["photos"])


def test_names_include_an_html_entity_and_other_scripts() -> None:
    names = [product["name"] for product in catalog()]
    assert "Salt &amp; Pepper Mill Set" in names
    assert any(not name.isascii() for name in names)


# the pictures


@pytest.mark.parametrize("name", sorted(set(listed())))
def test_picture_is_a_small_srgb_jpeg_with_a_plausible_mask(name: str) -> None:
    path = CATALOG / "photos" / name
    picture = Image.open(path)
    picture.load()
    assert picture.format == "JPEG"
    assert picture.mode == "RGB"
    assert ImageCms.getProfileDescription(profile_of(picture)).startswith("sRGB")
    assert path.stat().st_size <= LARGEST
    assert 1400 <= max(picture.size) <= 1600
    mask = mask_of(name)
    assert mask.mode == "L"
    assert mask.size == upright(name).size
    assert 0.03 <= np.asarray(mask).mean() / 255 <= 0.80


def test_one_picture_is_stored_upside_down() -> None:
    tags = {name: Image.open(CATALOG / "photos" / name).getexif()[0x0112] for name in listed()}
    assert [Path(name).stem for name, tag in tags.items() if tag == 3] == UPSIDE_DOWN
    assert len(UPSIDE_DOWN) == 1


def test_mask_of_the_turned_picture_lies_on_its_upright_pixels() -> None:
    name = f"{UPSIDE_DOWN[0]}.jpg"
    picture = np.asarray(upright(name), dtype=float)
    mask = np.asarray(mask_of(name)) > 127
    turned = mask[::-1, ::-1]
    edges = np.abs(np.diff(picture.mean(axis=-1), axis=1))
    rim, wrong = (np.diff(shape.astype(int), axis=1) != 0 for shape in (mask, turned))
    assert edges[rim].mean() > 2 * edges[wrong].mean()


def test_turned_file_shows_the_same_picture(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0, 255, 64).astype(np.uint8)[:, None, None], (1, 48, 3))
    camera.save_photo(Image.fromarray(ramp), tmp_path / "a.jpg", upside_down=True)
    stored = Image.open(tmp_path / "a.jpg")
    assert np.asarray(stored)[0].mean() > 200
    shown = np.asarray(ImageOps.exif_transpose(stored), dtype=float)
    assert np.abs(shown - ramp).max() < 12


def test_picture_too_noisy_for_the_repository_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (1200, 1200, 3)).astype(np.uint8)
    with pytest.raises(ValueError, match="less grain"):
        camera.save_photo(Image.fromarray(noise), tmp_path / "a.jpg")
    assert not (tmp_path / "a.jpg").exists()


def test_development_is_repeatable_and_brighter_with_more_stops() -> None:
    light = np.random.default_rng(2).uniform(0, 1, (40, 50, 3))
    first, again, brighter = (
        np.asarray(camera.develop(light, camera.Look(stops=stops), seed=4), dtype=float)
        for stops in (0.0, 0.0, 1.0)
    )
    assert np.array_equal(first, again)
    assert brighter.mean() > first.mean() + 20


# the models


@pytest.mark.parametrize("photo", MODELS, ids=lambda photo: photo.name)
def test_product_stands_on_the_table_and_only_its_labels_are_open(photo: Photo) -> None:
    parts = photo.product()
    whole = shapes.joined([part.mesh for part in parts])
    assert -0.2 < whole.vertices[:, 2].min() < 0.2
    assert 0.3 < whole.size.max() < 70
    for part in parts:
        assert shapes.volume(part.mesh) > 0
        assert shapes.open_edges(part.mesh) == 0 or part.surface.colour.ndim == 3
    assert any(shapes.open_edges(part.mesh) == 0 for part in parts)


def test_window_shines_from_where_it_was_put() -> None:
    light = panorama(Room((Window(90, 30, 20, 20, 50),)))
    row, column = np.unravel_index(np.argmax(light.mean(axis=-1)), light.shape[:2])
    assert 90 - 11 < column / light.shape[1] * 360 < 90 + 11
    assert 30 - 11 < 90 - row / light.shape[0] * 180 < 30 + 11


def test_letters_are_printed_where_they_were_asked_for() -> None:
    blank = labels.Sheet(200, 100, "#ffffff")
    page = blank.write(labels.Line("OAK", 0.9, 0.3, "#000000")).pixels(wear=0)
    assert page[:50].min() > 0.99
    assert page[60:].min() < 0.1


# the command


def test_generator_never_loads_the_renderer_by_itself() -> None:
    code = (
        "import sys, integrations.sandbox.photographs.__main__ as m, "
        "integrations.sandbox.photographs.products; "
        "sys.exit(any(n in sys.modules for n in ('mitsuba', 'drjit', 'pyoidn')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_command_names_the_missing_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "mitsuba", None)
    assert command.main(["--out", str(tmp_path)]) == 1
    assert 'Install the extra "scenes"' in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_command_refuses_an_unknown_picture(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--only", "no-such-thing"]) == 2
    assert "no-such-thing" in capsys.readouterr().err
