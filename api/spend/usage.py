"""What one call used and what it cost: the types that reading, pricing and recording share."""

from __future__ import annotations

from typing import Literal

import msgspec

CostBasis = Literal["reported", "price", "estimate", "unknown"]
"""How a cost is known. `reported`: the provider's own figure in the response. `price`: exact units
or calls times a price. `estimate`: estimated units times a price, for example because the response
has no usage. `unknown`: no price is known, or nothing says what was used; the amount is None."""

CallKind = Literal["text", "embedding", "media", "speech", "results", "unbilled"]
"""What a call is for, by its path. `text`: models that write, and calls of any other API.
`embedding`: output costs nothing. `media`: images, video, transcription, whose units cannot be
estimated from text. `speech`: characters become sound. `results`: a file that is read, which costs
something if it has the results of a batch. `unbilled`: what it returns has been counted before,
or costs nothing: a stored response, the state of a batch, a count of tokens."""


class CallUsage(msgspec.Struct, frozen=True):
    """What a call used, as its response says, or as estimated.

    `units` are counts by unit: the names of genai-prices (`input_tokens`, `cache_read_tokens`,
    `output_audio_tokens`, ...) with its meaning, so `input_tokens` includes the cached ones. No
    count is negative. `model` is the model that the response names. `cost` is the provider's own
    figure in nano-dollars. `context` is what selects another price of the same model, in words of
    genai-prices: `service_tier` (`flex`, `priority`, ...), `processing` (`batch`), `speed`
    (`fast`). `oddities` are short words for what is wrong in the response's usage, such as
    `negative_units`.
    """

    units: dict[str, int] = {}
    model: str | None = None
    cost: int | None = None
    is_estimate: bool = False
    oddities: tuple[str, ...] = ()
    context: dict[str, str] = {}


class RequestFacts(msgspec.Struct, frozen=True):
    """What a request says about its cost before it is sent.

    `body_bytes` is the size of its body as far as known, `max_output` the request's own maximum of
    output tokens for each of `choices` answers. `has_remote_input` is whether more input than the
    body counts: files, URLs, stored conversations, tools that the provider runs. `is_complete` is
    whether the whole body was read. `asks_for_usage` is false only for a stream whose request does
    not ask for usage where the API sends it on request (`stream_options.include_usage`).
    """

    model: str | None = None
    body_bytes: int = 0
    max_output: int | None = None
    choices: int = 1
    is_stream: bool = False
    asks_for_usage: bool = True
    has_remote_input: bool = False
    is_complete: bool = True

    kind: CallKind = "text"

    media_bytes: int = 0
    """The part of the body that is images, sound or files in base64, or a form's files."""

    other_models: tuple[str, ...] = ()
    """The models that may answer in place of `model`, such as OpenRouter's `models`."""


class Cost(msgspec.Struct, frozen=True):
    """What a call cost. `amount` is in nano-dollars, None if unknown.

    `model` is the model that was priced, `units` what was counted. `oddities` are those of the
    usage, and those found while pricing.
    """

    amount: int | None
    basis: CostBasis
    model: str | None = None
    units: dict[str, int] = {}
    oddities: tuple[str, ...] = ()


class Bound(msgspec.Struct, frozen=True):
    """The most that a call can cost, in nano-dollars, known before it is sent.

    `is_certain` is false if the call may cost more: then `amount` is a default.
    """

    amount: int
    is_certain: bool = True
