"""`python -m productviz.demo`: set the scene, run the journey, serve until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import sys
import time
from pathlib import Path

from rich.console import Console

from productviz.demo.processes import DidNotStart, Processes, free_port
from productviz.demo.telling import addresses

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT / "var" / "demo"


def main() -> int:
    """Run the demo; 0 when every figure is right."""
    options = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = time.monotonic()
    console = Console(highlight=False)
    web, store = free_port(options.port), free_port(options.port + 80)
    _environment(web_port=web, store_port=store)
    try:
        with Processes(DATA / "logs") as processes:
            return _run(processes, console, options, (web, store), started)
    except DidNotStart as problem:
        console.print(f"[red]The demo could not go on.[/] {problem}\nLogs: {DATA / 'logs'}")
        return 1
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make demo", description="Try ProductViz with a sandbox WooCommerce store."
    )
    parser.add_argument("--once", action="store_true", help="end after the journey")
    parser.add_argument("--photos", type=Path, help="a folder of your own photographs")
    parser.add_argument("--screenshots", action="store_true", help="renew docs/screenshots")
    parser.add_argument("--port", type=int, default=8000, help="the dashboard's preferred port")
    options = parser.parse_args()
    if options.photos and not options.photos.is_dir():
        parser.error(f"--photos: {options.photos} is not a folder")
    return options


def _environment(*, web_port: int, store_port: int) -> None:
    """A fresh installation: own data, own keys, and this one store allowed on loopback."""
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir(parents=True)
    os.environ.update(
        {
            "DJANGO_SETTINGS_MODULE": "productviz.settings",
            "PRODUCTVIZ_MODE": "development",
            "PRODUCTVIZ_SECRET_KEY": secrets.token_urlsafe(48),
            "PRODUCTVIZ_DATA_DIR": str(DATA),
            "PRODUCTVIZ_MODEL_DIR": str(ROOT / "var" / "models"),
            "PRODUCTVIZ_PUBLIC_URL": f"http://127.0.0.1:{web_port}",
            "PRODUCTVIZ_OUTBOUND_ALLOW_HOSTS": f"127.0.0.1:{store_port}",
            "PYTHONUNBUFFERED": "1",
        }
    )


def _run(
    processes: Processes,
    console: Console,
    options: argparse.Namespace,
    ports: tuple[int, int],
    started: float,
) -> int:
    import django

    django.setup()
    from django.core.management import call_command

    from productviz.demo.journey import Journey, set_up

    web_port, store_port = ports
    account = set_up(console)
    shop = ["-m", "integrations.sandbox", "woocommerce", "--port", str(store_port)]
    shop += [
        "--data",
        str(DATA / "store"),
        *(["--photos", str(options.photos)] if options.photos else []),
    ]
    processes.start("store", *shop)
    bind = ["-b", f"127.0.0.1:{web_port}", "--workers", "1", "--threads", "8"]
    processes.start("web", "-m", "gunicorn", "productviz.wsgi", *bind, "--worker-class", "gthread")
    processes.start("worker", str(ROOT / "manage.py"), "worker")
    processes.wait_for_port("store", store_port)
    processes.wait_for_port("web", web_port)
    journey = Journey(
        console,
        processes,
        account,
        base=f"http://127.0.0.1:{web_port}",
        store_url=f"http://127.0.0.1:{store_port}",
        approves=options.photos is None,
    )
    result = journey.run()
    addresses(
        console,
        ("Dashboard", journey.base, f"{account.email}, password {account.password}"),
        ("Storefront", journey.store_url, "admin, password admin-pass-1"),
    )
    if options.screenshots:
        call_command("screenshots", email=account.email, password=account.password)
    if not options.once:
        console.print("Serving until Ctrl-C.")
        while True:
            processes.check()
            time.sleep(1)
    print(result.line(seconds=round(time.monotonic() - started)), flush=True)  # noqa: T201 -- the last line is for machines
    return 0 if result.is_right() else 1


if __name__ == "__main__":
    sys.exit(main())
