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
