"""The endpoint with the base URLs of the stored APIs (`/api/addresses`), for code snippets."""

from __future__ import annotations

from msgspec import UNSET

from api.endpoint import EndpointGroup, RequestContext
from api.schemas.providers import ApiAddresses

group = EndpointGroup("Keys")


@group.endpoint("GET", "/api/addresses", "Read the base URLs of APIs", response=ApiAddresses)
def read_addresses(context: RequestContext) -> ApiAddresses:
    """Return the proxy's URL, to which `/{api_name}` is added, and the APIs with their own URL."""
    services = context.services
    behind_cdn = services.public_url is not None and services.proxy_url is not None
    scheme = "https" if services.has_tls else "http"
    return ApiAddresses(
        proxy=f"{proxy_origin(context)}/proxy",
        roots={
            api_name: f"{scheme}://127.0.0.1:{port}"
            for api_name, port in services.api_ports.items()
        },
        direct=f"{services.proxy_url}/proxy" if behind_cdn else UNSET,
    )


def proxy_origin(context: RequestContext) -> str:
    """Return the URL to which `/proxy/{api_name}` is added.

    It is the dashboard's own URL or, on AWS without a CDN, the streaming function's.
    """
    services, request = context.services, context.raw_request
    return services.public_url or services.proxy_url or f"{request.scheme}://{request.host}"
