"""A user with keys of the stand-in models, and agents that `api-dashboard run` starts for them."""

from __future__ import annotations

import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from api.cli.logins import LoginStore, SavedLogin
from api.secret import Secret
from tests.agents.installation import installed
from tests.agents.isolation import Isolation
from tests.agents.rows import TriedAgent
from tests.agents.standins.models import SECRETS, Models
from tests.agents.standins.script import Script
from tests.support.accounts import Account
from tests.support.clients import HttpClient
from tests.support.upstream import Upstream

# A key in the user's own environment, which `run` replaces. It belongs to no account.
OWN_KEY = "sk-proj-" + "u7R" * 40
_ROOT = Path(__file__).resolve().parents[2]
_RUN = (
    f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from api.cli.main import main; "
    "sys.exit(main())"
)


@dataclass(frozen=True)
class World:
    """The product, the server of the stand-ins, and a place for homes."""

    product: HttpClient
    upstream: Upstream
    isolation: Isolation
    folder: Path


@dataclass(frozen=True)
class Finished:
    """An agent that ended, or was ended: its exit code, and what it printed."""

    code: int
    output: str
    errors: str

    @property
    def shown(self) -> str:
        """Everything that it printed, with single spaces: agents wrap lines."""
        return " ".join(f"{self.output}\n{self.errors}".split())


class Conversation:
    """An agent in a new home folder, with a user of its own and a model that follows a script."""

    def __init__(self, world: World, agent: TriedAgent, script: Script) -> None:
        self._world = world
        self._agent = agent
        name = secrets.token_hex(6)
        self.account = Account(world.product)
        self.models = Models(world.upstream, name, script)
        self.home = world.folder / name
        self.work = self.home / "work"
        self.work.mkdir(parents=True)
        (self.home / "tmp").mkdir()
        for slug, secret in SECRETS.items():
            body = {"provider": slug, "base_url": self.models.url, "secret": secret}
            answer = self.account.call("POST", "/api/keys", body)
            assert answer.status == 201, answer.body
        self._sign_in()
        self._lines: dict[str, list[str]] = {"output": [], "errors": []}

    def run(
        self,
        options: Sequence[str],
        further: Sequence[str],
        is_enough: Callable[[str], bool] = lambda _shown: False,
    ) -> Finished:
        """Run the agent with one prompt, until it ends or has printed enough.

        `options` are of `api-dashboard run`, `further` are arguments before the agent's own.
        """
        agent = self._agent
        own = agent.arguments("Say that you are ready.")
        command = [
            *(sys.executable, "-c", _RUN, "run", "-q", "--api", agent.api, *options, "--"),
            *(agent.name, *_merged(further, own)),
        ]
        path = [*map(str, installed(agent.name)), "/usr/local/bin", "/usr/bin", "/bin"]
        environment = {
            "PATH": ":".join(path),
            "HOME": str(self.home),
            "TMPDIR": str(self.home / "tmp"),
            "TERM": "dumb",
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "OPENAI_API_KEY": OWN_KEY,
            **agent.variables,
        }
        with self._world.isolation.started(command, environment, self.work) as (process, _names):
            return self._followed(process, is_enough)

    def shown(self) -> str:
        """What the agent has printed so far."""
        return "".join([*self._lines["output"], *self._lines["errors"]])

    def _followed(
        self, process: subprocess.Popen[str], is_enough: Callable[[str], bool]
    ) -> Finished:
        assert process.stdout is not None and process.stderr is not None
        readers = [
            threading.Thread(target=self._read, args=(stream, name), daemon=True)
            for name, stream in (("output", process.stdout), ("errors", process.stderr))
        ]
        for reader in readers:
            reader.start()
        end = time.monotonic() + self._agent.patience
        while process.poll() is None and not is_enough(" ".join(self.shown().split())):
            assert time.monotonic() < end, f"no end after {self._agent.patience} s: {self.shown()}"
            time.sleep(0.05)
        code = process.poll()
        if code is None:
            process.kill()
        for reader in readers:
            reader.join(20)
        output, errors = ("".join(lines) for lines in self._lines.values())
        return Finished(-1 if code is None else code, output, errors)

    def _read(self, stream: IO[str], name: str) -> None:
        while piece := stream.read(1):
            self._lines[name].append(piece)

    def _sign_in(self) -> None:
        session = self.account.session
        login = SavedLogin(
            name="test",
            url=self.account.client.url,
            username=self.account.username,
            refresh_token=Secret(session["refresh_token"]),
            access_token=Secret(session["access_token"]),
            access_expires_at=time.time() + session["expires_in"],
            signed_in_at=time.time(),
        )
        LoginStore(self.home / ".config" / "api-dashboard").save(login)


def _merged(further: Sequence[str], own: list[str]) -> list[str]:
    """Return the agent's arguments with further ones after its subcommand, if it has one."""
    if own[0].startswith("-"):
        return [*further, *own]
    return [own[0], *further, *own[1:]]
