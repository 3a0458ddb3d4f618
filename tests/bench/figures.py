"""The figures. Each runs in fresh processes, so that memory and start-up are what a worker sees."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure against its target; ``met`` is None where there is no target."""

    name: str
    value: float
    unit: str
    target: float | None
    met: bool | None
    how: str


def at_most(name: str, value: float, *, unit: str, target: float, how: str) -> Row:
    """A figure that should not exceed its target."""
    return Row(name, round(value, 4), unit, target, value <= target, how)


def at_least(name: str, value: float, *, unit: str, target: float, how: str) -> Row:
    """A figure that should reach its target."""
    return Row(name, round(value, 4), unit, target, value >= target, how)


def run_script(
    script: str,
    *options: str,
    one_core: bool = False,
    byte_code: str = "",
    before: Sequence[str] = (),
) -> Any:
    """Run a measuring script in a fresh process and read the JSON it prints last.

    ``byte_code`` is a folder to keep compiled modules in, for starts like an installed package's.
    ``before`` are modules and words that start it in its place.
    """
    command = [sys.executable, "-m", *before, f"tests.bench.{script}", *options]
    if one_core:
        command = ["taskset", "-c", "0", *command]
    environment = {**os.environ, "PRODUCTVIZ_MODE": "development"}
    if byte_code:
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment["PYTHONPYCACHEPREFIX"] = byte_code
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def noise() -> Row:
    """How much a fixed piece of work varies on this machine now, without the product."""
    spent = run_script("calibrate", one_core=True)
    spread = (max(spent) - min(spent)) / statistics.median(spent) * 100
    how = "spread of 9 equal pieces of numpy work on one core"
    return Row("machine_noise", round(spread, 1), "%", None, None, how)


def packshot() -> list[Row]:
    """Studio packshot, 2000 x 2000, the cut-out known."""
    got = run_script("packshot", one_core=True)
    how = "median of 7 renders of a 1600 px photo, one core (taskset), fresh process"
    peak = "peak RSS of that process: imports, render, finish and verify"
    return [
        at_most("packshot_seconds", got["render"], unit="s", target=1.0, how=how),
        Row("packshot_finish_seconds", round(got["finish"], 3), "s", None, None, "encode 2 files"),
        Row("packshot_verify_seconds", round(got["verify"], 3), "s", None, None, "all gates"),
        at_most("packshot_peak_memory", got["peak_mb"], unit="MB", target=600, how=peak),
    ]


def scene() -> list[Row]:
    """Studio scene, 2000 x 2000, the cut-out known and the plate read."""
    got = run_script("scene", one_core=True)
    how = "median of 7 renders on the podium, one core (taskset), fresh process"
    first = "the first of a process, which also reads and colours the plate"
    return [
        at_most("scene_seconds", got["warm"], unit="s", target=1.5, how=how),
        Row("scene_first_seconds", round(got["cold"], 3), "s", None, None, first),
        at_most("scene_peak_memory", got["peak_mb"], unit="MB", target=700, how="peak RSS"),
    ]


def cutouts() -> list[Row]:
    """Cut-out and packshot against rembg, the same network on the same pictures."""
    got = run_script("cutouts", one_core=True)
    seconds, edges = got["seconds"], got["edges"]
    how = f"{got['pictures']} demo photos, u2netp, one core, from bytes to finished files"
    ratios = (
        at_least(
            f"cutout_packshot_vs_rembg_{mode}",
            seconds[mode] / seconds["ours"],
            unit="x",
            target=1.5,
            how=f"images/s against rembg's remove() to PNG ({mode}); mean edge error "
            f"{edges['ours']:.3f} against {edges[mode]:.3f}",
        )
        for mode in ("matting", "plain")
    )
    return [
        Row("cutout_packshot_seconds", round(seconds["ours"], 3), "s", None, None, how),
        *ratios,
    ]


def locked() -> list[Row]:
    """Product pixels unchanged, over the demo catalog, in the encoded file."""
    got = run_script("locked")
    how = f"worst of {got['pictures']} pictures (white and podium), main file decoded: "
    ssim, colour = got["ssim"], got["colour"]
    return [
        at_least("locked_ssim", ssim[0], unit="", target=0.995, how=how + ssim[1]),
        at_most("locked_p95_ciede2000", colour[0], unit="", target=1.0, how=how + colour[1]),
    ]


