"""`/api/addresses`: where stored APIs are called, for ready-made snippets."""

from __future__ import annotations

from api.endpoint import Call, Group
from api.schemas.providers import ApiAddresses

group = Group("Keys")


@group.endpoint("GET", "/api/addresses", "Read where APIs are called", answer=ApiAddresses)
def read_addresses(call: Call) -> ApiAddresses:
    """The address that `/{api_name}` is put behind, and the APIs with one of their own."""
    address = call.services.public_url or f"{call.wire.scheme}://{call.wire.host}"
    return ApiAddresses(
        proxy=f"{address}/proxy",
        roots={
            api_name: f"http://127.0.0.1:{port}"
            for api_name, port in call.services.api_ports.items()
        },
    )
