"""Turn the failures of a server's command into one sentence and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable

from api.cli.errors import FAILED, INTERRUPTED
from api.errors import SettingError, StartError, StorageError, StorageUnavailable
from api.logs import DescriptorStream, set_up_logging

_STDERR = 2


def report_failures(command: Callable[[], int]) -> int:
    """Run a command with the server's log, and return its exit code.

    A failed start prints one sentence and returns 1.
    """
    set_up_logging(DescriptorStream(_STDERR))
    try:
        return command()
    except (SettingError, StartError) as error:
        print(error, file=sys.stderr)
    except StorageUnavailable as error:
        print(
            f"The database does not respond ({error.reason}): check that it is running.",
            file=sys.stderr,
        )
    except StorageError as error:
        print(f"{error.detail} The database says: {error.reason}", file=sys.stderr)
    except KeyboardInterrupt:
        return INTERRUPTED
    return FAILED