def gates() -> list[Row]:
    """Damaged pictures caught, and good ones held back, at the sizes that faults really have."""
    got = run_script("gates", one_core=True)
    kinds = {
        kind: found["realistic"]
        for kind, found in got["kinds"].items()
        if found["realistic"]["pictures"]
    }
    worst = min(kinds, key=lambda kind: kinds[kind]["recall"])
    recall, missed = kinds[worst]["recall"], ", ".join(kinds[worst]["missed"]) or "none"
    what = f"{got['photos']} demo photos with true masks, {len(kinds)} kinds of fault"
    return [
        at_least(
            "gates_recall", recall, unit="", target=0.95, how=f"{what}; lowest: {worst}, {missed}"
        ),
        at_most(
            "gates_false_alarms", got["false_alarm_rate"], unit="", target=0.02,
            how=f"share of {got['good']} good pictures (white, colour, no shadow) held back",
        ),
    ]  # fmt: skip


def web_start() -> list[Row]:
    """The web process: import to ready, and what it must not have loaded."""
    with tempfile.TemporaryDirectory() as byte_code:
        run_script("web_start", byte_code=byte_code)  # compiles, as installing does
        runs = [run_script("web_start", byte_code=byte_code) for _ in range(5)]
    seconds = statistics.median(run["seconds"] for run in runs)
    cpu = statistics.median(run["cpu"] for run in runs)
    heavy = sorted({name for run in runs for name in run["heavy"]})
    how = "median of 5: interpreter start, WSGI application and URL conf loaded, first answer"
    return [
        at_most("web_start_seconds", seconds, unit="s", target=2.0, how=how),
        at_most(
            "web_start_cpu_seconds", cpu, unit="s", target=2.0,
            how="the same in processor time, user and system: what a busy machine does not change",
        ),
        at_most(
            "web_heavy_modules", len(heavy), unit="modules", target=0,
            how=f"torch, diffusers, onnxruntime, scipy in the web process: {heavy or 'none'}",
        ),
    ]  # fmt: skip


def webhook_intake() -> list[Row]:
    """Webhooks at a fixed rate, on both databases."""
    rows = []
    for database, before in (
        ("sqlite", []),
        ("postgres", ["tests.postgres", sys.executable, "-m"]),
    ):
        got = run_script("webhook_intake", before=before)
        how = f"{database}: 200 signed deliveries/s for 12 s, open loop, gunicorn as deployed"
        lost = got["sent"] - got["rows"] + got["refused"]
        rows += [
            at_most(f"webhook_p99_{database}", got["p99"], unit="ms", target=100, how=how),
            at_most(f"webhooks_lost_{database}", lost, unit="deliveries", target=0, how=how),
            Row(
                f"webhook_cpu_{database}", round(got["server_cpu_ms"], 1), "ms", None, None,
                "CPU of the web server's workers for one delivery",
            ),
        ]  # fmt: skip
    return rows


def webhook_sender() -> list[Row]:
    """Webhooks out: how many a second, and whether receivers that hang are felt by the others."""
    got = run_script("webhook_sender", before=["tests.postgres", sys.executable, "-m"])
    backlog, steady, alone = got["backlog_3"], got["steady_3"], got["steady_0"]
    how = "PostgreSQL, one sender, 20 endpoints of which 3 hang, loopback HTTP: "
    aged = f"{how}age on arrival at the 17 others, 119 deliveries/s for 15 s"
    return [
        at_least("webhooks_out_per_second", backlog["per_second"], unit="deliveries/s", target=100,
                 how=f"{how}a backlog of {backlog['deliveries']}"),
        Row("webhooks_out_p95_age", round(steady["p95"], 3), "s", None, None, aged),
        at_most("webhooks_out_p95_vs_no_hangers", steady["p95"] / alone["p95"], unit="x",
                target=1.25, how=f"the same 17 when all 20 answer: {alone['p95']:.3f} s"),
        Row("webhooks_out_cpu", round(steady["cpu_ms"], 2), "ms", None, None,
            "processor time of the sender for one delivery, its start included"),
    ]  # fmt: skip


