"""The endpoint with the base URLs of the stored APIs (`/api/addresses`), for code snippets."""

from __future__ import annotations

from api.endpoint import Call, Group
from api.schemas.providers import Addresses

group = Group("Keys")


@group.endpoint("GET", "/api/addresses", "Read the base URLs of APIs", answer=Addresses)
def read_addresses(call: Call) -> Addresses:
    """Return the proxy's URL, to which `/{api_name}` is added, and the APIs with their own URL."""
    url = call.services.public_url or f"{call.wire.scheme}://{call.wire.host}"
    return Addresses(
        proxy=f"{url}/proxy",
        roots={
            api_name: f"http://127.0.0.1:{port}"
            for api_name, port in call.services.api_ports.items()
        },
    )
