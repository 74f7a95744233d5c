"""`make font`: write the pages' font, cut to what the pages use, from the npm package of Geist.

The pages load it first of all, and it is their largest file after the code. The cut leaves out the
weights that no page uses and the alternative digits; the letters and their kerning stay.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from infra.building import REPOSITORY, BuildError, locked_packages
from infra.node import find_node

WEB = REPOSITORY / "web"
STYLE = WEB / "src" / "styles" / "font.css"
FONT = STYLE.with_name("geist-latin.woff2")
SOURCE = WEB / "node_modules/@fontsource-variable/geist/files/geist-latin-wght-normal.woff2"
_REQUIREMENTS = Path(__file__).with_name("font-requirements.txt")
_FEATURES = "ccmp,kern,liga,locl,mark,mkmk,tnum"
# Copyright, names, and the licence (SIL Open Font License), which has to stay.
_NAMES = "0,1,2,4,13,14"


def main() -> int:
    """Write the font. Return the exit code."""
    try:
        find_node().install(WEB, everything=True)
        packages = locked_packages("font", _REQUIREMENTS, doing="Installing fonttools")
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    css = STYLE.read_text(encoding="utf-8")
    weights = ":".join(_found(r"font-weight: (\d+) (\d+);", css))
    (letters,) = _found(r"unicode-range:([^;]+);", css)
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "weights.woff2"
        _fonttools(packages, "varLib.instancer", SOURCE, f"wght={weights}", "-o", part)
        _fonttools(
            packages,
            *("subset", part, "--flavor=woff2", f"--output-file={FONT}"),
            *(f"--unicodes={''.join(letters.split())}", f"--layout-features={_FEATURES}"),
            f"--name-IDs={_NAMES}",
        )
    print(f"{FONT.stat().st_size} bytes in {FONT.relative_to(REPOSITORY)}")
    return 0


def _found(pattern: str, css: str) -> tuple[str, ...]:
    match = re.search(pattern, css)
    assert match is not None, f"{STYLE.name} has no {pattern}"
    return match.groups()


def _fonttools(packages: Path, command: str, *arguments: str | Path) -> None:
    subprocess.run(
        [sys.executable, "-m", f"fontTools.{command}", *arguments],
        env={**os.environ, "PYTHONPATH": str(packages), "SOURCE_DATE_EPOCH": "0"},
        check=True,
    )


if __name__ == "__main__":
    sys.exit(main())