def catalog_sync() -> list[Row]:
    """A Shopify catalog by bulk operation: memory, time, and a second sweep that writes nothing."""
    small, large = _swept(1000), _swept(10_000)
    how = "10,000 products, 20,000 variants, 30,000 images of a sandbox shop over HTTP; SQLite"
    growth = large["cpu_seconds"][0] / small["cpu_seconds"][0]
    whole = "imports included; "
    return [
        at_most("catalog_sync_peak_memory", large["peak_mb"], unit="MB", target=200,
                how=f"{whole}{large['start_mb']:.0f} MB before it began; {how}"),
        Row("catalog_sync_cpu_seconds", round(large["cpu_seconds"][0], 1), "s", None, None, how),
        Row("catalog_resync_cpu_seconds", round(large["cpu_seconds"][1], 1), "s", None, None,
            "the same catalog again, unchanged"),
        at_most("catalog_resync_writes", large["writes"][1], unit="statements", target=0,
                how="to the tables of products and images"),
        at_most("catalog_sync_growth", growth, unit="x", target=12,
                how="CPU seconds of 10,000 products against 1,000"),
    ]  # fmt: skip


def _swept(products: int) -> Any:
    command = [sys.executable, "-m", "tests.bench.bulk_server", str(products)]
    with (
        tempfile.TemporaryDirectory() as data,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server,
    ):
        try:
            assert server.stdout is not None
            shop = json.loads(server.stdout.readline())
            return run_script(
                "catalog_sync", "--data", data, "--url", shop["url"], "--token", shop["token"]
            )
        finally:
            server.kill()


def orchestration() -> list[Row]:
    """Six stages without pixels, on PostgreSQL: speed, growth, fairness, and what is re-used."""
    before = ["tests.postgres", sys.executable, "-m"]
    got = run_script("orchestration", before=before)
    drain, fair, repeat = got["drain"], got["fair"], got["repeat"]
    ratio = fair["beside_p50"] / fair["alone_p50"]
    slowest = max(got["lists"], key=got["lists"].get)
    return [
        at_least(
            "generations_per_second", got["per_second"], unit="1/s", target=50,
            how="5,000 through six stages without pixels, accepted one by one and then drained by 3"
            f" workers; PostgreSQL on the same cores, load {got['load']:.1f} before",
        ),
        Row("intake_per_second", round(got["intake"]["per_second"], 1), "1/s", None, None,
            "of those: requests accepted by one process"),
        Row("generation_cpu", round(drain["cpu_ms"], 2), "ms", None, None,
            "CPU of workers and server for stages 2 to 6 of one"),
        at_most(
            "generation_growth", got["growth"], unit="x", target=1.2,
            how=f"CPU of one at {got['rows']:,} rows, half of them in line, against 5,000",
        ),
        at_most(
            "api_list_p95", got["lists"][slowest], unit="ms", target=100,
            how=f"a page of 50 at {got['rows']:,} generations, through Django; the slowest of"
            f" {len(got['lists'])} lists: {slowest}",
        ),
        at_most(
            "interactive_beside_batch", ratio, unit="x", target=2,
            how="a person's median wait for a picture of 0.25 s beside another workspace's batch of"
            f" 10,000, against alone ({fair['alone_p50']:.2f} s); 4 workers",
        ),
        at_most(
            "reused_p95", repeat["p95"], unit="ms", target=50,
            how="asking in the dashboard for what was made before: 300 requests through Django,"
            f" every one answered by the kept image ({repeat['reused']})",
        ),
        at_least(
            "reused_speedup", repeat["first_ms"] / repeat["p50"], unit="x", target=100,
            how="the same request's first answer, by a worker that loads its networks for it",
        ),
    ]  # fmt: skip


def painting() -> list[Row]:
    """Painted pictures with tiny models on the CPU: all that is not the model's own time."""
    got = run_script("painting")
    ended = ", ".join(f"{count} {status}" for status, count in sorted(got["ended"].items()))
    return [
        at_most(
            "painted_batching_ms", got["gathering_ms"] + got["bookkeeping_ms"], unit="ms", target=2,
            how="an image: meeting in front of the painter (processor time, 24 threads), and its"
            " keys, batches, progress, limits and facts (the slowest of the tiny models)",
        ),
        at_most(
            "painted_six_stages_seconds", got["six_stages_seconds"], unit="s", target=5,
            how="a tiny pipeline's picture of 1000 px: prepared by a CPU worker, the rest done"
            f" by a running GPU cluster on the CPU; {ended}",
        ),
    ]  # fmt: skip


FIGURES: tuple[Callable[[], list[Row]], ...] = (
    packshot, scene, cutouts, locked, gates, catalog_sync, web_start, webhook_intake,
    orchestration, webhook_sender, painting,
)  # fmt: skip
