"""The clients that have every feature of the matrix, and tools that are no SDKs."""

from __future__ import annotations

from tests.sdk.clients import anthropic, curl, httpx, openai, pygithub, requests, stripe
from tests.sdk.sdk_client import SdkClient

_ERRORS = ("NotFoundError", "RateLimitError", "AuthenticationError")
_STRIPE = ("InvalidRequestError", "RateLimitError", "AuthenticationError")
_SDK = ("call", "retry_429", "retry_5xx", "upload", "pages", "error", "limit", "revoked")
# Everything but retries, which depend on the status and `Retry-After` alone, and `environment`:
# a client reads variables before it sends anything.
_AWS = ("call", "stream", "upload", "pages", "follow", "chunked", "expect", "error", "limit",
        "revoked")  # fmt: skip
# These clients retry for all others.
_RETRYING = (*_AWS, "retry_429", "retry_5xx")

CLIENTS = (
    SdkClient("openai (Python)", "python", "openai", "openai", _ERRORS, openai.FEATURES,
              environment=openai.ENVIRONMENT, group="AI", aws=_RETRYING),
    SdkClient("openai (JavaScript)", "javascript", "openai", "openai", _ERRORS, module="openai",
              features=(*_SDK, "stream", "environment"), group="AI", aws=_AWS,
              environment='import OpenAI from "openai";\n\nconst client = new OpenAI();'),
    SdkClient("anthropic (Python)", "python", "anthropic", "anthropic", _ERRORS,
              anthropic.FEATURES, environment=anthropic.ENVIRONMENT, group="AI", aws=_AWS),
    SdkClient("@anthropic-ai/sdk", "javascript", "@anthropic-ai/sdk", "anthropic", _ERRORS,
              module="anthropic", features=(*_SDK, "stream", "environment"), group="AI",
              aws=_RETRYING,
              environment='import Anthropic from "@anthropic-ai/sdk";\n\n'
                          "const client = new Anthropic();"),
    SdkClient("stripe (Python)", "python", "stripe", "stripe", _STRIPE, stripe.FEATURES, aws=_AWS),
    SdkClient("stripe (JavaScript)", "javascript", "stripe", "stripe",
              ("StripeInvalidRequestError", "StripeRateLimitError", "StripeAuthenticationError"),
              module="stripe", features=_SDK, apis={"upload": "stripe-files"}),
    SdkClient("PyGithub", "python", "PyGithub", "github",
              ("UnknownObjectException", "GithubException", "GithubException"),
              pygithub.FEATURES, aws=_RETRYING),
    SdkClient("octokit", "javascript", "octokit", "github", ("RequestError",) * 3,
              module="octokit", features=(*_SDK, "follow"), aws=_AWS),
    SdkClient("httpx", "python", "httpx", "github", ("HTTPStatusError",) * 3, httpx.FEATURES,
              apis={"stream": "openai", "upload": "openai"}, group="Tools", aws=_AWS),
    SdkClient("requests", "python", "requests", "github", ("HTTPError",) * 3, requests.FEATURES,
              apis={"stream": "openai", "upload": "openai"}, group="Tools", aws=_AWS),
    SdkClient("fetch", "javascript", "fetch", "github", ("Response",) * 3, module="fetch",
              features=("call", "stream", "upload", "pages", "follow", "error", "limit",
                        "revoked"),
              apis={"stream": "openai", "upload": "openai"}, group="Tools", aws=_AWS),
    SdkClient("curl", "shell", "curl", "stripe", ("exit 22",) * 3, curl.FEATURES,
              apis={"follow": "github", "stream": "openai", "upload": "openai",
                    "expect": "openai", "chunked": "openai", "retry_429": "openai",
                    "retry_5xx": "openai"},
              results={"retry_429": "model-id-0", "retry_5xx": "model-id-0"},
              group="Tools", aws=_AWS),
)  # fmt: skip
