"""What the tests of backups share."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

Command = Callable[..., "subprocess.CompletedProcess[str]"]

# The command line, whose backups wait for a signal when they have opened their output.
WAITING = (
    sys.executable,
    "-c",
    """
import signal, sys
from api.operations.counting import ItemCounter
ItemCounter.counted = lambda self, items: iter(signal.pause, 0)
from api.cli.main import main
sys.exit(main())
""",
)
