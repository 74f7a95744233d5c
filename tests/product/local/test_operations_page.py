"""The shell blocks of docs/operations.md for one machine work in the order of the page."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

from tests.support.accounts import Account
from tests.support.machine import ROOT, Machine
from tests.support.upstream import Upstream


def blocks(section: str) -> str:
    """Return the shell blocks of a section of the page as one script."""
    page = (ROOT / "docs" / "operations.md").read_text().partition(f"\n## {section}\n")[2]
    found = re.findall(r"^```sh\n(.*?)^```$", page.partition("\n## ")[0], re.M | re.S)
    assert found
    return "\n".join(found)


def test_the_page_backs_up_a_running_server_and_restores_it(
    tmp_path: Path, upstream_server: Upstream
) -> None:
    host = f"127.0.0.1:{upstream_server.port}"
    machine = Machine(tmp_path, API_DASHBOARD_ALLOWED_UPSTREAMS=host, API_DASHBOARD_WORKERS="1")
    machine.start()
    account = Account(machine.client)
    place = upstream_server.place(secrets.token_hex(6))
    account.key(place, secret="sk-real-0123456789")
    token = account.token()
    assert account.proxied(token).status == 200

    program = tmp_path / "bin" / "api-dashboard"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -P -m api "$@" </dev/null\n'
    )
    program.chmod(0o700)
    work = tmp_path / "work"
    work.mkdir()
    script = 'eval "$1"; echo "backups are made"; read answer; eval "$2"'
    shell = subprocess.Popen(
        ["sh", "-eu", "-c", script, "sh", blocks("Backups"), blocks("Restoring")],
        cwd=work,
        env={
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "API_DASHBOARD_DATA": str(machine.data),
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert shell.stdout is not None
    said = ""
    for line in shell.stdout:
        said += line
        if line == "backups are made\n":
            break
    later = account.token()
    machine.stop()
    rest, _ = shell.communicate("continue\n", timeout=60)
    assert shell.returncode == 0, said + rest
    assert said.count("Contents  1 accounts, 1 keys, 1 tokens, 1 log entries") == 3, said
    assert "is complete: 1 accounts, 1 keys, 1 tokens and 1 log entries. Nothing was" in rest
    assert rest.count("Restored 1 accounts") == 2
    assert [path.suffix for path in (work / "backups").iterdir()] == [".backup"]

    machine.start()
    assert account.proxied(token).status == 200
    assert account.proxied(later).status == 401
    assert place.last.get("Authorization") == "Bearer sk-real-0123456789"
    assert machine.stop() == 0
