"""Where pictures go, and the words for what differs: pure planning."""

from __future__ import annotations

import pytest

from integrations.contract import GalleryState, Image, ImageFile
from integrations.gallery import Conflict, Entry, Piece, differences, plan, target_of
from integrations.inputs import Ours, digest, source_ids


def gallery(*ids: str) -> GalleryState:
    return GalleryState(tuple(Image(one, f"https://s.example/{one}.jpg") for one in ids))


def piece(name: str, placement: str, original: str = "", external_id: str = "") -> Piece:
    file = ImageFile(f"{name}.jpg", "image/jpeg", b"", f"https://us.example/{name}.jpg", name)
    return Piece(file, placement, original, external_id)


def shown(entries: tuple[Entry, ...]) -> list[str]:
    return [one.external_id if isinstance(one, Image) else one.filename for one in entries]


def test_pictures_take_places_and_stand_around() -> None:
    pieces = [
        piece("new", "replace", "b", "9"),
        piece("head", "first"),
        piece("tail", "last"),
        piece("twin", "replace", "b"),
    ]
    wanted = plan(gallery("a", "b", "c"), pieces, targets={"b": "b", "": ""})
    assert shown(wanted) == ["head.jpg", "a", "9", "twin.jpg", "c", "tail.jpg"]


def test_planning_again_after_the_write_changes_nothing() -> None:
    pieces = [piece("new", "replace", "b", "9"), piece("tail", "last")]
    after = gallery("a", "9", "c", "tail")
    assert shown(plan(after, pieces, targets={})) == ["a", "9", "c", "tail"]


def test_a_picture_takes_over_the_variants_of_its_original() -> None:
    before = linked(("a", "red"), ("b", "blue", "green"), ("c",))
    wanted = plan(before, [piece("new", "replace", "b", "9")], targets={"b": "b"})
    assert links(wanted) == [("a", "red"), ("9", "blue", "green"), ("c",)]


def test_a_write_that_was_cut_off_is_planned_to_the_same_end() -> None:
    pieces = [piece("new", "replace", "b", "9"), piece("head", "first", external_id="8")]
    before = linked(("a", "red"), ("b", "blue"), ("c",))
    had = {image.external_id: image.variant_ids for image in before.images}
    wanted = [("8",), ("a", "red"), ("9", "blue"), ("c",)]
    half_done = [
        before,
        # Attached at the end, in order, the variants taken away, the variants given.
        linked(("a", "red"), ("b", "blue"), ("c",), ("9",), ("8",)),
        linked(("8",), ("a", "red"), ("9",), ("b", "blue"), ("c",)),
        linked(("8",), ("a", "red"), ("9",), ("b",), ("c",)),
        linked(("8",), ("a", "red"), ("9", "blue"), ("b",), ("c",)),
    ]
    for state in half_done:
        assert links(plan(state, pieces, targets={"b": "b"}, links=had)) == wanted
    done = linked(*wanted)
    assert links(plan(done, pieces, targets={"b": ""}, links=had)) == wanted


def test_a_variant_that_the_merchant_gave_another_image_keeps_it() -> None:
    had = {"b": ("blue",)}
    state = linked(("a", "blue"), ("b",), ("9",))
    wanted = plan(state, [piece("new", "replace", "b", "9")], targets={"b": "b"}, links=had)
    assert links(wanted) == [("a", "blue"), ("9",)]


def linked(*rows: tuple[str, ...]) -> GalleryState:
    """A gallery of (id, variants ...)."""
    url = "https://s.example/{}.jpg"
    return GalleryState(tuple(Image(n, url.format(n), variant_ids=tuple(v)) for n, *v in rows))


def links(entries: tuple[Entry, ...]) -> list[tuple[str, ...]]:
    return [(one.external_id, *one.variant_ids) for one in entries if isinstance(one, Image)]


def test_a_place_that_is_gone_is_a_conflict_unless_forced() -> None:
    pieces = [piece("new", "replace", "b")]
    with pytest.raises(Conflict, match="nothing was written"):
        plan(gallery("a"), pieces, targets={"b": ""})
    assert shown(plan(gallery("a"), pieces, targets={"b": ""}, force=True)) == ["new.jpg", "a"]


def test_an_earlier_picture_of_ours_stands_for_its_original() -> None:
    ours = Ours(ids={"9": "b"})
    assert target_of("b", gallery("a", "b", "9"), ours) == "b"
    assert target_of("b", gallery("a", "9"), ours) == "9"
    assert target_of("b", gallery("a"), ours) == ""


def test_differences_are_told_in_words() -> None:
    wanted = [Image("1", "", "front"), Image("2", "", "back"), Image("3", "")]
    found = GalleryState((Image("2", "", "back"), Image("1", "", "new"), Image("7", "", name="x")))
    assert differences(wanted, found) == [
        "The image 3 is missing.",
        "The image x was not there before.",
        "The alt text of 1 is “new” instead of “front”.",
        "The images are in another order.",
    ]
    assert differences(wanted, GalleryState(tuple(wanted))) == []
    shown = GalleryState((*wanted[:2], Image("3", "", variant_ids=("red",))))
    assert differences(wanted, shown) == ["The image 3 is shown by other variants than before."]


def test_our_pictures_count_as_what_they_stand_for() -> None:
    ours = Ours(ids={"9": "b", "8": ""}, stems={"f" * 32: "c"})
    pairs = [
        ("8", "https://s.example/8.jpg"),
        ("a", "https://s.example/a.jpg"),
        ("9", "https://s.example/9.jpg"),
        ("10", f"https://s.example/{'f' * 32}-1.jpg"),
        ("b", "https://s.example/b.jpg"),
    ]
    assert source_ids(pairs, ours) == ("a", "b", "c")


def test_every_input_moves_the_hash() -> None:
    base = {"title": "t", "description": "d", "options": {"a": "1"}, "images": ["1", "2"]}
    variants = [
        base,
        {**base, "title": "u"},
        {**base, "description": "e"},
        {**base, "options": {"a": "2"}},
        {**base, "images": ["2", "1"]},
    ]
    assert len({digest(**one) for one in variants}) == 5  # type: ignore[arg-type]


def test_a_stores_own_suffixes_do_not_hide_a_file() -> None:
    image = Image("1", "https://s.example/2026/11/abc-scaled.jpg?x=1")
    assert image.holds("abc.webp")
    assert not image.holds("abd.webp")
    assert not image.holds("")
