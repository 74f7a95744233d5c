"""Response models of the catalogue of providers and the addresses of APIs."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from api.credentials import AuthScheme
from api.schemas.fields import ResponseModel


class SdkView(ResponseModel, frozen=True, kw_only=True):
    """How to set up an official SDK, or a framework's package.

    Replace the placeholders in `setup`: `{token}`; `{base_url}`, the API's URL with the provider's
    `sdk_path`; `{api_url}`, the same without `sdk_path`; and, for an SDK that drops the path,
    `{root_host}` and `{root_port}` of the API's own address.
    """

    language: Annotated[
        Literal["python", "javascript"], Meta(description="The programming language.")
    ]
    package: Annotated[str, Meta(description="The package's name on PyPI or npm.")]
    setup: Annotated[str, Meta(description="Code that creates `client`, with placeholders.")]
    argument: Annotated[
        str,
        Meta(
            description="The constructor argument, method or environment variable that takes the "
            "base URL. Empty if it is not known."
        ),
    ]
    evidence: Annotated[
        Literal["run", "source", "documentation"],
        Meta(
            description="How the code is known to work: `run` by the tests through the proxy, read "
            "in the SDK's `source`, or from its `documentation`."
        ),
    ]
    framework: Annotated[
        str | None,
        Meta(
            description="The framework to which the package belongs, such as `LangChain`; null for "
            "an SDK."
        ),
    ]


class ExtraHeaderView(ResponseModel, frozen=True, kw_only=True):
    """A header field with a further secret that the API's keys may need."""

    name: Annotated[str, Meta(description="The name of the header field.")]
    env: Annotated[list[str], Meta(description="The usual environment variables of the secret.")]
    required: Annotated[bool, Meta(description="Whether the API refuses every call without it.")]


class ApiAddresses(ResponseModel, frozen=True, kw_only=True):
    """Where APIs are called: at `{proxy}/{api_name}`, and some at an address of their own."""

    proxy: Annotated[str, Meta(description="The URL that `/{api_name}` is added to.")]
    roots: Annotated[
        dict[str, str],
        Meta(
            description="By API name, an address that leads to this API without a path prefix, "
            "for SDKs that accept no path."
        ),
    ]
    direct: (
        Annotated[
            str,
            Meta(
                description="The same without the CDN, which ends calls that stay silent for 120 "
                "seconds. Absent if `proxy` does not lead through a CDN."
            ),
        ]
        | UnsetType
    ) = UNSET


class ProviderView(ResponseModel, frozen=True, kw_only=True):
    """An entry of the catalogue."""

    slug: Annotated[str, Meta(description="The provider's name in the field `provider`.")]
    name: Annotated[str, Meta(description="The provider's name for people.")]
    base_url: Annotated[
        str | None, Meta(description="The base URL. Null if every customer has a different one.")
    ]
    base_url_example: Annotated[
        str | None,
        Meta(description="A base URL to fill in, if every customer has a different one."),
    ]
    auth: Annotated[AuthScheme, Meta(description="Where the credential is sent.")]
    extra_headers: Annotated[
        list[ExtraHeaderView],
        Meta(description="Header fields with further secrets that keys of this API can have."),
    ]
    token_prefix: Annotated[
        str,
        Meta(
            description="The prefix of tokens for SDKs that check the form of keys: `1:` for "
            "Telegram. Empty for other providers."
        ),
    ]
    docs: Annotated[
        str,
        Meta(description="The provider's documentation.", extra_json_schema={"format": "uri"}),
    ]
    keys_url: Annotated[
        Annotated[str, Meta(extra_json_schema={"format": "uri"})] | None,
        Meta(description="The page on which the provider issues keys."),
    ]
    sdk_path: Annotated[
        str,
        Meta(description="What SDKs expect after `/proxy/{api_name}` in their base URL."),
    ]
    openai_path: Annotated[
        str | None,
        Meta(
            description="What clients of OpenAI's API expect after `/proxy/{api_name}` in their "
            "base URL. Null if the API is not compatible with OpenAI's."
        ),
    ]
    env: Annotated[
        dict[str, list[str]],
        Meta(description="The usual environment variables for the key and the base URL."),
    ]
    sdks: Annotated[
        list[SdkView],
        Meta(description="The official SDKs, with the code that sets them up."),
    ]
    checkable: Annotated[
        bool, Meta(description="Whether a harmless request is known that checks a key.")
    ]
    check_path: Annotated[
        str | None,
        Meta(
            description="Path and query of that request below the base URL. Null if it is not a "
            "GET."
        ),
    ]
    check_headers: Annotated[
        dict[str, str],
        Meta(description="Header fields that the request needs besides the credential."),
    ]
