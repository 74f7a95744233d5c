"""The official JavaScript SDKs, and frameworks on top of them."""

from __future__ import annotations

from tests.sdk.sdk_client import SdkClient
from tests.sdk.standins.openai import WORDS

_REFUSED = ("error", "limit", "revoked")
_RETRIED = ("retry_429", "retry_5xx")

_SDK = ("call", "stream", "upload", *_RETRIED, *_REFUSED)

_ERRORS = ("NotFoundError", "RateLimitError", "AuthenticationError")
_AI = (
    SdkClient("@google/genai", "javascript", "@google/genai", "google-gemini", ("ApiError",) * 3,
              module="google_genai", features=(*_SDK, "pages"), group="AI"),
    SdkClient("@mistralai/mistralai", "javascript", "@mistralai/mistralai", "mistral",
              ("SDKError",) * 3, module="mistralai", features=_SDK, group="AI"),
    SdkClient("cohere-ai", "javascript", "cohere-ai", "cohere",
              ("NotFoundError", "TooManyRequestsError", "UnauthorizedError"), module="cohere",
              features=_SDK, group="AI"),
    SdkClient("groq-sdk", "javascript", "groq-sdk", "groq", _ERRORS, module="groq",
              features=_SDK, group="AI"),
    SdkClient("@huggingface/inference", "javascript", "@huggingface/inference",
              "huggingface-inference", ("InferenceClientProviderApiError",) * 3,
              module="huggingface", features=("call", "stream", "retry_5xx", *_REFUSED),
              group="AI"),
    SdkClient("replicate (JavaScript)", "javascript", "replicate", "replicate", ("ApiError",) * 3,
              module="replicate",
              features=("call", "upload", "pages", "retry_5xx", *_REFUSED), group="AI"),
    SdkClient("@elevenlabs/elevenlabs-js", "javascript", "@elevenlabs/elevenlabs-js",
              "elevenlabs", ("ElevenLabsError",) * 3,
              module="elevenlabs", features=_SDK, group="AI"),
    SdkClient("@deepgram/sdk", "javascript", "@deepgram/sdk", "deepgram",
              ("DeepgramError",) * 3, module="deepgram",
              features=_SDK, group="AI"),
)  # fmt: skip
_OTHERS = (
    SdkClient("@slack/web-api", "javascript", "@slack/web-api", "slack",
              ("WebAPIPlatformError", "WebAPIRateLimitedError", "WebAPIPlatformError"),
              module="slack", features=("call", "upload", "pages", *_RETRIED, *_REFUSED),
              statuses=("channel_not_found", True, "invalid_auth")),
    SdkClient("@notionhq/client", "javascript", "@notionhq/client", "notion",
              ("APIResponseError",) * 3, module="notion",
              features=("call", "upload", "pages", *_RETRIED, *_REFUSED)),
    SdkClient("@gitbeaker/rest", "javascript", "@gitbeaker/rest", "gitlab",
              ("GitbeakerRequestError", "GitbeakerRetryError", "GitbeakerRequestError"),
              module="gitbeaker", features=("call", "upload", "pages", "retry_5xx", *_REFUSED)),
    SdkClient("twilio (JavaScript)", "javascript", "twilio", "twilio", ("RestException",) * 3,
              module="twilio", features=("call", "pages", "retry_429", *_REFUSED)),
    SdkClient("@discordjs/rest", "javascript", "@discordjs/rest", "discord",
              ("DiscordAPIError", "RateLimitError", "DiscordAPIError"), module="discordjs",
              features=("call", "upload", *_RETRIED, *_REFUSED), statuses=(404, True, 401)),
    SdkClient("grammy", "javascript", "grammy", "telegram", ("GrammyError",) * 3, module="grammy",
              features=("call", "upload", *_REFUSED)),
    SdkClient("telegraf", "javascript", "telegraf", "telegram", ("TelegramError",) * 3,
              module="telegraf", features=("call", "upload", *_REFUSED)),
    SdkClient("@supabase/supabase-js", "javascript", "@supabase/supabase-js", "supabase",
              ("PostgrestError",) * 3, module="supabase",
              features=("call", "upload", "retry_5xx", *_REFUSED),
              statuses=("PGRST205", "token_rate_limited", "authentication_required")),
    SdkClient("@hubspot/api-client", "javascript", "@hubspot/api-client", "hubspot",
              ("ApiException",) * 3, module="hubspot",
              features=("call", "upload", "pages", *_RETRIED, *_REFUSED)),
)  # fmt: skip

_ANSWERED = ("call", "stream", *_REFUSED)
# Their streams have the text only.
_WORDS = {"stream": WORDS}


def _ai(provider: str, api: str, *further: str) -> SdkClient:
    """Return the row of a provider's package of the Vercel AI SDK. `ai` itself tries again."""
    name = f"@ai-sdk/{provider}"
    return SdkClient(
        name,
        "javascript",
        name,
        api,
        ("APICallError",) * 3,
        module="ai",
        features=(*_ANSWERED, *further),
        group="Frameworks",
        results=_WORDS,
    )


def _langchain(provider: str, api: str, refusals: tuple[str, str, str], *further: str) -> SdkClient:
    """Return the row of a provider's package of LangChain, whose core tries again."""
    name = f"@langchain/{provider}"
    return SdkClient(
        name,
        "javascript",
        name,
        api,
        refusals,
        module="langchain",
        features=(*_ANSWERED, *further),
        group="Frameworks",
        results=_WORDS,
    )


_FRAMEWORKS = (
    _ai("openai", "openai", *_RETRIED),
    _ai("anthropic", "anthropic"),
    _ai("google", "google-gemini"),
    _ai("mistral", "mistral"),
    _ai("cohere", "cohere"),
    _ai("groq", "groq"),
    _langchain("openai", "openai", _ERRORS, *_RETRIED),
    _langchain("anthropic", "anthropic", _ERRORS),
    _langchain("google-genai", "google-gemini", ("GoogleGenerativeAIFetchError",) * 3),
)
CLIENTS = (*_AI, *_OTHERS, *_FRAMEWORKS)
