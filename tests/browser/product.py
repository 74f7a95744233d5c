"""The real product on one machine, with the built pages and its own embedded database."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from api.settings import read_settings
from api.wiring import Storage, build_storage
from infra import site_build
from tests.support.machine import Machine
from tests.support.upstream import Upstream


class Product(Machine):
    """The product with a data folder. It serves the pages and may call the tests' `upstreams`.

    `start`, `stop` and `kill` as often as is wanted; the address stays the same.
    """

    module = "tests.support.cheap_hashes"

    def __init__(self, folder: Path, upstreams: Sequence[Upstream] = (), **settings: str) -> None:
        hosts = [f"127.0.0.1:{upstream.port}" for upstream in upstreams]
        super().__init__(
            folder,
            **{
                "API_DASHBOARD_PAGES": str(site_build.build_folder()),
                "API_DASHBOARD_ALLOWED_UPSTREAMS": ",".join(hosts),
                "API_DASHBOARD_WORKERS": "1",
                "API_DASHBOARD_UPSTREAM_TIMEOUT": "3",
                **settings,
            },
        )

    @property
    def url(self) -> str:
        """The dashboard's address, without a `/` at the end."""
        return self.client.url

    @property
    def named_url(self) -> str:
        """Its address with a host name, which passkeys need."""
        return f"http://localhost:{self.port}"

    def storage(self) -> Storage:
        """Return its database, to write items in the past."""
        listing = subprocess.run(
            ["ps", "-ww", "-o", "command=", "-p", str(self.database)],
            capture_output=True,
            text=True,
            check=True,
        )
        (port,) = re.findall(r"--port (\d+)", listing.stdout)
        return build_storage(
            read_settings({"AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{port}"})
        )
