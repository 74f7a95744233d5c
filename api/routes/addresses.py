"""`/api/addresses`: where stored APIs are called, for ready-made snippets."""

from __future__ import annotations

from api.endpoint import EndpointGroup, RequestContext
from api.schemas.providers import Addresses

group = EndpointGroup("Keys")


@group.endpoint("GET", "/api/addresses", "Read where APIs are called", response=Addresses)
def read_addresses(context: RequestContext) -> Addresses:
    """The address that `/{api_name}` is put behind, and the APIs with one of their own."""
    address = (
        context.services.public_url or f"{context.raw_request.scheme}://{context.raw_request.host}"
    )
    return Addresses(
        proxy=f"{address}/proxy",
        roots={
            api_name: f"http://127.0.0.1:{port}"
            for api_name, port in context.services.api_ports.items()
        },
    )
