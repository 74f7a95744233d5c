"""What the path of a request says: the model, and what the call is for."""

from __future__ import annotations

import functools
import re
from urllib.parse import parse_qs, unquote

import msgspec

from api.lazy_pattern import lazy_pattern
from api.spend.usage import CallKind

# What a path has in it that may match, and the pattern of the model and the method.
_MODELS = (
    # Gemini and Vertex: models/{model}:{method}.
    (":", lazy_pattern(r"/(?:models|tunedModels|endpoints)/([^/:?]+):([A-Za-z]+)\Z")),
    # Bedrock.
    (
        "/model/",
        lazy_pattern(
            r"/model/([^/?]+)/(invoke|invoke-with-response-stream|converse|converse-stream)\Z"
        ),
    ),
)
_NAMES = (
    ("/deployments/", lazy_pattern(r"/deployments/([^/?]+)/")),  # Azure OpenAI
    ("/ai/run/", lazy_pattern(r"/ai/run/(@[^?]+)\Z")),  # Cloudflare's Workers AI
)
_STREAM_METHODS = frozenset(
    {
        "streamGenerateContent",
        "streamRawPredict",
        "serverStreamingPredict",
        "invoke-with-response-stream",
        "converse-stream",
    }
)
_KINDS: tuple[tuple[CallKind, re.Pattern[str]], ...] = (
    (
        "unbilled",
        lazy_pattern(
            r"/(?:count_tokens|input_tokens|tokenize|detokenize|moderations|batches|batch/jobs)\Z"
            r"|/(?:files|uploads|fine_tuning|vector_stores|organization)(?:/[^:]*)?\Z"
            r"|/batches/[^/]+(?:/cancel)?\Z"
            r"|/responses/(?!compact\Z)[^/]+(?:/cancel|/input_items)?\Z"
            r"|/chat/completions/[^/]+(?:/messages)?\Z"
            r"|:(?:countTokens|computeTokens|batchGenerateContent|asyncBatchEmbedContent)\Z"
        ),
    ),
    (
        "embedding",
        lazy_pattern(
            r"/(?:embeddings|embed|embed-jobs|rerank|multimodalembeddings|contextualizedembeddings)\Z"
            r"|:(?:embedContent|batchEmbedContents)\Z"
        ),
    ),
    ("speech", lazy_pattern(r"/audio/speech\Z|/text-to-speech/|/speak\Z")),
    (
        "media",
        lazy_pattern(
            r"/images?/|/videos?(?:/|\Z)|/audio/(?:transcriptions|translations)\Z"
            r"|/(?:speech-to-text|listen|ocr)\Z|:(?:predict|predictLongRunning)\Z"
        ),
    ),
)
# Results of a batch (OpenAI and compatible APIs, Anthropic, Gemini), billed when first read.
_BATCH_RESULTS = lazy_pattern(r"/files/[^/]+/content\Z|/batches/[^/]+/results\Z|:download\Z")
_WEBSOCKET = lazy_pattern(r"/realtime\Z|BidiGenerateContent")
_KEPT_PATH = 200
# Of most calls. No pattern has to be compiled for them.
_TEXT_PATHS = frozenset(
    {"/v1/chat/completions", "/chat/completions", "/v1/messages", "/v1/responses", "/responses"}
)


class PathFacts(msgspec.Struct, frozen=True):
    """What a path says. `sends_usage_on_request` is true where OpenAI's `stream_options` apply."""

    kind: CallKind
    model: str | None = None
    is_stream: bool = False
    sends_usage_on_request: bool = False


def read_path(path: str, has_body: bool) -> PathFacts:
    """Return what a path says, which may have a query. `has_body` is whether there is a body."""
    if len(path) <= _KEPT_PATH and "?" not in path:
        return _read_short(path, has_body)
    return _read(path, has_body)


def _read(path: str, has_body: bool) -> PathFacts:
    path, _, query = path.partition("?")
    # Some clients encode the colon in front of a method of Google's.
    path = path.rstrip("/").replace("%3A", ":").replace("%3a", ":")
    model, method = None, ""
    for mark, pattern in _MODELS:
        found = pattern.search(path) if mark in path else None
        if found is not None:
            model, method = unquote(found[1]), found[2]
    if model is None:
        named = (pattern.search(path) for mark, pattern in _NAMES if mark in path)
        found = next(filter(None, named), None)
        model = unquote(found[1]) if found is not None else None
    if model is not None:
        # An ARN of Bedrock ends with the model.
        model = model if model.startswith("@") else model.rpartition("/")[2]
    elif query:
        model = next(iter(parse_qs(query, max_num_fields=100).get("model", [])), None)
    return PathFacts(
        _kind(path, has_body),
        (model or None) and str(model)[:300],
        method in _STREAM_METHODS,
        path.endswith("/completions"),
    )


# Most calls of an API have one of a few paths.
_read_short = functools.lru_cache(maxsize=256)(_read)


def _kind(path: str, has_body: bool) -> CallKind:
    if not has_body:
        if _BATCH_RESULTS.search(path):
            return "results"
        return "text" if _WEBSOCKET.search(path) else "unbilled"
    if path in _TEXT_PATHS:
        return "text"
    for kind, pattern in _KINDS:
        if pattern.search(path):
            return kind
    return "text"
