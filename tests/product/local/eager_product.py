"""The product, which writes calls in progress after a moment and looks for lost ones all the time.

It has no test application: it only shortens the intervals of `python -m api`.
"""

from __future__ import annotations

import sys

from api.cli.main import main
from api.cli.server import serving
from api.proxy import open_calls

if __name__ == "__main__":
    open_calls._FIRST_WRITE = 0.2
    serving.OPEN_CALLS_INTERVAL = 0.1
    serving.LOST_CALLS_INTERVAL = 0.1
    sys.exit(main([]))
