from __future__ import annotations

from pathlib import Path

import pytest

from generation.inference.engines.studio import plate


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that this installation's plates are read from."""
    monkeypatch.setattr(plate, "FOLDER", tmp_path)
    return tmp_path
