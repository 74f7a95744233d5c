"""Run the command line: `python -m api` is `api-dashboard`, and starts the server by default."""

from __future__ import annotations

import sys

from api.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
