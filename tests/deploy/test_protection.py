"""A production stack keeps its table and the secrets without which the table is unreadable.

Needs Pulumi's engine. The mocks cannot update, and refuse nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.deploy.conftest import Deployed
from tests.deploy.engine import EngineStack
from tests.deploy.engines import ENGINE
from tests.deploy.listing import everything
from tests.deploy.rotation import parameter, rotate_keys
from tests.deploy.stacks import UpFailed, Workspace
from tests.support.accounts import Account
from tests.support.upstream import Place

pytestmark = pytest.mark.skipif(ENGINE is None, reason="needs Pulumi's own engine")

SECRETS = ("fernet-keys", "jwt-secret")


@pytest.fixture(scope="module")
def stack(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineStack]:
    """A production stack, which is removed as the docs say, and then leaves nothing."""
    made = EngineStack(replace(workspace, name="prod", folder=tmp_path_factory.mktemp("prod")))
    try:
        made.up()
        yield made
    finally:
        made.configure(protectTable="false")
        made.up()
        made.destroy()
    assert everything(workspace.emulator) == []


@pytest.fixture
def production(stack: EngineStack, workspace: Workspace) -> Deployed:
    """The production stack with its present outputs."""
    return Deployed(stack, workspace, stack.outputs())


def kept(deployed: Deployed) -> dict[str, str]:
    """Return the secrets in SSM."""
    return {name: parameter(deployed, name) for name in SECRETS}


def test_s40_no_way_to_destroy_a_production_stack_loses_what_its_table_holds(
    stack: EngineStack, production: Deployed, upstream: Place
) -> None:
    account = Account(production.gateway)
    account.key(upstream, secret="sk-stored-before")
    token = account.token()
    before = kept(production)
    tables = production.workspace.emulator.client("dynamodb")
    for options in (["--skip-preview"], ["--skip-preview", "--exclude-protected"], []):
        if "--exclude-protected" in options:
            stack.destroy(*options)
        else:
            with pytest.raises(UpFailed, match="protect"):
                stack.destroy("--yes", *options)
        assert production.outputs["DYNAMODB_TABLE"] in tables.list_tables()["TableNames"]
        assert kept(production) == before
    stack.up()
    again = Deployed(stack, production.workspace, stack.outputs())
    assert kept(again) == before
    account.client = again.gateway
    account.sign_in()
    assert account.proxied(token).status == 200
    assert upstream.last.all("authorization") == ["Bearer sk-stored-before"]


def test_s40_a_protected_encryption_key_is_changed_as_the_docs_say(
    stack: EngineStack, production: Deployed, upstream: Place
) -> None:
    account = Account(production.gateway)
    account.key(upstream, secret="sk-stored-before")
    token = account.token()
    first = parameter(production, "fernet-keys")
    stack.configure(encryptionKeyVersion="2")
    stack.up()
    assert rotate_keys(production).startswith("Done")
    stack.configure(oldestEncryptionKeyVersion="2")
    stack.up()
    assert first not in parameter(production, "fernet-keys")
    assert account.proxied(token).status == 200
    # A backup from before needs the old key: it comes back.
    stack.configure(oldestEncryptionKeyVersion="1")
    stack.up()
    assert parameter(production, "fernet-keys").endswith(f",{first}")
