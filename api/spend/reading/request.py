"""Reads what a request says about its cost before it is sent."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from api.spend.reading.counts import json_value, read_object, read_text
from api.spend.reading.json_scanner import JsonScanner, json_places
from api.spend.reading.remote_input import has_remote_input, media_size
from api.spend.reading.request_forms import read_form
from api.spend.reading.request_paths import read_path
from api.spend.usage import RequestFacts

MAX_OUTPUT = 10**9
"""The largest maximum of output tokens that is believed."""

_MAX_CHOICES = 1000
_MAX_MODELS = 20
_NONE = msgspec.Raw()
_OUTPUT_MEMBERS = (
    "max_completion_tokens",
    "max_output_tokens",
    "max_tokens",
    "max_tokens_to_sample",
    "max_gen_len",
    "maxOutputTokens",
    "maxTokens",
    "maxTokenCount",
    "num_predict",
)
_CHOICE_MEMBERS = ("n", "best_of", "candidateCount", "candidate_count", "num_generations")
# Objects with further members of these names.
_CONFIGS = ("generationConfig", "generation_config", "inferenceConfig", "textGenerationConfig")


class _Body(msgspec.Struct):
    model: msgspec.Raw = _NONE
    model_id: msgspec.Raw = _NONE
    models: msgspec.Raw = _NONE
    stream: msgspec.Raw = _NONE
    stream_options: msgspec.Raw = _NONE
    n: msgspec.Raw = _NONE
    best_of: msgspec.Raw = _NONE
    num_generations: msgspec.Raw = _NONE
    max_completion_tokens: msgspec.Raw = _NONE
    max_output_tokens: msgspec.Raw = _NONE
    max_tokens: msgspec.Raw = _NONE
    max_tokens_to_sample: msgspec.Raw = _NONE
    max_gen_len: msgspec.Raw = _NONE
    generationConfig: msgspec.Raw = _NONE
    generation_config: msgspec.Raw = _NONE
    inferenceConfig: msgspec.Raw = _NONE
    textGenerationConfig: msgspec.Raw = _NONE
    options: msgspec.Raw = _NONE
    tools: msgspec.Raw = _NONE
    previous_response_id: msgspec.Raw = _NONE
    conversation: msgspec.Raw = _NONE
    prompt: msgspec.Raw = _NONE
    cachedContent: msgspec.Raw = _NONE
    web_search_options: msgspec.Raw = _NONE
    search_parameters: msgspec.Raw = _NONE
    plugins: msgspec.Raw = _NONE
    mcp_servers: msgspec.Raw = _NONE
    connectors: msgspec.Raw = _NONE
    container: msgspec.Raw = _NONE


_body = msgspec.json.Decoder(_Body)
_places = json_places(_Body.__struct_fields__)


def read_request(
    path: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    is_complete: bool,
    length: int | None,
) -> RequestFacts:
    """Return what a request says about its cost.

    `path` is below the API's base URL. `body` is the body, or its start if not `is_complete`.
    `length` is the body's size, None if it is not known. Never raises.
    """
    size = max(len(body), length or 0)
    has_body = bool(size) or not is_complete
    of_path = read_path(path, has_body)
    kind = of_path.kind
    if kind == "unbilled":
        return RequestFacts(of_path.model, size, kind=kind, is_complete=is_complete, max_output=0)
    if body.lstrip()[:1] != b"{":
        types = (value for name, value in headers if name.lower() == "content-type")
        form = read_form(next(types, ""), body)
        return RequestFacts(
            of_path.model or form.get("model"),
            size,
            max_output=0 if kind == "embedding" else None,
            is_stream=of_path.is_stream or form.get("stream") == "true",
            has_remote_input=bool(form) or not is_complete,
            is_complete=is_complete,
            kind=kind,
            media_bytes=size if form else 0,
        )
    members = _members(body)
    configs = [members, *_configs(members)]
    model = of_path.model or read_text(members.get("model")) or read_text(members.get("model_id"))
    others = _other_models(members.get("models"), model)
    if model is None and others:
        model, others = others[0], others[1:]
    is_remote = has_remote_input(members, model, body)
    is_stream = of_path.is_stream or members.get("stream") == b"true"
    return RequestFacts(
        model,
        size,
        0 if kind == "embedding" else _largest(configs, _OUTPUT_MEMBERS, MAX_OUTPUT),
        _largest(configs, _CHOICE_MEMBERS, _MAX_CHOICES) or 1,
        is_stream,
        not (is_stream and of_path.sends_usage_on_request) or _asks_for_usage(members),
        is_remote,
        is_complete,
        kind,
        media_size(body) if is_remote else 0,
        others,
    )


def _members(body: bytes) -> dict[str, bytes]:
    """Return the members that are needed, as JSON text. A body may be cut off, or no JSON."""
    try:
        decoded = _body.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        members: dict[str, bytes] = {}
        scanner = JsonScanner(_places, members.update)
        scanner.feed(body)
        scanner.finish()
        return members
    found = zip(_Body.__struct_fields__, msgspec.structs.astuple(decoded), strict=True)
    return {name: bytes(raw) for name, raw in found if raw is not _NONE}


def _configs(members: dict[str, bytes]) -> list[dict[str, bytes]]:
    """Return the members of the objects that hold settings in some dialects."""
    found = []
    for name in (*_CONFIGS, "options"):
        config = read_object(members.get(name))
        if config is not None:
            found.append(
                {
                    inner: b"%d" % value
                    for inner, value in config.items()
                    if isinstance(value, int) and not isinstance(value, bool)
                }
            )
    return found


def _largest(configs: Sequence[dict[str, bytes]], names: Sequence[str], largest: int) -> int | None:
    """Return the largest of the numbers with one of the names, None if there is none."""
    numbers = [
        number
        for config in configs
        for name in names
        if name in config
        and isinstance(number := json_value(config[name]), int)
        and not isinstance(number, bool)
        and 0 < number <= largest
    ]
    return max(numbers, default=None)


def _other_models(data: bytes | None, model: str | None) -> tuple[str, ...]:
    value = json_value(data) if data else None
    if not isinstance(value, list):
        return ()
    texts = [text for text in value if isinstance(text, str) and 0 < len(text) <= 300]
    return tuple(dict.fromkeys(text for text in texts if text != model))[:_MAX_MODELS]


def _asks_for_usage(members: dict[str, bytes]) -> bool:
    options = read_object(members.get("stream_options"))
    return options is not None and options.get("include_usage") is True
