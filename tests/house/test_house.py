"""The house's rules that no linter knows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from productviz.env import ROOT
from tests.house import models_table
from tests.house.settings_table import PAGE, page_with_table

CODE = ("productviz", "integrations", "generation", "tests")
CODE_CAP, TEST_CAP = 300, 500


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a fresh process with this environment only."""
    clean = {name: value for name, value in os.environ.items() if "PRODUCTVIZ" not in name}
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**clean, "DJANGO_SETTINGS_MODULE": "productviz.settings", **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


# What draws pictures, what speaks to stores (REST framework itself loads requests), what signs
# files, and what only the sandbox uses.
HEAVY = (
    "torch", "diffusers", "onnxruntime", "numpy", "scipy", "cv2",
    "httpx", "boto3", "woocommerce", "shopify", "shopify_app",
    "cryptography.x509", "c2pa", "graphql", "integrations.sandbox",
)  # fmt: skip


def test_it_loads_no_heavy_library_in_the_web_process(tmp_path: Path) -> None:
    code = (
        "import json, sys; import productviz.wsgi, productviz.urls;"
        f"print(json.dumps([name for name in {HEAVY} if name in sys.modules]))"
    )
    done = run(code, PRODUCTVIZ_MODE="development", PRODUCTVIZ_DATA_DIR=str(tmp_path))
    assert json.loads(done.stdout.splitlines()[-1]) == [], done.stderr


def test_it_does_not_start_in_production_with_built_in_keys() -> None:
    done = run("import django; django.setup()")

    assert done.returncode != 0
    assert "PRODUCTVIZ_SECRET_KEY must be set" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_names_a_setting_that_cannot_be_right() -> None:
    done = run(
        "import django; django.setup()", PRODUCTVIZ_MODE="development", PRODUCTVIZ_WORKERS="0"
    )

    assert "PRODUCTVIZ_WORKERS" in done.stderr


def test_it_documents_every_setting() -> None:
    assert PAGE.read_text() == page_with_table(), "run python -m tests.house.settings_table"


def test_it_documents_every_model() -> None:
    page = models_table.page_with_table()
    assert models_table.PAGE.read_text() == page, "run python -m tests.house.models_table"


def code_files() -> list[Path]:
    return [
        path
        for top in CODE
        for path in (ROOT / top).rglob("*.py")
        if "migrations" not in path.parts
    ]


def test_it_keeps_files_short() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in code_files()}
    too_long = [
        f"{path.relative_to(ROOT)}: {count}"
        for path, count in lengths.items()
        if count > (TEST_CAP if path.is_relative_to(ROOT / "tests") else CODE_CAP)
    ]
    assert too_long == []


def test_it_sends_product_requests_through_the_one_door() -> None:
    """Only the door itself, platform clients and the demo's person import an HTTP library."""
    allowed = re.compile(
        r"productviz/lib/\w+\.py|productviz/demo/\w+\.py"
        r"|integrations/platforms/\w+/(client|install|replies)\.py|integrations/sandbox/.*"
    )
    wanted = re.compile(
        r"^\s*(import|from) (requests|urllib3|http\.client|urllib\.request)\b", re.M
    )
    strangers = [
        str(path.relative_to(ROOT))
        for path in code_files()
        if path.parts[len(ROOT.parts)] != "tests"
        and wanted.search(path.read_text())
        and not allowed.fullmatch(str(path.relative_to(ROOT)))
    ]
    assert strangers == []
