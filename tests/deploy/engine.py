"""A stack with Pulumi's own engine, with the test provider in place of the real providers."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from tests.deploy.engines import ENGINE
from tests.deploy.project import ROOT
from tests.deploy.provider.registry import PACKAGES
from tests.deploy.stacks import Workspace, run


class EngineStack:
    """A stack whose state is a local file, encrypted with a passphrase."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        plugins = workspace.folder / "plugins"
        state = workspace.folder / "state"
        for folder in (plugins, state):
            folder.mkdir(parents=True, exist_ok=True)
        for package in PACKAGES:
            _write_plugin(plugins / f"pulumi-resource-{package}", package)
        self.environment = {
            "HOME": os.environ.get("HOME", str(workspace.folder)),
            "PATH": f"{plugins}{os.pathsep}{os.environ['PATH']}",
            "PULUMI_BACKEND_URL": state.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "rehearsal",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_HOME": str(workspace.folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        # Otherwise it would reuse the settings of an earlier stack with its name.
        (workspace.project / f"Pulumi.{workspace.name}.yaml").unlink(missing_ok=True)
        self._pulumi("stack", "init")
        self.configure(**workspace.settings)
        for name, value in workspace.secrets.items():
            self._pulumi("config", "set", "--secret", name, value)

    def configure(self, **settings: str) -> None:
        """Change settings of the stack."""
        for name, value in settings.items():
            self._pulumi("config", "set", name, value)

    def unset(self, *names: str) -> None:
        """Reset settings to their defaults."""
        for name in names:
            self._pulumi("config", "rm", name)

    def up(self, *options: str) -> None:
        """Deploy or update the stack. Raises UpFailed."""
        self._pulumi("up", "--yes", "--skip-preview", *options)

    def renew(self, name: str) -> None:
        """Replace a resource and those that depend on it. Raises UpFailed."""
        listed = self._pulumi("stack", "--show-urns")
        (urn,) = re.findall(rf"urn:\S+::{re.escape(name)}$", listed, re.MULTILINE)
        self.up("--replace", urn)

    def move(self, old: str, new: str) -> None:
        """Change the type and name of a resource in the state, as if another program made it.

        Both are the end of a URN, with the types of the parents.
        """
        document = json.loads(self._pulumi("stack", "export"))
        deployment = json.loads(json.dumps(document["deployment"]).replace(f"::{old}", f"::{new}"))
        document["deployment"] = deployment
        (moved,) = [one for one in deployment["resources"] if one["urn"].endswith(f"::{new}")]
        parents, _, _ = new.rpartition("$")
        (moved["parent"],) = [
            one["urn"] for one in deployment["resources"] if f"::{parents}::" in one["urn"]
        ]
        file = self._workspace.folder / "moved.json"
        file.write_text(json.dumps(document))
        self._pulumi("stack", "import", "--file", str(file))

    def planned(self) -> list[tuple[str, str]]:
        """Return the operation and type of each resource that `up` would change."""
        document = json.loads(self._pulumi("preview", "--json"))
        return [
            (step["op"], step["urn"].split("::")[2].rsplit("$", 1)[-1])
            for step in document["steps"]
            if step["op"] != "same"
        ]

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs. Secret values are hidden."""
        outputs: dict[str, Any] = json.loads(self._pulumi("stack", "output", "--json"))
        return outputs

    def destroy(self, *options: str) -> None:
        """Destroy the stack's resources. Raises UpFailed."""
        self._pulumi("destroy", "--yes", *(options or ("--skip-preview",)))

    def _pulumi(self, *arguments: str) -> str:
        command = [str(ENGINE), *arguments, "--stack", self._workspace.name, "--non-interactive"]
        return run(command, self._workspace, self.environment)


def _write_plugin(path: Path, package: str) -> None:
    command = f'exec "{sys.executable}" -m tests.deploy.provider {package}'
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" {command}\n')
    path.chmod(0o755)
