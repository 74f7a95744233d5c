"""Run a command of the command line that is killed at a numbered step.

`python -m tests.product.operations.killed 3 move --from …` ends with SIGKILL before its third call
of AWS or change of a file.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import botocore.client

from api.cli.main import main
from api.local import data_folder, restored_data
from api.operations import restore_folder
from api.operations.places.engine_table import EngineTable


def main_killed_at(step: int, arguments: list[str]) -> int:
    """Run a command and kill this process before the given step."""
    left = step

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*given, **named)

        return call

    client: Any = botocore.client.BaseClient
    client._make_api_call = counted(client._make_api_call)
    os.rename = counted(os.rename)
    EngineTable.write = counted(EngineTable.write)  # type: ignore[method-assign]
    for module in (data_folder, restored_data, restore_folder):
        module.write_whole = counted(module.write_whole)  # type: ignore[attr-defined]
    return main(arguments)


if __name__ == "__main__":
    sys.exit(main_killed_at(int(sys.argv[1]), sys.argv[2:]))
