"""Fixtures of the SDK tests: stand-in providers, and the product in front of them."""

from __future__ import annotations

import json
import secrets
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import trustme

from tests.conftest import running
from tests.sdk import node
from tests.sdk.cells import shared_folder
from tests.sdk.lines import LINES, Lines, with_further_hosts
from tests.sdk.matrix import Matrix, Runners
from tests.sdk.sdk_lines import python_packages
from tests.sdk.world import Providers, World
from tests.support.bundled_function import bundled_function
from tests.support.cdn import Cdn
from tests.support.function_url_server import FunctionUrl
from tests.support.ports import free_port
from tests.support.upstream import Upstream


@pytest.fixture(scope="session")
def world(separate: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The product in front of the stand-in providers, with a user."""
    providers = Providers()
    folder = tmp_path_factory.mktemp("sdk")
    settings = {**separate, **providers.settings(folder), **providers.port_settings()}
    with running(settings, folder) as product:
        yield World(providers, product)
    providers.close()


@pytest.fixture(scope="session")
def aws_world(
    world: World,
    separate: dict[str, str],
    authority: tuple[trustme.CA, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """The streaming function on the same table, behind a function URL and a CDN."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert("127.0.0.1").configure_cert(context)
    folder = tmp_path_factory.mktemp("aws")
    settings = {**separate, **world.providers.settings(folder)}
    cdn = Cdn(secrets.token_hex(32))
    with (
        bundled_function(settings, folder, cdn.secret) as function,
        FunctionUrl(function, cdn, context) as front,
    ):
        yield World(world.providers, world.product, front, authority[1])


@pytest.fixture(scope="session")
def runners(authority: tuple[trustme.CA, Path]) -> Iterator[Runners]:
    """The processes of the SDKs."""
    # Installing takes minutes, once. No client's test should seem to be slow for it.
    with ThreadPoolExecutor() as executor:
        list(executor.map(lambda install: install(), (python_packages, node.installed)))
    made = Runners(authority[1])
    yield made
    made.close()


@pytest.fixture(scope="session")
def matrix(world: World, runners: Runners, tmp_path_factory: pytest.TempPathFactory) -> Matrix:
    """The matrix of clients and features."""
    shared = shared_folder(tmp_path_factory.getbasetemp(), "sdk-cells")
    return Matrix(world, runners, shared)


@pytest.fixture(scope="session")
def aws_matrix(
    aws_world: World, runners: Runners, tmp_path_factory: pytest.TempPathFactory
) -> Matrix:
    """The same matrix through the streaming function."""
    shared = shared_folder(tmp_path_factory.getbasetemp(), "sdk-cells-on-aws")
    return Matrix(aws_world, runners, shared)


@pytest.fixture(scope="session")
def lines(separate: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lines]:
    """The product with a key of every provider, and the SDKs of the catalogue."""
    upstream, further = Upstream(), Upstream()
    ports = {line.provider.slug: 0 for line in LINES if "{root_host}" in line.sdk.setup}
    ports = {slug: free_port() for slug in ports}
    folder = tmp_path_factory.mktemp("lines")
    catalogue = folder / "providers.json"
    catalogue.write_text(json.dumps(with_further_hosts(upstream, further)))
    settings = {
        **separate,
        "API_DASHBOARD_PROVIDERS": str(catalogue),
        "API_DASHBOARD_ALLOWED_UPSTREAMS": f"127.0.0.1:{upstream.port},127.0.0.1:{further.port}",
        "API_DASHBOARD_API_PORTS": ",".join(f"{slug}:{port}" for slug, port in ports.items()),
    }
    with running(settings, folder) as product:
        made = Lines(upstream, further.root(), product, ports)
        yield made
        made.close()
    upstream.close()
    further.close()
