"""Second factors, audit log, tokens in rotation and targets: restored, re-encrypted, and reset."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from api.operations.archive.recovery_keys import new_recovery_key
from api.storage.item_kinds import kind_of
from tests.product.operations.conftest import REGION, Aws, folder, moved, plain
from tests.support.accounts import PASSWORD, Account
from tests.support.authenticator import SoftPasskey
from tests.support.clients import Response
from tests.support.factors import (
    App,
    add_passkey,
    add_totp,
    complete_sign_in,
    passkey_client,
    sign_in_by_passkey,
    start_sign_in,
)
from tests.support.machine import ROOT, Machine
from tests.support.upstream import Place, Upstream


class Home:
    """An installation on one machine, with an account that has one of everything."""

    def __init__(self, folder: Path, upstream: Upstream, place: Place) -> None:
        self.folder = folder
        self.environment = {
            "API_DASHBOARD_ALLOWED_UPSTREAMS": f"127.0.0.1:{upstream.port}",
            "API_DASHBOARD_WORKERS": "1",
        }
        self.machine = self.start("first")
        client = passkey_client(self.machine.client)
        self.account = Account(client)
        self.passkey: SoftPasskey = add_passkey(self.account)[0]
        self.app: App = add_totp(self.account)[0]
        self.account.key(place)
        body = {"name": "On call", "kind": "webhook", "address": f"{place.url}/hook"}
        answer = self.account.call("POST", "/api/notifications/targets", body)
        assert answer.status == 201, answer.body
        self.target: str = answer.json["target_id"]
        created = self.account.token_details(["*"])
        rotate = f"/api/tokens/{created['token_id']}/rotate"
        rotated = self.account.call("POST", rotate, {"overlap": 3600})
        assert rotated.status == 200, rotated.body
        self.tokens = [created["token"], rotated.json["token"]]

    def start(self, name: str, **settings: str) -> Machine:
        """Start the product on a folder."""
        (self.folder / name).mkdir(exist_ok=True)
        machine = Machine(self.folder / name, **self.environment, **settings)
        machine.start()
        return machine

    def command(self, *arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the command line."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), **variables}
        return subprocess.run(
            [sys.executable, "-m", "api", *map(str, arguments)],
            cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    def at(self, machine: Machine) -> Account:
        """Return the account at another server, where it is not signed in."""
        self.account.client = passkey_client(machine.client)
        return self.account

    def with_code(self) -> Response:
        """Sign in with password and the present code."""
        pending = start_sign_in(self.account)["pending"]
        answer = complete_sign_in(self.account, pending, code=self.app.code())
        if answer.status == 200:
            self.account.access = answer.json["access_token"]
        return answer

    def audit(self, **query: str) -> list[dict[str, Any]]:
        """Return the entries of the audit log, newest first."""
        filters = "&".join(f"{name}={value}" for name, value in query.items())
        answer = self.account.call("GET", f"/api/audit?limit=1000&{filters}")
        items: list[dict[str, Any]] = answer.json["items"]
        return items


@pytest.fixture
def home(tmp_path: Path, upstream_server: Upstream, place: Place) -> Iterator[Home]:
    """A running installation."""
    made = Home(tmp_path, upstream_server, place)
    yield made
    made.machine.stop()


def test_s50_s53_a_restored_backup_has_factors_tokens_targets_and_the_audit_log(
    home: Home, place: Place
) -> None:
    key = new_recovery_key()
    file = home.folder / "a.backup"
    done = home.command("backup", file, "--data", home.machine.data, "--recipient", key.public_text)
    assert done.returncode == 0, done.stderr
    actions = {entry["action"] for entry in home.audit()}
    assert home.machine.stop() == 0

    target = home.folder / "second" / "data"
    secret = {"API_DASHBOARD_BACKUP_PASSPHRASE": key.secret_text}
    done = home.command("restore", file, "--data", target, **secret)
    assert done.returncode == 0, done.stderr
    home.machine = home.start("second")
    home.at(home.machine)
    assert sign_in_by_passkey(home.account.client, home.passkey).status == 200
    assert home.with_code().status == 200
    for token in home.tokens:
        assert home.account.proxied(token).status == 200
    assert {"passkey.create", "totp.create", "token.rotate"} <= actions
    assert actions <= {entry["action"] for entry in home.audit()}
    test = f"/api/notifications/targets/{home.target}/test"
    assert home.account.call("POST", test).json["delivered"]


def test_s28_after_a_rotation_the_old_key_is_needed_for_nothing(home: Home, place: Place) -> None:
    assert home.machine.stop() == 0
    stored = (home.machine.data / "secrets.env").read_text()
    (old,) = [line[12:] for line in stored.splitlines() if line.startswith("FERNET_KEYS=")]
    new = Fernet.generate_key().decode()
    data = home.machine.data
    done = home.command("rotate-keys", "--data", data, FERNET_KEYS=f"{new},{old}")
    assert done.returncode == 0, done.stderr
    assert (
        "Done: encrypted 1 of 1 keys, 1 of 1 authenticator apps, 1 of 1 notification targets"
        in done.stdout
    )
    home.machine = home.start("first", FERNET_KEYS=new)
    home.at(home.machine)
    assert home.with_code().status == 200
    test = f"/api/notifications/targets/{home.target}/test"
    assert home.account.call("POST", test).json["delivered"]
    assert home.account.proxied(home.tokens[1]).status == 200


def test_s50_the_operator_resets_a_lost_second_factor(home: Home) -> None:
    username, data = home.account.username, home.machine.data
    running = home.command("users", "reset-second-factor", username, "--yes", "--data", data)
    assert running.returncode == 1 and running.stderr.count("\n") == 1, running.stderr
    assert home.machine.stop() == 0
    for arguments, text in ((("nobody-here",), "no account"), ((username,), "--yes")):
        yes = ("--yes",) if text != "--yes" else ()
        refused = home.command("users", "reset-second-factor", *arguments, *yes, "--data", data)
        assert refused.returncode != 0 and text in refused.stderr, refused.stderr
    done = home.command("users", "reset-second-factor", username, "--yes", "--data", data)
    assert done.returncode == 0, done.stderr
    assert "authenticator app" in done.stderr and "ended all sessions" in done.stderr
    again = home.command("users", "reset-second-factor", username, "--yes", "--data", data)
    assert again.returncode == 1 and "has no second factor" in again.stderr

    home.machine = home.start("first")
    account = home.at(home.machine)
    assert account.call("GET", "/api/me").status == 401
    account.sign_in()
    factors = account.call("GET", "/api/me/factors").json
    assert (factors["passkeys"], factors["totp"]) == ([], None)
    assert factors["recovery_codes_left"] == 0
    assert sign_in_by_passkey(account.client, home.passkey).status == 401
    for scope in ("account", "installation"):
        (entry,) = home.audit(action="second_factor.reset", scope=scope)
        assert entry["outcome"] == "succeeded" and entry["source"] == ""
        assert username not in json.dumps(entry)
    assert account.proxied(home.tokens[1]).status == 200
    assert add_totp(account)[1] is not None
    assert PASSWORD not in home.machine.errors


def test_s50_a_move_takes_factors_along_and_a_table_s_can_be_reset(home: Home, aws: Aws) -> None:
    assert home.machine.stop() == 0
    source, table = folder(home.machine.data), aws.table()
    assert moved(source, table).unreadable == 0
    assert plain(table) == plain(source)
    kinds = Counter(kind_of(item["PK"]["S"], item["SK"]["S"]) for item in plain(table))
    assert (kinds["factor"], kinds["passkey_handle"], kinds["target"]) == (3, 1, 1)
    assert kinds["audit_entry"] > 5

    username, name = home.account.username, table.table_name
    arguments = ("users", "reset-second-factor", username, "--yes", "--table", name)
    done = home.command(*arguments, "--region", REGION, **aws.environment)
    assert done.returncode == 0, done.stderr
    left = Counter(kind_of(item["PK"]["S"], item["SK"]["S"]) for item in plain(table))
    assert left["factor"] == 0 and left["audit_entry"] == kinds["audit_entry"] + 1
    again = home.command(*arguments, "--region", REGION, **aws.environment)
    assert again.returncode == 1 and "has no second factor" in again.stderr
    back = folder(home.folder / "back" / "data")
    assert moved(table, back).unreadable == 0
    home.machine = home.start("back")
    home.at(home.machine).sign_in()
    assert home.account.proxied(home.tokens[1]).status == 200
