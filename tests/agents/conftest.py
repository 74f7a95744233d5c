"""Fixtures of the tests with real agents."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite("tests.agents.cells")

from tests.agents.isolation import Isolation  # noqa: E402
from tests.agents.world import World  # noqa: E402
from tests.conftest import running  # noqa: E402
from tests.support.upstream import Upstream  # noqa: E402


@pytest.fixture(scope="session")
def world(separate: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The product in front of the stand-in models, both outside of the agents' namespaces."""
    if sys.platform != "linux":
        pytest.skip("only Linux has network namespaces")
    upstream = Upstream()
    settings = {**separate, "API_DASHBOARD_ALLOWED_UPSTREAMS": f"127.0.0.1:{upstream.port}"}
    folder = tmp_path_factory.mktemp("agents")
    with running(settings, folder) as product:
        isolation = Isolation([product.port])
        yield World(product, upstream, isolation, folder)
        isolation.close()
    upstream.close()
