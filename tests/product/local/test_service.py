"""`service install`, `status` and `remove`, with systemd."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.product.local.user_systemd import UserSystemd, user_systemd
from tests.support.clients import HttpClient
from tests.support.machine import ROOT
from tests.support.ports import free_port

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="systemd is for Linux")

# The service must get it as it is.
INVITE_CODE = 'in "quotes" $HOME `id` \\ %h'


@pytest.fixture
def session(tmp_path: Path) -> Iterator[UserSystemd]:
    with user_systemd(tmp_path) as session:
        yield session


@pytest.fixture
def service(session: UserSystemd) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = (sys.executable, "-m", "api", "service", *arguments)
        return session.run(*command, cwd=ROOT, **variables)

    return run


def test_the_server_runs_as_a_service_until_it_is_removed(
    service: Callable[..., subprocess.CompletedProcess[str]], session: UserSystemd
) -> None:
    port = free_port()
    data = session.home / "the data"
    options = ("install", "--port", str(port), "--data", str(data))
    settings = {"API_DASHBOARD_SIGN_UP": "invite", "API_DASHBOARD_INVITE_CODE": INVITE_CODE}
    folder = session.home / ".config/systemd/user"
    unit, values = folder / "api-dashboard.service", folder / "api-dashboard.env"

    before = service("status")
    assert before.returncode == 1 and "not installed" in before.stdout

    installed = service(*options, **settings)
    assert installed.returncode == 0, installed
    assert f"API Dashboard runs at http://127.0.0.1:{port}" in installed.stderr
    assert "loginctl enable-linger" in installed.stderr
    assert INVITE_CODE not in installed.stderr
    assert stat.S_IMODE(values.stat().st_mode) == 0o600
    client = HttpClient(port)
    account = {"username": "ada", "email": "a@example.com", "password": "a long enough passphrase"}
    refused = client.call("POST", "/api/auth/register", {**account, "invite_code": "another"})
    assert refused.status == 403
    body = {**account, "invite_code": INVITE_CODE}
    assert client.call("POST", "/api/auth/register", body).status == 201

    database = (data / "database.pid").read_text()
    assert service(*options, **settings).returncode == 0
    assert (data / "database.pid").read_text() == database  # It was not started again.

    shown = service("status", "--json")
    assert shown.returncode == 0
    assert json.loads(shown.stdout) == {
        "installed": True,
        "running": True,
        "url": f"http://127.0.0.1:{port}",
        "data": str(data),
        "file": str(unit),
    }

    removed = service("remove")
    assert removed.returncode == 0
    assert removed.stderr == f"Removed the service. Your data is still in {data}.\n"
    assert (data / "database.db").is_file()
    assert not unit.exists() and not values.exists()
    with pytest.raises(OSError):
        client.request("GET", "/api/status")
    again = service("remove")
    assert (again.returncode, again.stderr) == (0, "The service is not installed.\n")


def test_a_port_in_use_is_reported_before_anything_is_installed(
    service: Callable[..., subprocess.CompletedProcess[str]],
    session: UserSystemd,
    server: HttpClient,
) -> None:
    data = session.home / "data"
    refused = service("install", "--port", str(server.port), "--data", str(data))
    assert refused.returncode == 1
    assert refused.stderr == (
        f"Error: Another server responds at http://127.0.0.1:{server.port}: stop it, or choose "
        "another port with --port.\n"
    )
    assert not (session.home / ".config").exists()


def test_without_systemd_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "api", "service", "install", "--data", str(tmp_path / "data")],
        cwd=ROOT,
        env={"HOME": str(tmp_path), "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "Error: systemd does not run for this user (systemctl is not installed): sign in as this "
        "user directly, not through su or sudo. On a system without systemd, such as a container, "
        "start `api-dashboard serve` yourself.\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_no_mistake_in_the_unit(tmp_path: Path) -> None:
    from api.cli.service.definition import ServiceDefinition
    from api.cli.service.systemd import unit_text

    program = tmp_path / "a % $HOME folder" / "api-dashboard"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    definition = ServiceDefinition((str(program), "serve"), {}, program.parent, 45)
    unit = tmp_path / "api-dashboard.service"
    unit.write_text(unit_text(definition, tmp_path / "settings.env"))
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", str(unit)],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
