"""`python -m tools.wheel FOLDER` builds the wheel, writes it to a folder and prints its path."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from infra.building import BuildError
from tools.wheel.build import build_wheel


def main(folder: Path) -> int:
    """Write the wheel to `folder` in place of older ones. Return the exit code."""
    try:
        wheel = build_wheel()
        folder.mkdir(parents=True, exist_ok=True)
        for older in folder.glob("api_dashboard-*.whl"):
            older.unlink()
        print(shutil.copy(wheel, folder))
    except (BuildError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
