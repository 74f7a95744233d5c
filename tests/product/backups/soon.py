"""The product, whose first look for a due backup is at once."""

from __future__ import annotations

import sys

from api.cli.server import serving

if __name__ == "__main__":
    serving.BACKUPS_DELAY = 0.0
    from api.cli.main import main

    sys.exit(main())
