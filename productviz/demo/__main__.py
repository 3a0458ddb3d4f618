"""`python -m productviz.demo`: set the scene, run the journey, serve until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from productviz.demo.processes import DidNotStart, Processes, free_port
from productviz.demo.telling import addresses

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT / "var" / "demo"
CLIENT_ID = "productviz-demo"
# What an operator deploys at Shopify.
APP_FILE = ROOT / "deploy" / "shopify" / "shopify.app.toml"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the demo's servers listen on this machine."""

    web: int
    woocommerce: int
    shopify: int

    @property
    def base(self) -> str:
        """The dashboard's address."""
        return f"http://127.0.0.1:{self.web}"


def main() -> int:
    """Run the demo; 0 when every figure is right."""
    options = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = time.monotonic()
    console = Console(highlight=False)
    ports = Ports(*(free_port(options.port + step) for step in (0, 80, 81)))
    _environment(ports)
    try:
        with Processes(DATA / "logs") as processes:
            return _run(processes, console, options, ports, started)
    except DidNotStart as problem:
        console.print(f"[red]The demo could not go on.[/] {problem}\nLogs: {DATA / 'logs'}")
        return 1
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make demo",
        description="Try ProductViz with a sandbox WooCommerce store and a sandbox Shopify shop.",
    )
    parser.add_argument("--once", action="store_true", help="end after the journey")
    parser.add_argument("--photos", type=Path, help="a folder of your own photographs")
    parser.add_argument("--screenshots", action="store_true", help="renew docs/screenshots")
    parser.add_argument("--port", type=int, default=8000, help="the dashboard's preferred port")
    options = parser.parse_args()
    if options.photos and not options.photos.is_dir():
        parser.error(f"--photos: {options.photos} is not a folder")
    return options


def _environment(ports: Ports) -> None:
    """A fresh installation: own data, own keys, and these two stores allowed on loopback."""
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir(parents=True)
    stores = f"127.0.0.1:{ports.woocommerce},127.0.0.1:{ports.shopify}"
    os.environ.update(
        {
            "DJANGO_SETTINGS_MODULE": "productviz.settings",
            "PRODUCTVIZ_MODE": "development",
            "PRODUCTVIZ_SECRET_KEY": secrets.token_urlsafe(48),
            "PRODUCTVIZ_DATA_DIR": str(DATA),
            "PRODUCTVIZ_MODEL_DIR": str(ROOT / "var" / "models"),
            "PRODUCTVIZ_PUBLIC_URL": ports.base,
            "PRODUCTVIZ_OUTBOUND_ALLOW_HOSTS": stores,
            "PRODUCTVIZ_SHOPIFY_CLIENT_ID": CLIENT_ID,
            "PRODUCTVIZ_SHOPIFY_CLIENT_SECRET": secrets.token_hex(16),
            "PRODUCTVIZ_SHOPIFY_SANDBOX_URL": f"http://127.0.0.1:{ports.shopify}",
            "PYTHONUNBUFFERED": "1",
        }
    )


def _run(
    processes: Processes,
    console: Console,
    options: argparse.Namespace,
    ports: Ports,
    started: float,
) -> int:
    import django

    django.setup()
    from django.core.management import call_command

    from productviz.demo.journey import Journey, last_line, set_up
    from productviz.demo.shops import ShopifyShop, WooCommerceShop

    account = set_up(console)
    _start(processes, ports, options.photos)
    woocommerce = WooCommerceShop(
        f"http://127.0.0.1:{ports.woocommerce}", base=ports.base, account=account
    )
    shopify = ShopifyShop(f"http://127.0.0.1:{ports.shopify}", base=ports.base)
    approves = options.photos is None
    results = [
        Journey(console, processes, shop, base=ports.base, approves=approves).run(
            stages=shop is woocommerce
        )
        for shop in (woocommerce, shopify)
    ]
    addresses(
        console,
        ("Dashboard", ports.base, f"{account.email}, password {account.password}"),
        ("WooCommerce", woocommerce.url, "admin, password admin-pass-1"),
        ("Shopify admin", shopify.admin, "admin, password admin-pass-1"),
    )
    if options.screenshots:
        who = {"email": account.email, "password": account.password}
        call_command("screenshots", app=shopify.app, **who)
    if not options.once:
        console.print("Serving until Ctrl-C.")
        while True:
            processes.check()
            time.sleep(1)
    seconds = round(time.monotonic() - started)
    print(last_line(results, seconds=seconds), flush=True)  # noqa: T201 -- the last line is for machines
    return 0 if all(result.is_right() for result in results) else 1


def _start(processes: Processes, ports: Ports, photos: Path | None) -> None:
    """Start both stores, the web server and a worker; return when all of them answer."""
    own = ["--photos", str(photos)] if photos else []
    sandbox = ("-m", "integrations.sandbox")
    woocommerce = ["woocommerce", "--port", str(ports.woocommerce), "--data", str(DATA / "store")]
    shopify = ["shopify", "--port", str(ports.shopify), "--data", str(DATA / "shop")]
    shopify += ["--app-toml", str(APP_FILE), "--app-url", f"{ports.base}/"]
    shopify += ["--client-id", CLIENT_ID, "--not-installed"]
    shopify += ["--client-secret", os.environ["PRODUCTVIZ_SHOPIFY_CLIENT_SECRET"]]
    processes.start("store", *sandbox, *woocommerce, *own)
    processes.start("shop", *sandbox, *shopify, *own)
    bind = ["-b", f"127.0.0.1:{ports.web}", "--workers", "1", "--threads", "8"]
    processes.start("web", "-m", "gunicorn", "productviz.wsgi", *bind, "--worker-class", "gthread")
    processes.start("worker", str(ROOT / "manage.py"), "worker")
    for name, port in (("store", ports.woocommerce), ("shop", ports.shopify), ("web", ports.web)):
        processes.wait_for_port(name, port)


if __name__ == "__main__":
    sys.exit(main())
