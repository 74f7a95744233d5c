"""The endpoint with the base URLs of the stored APIs (`/api/addresses`), for code snippets."""

from __future__ import annotations

from api.endpoint import EndpointGroup, RequestContext
from api.schemas.providers import ApiAddresses

group = EndpointGroup("Keys")


@group.endpoint("GET", "/api/addresses", "Read the base URLs of APIs", response=ApiAddresses)
def read_addresses(context: RequestContext) -> ApiAddresses:
    """Return the proxy's URL, to which `/{api_name}` is added, and the APIs with their own URL."""
    url = (
        context.services.public_url or f"{context.raw_request.scheme}://{context.raw_request.host}"
    )
    return ApiAddresses(
        proxy=f"{url}/proxy",
        roots={
            api_name: f"http://127.0.0.1:{port}"
            for api_name, port in context.services.api_ports.items()
        },
    )
