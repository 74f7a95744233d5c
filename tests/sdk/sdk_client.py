"""The rows and columns of the matrix as types: clients and features."""

from __future__ import annotations

import importlib.metadata
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from api.services.keys.catalogue import Catalogue
from api.services.keys.provider import Provider
from tests.sdk import node
from tests.sdk.sdk_lines import locked_version

FEATURES = {
    "call": ("call", "A plain call."),
    "environment": (
        "variables",
        "The client is set up by environment variables only, without arguments.",
    ),
    "stream": ("stream", "A streamed response arrives, wherever the stream is split."),
    "upload": ("upload", "A binary file of 165 kB arrives byte for byte."),
    "pages": ("pages", "The client's own pagination reaches all pages."),
    "follow": ("links", "The client follows redirects, and URLs from bodies, through the proxy."),
    "retry_429": (
        "429",
        "The client retries after a 429 of the upstream, and waits for its `Retry-After` if there "
        "is one.",
    ),
    "retry_5xx": ("5xx", "The client retries after a server error of the upstream."),
    "error": (
        "errors",
        "An error of the upstream (404, if the API has it) raises the client's own exception.",
    ),
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
_CATALOGUE = Catalogue.load()
REFUSALS = ("error", "limit", "revoked")

Group = Literal["AI", "Frameworks", "Other APIs", "Tools"]
GROUPS: tuple[Group, ...] = get_args(Group)


@dataclass(frozen=True)
class SdkClient:
    """A row. `api` is the API that it calls; `apis` has exceptions by feature.

    `module` names the file of its features in the folder of its language, `features` their names;
    `in_process` are features of a client in the development environment instead. `refusals` are
    the names of the errors of `error`, `limit` and `revoked`, `statuses` the statuses that they
    have, or what the client has in place of a status. `results` are the expected results that
    differ from those of the API's stand-in. `aws` are the features that are tried on AWS too,
    besides `wire`; none means that the client is not tried there.
    """

    name: str
    language: str
    package: str
    api: str
    refusals: tuple[str, str, str]
    in_process: Mapping[str, Any] = field(default_factory=dict)
    module: str = ""
    features: tuple[str, ...] = ()
    apis: Mapping[str, str] = field(default_factory=dict)
    environment: str = ""
    group: Group = "Other APIs"
    statuses: tuple[object, object, object] = (404, 429, 401)
    results: Mapping[str, object] = field(default_factory=dict)
    aws: tuple[str, ...] = ("call", "stream", "revoked")

    @property
    def tried(self) -> tuple[str, ...]:
        """The features of this client in the order of FEATURES."""
        known = (*self._features, "wire")
        return tuple(name for name in FEATURES if name in known)

    @property
    def tried_on_aws(self) -> tuple[str, ...]:
        """The features that are tried on AWS. AWS has no API ports."""
        if not self.aws or "{root_host}" in self.setup:
            return ()
        return tuple(name for name in self.tried if name in (*self.aws, "wire"))

    def sent(self, is_event: bool) -> tuple[str, ...]:
        """The features whose requests are compared with and without the product."""
        known = self._features
        if is_event:
            known = tuple(name for name in known if name in self.aws)
        return tuple(name for name in _SENT if name in known)

    @property
    def _features(self) -> tuple[str, ...]:
        return self.features or tuple(self.in_process)

    def api_of(self, feature: str) -> str:
        """Return the API that a feature calls."""
        return self.apis.get(feature, self.api)

    @property
    def setup(self) -> str:
        """The lines of code that set it up; for a provider's SDK those of the catalogue."""
        for sdk in provider_of(self.api).sdks:
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
        if self.language == "javascript":
            return node.version(self.package)
        if self.module:
            return locked_version(self.package)
        return importlib.metadata.version(self.package)


def provider_of(api: str) -> Provider:
    """Return an API's entry of the catalogue."""
    provider = _CATALOGUE.get(api)
    assert provider is not None, api
    return provider
