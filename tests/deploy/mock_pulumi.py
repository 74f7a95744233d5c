"""The part of `pulumi` that the command line uses, for a stack that was deployed with the mocks.

`python -m tests.deploy.mock_pulumi STATE stack output --json …`: STATE is the file of the stack.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(state: Path, arguments: list[str]) -> int:
    """Run a command. Return its exit code."""
    document = json.loads(state.read_text())
    prefix = f"{document['project']}:"
    match [argument for argument in arguments if not argument.startswith("-")]:
        case ["stack", "output", *_]:
            print(json.dumps(document["outputs"]))
        case ["config", *_] if "--json" in arguments:
            values = document["settings"].items()
            print(json.dumps({name: {"value": value, "secret": False} for name, value in values}))
        case ["config", "get", name, *_] if prefix + name in document["settings"]:
            print(document["settings"][prefix + name])
        case ["config", "set", name, *_] if "--secret" in arguments:
            document["settings"][prefix + name] = sys.stdin.read().rstrip("\n")
            document["secrets"].append(prefix + name)
            state.write_text(json.dumps(document))
        case _:
            print(f"error: the mocks have no {' '.join(arguments)}", file=sys.stderr)
            return 255
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
