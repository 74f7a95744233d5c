"""The rows and columns of the matrix: clients, features and expected results."""

from __future__ import annotations

import importlib.metadata
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from api.services.keys.catalogue import Catalogue
from tests.sdk import node
from tests.sdk.clients import anthropic, curl, httpx, openai, pygithub, requests, stripe
from tests.sdk.content import FILE
from tests.sdk.standins.anthropic import MODELS
from tests.sdk.standins.github import REPOSITORIES
from tests.sdk.standins.openai import FILES, WORDS
from tests.sdk.standins.stripe import CUSTOMERS

FEATURES = {
    "call": ("call", "A plain call."),
    "environment": (
        "variables",
        "The client is set up by environment variables only, without arguments.",
    ),
    "stream": ("stream", "Server-sent events arrive, wherever the stream is split."),
    "upload": ("upload", "A binary file of 165 kB arrives byte for byte."),
    "pages": ("pages", "The client's own pagination reaches all pages."),
    "follow": ("links", "The client follows redirects, and URLs from bodies, through the proxy."),
    "retry_429": (
        "429",
        "The client retries after a 429 of the upstream, and waits for its `Retry-After` if there "
        "is one.",
    ),
    "retry_5xx": ("5xx", "The client retries after a server error of the upstream."),
    "error": ("errors", "A 404 of the upstream raises the client's own exception."),
    "limit": (
        "limit",
        "A 429 of the dashboard (the token's limit) raises the client's own exception.",
    ),
    "revoked": ("revoked", "A revoked token raises the client's own exception."),
    "wire": (
        "wire",
        "Everything that the client sends in these tests reaches the upstream as it does without "
        "the dashboard, except for the differences below.",
    ),
}
"""The columns: a heading, and what is tried."""
# The features that `wire` compares.
_SENT = ("call", "stream", "upload", "pages", "follow", "chunked", "expect")


@dataclass(frozen=True)
class SdkClient:
    """A row. `api` is the API that it calls; `apis` has exceptions by feature. `python` are its
    features in Python, `module` is its JavaScript module. `refusals` are the expected errors of
    `error`, `limit` and `revoked`."""

    name: str
    language: str
    package: str
    api: str
    refusals: tuple[str, str, str]
    python: Mapping[str, Any] = field(default_factory=dict)
    module: str = ""
    features: tuple[str, ...] = ()
    apis: Mapping[str, str] = field(default_factory=dict)
    environment: str = ""

    @property
    def tried(self) -> tuple[str, ...]:
        """The features of this client in the order of FEATURES."""
        known = (*(self.python or self.features), "wire")
        return tuple(name for name in FEATURES if name in known)

    @property
    def sent(self) -> tuple[str, ...]:
        """The features whose requests are compared with and without the product."""
        return tuple(name for name in _SENT if name in (self.python or self.features))

    def api_of(self, feature: str) -> str:
        """Return the API that a feature calls."""
        return self.apis.get(feature, self.api)

    @property
    def setup(self) -> str:
        """The lines of code that set it up; for a provider's SDK those of the catalogue."""
        provider = Catalogue.load().get(self.api)
        assert provider is not None
        for sdk in provider.sdks:
            if (sdk.language, sdk.package) == (self.language, self.package):
                return sdk.setup
        return ""

    @property
    def version(self) -> str:
        """The version of the client."""
        if self.package == "curl":
            answer = subprocess.run(["curl", "--version"], capture_output=True, check=True)
            return answer.stdout.decode().split()[1]
        if self.module == "fetch":
            return f"Node.js {node.LEAST_NODE} or newer"
        if self.module:
            return node.version(self.package)
        return importlib.metadata.version(self.package)


_ERRORS = ("NotFoundError", "RateLimitError", "AuthenticationError")
_STRIPE = ("InvalidRequestError", "RateLimitError", "AuthenticationError")
_SDK = ("call", "retry_429", "retry_5xx", "upload", "pages", "error", "limit", "revoked")

CLIENTS = {
    client.name: client
    for client in (
        SdkClient("openai (Python)", "python", "openai", "openai", _ERRORS, openai.FEATURES,
               environment=openai.ENVIRONMENT),
        SdkClient("openai (JavaScript)", "javascript", "openai", "openai", _ERRORS, module="openai",
               features=(*_SDK, "stream", "environment"),
               environment='import OpenAI from "openai";\n\nconst client = new OpenAI();'),
        SdkClient("anthropic (Python)", "python", "anthropic", "anthropic", _ERRORS,
               anthropic.FEATURES, environment=anthropic.ENVIRONMENT),
        SdkClient("@anthropic-ai/sdk", "javascript", "@anthropic-ai/sdk", "anthropic", _ERRORS,
               module="anthropic", features=(*_SDK, "stream", "environment"),
               environment='import Anthropic from "@anthropic-ai/sdk";\n\n'
                           "const client = new Anthropic();"),
        SdkClient("stripe (Python)", "python", "stripe", "stripe", _STRIPE, stripe.FEATURES),
        SdkClient("stripe (JavaScript)", "javascript", "stripe", "stripe",
               ("StripeInvalidRequestError", "StripeRateLimitError", "StripeAuthenticationError"),
               module="stripe", features=_SDK, apis={"upload": "stripe-files"}),
        SdkClient("PyGithub", "python", "PyGithub", "github",
               ("UnknownObjectException", "GithubException", "GithubException"),
               pygithub.FEATURES),
        SdkClient("octokit", "javascript", "octokit", "github", ("RequestError",) * 3,
               module="octokit", features=(*_SDK, "follow")),
        SdkClient("httpx", "python", "httpx", "github", ("HTTPStatusError",) * 3, httpx.FEATURES,
               apis={"stream": "openai", "upload": "openai"}),
        SdkClient("requests", "python", "requests", "github", ("HTTPError",) * 3, requests.FEATURES,
               apis={"stream": "openai", "upload": "openai"}),
        SdkClient("fetch", "javascript", "fetch", "github", ("Response",) * 3, module="fetch",
               features=("call", "stream", "upload", "pages", "follow", "error", "limit",
                         "revoked"),
               apis={"stream": "openai", "upload": "openai"}),
        SdkClient("curl", "shell", "curl", "stripe", ("exit 22",) * 3, curl.FEATURES,
               apis={"follow": "github", "stream": "openai", "upload": "openai",
                     "expect": "openai", "chunked": "openai", "retry_429": "openai",
                     "retry_5xx": "openai"}),
    )
}  # fmt: skip
CELLS = [(name, feature) for name, client in CLIENTS.items() for feature in client.tried]

_TEXT = "".join(WORDS)
_CALLED = {
    "openai": _TEXT,
    "anthropic": _TEXT,
    "stripe": ["customer", "ada@example.com", "Ada Lövelace"],
    "github": "octocat",
}
_PAGES = {"openai": FILES, "anthropic": MODELS, "stripe": CUSTOMERS, "github": REPOSITORIES}


def expected(client: SdkClient, feature: str) -> object:
    """Return the expected result of a cell, with the product and without it."""
    api = client.api_of(feature)
    if feature == "stream":
        return [*WORDS, None] if api == "openai" else WORDS
    if feature == "upload":
        return len(FILE)
    if feature == "pages":
        return _PAGES[api]
    if feature == "follow":
        return ["octocat/Hello-World", "octocat"]
    if feature in ("error", "limit", "revoked"):
        position = ("error", "limit", "revoked").index(feature)
        return [client.refusals[position], (404, 429, 401)[position]]
    if client.name == "curl" and feature.startswith("retry"):
        return "model-id-0"
    return _CALLED[api]
