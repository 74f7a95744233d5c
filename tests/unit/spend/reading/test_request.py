"""What requests of each provider say about their cost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.spend.reading.request import read_request
from api.spend.usage import RequestFacts

TYPE = [("Content-Type", "application/json")]
TEXT = [{"role": "user", "content": "How is the weather?"}]
CHAT = "/v1/chat/completions"


def facts_of(path: str, body: Any, **more: Any) -> RequestFacts:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_request(path, more.get("headers", TYPE), data, True, len(data))


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        (CHAT, {"model": "gpt-5", "max_tokens": 9}, {"max_output": 9}),
        (
            CHAT,
            {"model": "gpt-5", "max_completion_tokens": 9, "n": 3},
            {"max_output": 9, "choices": 3},
        ),
        (CHAT, {"model": "gpt-5", "max_tokens": 5, "max_completion_tokens": 9}, {"max_output": 9}),
        (CHAT, {"model": "gpt-5", "stream": True}, {"is_stream": True, "asks_for_usage": False}),
        (
            "/openai/v1/chat/completions",
            {"model": "gpt-5", "stream": True, "stream_options": {"include_usage": False}},
            {"is_stream": True, "asks_for_usage": False},
        ),
        (
            "/chat/completions",
            {"model": "gpt-5", "stream": True, "stream_options": {"include_usage": True}},
            {"is_stream": True},
        ),
        (
            "/v1/responses",
            {"model": "gpt-5", "max_output_tokens": 9, "input": "Hi"},
            {"max_output": 9},
        ),
        ("/v1/responses", {"model": "gpt-5", "stream": True}, {"is_stream": True}),
        (
            "/v1/embeddings",
            {"model": "gpt-5", "input": "Hi"},
            {"max_output": 0, "kind": "embedding"},
        ),
        ("/v1/images/generations", {"model": "gpt-5", "n": 2}, {"choices": 2, "kind": "media"}),
        ("/v1/audio/speech", {"model": "gpt-5", "input": "Hi"}, {"kind": "speech"}),
        ("/v1/messages", {"model": "gpt-5", "max_tokens": 9}, {"max_output": 9}),
        (
            "/v1/messages",
            {"model": "gpt-5", "max_tokens": 9, "stream": True},
            {"max_output": 9, "is_stream": True},
        ),
        (
            "/v1beta/models/gpt-5:generateContent",
            {"generationConfig": {"maxOutputTokens": 9, "candidateCount": 2}},
            {"max_output": 9, "choices": 2},
        ),
        (
            "/v1beta/models/gpt-5:streamGenerateContent?alt=sse",
            {"contents": []},
            {"is_stream": True},
        ),
        (
            "/v1/projects/p/locations/l/publishers/google/models/gpt-5:streamGenerateContent",
            {"generation_config": {"maxOutputTokens": 9}},
            {"max_output": 9, "is_stream": True},
        ),
        (
            "/v1/projects/p/locations/l/publishers/anthropic/models/gpt-5:streamRawPredict",
            {"max_tokens": 9},
            {"max_output": 9, "is_stream": True},
        ),
        (
            "/v1beta/models/gpt-5:embedContent",
            {"content": {}},
            {"max_output": 0, "kind": "embedding"},
        ),
        ("/v1beta/models/gpt-5:predict", {"instances": []}, {"kind": "media"}),
        (
            "/openai/deployments/gpt-5/chat/completions?api-version=2025-01-01",
            {"model": "other", "max_tokens": 9},
            {"max_output": 9},
        ),
        ("/model/gpt-5/converse", {"inferenceConfig": {"maxTokens": 9}}, {"max_output": 9}),
        ("/model/gpt-5/converse-stream", {"messages": []}, {"is_stream": True}),
        (
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fgpt-5/invoke",
            {"textGenerationConfig": {"maxTokenCount": 9}},
            {"max_output": 9},
        ),
        ("/v2/chat", {"model": "gpt-5", "max_tokens": 9}, {"max_output": 9}),
        ("/v2/embed", {"model": "gpt-5", "texts": ["Hi"]}, {"max_output": 0, "kind": "embedding"}),
        ("/v2/rerank", {"model": "gpt-5", "query": "Hi"}, {"max_output": 0, "kind": "embedding"}),
        ("/api/chat", {"model": "gpt-5", "options": {"num_predict": 9}}, {"max_output": 9}),
        (
            "/api/v1/chat/completions",
            {"model": "gpt-5", "models": ["gpt-5", "b", 5, "c"]},
            {"other_models": ("b", "c")},
        ),
        ("/api/v1/chat/completions", {"models": ["gpt-5", "b"]}, {"other_models": ("b",)}),
        ("/v1/text-to-speech/voice", {"model_id": "gpt-5", "text": "Hi"}, {"kind": "speech"}),
    ],
    ids=str,
)
def test_model_and_bounds(path: str, body: dict[str, Any], expected: dict[str, Any]) -> None:
    """The model is always gpt-5."""
    size = len(json.dumps(body))

    assert facts_of(path, body) == RequestFacts("gpt-5", size, **expected)


@pytest.mark.parametrize(
    "model",
    [
        "accounts/fireworks/models/x",
        "anthropic/claude-sonnet-4.5",
        "mistral-large-latest",
        "openai/gpt-oss-20b",
        "deepseek-chat",
        "grok-4",
        "meta-llama/Llama-3.3-70B-Instruct-Turbo",
    ],
)
def test_models_keep_their_names(model: str) -> None:
    assert facts_of(CHAT, {"model": model, "messages": TEXT}).model == model


def test_cloudflare_names_the_model_in_the_path() -> None:
    path = "/client/v4/accounts/1/ai/run/@cf/meta/llama-3-8b-instruct"

    assert facts_of(path, {"messages": TEXT}).model == "@cf/meta/llama-3-8b-instruct"


@pytest.mark.parametrize(
    "body",
    [
        {"previous_response_id": "resp_1"},
        {"conversation": "conv_1"},
        {"prompt": {"id": "pmpt_1"}},
        {"input": [{"content": [{"type": "input_file", "file_id": "file-1"}]}]},
        {"input": [{"content": [{"type": "input_file", "file_url": "https://a.example/b"}]}]},
        {"input": [{"content": [{"type": "input_image", "image_url": "https://a.example"}]}]},
        {"messages": [{"content": [{"image_url": {"url": "https://a.example/b.png"}}]}]},
        {"messages": [{"content": [{"image_url": {"url": "data:image/png;base64,AAAA"}}]}]},
        {"messages": [{"content": [{"source": {"type": "url", "url": "https://a.example"}}]}]},
        {"messages": [{"content": [{"source": {"type": "file", "file_id": "file_1"}}]}]},
        {"messages": [{"content": [{"source": {"type": "base64", "data": "AAAA"}}]}]},
        {"messages": [{"content": [{"type": "input_audio", "input_audio": {"data": "AA"}}]}]},
        {"contents": [{"parts": [{"fileData": {"fileUri": "gs://a/b"}}]}]},
        {"contents": [{"parts": [{"file_data": {"file_uri": "gs://a/b"}}]}]},
        {"contents": [{"parts": [{"inlineData": {"data": "AAAA"}}]}]},
        {"contents": [{"parts": [{"inline_data": {"data": "AAAA"}}]}]},
        {"cachedContent": "cachedContents/1"},
        {"tools": [{"type": "web_search"}]},
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        {"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}]},
        {"tools": [{"googleSearch": {}}]},
        {"tools": [{"google_search": {}}]},
        {"tools": [{"urlContext": {}}]},
        {"mcp_servers": [{"url": "https://a.example"}]},
        {"web_search_options": {"search_context_size": "low"}},
        {"search_parameters": {"mode": "on"}},
        {"plugins": [{"id": "web"}]},
        {"model": "sonar-pro"},
        {"model": "openai/gpt-5:online"},
        {"model": "gpt-4o-search-preview"},
        {"model": "groq/compound"},
    ],
    ids=str,
)
def test_input_that_the_body_does_not_bound(body: dict[str, Any]) -> None:
    data = {"model": "gpt-5", "max_tokens": 9, **body}
    assert facts_of("/v1/messages", data).has_remote_input
    assert facts_of(
        "/v1/messages", json.dumps(data, separators=(",", ":")).encode()
    ).has_remote_input


TOOL = {
    "type": "function",
    "function": {
        "name": "look",
        "parameters": {"type": "object", "properties": {"url": {"type": "string"}}},
    },
}


@pytest.mark.parametrize(
    "body",
    [
        {"messages": TEXT},
        {"messages": [{"role": "user", "content": '{"file_id": "file-1", "url": "https://a"}'}]},
        {"tools": [TOOL], "previous_response_id": None, "plugins": [], "conversation": ""},
        {"tools": [{"name": "look", "input_schema": {"type": "object"}}]},
        {"tools": [{"name": "look", "cache_control": {"type": "ephemeral"}}]},
        {"tools": [{"type": "bash_20250124"}, {"type": "local_shell"}, {"type": "custom"}]},
        {"tools": [{"functionDeclarations": [{"name": "look"}]}]},
        {"prompt": "Once upon a time"},
    ],
    ids=str,
)
def test_input_that_the_body_bounds(body: dict[str, Any]) -> None:
    assert not facts_of("/v1/messages", {"model": "gpt-5", **body}).has_remote_input


@pytest.mark.parametrize(
    ("part", "size"),
    [
        ({"image_url": {"url": "data:image/png;base64," + "A" * 5000}}, 5000),
        ({"source": {"type": "base64", "data": "A" * 5000}}, 5000),
        ({"inlineData": {"mimeType": "image/png", "data": "A" * 5000}}, 5000),
        ({"type": "text", "text": "A" * 5000}, 0),
        ({"source": {"type": "base64", "data": "A" * 10}}, 0),
    ],
    ids=str,
)
def test_media_in_the_body_are_measured(part: dict[str, Any], size: int) -> None:
    body = {"model": "gpt-5", "messages": [{"content": [part]}]}

    assert facts_of(CHAT, body).media_bytes == size
    assert facts_of(CHAT, json.dumps(body, separators=(",", ":")).encode()).media_bytes == size


FORM = (
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\n'
    b"Content-Type: audio/mpeg\r\n\r\n\xff\xfb\x00model\r\n"
    b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n'
    b'--b\r\nContent-Disposition: form-data; name="stream"\r\n\r\ntrue\r\n--b--\r\n'
)


def test_a_form_has_the_model_in_a_field() -> None:
    headers = [("content-type", "multipart/form-data; boundary=b")]

    assert facts_of("/v1/audio/transcriptions", FORM, headers=headers) == RequestFacts(
        "whisper-1",
        len(FORM),
        is_stream=True,
        has_remote_input=True,
        kind="media",
        media_bytes=len(FORM),
    )


def test_an_urlencoded_form_has_the_model_in_a_field() -> None:
    headers = [("content-type", "application/x-www-form-urlencoded")]

    assert facts_of("/v1/run", b"a=b&model=m%2F1", headers=headers).model == "m/1"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/messages/count_tokens",
        "/v1/responses/input_tokens",
        "/v1beta/models/gemini-2.5-flash:countTokens",
        "/v1beta/models/gemini-2.5-flash%3AcountTokens",
        "/v1beta/models/gemini-2.5-flash:batchGenerateContent",
        "/v1/moderations",
        "/v1/batches",
        "/v1/batches/batch_1/cancel",
        "/v1/messages/batches",
        "/v1/batch/jobs",
        "/v1/files",
        "/v1/responses/resp_1/cancel",
        "/v1/chat/completions/chatcmpl-1",
    ],
)
def test_calls_that_are_not_billed(path: str) -> None:
    assert facts_of(path, {"model": "gpt-5", "requests": []}).kind == "unbilled"


@pytest.mark.parametrize(
    ("path", "model", "kind"),
    [
        ("/v1/responses/compact", "gpt-5", "text"),
        ("/v1beta/models/gemini-2.5-flash%3AgenerateContent", "gemini-2.5-flash", "text"),
        ("/v1beta/models/gemini-2.5-flash%3aembedContent", "gemini-2.5-flash", "embedding"),
        ("/v1/workflows/accounts/fireworks/models/flux-1-dev/text_to_image", "gpt-5", "text"),
    ],
)
def test_calls_that_are_billed(path: str, model: str, kind: str) -> None:
    facts = facts_of(path, {"model": "gpt-5"})

    assert (facts.model, facts.kind) == (model, kind)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/models", "unbilled"),
        ("/v1/models/gpt-5", "unbilled"),
        ("/v1/responses/resp_1", "unbilled"),
        ("/v1/batches/batch_1", "unbilled"),
        ("/v1/files/file-1/content", "results"),
        ("/v1/messages/batches/msgbatch_1/results", "results"),
        ("/download/v1beta/files/batch-1:download", "results"),
        ("/v1/realtime", "text"),
    ],
)
def test_requests_without_a_body(path: str, kind: str) -> None:
    facts = read_request(path, [], b"", True, None)

    assert facts.kind == kind
    assert facts.body_bytes == 0


def test_a_websocket_names_the_model_in_the_query() -> None:
    assert (
        read_request("/v1/realtime?model=gpt-realtime", [], b"", True, None).model == "gpt-realtime"
    )


def test_a_body_that_is_cut_off_is_read_as_far_as_it_goes() -> None:
    body = json.dumps({"model": "gpt-5", "max_tokens": 9, "stream": True, "messages": TEXT * 9})

    facts = read_request(CHAT, TYPE, body[:200].encode(), False, len(body))

    assert facts.model == "gpt-5"
    assert facts.body_bytes == len(body)
    assert facts.max_output == 9
    assert facts.is_stream
    assert not facts.is_complete


@pytest.mark.parametrize("value", [-1, 0, 1.5, "9", True, None, [9], {"a": 9}, 10**9 + 1, 10**30])
def test_a_maximum_that_is_no_maximum_is_ignored(value: Any) -> None:
    body = {"model": "gpt-5", "max_tokens": value, "n": value, "generationConfig": value}

    facts = facts_of(CHAT, body)

    assert facts.max_output is None
    assert facts.choices == 1


@pytest.mark.parametrize("value", [5, None, "", ["gpt-5"], "x" * 301, {"id": "gpt-5"}])
def test_a_model_that_is_no_name_is_ignored(value: Any) -> None:
    facts = facts_of(CHAT, {"model": value, "stream": "true", "models": value, "max_tokens": 9})

    assert facts.model is None or facts.model == "gpt-5"
    assert not facts.is_stream
    assert facts.max_output == 9


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    path=st.text(alphabet="/:?@%vmodels1batchfilengrtC.", max_size=60),
    body=st.binary(max_size=80)
    | st.text(alphabet='{}[]":,\\model1 nstream', max_size=80).map(str.encode),
    is_complete=st.booleans(),
    length=st.none() | st.integers(-5, 10**12),
    kind=st.sampled_from(["application/json", "multipart/form-data; boundary=b", "", "\u0130"]),
)
def test_any_request_is_survived(
    path: str, body: bytes, is_complete: bool, length: int | None, kind: str
) -> None:
    facts = read_request(path, [("content-type", kind)], body, is_complete, length)

    assert facts.body_bytes >= len(body)
    assert facts.choices >= 1
