"""`make lighthouse`: what Lighthouse says of the pages, for phones and for desks.

A timed measurement, so no test: what else runs on the machine counts.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from infra.building import CACHE, BuildError
from infra.node import Node, find_node
from tests.browser.chromium import LOOPBACK_ONLY, executable
from tests.browser.demo import demo
from tests.browser.product import Product
from tests.browser.visit import INSIDE, OUTSIDE, sign_in, visit
from tests.support.ports import free_port
from tests.support.upstream import Upstream

PACKAGE = Path(__file__).with_name("lighthouse_package")
AIMS = {"performance": 95, "accessibility": 100, "best-practices": 100}
PATTERN_MESSAGES = {"phone": (), "desk": ("--preset=desktop",)}


# On a busy machine it now and then loses the trace of a load, and asks to be run again.
_TRIES = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; returns 1 when an aim is missed or nothing could be measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.lighthouse", description=__doc__)
    parser.add_argument("paths", nargs="*", default=[*OUTSIDE, *INSIDE], help="the pages' paths")
    parser.add_argument("--runs", type=int, default=1, help="how often; medians are shown")
    given = parser.parse_args(arguments)
    try:
        return _measure(given.paths, given.runs)
    except (BuildError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1


def _measure(paths: Sequence[str], runs: int) -> int:
    node = find_node()
    program = _installed(node)
    missed = False
    print(f"{'':28}{''.join(f'{name:>16}' for name in AIMS)}", flush=True)
    with _product() as (product, upstream), _browser(product) as (page, port):
        # Outside first: to a visitor with a session these pages lead on.
        for path in sorted(paths, key=lambda path: path not in OUTSIDE):
            if path not in OUTSIDE and page.url == "about:blank":
                sign_in(page, demo(product, upstream).account)
                visit(page, "/")
            for form, options in PATTERN_MESSAGES.items():
                command = [*node.node, str(program), product.url + path, f"--port={port}", *options]
                reports = [_report(command) for _ in range(runs)]
                missed |= _show(path, form, reports)
    return 1 if missed else 0


def _installed(node: Node) -> Path:
    folder = CACHE / "lighthouse"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(PACKAGE / name, folder / name)
    node.install(folder)
    return folder / "node_modules" / "lighthouse" / "cli" / "index.js"


@contextlib.contextmanager
def _product() -> Iterator[tuple[Product, Upstream]]:
    upstream = Upstream()
    try:
        with tempfile.TemporaryDirectory(prefix="lighthouse-") as name:
            product = Product(Path(name), [upstream])
            product.start()
            try:
                yield product, upstream
            finally:
                product.stop()
    finally:
        upstream.close()


@contextlib.contextmanager
def _browser(product: Product) -> Iterator[tuple[Page, int]]:
    """A page of a browser whose session Lighthouse shares over the port."""
    port = free_port()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=executable(),
            args=[f"--remote-debugging-port={port}", *LOOPBACK_ONLY],
            base_url=product.url,
        )
        yield context.new_page(), port
        context.close()


def _report(command: Sequence[str]) -> dict[str, Any]:
    for _ in range(_TRIES):
        done = subprocess.run(
            [
                *command,
                *("--output=json", "--quiet", "--disable-storage-reset"),
                *("--no-enable-error-reporting", f"--only-categories={','.join(AIMS)}"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if not done.returncode:
            break
    else:
        raise RuntimeError(f"Lighthouse failed:\n{done.stderr[-2000:]}")
    report: dict[str, Any] = json.loads(done.stdout)
    asked, shown = report["requestedUrl"], report["finalDisplayedUrl"]
    if asked != shown:
        raise RuntimeError(f"Lighthouse asked for {asked} and was led to {shown}.")
    return report


def _show(path: str, form: str, reports: Sequence[dict[str, Any]]) -> bool:
    """Print the medians and what fails; whether an aim is missed."""
    scores = {
        name: round(statistics.median(report["categories"][name]["score"] for report in reports)
                    * 100)
        for name in AIMS
    }  # fmt: skip
    print(f"{path:20}{form:8}{''.join(f'{score:16}' for score in scores.values())}", flush=True)
    last = reports[-1]
    for name, score in scores.items():
        if score >= AIMS[name]:
            continue
        for reference in last["categories"][name]["auditRefs"]:
            audit = last["audits"][reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                print(f"    {audit['title']}: {audit.get('displayValue', 'not so')}", flush=True)
    return any(score < AIMS[name] for name, score in scores.items())


if __name__ == "__main__":
    sys.exit(main())
