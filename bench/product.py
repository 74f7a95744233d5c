"""The product with an account, keys and tokens, which are created through its API."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import secrets
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

from bench.bundles import product_bundle
from bench.environment import ROOT
from bench.fixtures import AWS, Item, all_items, embedded_dynamodb
from bench.functions import Function, gateway_event
from bench.load import Target, warm_up
from bench.processes import LOOPBACK, clean_environment, free_port, running
from bench.standins.nginx import UPSTREAM_KEY

PATH = "/proxy/openai/v1/chat/completions"
# No measurement reaches this limit, but every request is counted.
LIMIT = {"limit": 100_000_000, "window": 86_400}


class SetUpFailed(Exception):
    """The product rejected a request of its set-up."""


@dataclasses.dataclass(frozen=True)
class Product:
    """A product that is set up: its settings without the database, its items and two tokens.

    `token` has no limit of its own, `limited_token` has one. `access` is the user's access token.
    """

    environment: dict[str, str]
    items: list[Item]
    token: str
    limited_token: str
    access: str
    folder: Path

    def function(
        self, dynamodb_url: str, limited: bool = False, bundle: Path | None = None
    ) -> Function:
        """Return the function with the DynamoDB at `dynamodb_url`, from `bundle` if given."""
        event = self.folder / f"product-event-{limited}.json"
        event.write_text(json.dumps(gateway_event(self.limited_token if limited else self.token)))
        environment = {**self.environment, "AWS_ENDPOINT_URL_DYNAMODB": dynamodb_url}
        return Function(bundle or product_bundle(), "api.aws_lambda.handler", environment, event)

    @contextlib.contextmanager
    def server(self, dynamodb_url: str, limited: bool = False) -> Iterator[Target]:
        """Run the server with the DynamoDB at `dynamodb_url`. Yields the target to load."""
        with self.server_process(dynamodb_url, limited) as (target, _):
            yield target

    @contextlib.contextmanager
    def server_process(
        self, dynamodb_url: str, limited: bool = False, settings: Mapping[str, str] | None = None
    ) -> Iterator[tuple[Target, subprocess.Popen[bytes]]]:
        """Run the server with more `settings`. Yields the target to load and the process."""
        environment = {**self.environment, **(settings or {})}
        with _server(environment, dynamodb_url, self.folder) as (port, process):
            token = self.limited_token if limited else self.token
            target = Target(port, PATH, {"Authorization": f"Bearer {token}"})
            warm_up(target)
            yield target, process


def set_up(
    upstream_url: str,
    database: Path,
    keys: int = 1,
    pool: int = 1,
    policy: bool = False,
    reservations: int = 0,
    provider: str = "openai",
    budget_usd: float | None = None,
) -> Product:
    """Set up the product in the embedded database's file `database`.

    The user has `keys` keys. The first `pool` of them are for the called API. That can have a
    `policy` with `reservations`, of which the first belongs to the token, and a daily budget.
    Calls of a `provider` that the snapshot of prices does not have cost nothing.
    """
    folder = database.parent
    environment = {
        **AWS,
        "JWT_SECRET_KEY": secrets.token_hex(32),
        "FERNET_KEYS": Fernet.generate_key().decode(),
        "API_DASHBOARD_ALLOWED_UPSTREAMS": urlsplit(upstream_url).netloc,
    }
    account = {"username": "bench", "password": secrets.token_urlsafe(16)}
    with embedded_dynamodb(database) as url:
        with _server(environment, url, folder) as (port, _):
            api = f"http://{LOOPBACK}:{port}/api"
            _post(f"{api}/auth/register", {**account, "email": "bench@example.com"})
            access = _post(f"{api}/auth/login", account)["access_token"]
            for number in range(keys):
                key = {
                    "api_name": "openai" if number < pool else f"api-{number}",
                    "provider": provider,
                    "base_url": upstream_url,
                    "auth": {"scheme": "bearer"},
                    "secret": UPSTREAM_KEY,
                }
                _post(f"{api}/keys", key, access)
            scope = {
                "apis": ["openai"],
                "methods": ["GET", "POST"],
                "path_prefixes": ["/v1/"],
                "expires_in": 86_400,
            }
            made = _post(f"{api}/tokens", {"name": "plain", **scope}, access)
            plain = made["token"]
            if policy:
                _post(f"{api}/rate-limits/openai", LIMIT, access, "PUT")
            for number in range(reservations):
                if number:
                    made = _post(f"{api}/tokens", {"name": f"reserved {number}", **scope}, access)
                path = f"{api}/rate-limits/openai/reservations/{made['token_id']}"
                _post(path, {"share": 0.1}, access, "PUT")
            if budget_usd is not None:
                amount = {"period": "day", "amount_usd": budget_usd}
                _post(f"{api}/budgets", {"scope": {"type": "account"}, **amount}, access)
            limited = _post(f"{api}/tokens", {"name": "limited", **scope, **LIMIT}, access)["token"]
        return Product(environment, all_items(url), plain, limited, access, folder)


@contextlib.contextmanager
def _server(
    environment: dict[str, str], dynamodb_url: str, folder: Path
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = free_port()
    settings = clean_environment(
        **environment,
        AWS_ENDPOINT_URL_DYNAMODB=dynamodb_url,
        API_DASHBOARD_PORT=str(port),
        API_DASHBOARD_DATA=str(folder / "data"),
    )
    with running([sys.executable, "-m", "api"], port, settings, ROOT) as process:
        yield port, process


def _post(
    url: str, body: dict[str, Any], access_token: str | None = None, method: str = "POST"
) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    if access_token is not None:
        headers["Authorization"] = f"Bearer {access_token}"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            result: dict[str, Any] = json.load(answer)
            return result
    except urllib.error.HTTPError as error:
        said = error.read().decode(errors="replace")
        raise SetUpFailed(f"{url} responded with {error.code}: {said}") from error
