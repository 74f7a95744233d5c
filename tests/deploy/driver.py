"""A stack with Pulumi's mocks, for machines without the `pulumi` command."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import yaml

from tests.deploy.project import ROOT
from tests.deploy.stacks import Workspace, run


class MockStack:
    """A stack that is deployed once and destroyed once."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._state = workspace.folder / "state.json"
        workspace.folder.mkdir(parents=True, exist_ok=True)
        document = yaml.safe_load((workspace.project / "Pulumi.yaml").read_text())
        self._state.write_text(
            json.dumps(
                {
                    "project": document["name"],
                    "stack": workspace.name,
                    "settings": _settings(document, {**workspace.settings, **workspace.secrets}),
                    "secrets": [f"{document['name']}:{name}" for name in workspace.secrets],
                }
            )
        )

    def up(self) -> None:
        """Deploy the stack. Raises UpFailed."""
        self._run("up")

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs."""
        outputs: dict[str, Any] = json.loads(self._state.read_text())["outputs"]
        return outputs

    def destroy(self) -> None:
        """Delete the stack's resources in reverse order. Raises UpFailed."""
        self._run("destroy")

    def _run(self, order: str) -> None:
        run(
            [sys.executable, "-m", "tests.deploy.mock_engine", str(self._state), order],
            self._workspace,
            {
                "HOME": os.environ.get("HOME", str(self._workspace.folder)),
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
            },
        )


def _settings(document: dict[str, Any], changes: dict[str, str]) -> dict[str, str]:
    """Return the settings by full name: the defaults of Pulumi.yaml and the stack's own."""
    prefix = f"{document['name']}:"
    settings = {
        name if ":" in name else prefix + name: str(entry.get("default", entry.get("value")))
        for name, entry in document["config"].items()
    }
    return {**settings, **{prefix + name: value for name, value in changes.items()}}
