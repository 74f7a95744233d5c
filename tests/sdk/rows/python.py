"""The official Python SDKs, and frameworks on top of them."""

from __future__ import annotations

from tests.sdk.sdk_client import SdkClient
from tests.sdk.standins.events import WORDS

_ERRORS = ("NotFoundError", "RateLimitError", "AuthenticationError")
_CALLS = ("call", "error", "limit", "revoked")
_RETRIES = ("retry_429", "retry_5xx")

_AI = (
    SdkClient("google-genai", "python", "google-genai", "google-gemini", ("ClientError",) * 3,
              module="gemini", features=(*_CALLS, *_RETRIES, "environment", "stream", "upload",
                                         "pages"),
              environment="from google import genai\n\nclient = genai.Client()", group="AI"),
    SdkClient("mistralai", "python", "mistralai", "mistral", ("SDKError",) * 3, module="mistral",
              features=(*_CALLS, *_RETRIES, "stream", "upload"), group="AI"),
    SdkClient("cohere", "python", "cohere", "cohere",
              ("NotFoundError", "TooManyRequestsError", "UnauthorizedError"), module="cohere",
              features=(*_CALLS, *_RETRIES, "environment", "stream", "upload"),
              environment="import cohere\n\nclient = cohere.ClientV2()", group="AI"),
    SdkClient("groq (Python)", "python", "groq", "groq", _ERRORS, module="groq",
              features=(*_CALLS, *_RETRIES, "environment", "stream", "upload"),
              environment="from groq import Groq\n\nclient = Groq()", group="AI"),
    SdkClient("huggingface_hub", "python", "huggingface-hub", "huggingface-inference",
              ("RepositoryNotFoundError", "HfHubHTTPError", "HfHubHTTPError"),
              module="huggingface", features=(*_CALLS, "stream", "pages", "follow"),
              apis=dict.fromkeys(("pages", "follow", "error"), "huggingface"), group="AI"),
    SdkClient("replicate (Python)", "python", "replicate", "replicate", ("ReplicateError",) * 3,
              module="replicate", features=(*_CALLS, *_RETRIES, "environment", "upload", "pages",
                                            "follow"),
              environment="from replicate import Client\n\nclient = Client()", group="AI"),
    SdkClient("elevenlabs", "python", "elevenlabs", "elevenlabs", ("ApiError",) * 3,
              module="elevenlabs", features=(*_CALLS, *_RETRIES, "stream", "upload"), group="AI"),
    SdkClient("deepgram-sdk", "python", "deepgram-sdk", "deepgram", ("ApiError",) * 3,
              module="deepgram", features=(*_CALLS, *_RETRIES, "stream", "upload"), group="AI"),
)  # fmt: skip
_OTHERS = (
    SdkClient("slack_sdk", "python", "slack-sdk", "slack", ("SlackApiError",) * 3, module="slack",
              features=(*_CALLS, *_RETRIES, "upload", "pages"),
              statuses=("channel_not_found", "ratelimited", "invalid_auth")),
    SdkClient("notion-client", "python", "notion-client", "notion", ("APIResponseError",) * 3,
              module="notion", features=(*_CALLS, *_RETRIES, "upload", "pages")),
    SdkClient("python-gitlab", "python", "python-gitlab", "gitlab",
              ("GitlabGetError", "GitlabHttpError", "GitlabAuthenticationError"), module="gitlab",
              features=(*_CALLS, *_RETRIES, "upload", "pages")),
    SdkClient("twilio (Python)", "python", "twilio", "twilio", ("TwilioRestException",) * 3,
              module="twilio", features=(*_CALLS, "pages")),
    SdkClient("discord.py", "python", "discord.py", "discord",
              ("NotFound", "RateLimited", "LoginFailure"), module="discord",
              features=(*_CALLS, *_RETRIES, "upload"), statuses=(404, None, None)),
    SdkClient("python-telegram-bot", "python", "python-telegram-bot", "telegram",
              ("BadRequest", "RetryAfter", "InvalidToken"), module="telegram",
              features=(*_CALLS, "upload"), statuses=(None, None, None)),
    SdkClient("supabase (Python)", "python", "supabase", "supabase", ("APIError",) * 3,
              module="supabase", features=(*_CALLS, "retry_5xx", "upload"),
              statuses=("PGRST205", "token_rate_limited", "authentication_required"),
              results={"upload": "files/data.bin"}),
    SdkClient("hubspot-api-client", "python", "hubspot-api-client", "hubspot",
              ("NotFoundException", "ApiException", "UnauthorizedException"), module="hubspot",
              features=(*_CALLS, *_RETRIES, "upload", "pages"),
              results={name: ["contact-0", "contact-1"] for name in _RETRIES}),
)  # fmt: skip


_REFUSED = ("ModelNotFoundError", "RateLimitError", "AuthenticationError")


def _framework(
    package: str,
    api: str,
    module: str,
    refusals: tuple[str, str, str],
    *more: str,
    name: str = "",
    statuses: tuple[object, object, object] = (404, 429, 401),
) -> SdkClient:
    """Return the row of a package. Its streams have the text only."""
    return SdkClient(
        name or package,
        "python",
        package,
        api,
        refusals,
        module=module,
        features=(*_CALLS, "stream", *more),
        group="Frameworks",
        statuses=statuses,
        results={"stream": WORDS},
        # Importing a framework takes seconds.
        aws=(),
    )


def _langchain(provider: str, api: str, *more: str, prefix: str, status: bool = True) -> SdkClient:
    """Return the row of a provider's package of LangChain, whose errors begin with `prefix`."""
    model, limit, key = (prefix + name for name in _REFUSED)
    statuses = (404, 429, 401) if status else (None, None, None)
    return _framework(
        f"langchain-{provider}", api, "langchain", (model, limit, key), *more, statuses=statuses
    )


_FRAMEWORKS = (
    _langchain("openai", "openai", *_RETRIES, prefix="OpenAI"),
    _langchain("anthropic", "anthropic", prefix="Anthropic"),
    _langchain("google-genai", "google-gemini", prefix="Google", status=False),
    _framework("litellm", "openai", "litellm", _ERRORS, *_RETRIES, name="litellm (OpenAI)"),
    _framework("litellm", "anthropic", "litellm", _ERRORS, name="litellm (Anthropic)"),
    _framework("litellm", "google-gemini", "litellm", _ERRORS, name="litellm (Gemini)"),
    _framework("pydantic-ai-slim", "openai", "pydantic_ai",
               ("ModelNotFoundError", "ModelRateLimitError", "ModelAuthenticationError"),
               *_RETRIES),
)  # fmt: skip
CLIENTS = (*_AI, *_OTHERS, *_FRAMEWORKS)
