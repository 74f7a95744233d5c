"""The members of a response's documents that say what was used, wherever providers put them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from api.spend.reading.json_scanner import JsonScanner, json_places

USAGE_PATHS = (
    "usage",
    "usageMetadata",
    "usage_info",
    "response.usage",
    "response.usageMetadata",
    "response.meta",
    "response.body.usage",
    "response.body.usage_info",
    "message.usage",
    "result.usage",
    "result.message.usage",
    "delta.usage",
    "interaction.usage",
    "x_groq.usage",
    "choices.0.usage",
    "meta",
    "amazon-bedrock-invocationMetrics",
)
"""Where a document has an object of counts, the most telling first."""

COUNT_PATHS = (
    "prompt_eval_count",
    "eval_count",
    "prompt_token_count",
    "generation_token_count",
    "inputTextTokenCount",
)
"""Counts that are members of the document itself (Ollama, Llama and Titan on Bedrock)."""

MODEL_PATHS = (
    "model",
    "modelVersion",
    "response.model",
    "response.modelVersion",
    "response.body.model",
    "message.model",
    "result.model",
    "result.message.model",
    "interaction.model",
)
TIER_PATHS = ("service_tier", "response.service_tier", "response.body.service_tier")
BACKGROUND_PATHS = ("background", "response.background")
FINISH_PATH = "candidates.0.finishReason"
"""What the last of Gemini's documents has. Only scanned documents have it."""

PATHS = (
    *USAGE_PATHS,
    *COUNT_PATHS,
    *MODEL_PATHS,
    *TIER_PATHS,
    *BACKGROUND_PATHS,
    "key",
    FINISH_PATH,
)
"""All paths that are read."""

# What the text of each document with usage has somewhere.
_MARKS = (
    b"usage",
    b"billed_units",
    b"eval_count",
    b"invocationMetrics",
    b"oken_count",
    b"okenCount",
)

_NO_USAGE = b'"usage":null'
_NONE = msgspec.Raw()


class _Inner(msgspec.Struct):
    usage: msgspec.Raw = _NONE
    usageMetadata: msgspec.Raw = _NONE
    usage_info: msgspec.Raw = _NONE
    meta: msgspec.Raw = _NONE
    model: msgspec.Raw = _NONE
    modelVersion: msgspec.Raw = _NONE
    service_tier: msgspec.Raw = _NONE
    background: msgspec.Raw = _NONE
    body: msgspec.Raw = _NONE
    message: msgspec.Raw = _NONE


class _Document(msgspec.Struct):
    usage: msgspec.Raw = _NONE
    usageMetadata: msgspec.Raw = _NONE
    usage_info: msgspec.Raw = _NONE
    response: msgspec.Raw = _NONE
    message: msgspec.Raw = _NONE
    result: msgspec.Raw = _NONE
    delta: msgspec.Raw = _NONE
    interaction: msgspec.Raw = _NONE
    x_groq: msgspec.Raw = _NONE
    choices: msgspec.Raw = _NONE
    meta: msgspec.Raw = _NONE
    metrics: msgspec.Raw = msgspec.field(name="amazon-bedrock-invocationMetrics", default=_NONE)
    prompt_eval_count: msgspec.Raw = _NONE
    eval_count: msgspec.Raw = _NONE
    prompt_token_count: msgspec.Raw = _NONE
    generation_token_count: msgspec.Raw = _NONE
    inputTextTokenCount: msgspec.Raw = _NONE
    model: msgspec.Raw = _NONE
    modelVersion: msgspec.Raw = _NONE
    service_tier: msgspec.Raw = _NONE
    background: msgspec.Raw = _NONE
    key: msgspec.Raw = _NONE


_document = msgspec.json.Decoder(_Document)
_inner = msgspec.json.Decoder(_Inner)
_choices = msgspec.json.Decoder(list[_Inner])
_root = json_places(PATHS)
_KNOWN = frozenset(PATHS)
_AROUND = frozenset(path.rpartition(".")[0] for path in PATHS)
_NAMES = _Document.__struct_encode_fields__


def may_have_usage(data: bytes) -> bool:
    """Return whether a document's text may have usage. Much cheaper than reading it."""
    if _NO_USAGE in data and data.count(b"usage") == 1:
        return False
    return any(mark in data for mark in _MARKS)


def document_scanner(
    on_document: Callable[[dict[str, bytes]], None], wanted_fields: Sequence[str] = ()
) -> JsonScanner:
    """Return a scanner that calls `on_document` with the members of PATHS and wanted fields."""
    if not wanted_fields:
        return JsonScanner(_root, on_document, decode=decoded_document)
    is_array = any(field.partition(".")[0].isdigit() for field in wanted_fields)
    return JsonScanner(json_places((*PATHS, *wanted_fields)), on_document, is_array)


def read_document(data: bytes, wanted_fields: Sequence[str] = ()) -> dict[str, bytes]:
    """Return the JSON text of the members of PATHS and `wanted_fields`, by path. Never raises."""
    values = None if wanted_fields else decoded_document(data)
    if values is not None:
        return values
    found: dict[str, bytes] = {}
    scanner = document_scanner(found.update, wanted_fields)
    scanner.feed(data)
    scanner.finish()
    return found


def decoded_document(data: bytes) -> dict[str, bytes] | None:
    """Return the members of PATHS, or None if the text is not one JSON object."""
    try:
        document = _document.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    values: dict[str, bytes] = {}
    for name, raw in zip(_NAMES, msgspec.structs.astuple(document), strict=True):
        if raw is _NONE:
            continue
        if name in _AROUND or name == "choices":
            _add_inner(values, name, bytes(raw))
        else:
            values[name] = bytes(raw)
    return values


def _add_inner(values: dict[str, bytes], around: str, data: bytes) -> None:
    inner: _Inner | None = None
    try:
        if around == "choices":
            elements = _choices.decode(data) if b'"usage"' in data else []
            inner = elements[0] if elements else None
            around = "choices.0"
        elif data[:1] == b"{":
            inner = _inner.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    if inner is None:
        return
    for field in _Inner.__struct_fields__:
        raw = getattr(inner, field)
        path = f"{around}.{field}"
        if raw is _NONE:
            continue
        if path in _AROUND:
            _add_inner(values, path, bytes(raw))
        elif path in _KNOWN:
            values[path] = bytes(raw)
