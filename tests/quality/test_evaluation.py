from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

import integrations.sandbox
from generation.evaluation import GOOD, REALISTIC, SMALL, Case, Photo, evaluate, read_set
from generation.management.commands.evaluate_quality import summarise
from generation.quality.damage import CUTOUT_DAMAGES, DAMAGES
from generation.reading import text_reader

_PHOTOS = Path(integrations.sandbox.__file__).parent / "catalog" / "photos"
_MASKS = Path(__file__).parents[1] / "data" / "demo_masks"


def _photo(name: str) -> Photo:
    return Photo(name, _PHOTOS / f"{name}.jpg", _MASKS / f"{name}.png")


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Every good and damaged picture of one catalog photograph, through the real gates."""
    photos = [_photo("fjell-flask"), _photo("orbit-speaker")]
    return next(evaluate(photos, side=400, reader=text_reader()))


def test_no_good_picture_is_held_back(cases: list[Case]) -> None:
    good = [case for case in cases if case.damage == GOOD]

    assert [case.failed for case in good] == [(), (), ()]


def test_every_kind_of_fault_is_caught(cases: list[Case]) -> None:
    real = [case for case in cases if case.magnitude == REALISTIC]

    kinds = {*(one.name for one in DAMAGES), *(one.name for one in CUTOUT_DAMAGES)}
    assert {case.damage for case in real} == kinds
    assert [case.damage for case in real if not case.is_caught] == []


def test_what_is_lost_or_left_is_caught_by_its_own_gate(cases: list[Case]) -> None:
    failed = {case.damage: case.failed for case in cases if case.magnitude == REALISTIC}

    assert "text" in failed["lost text"]
    assert "fringe" in failed["old ground"]
    assert "blend" in failed["halo"]
    assert failed["filled gap"] == ("gap",)


def _case(damage: str, magnitude: str, verdict: str, *failed: str) -> Case:
    return Case("jar", "white", damage, magnitude, verdict, failed, 0.1)


def test_figures_count_what_was_caught_and_what_was_not() -> None:
    figures = summarise(
        [
            *[_case(GOOD, "", "pass")] * 3,
            _case(GOOD, "", "review", "fringe"),
            _case("halo", REALISTIC, "reject", "halo", "fringe"),
            _case("halo", REALISTIC, "pass"),
            _case("halo", SMALL, "pass"),
        ]
    )

    assert figures["false_alarm_rate"] == 0.25
    assert figures["kinds"]["halo"][REALISTIC] == {"pictures": 2, "recall": 0.5, "missed": ["jar"]}
    assert figures["kinds"]["halo"][SMALL]["recall"] == 0.0
    assert figures["gates"]["fringe"]["precision"] == 0.5
    assert figures["gates"]["halo"]["recall"] == {"halo": 0.5}


def test_a_set_of_ones_own_needs_only_its_photographs(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps([{"image": "a/jar.jpg"}]))

    assert read_set(tmp_path) == [Photo("jar", tmp_path / "a/jar.jpg")]


@pytest.mark.parametrize("content", ['{"image": 1}', "[1]", "no json"])
def test_a_manifest_that_cannot_be_read_is_explained(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)

    with pytest.raises(CommandError, match=r"manifest\.json must be a list"):
        call_command("evaluate_quality", str(tmp_path))


def _kept(folder: Path) -> Path:
    """A manifest of two photographs, both judged already."""
    names = ("jar", "cup")
    (folder / "manifest.json").write_text(json.dumps([{"image": f"{name}.jpg"} for name in names]))
    done = [asdict(Case(name, "white", GOOD, "", "pass", (), 0.1)) for name in names]
    kept = folder / "figures.json"
    kept.write_text(json.dumps({"cases": done}))
    return kept


def test_an_interrupted_run_goes_on_where_it_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = _kept(tmp_path)

    call_command("evaluate_quality", str(tmp_path), "--json", str(kept), "--resume")

    assert "2 good and 0 damaged pictures of 2 photographs" in capsys.readouterr().out


def test_what_cannot_be_resumed_is_explained(tmp_path: Path) -> None:
    _kept(tmp_path).write_text("[]")

    with pytest.raises(CommandError, match=r"figures\.json is not a file that --json wrote"):
        call_command(
            "evaluate_quality", str(tmp_path), "--json", f"{tmp_path}/figures.json", "--resume"
        )
    with pytest.raises(CommandError, match="--resume needs the --json FILE"):
        call_command("evaluate_quality", str(tmp_path), "--resume")


def test_a_missing_folder_and_a_single_photograph_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Cannot read"):
        call_command("evaluate_quality", str(tmp_path / "nowhere"))
    with pytest.raises(CommandError, match="at least two"):
        call_command("evaluate_quality", "--limit", "1")
