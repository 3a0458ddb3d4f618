"""The bodies that pictures are traced from; the tracer itself is an extra and not loaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from productviz.lib.pathtrace import materials, outlines, shapes, tracer
from productviz.lib.pathtrace.tracer import write_ply


def test_turned_body_has_the_volume_of_its_cylinder() -> None:
    body = shapes.revolve(np.array([(0, 0), (3, 0), (3, 10), (0, 10.0)]))
    assert shapes.volume(body) == pytest.approx(np.pi * 90, rel=1e-3)
    assert shapes.open_edges(body) == 0


def test_hollow_body_is_as_thick_as_its_profile() -> None:
    cup = shapes.revolve(np.array([(0, 0), (3, 0), (3, 10), (2, 10), (2, 1), (0, 1.0)]))
    assert shapes.volume(cup) == pytest.approx(np.pi * (90 - 36), rel=1e-3)


def test_label_is_an_open_sheet_that_faces_the_camera() -> None:
    label = shapes.revolve(np.array([(3, 0), (3, 5.0)]), arc=120)
    middle = np.argmin(np.abs(label.uv[:, 0] - 0.5))
    assert shapes.open_edges(label) > 0
    assert shapes.normals(label)[middle] == pytest.approx([0, -1, 0], abs=0.02)
    assert label.vertices[np.argmin(label.uv[:, 0]), 0] < 0


def test_rounded_box_keeps_its_size_and_shows_its_front_to_the_camera() -> None:
    box = shapes.box((10, 6, 4), 0.5)
    assert box.size == pytest.approx([10, 6, 4])
    assert shapes.open_edges(box) == 0
    assert 0.95 * 240 < shapes.volume(box) < 240
    front = np.argmin(np.abs(box.uv - [1 / 6, 3 / 4]).sum(axis=1))
    assert shapes.normals(box)[front] == pytest.approx([0, -1, 0], abs=0.01)


def test_tube_is_closed_and_as_thick_as_asked() -> None:
    path = np.stack([np.zeros(20), np.zeros(20), np.linspace(0, 10, 20)], axis=-1)
    tube = shapes.sweep(path, 0.5, up=(1, 0, 0))
    assert shapes.open_edges(tube) == 0
    assert tube.size == pytest.approx([1, 1, 11], abs=0.02)
    assert shapes.volume(tube) == pytest.approx(np.pi * 0.25 * 10 + 4 / 3 * np.pi / 8, rel=0.02)


def test_plate_with_a_hole_loses_the_hole() -> None:
    square = outlines.dense(np.array([(-5, -5), (5, -5), (5, 5), (-5, 5.0)]), 0.5)
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    hole = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    plate = outlines.extrude([square, hole], 2.0, 0.05)
    assert shapes.open_edges(plate) == 0
    assert shapes.volume(plate) == pytest.approx(2 * (100 - np.pi), rel=0.02)


def test_fillet_touches_both_arms() -> None:
    corner = outlines.rounded([(0, 0, 0), (10, 0, 2), (10, 10, 0)])
    assert corner[1] == pytest.approx([8, 0])
    assert corner[-2] == pytest.approx([10, 2])
    assert np.hypot(*(corner[1:-1] - [8, 2]).T) == pytest.approx(np.full(9, 2.0))


def test_normals_point_outwards_and_are_unit() -> None:
    body = shapes.box((4, 4, 4), 0.3)
    normal = shapes.normals(body)
    assert np.linalg.norm(normal, axis=1) == pytest.approx(np.ones(len(normal)))
    assert ((body.vertices - [0, 0, 2]) * normal).sum(axis=1).min() > 0


def test_inside_out_body_is_turned() -> None:
    box = shapes.box((2, 2, 2), 0.2)
    wrong = shapes.Mesh(box.vertices, box.faces[:, ::-1], box.uv)
    assert shapes.volume(wrong) < 0
    assert shapes.volume(shapes.outward(wrong)) == pytest.approx(shapes.volume(box))


def test_mesh_file_states_what_it_holds(tmp_path: Path) -> None:
    box = shapes.box((2, 2, 2), 0.2, cells=2)
    write_ply(box, tmp_path / "box.ply")
    head, body = (tmp_path / "box.ply").read_bytes().split(b"end_header\n", 1)
    assert f"element vertex {len(box.vertices)}".encode() in head
    assert len(body) == len(box.vertices) * 8 * 4 + len(box.faces) * 13


def test_light_and_its_code_are_inverse() -> None:
    values = np.linspace(0, 1, 50)
    assert materials.encoded(materials.linear(values)) == pytest.approx(values, abs=1e-6)


def test_a_large_picture_is_traced_in_passes_that_fit_in_memory() -> None:
    assert tracer.passes(4, (64, 64)) == 1
    assert tracer.passes(16, (2048, 2048)) * tracer.PATHS_A_PASS >= 16 * 2048 * 2048
