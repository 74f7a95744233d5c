"""`make lighthouse`: print the Lighthouse scores of all pages, for phones and desktops.

This is not a test because the scores depend on the load of the machine.
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
from tests.browser.product import Product
from tests.browser.visit import INSIDE, OUTSIDE, sign_in, visit
from tests.support.ports import free_port
from tests.support.upstream import Upstream
from tools.demo import demo

PACKAGE = Path(__file__).with_name("lighthouse_package")
TARGETS = {"performance": 95, "accessibility": 100, "best-practices": 100}
FORM_FACTORS = {"phone": (), "desktop": ("--preset=desktop",)}

# On a busy machine Lighthouse sometimes loses the trace of a page load.
_TRIES = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the scores. Return 1 if a score is below its target or missing."""
    parser = argparse.ArgumentParser(prog="python -m tools.lighthouse", description=__doc__)
    parser.add_argument("paths", nargs="*", default=[*OUTSIDE, *INSIDE], help="paths of the pages")
    parser.add_argument("--runs", type=int, default=1, help="number of runs; medians are printed")
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
    print(f"{'':28}{''.join(f'{name:>16}' for name in TARGETS)}", flush=True)
    with _product() as (product, upstream), _browser(product) as (page, port):
        # Public pages first: with a session they redirect.
        for path in sorted(paths, key=lambda path: path not in OUTSIDE):
            if path not in OUTSIDE and page.url == "about:blank":
                sign_in(page, demo(product, upstream).account)
                visit(page, "/")
            for form_factor, options in FORM_FACTORS.items():
                command = [*node.node, str(program), product.url + path, f"--port={port}", *options]
                reports = [_report(command) for _ in range(runs)]
                missed |= _show(path, form_factor, reports)
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
    """Open a page in a browser; Lighthouse uses its session through the debugging port."""
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
                *("--no-enable-error-reporting", f"--only-categories={','.join(TARGETS)}"),
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
        raise RuntimeError(f"Lighthouse requested {asked} and was redirected to {shown}.")
    return report


def _show(path: str, form_factor: str, reports: Sequence[dict[str, Any]]) -> bool:
    """Print the medians and the failed audits. Return whether a score is below its target."""
    scores = {
        name: round(statistics.median(report["categories"][name]["score"] for report in reports)
                    * 100)
        for name in TARGETS
    }  # fmt: skip
    print(
        f"{path:20}{form_factor:8}{''.join(f'{score:16}' for score in scores.values())}", flush=True
    )
    last = reports[-1]
    for name, score in scores.items():
        if score >= TARGETS[name]:
            continue
        for reference in last["categories"][name]["auditRefs"]:
            audit = last["audits"][reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                print(f"    {audit['title']}: {audit.get('displayValue', 'failed')}", flush=True)
    return any(score < TARGETS[name] for name, score in scores.items())


if __name__ == "__main__":
    sys.exit(main())
