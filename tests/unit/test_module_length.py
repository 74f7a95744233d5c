"""No Python module has more than 400 lines, so that each one can be read in one sitting."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("api", "bench", "infra", "tests", "tools")
MAX_LINES = 400


def test_every_module_has_at_most_400_lines() -> None:
    modules = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in modules
        if "node_modules" not in path.parts
    }
    assert len(lengths) > 300
    assert {path: lines for path, lines in lengths.items() if lines > MAX_LINES} == {}
