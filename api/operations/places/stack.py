"""A deployed stack of the program: what `pulumi stack output` says, its table and its secrets."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from api.operations.aws.session import open_session
from api.operations.errors import OperationError
from api.operations.places.table import TablePlace
from api.settings import REPOSITORY

_SECONDS = 120
_NEEDED = ("DYNAMODB_TABLE", "REGION", "FUNCTION_NAME")


class Project:
    """The folder with the Pulumi program, and Pulumi's command line."""

    def __init__(self, folder: Path, stack: str) -> None:
        self.folder = folder
        self.stack = stack

    def run(
        self, *arguments: str, text: str | None = None, doing: str, seconds: int = _SECONDS
    ) -> str:
        """Run `pulumi` for the stack and return its output. `text` goes to its standard input, and
        it may take `seconds`.

        Raises OperationError with what it printed if it fails.
        """
        command = ["pulumi", *arguments, "--stack", self.stack, "--non-interactive"]
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
                input=text if text is not None else "",
                capture_output=True,
                text=True,
                timeout=seconds,
            )
        except FileNotFoundError as error:
            raise OperationError(
                f"{doing} failed: there is no pulumi on PATH. Install it, or use --table NAME "
                "--region REGION in place of --stack."
            ) from error
        except subprocess.TimeoutExpired as error:
            raise OperationError(
                f"{doing} failed: pulumi did not end within {seconds} seconds. Check that its "
                "backend responds (pulumi whoami)."
            ) from error
        if done.returncode:
            raise OperationError(f"{doing} failed: pulumi says: {_reason(done.stderr)}")
        return done.stdout

    def outputs(self) -> dict[str, Any]:
        """Return the outputs of the stack. Raises OperationError if it was not deployed."""
        doing = f"Reading the outputs of the stack {self.stack}"
        try:
            outputs = json.loads(self.run("stack", "output", "--json", doing=doing))
        except ValueError as error:
            raise OperationError(
                f"{doing} failed: pulumi printed no JSON. Update pulumi."
            ) from error
        missing = [name for name in _NEEDED if not outputs.get(name)]
        if missing:
            raise OperationError(
                f"The stack {self.stack} has no output {missing[0]}: deploy it with pulumi up."
            )
        return dict(outputs)


class StackPlace(TablePlace):
    """The table and the secrets of a deployed stack. `outputs` are those of `pulumi up`."""

    def __init__(self, project: Project, profile: str | None = None) -> None:
        self.project = project
        self.outputs = project.outputs()
        session = open_session(profile, str(self.outputs["REGION"]))
        # A stack may use a restored table, but its parameters keep the stack's name.
        super().__init__(
            session, str(self.outputs["DYNAMODB_TABLE"]), str(self.outputs["FUNCTION_NAME"])
        )

    @property
    def name(self) -> str:
        """Return what messages call the place."""
        return f"the stack {self.project.stack}"

    @property
    def url(self) -> str:
        """Return the address of the dashboard."""
        return str(self.outputs.get("DASHBOARD_URL") or self.outputs.get("API_GATEWAY_URL"))


def find_project(stack: str, folder: Path | None = None) -> Project:
    """Return the project in `folder`, the working directory or this clone.

    Raises OperationError if none of them contains the program.
    """
    candidates = [folder] if folder is not None else [Path.cwd(), REPOSITORY]
    for candidate in candidates:
        if (candidate / "Pulumi.yaml").is_file():
            return Project(candidate.absolute(), stack)
    looked = " and ".join(str(candidate) for candidate in candidates)
    raise OperationError(
        f"{looked} has no Pulumi.yaml: change to the folder of the repository, name it with "
        "--project, or use --table NAME --region REGION in place of --stack."
    )


def _reason(output: str) -> str:
    lines = [line.removeprefix("error:").strip() for line in output.strip().splitlines()]
    return next((line for line in reversed(lines) if line), "nothing")
