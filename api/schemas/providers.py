"""Responses about the catalogue of providers and the addresses of APIs."""

from __future__ import annotations

from typing import Literal

from api.credentials import AuthScheme
from api.schemas.fields import ResponseModel


class SdkView(ResponseModel, frozen=True, kw_only=True):
    """How an official SDK is set up. In `setup` put the values for the placeholders: `{token}`;
    `{base_url}`, which is where the API is called, with the provider's `sdk_path`; and for an SDK
    that takes no path `{root_host}` and `{root_port}`, of the API's own address.
    """

    language: Literal["python", "javascript"]
    package: str
    setup: str


class Addresses(ResponseModel, frozen=True, kw_only=True):
    """Where APIs are called: at `{proxy}/{api_name}`, and some at an address of their own too, for
    SDKs that take no path. `roots` has those by API name.
    """

    proxy: str
    roots: dict[str, str]


class ProviderView(ResponseModel, frozen=True, kw_only=True):
    """An entry of the catalogue."""

    slug: str
    name: str
    base_url: str | None
    base_url_example: str | None
    auth: AuthScheme
    docs: str
    keys_url: str | None
    sdk_path: str
    env: dict[str, list[str]]
    sdks: list[SdkView]
    checkable: bool
    check_path: str | None
    check_headers: dict[str, str]
