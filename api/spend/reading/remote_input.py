"""Tells whether a request has more input than its body's size tells, and how much is media."""

from __future__ import annotations

import re
from collections.abc import Mapping

from api.lazy_pattern import lazy_pattern

_STORED = (
    "previous_response_id",
    "conversation",
    "cachedContent",
    "web_search_options",
    "search_parameters",
    "plugins",
    "mcp_servers",
    "connectors",
    "container",
)
_EMPTY = (b"null", b"[]", b"{}", b'""', b"false")
# `file_id`, `file_ids`, `fileUri`, `file_uri`; each search of a large body takes its time.
_FILE = lazy_pattern(rb'"file(?:_ids?|_?uri)"', re.IGNORECASE)
_URL = lazy_pattern(
    rb'"(?:image_|document_|video_|audio_|input_|file_)?url"\s*+:\s*+"(?!data:)', re.IGNORECASE
)
# Types in the definitions of tools that the caller runs: functions, JSON Schema, cache marks,
# and the providers' own tools for the caller's machine.
_CALLERS_TYPES = (
    rb"(?:function|custom|grammar|text|ephemeral|local_shell|apply_patch|object|string|number"
    rb'|integer|boolean|array|null)"|(?:bash|text_editor|computer|memory)_\d'
)
# Tools that run at the provider have a type of their own, or a member of their name.
_OWN_TOOL = lazy_pattern(
    rb'"type"\s*+:\s*+"(?!%b)'
    rb'|"(?:google_?search|googleSearchRetrieval|url_?context|code_?execution|retrieval)"\s*+:'
    % _CALLERS_TYPES,
    re.IGNORECASE,
)
# Models that search before they answer, or choose another model.
_SEARCHING_MODEL = lazy_pattern(r"sonar|compound|:online\Z|-search|deep-research|openrouter/auto")
_MEDIA = (b"base64", b'"inline', b'"bytes"', b'"s3Location"', b'"input_audio"')
_BASE64 = (b";base64,", b'"data"', b'"bytes"')
_BEFORE_BASE64 = lazy_pattern(rb'(?:\s*+:\s*+")?')
_SHORT_TEXT = 1000


def has_remote_input(members: Mapping[str, bytes], model: str | None, body: bytes) -> bool:
    """Return whether a request refers to input that is not in its body, or has input in it whose
    tokens do not follow from its size: an image of a few kB can have 40,000, a file any number.
    """
    if model is not None and _SEARCHING_MODEL.search(model):
        return True
    for name in _STORED:
        if name in members and members[name] not in _EMPTY:
            return True
    if members.get("prompt", b"")[:1] == b"{":
        return True  # A stored prompt of OpenAI.
    if "tools" in members and _OWN_TOOL.search(members["tools"]):
        return True
    if b'"file' in body and _FILE.search(body):
        return True
    if b'url"' in body and _URL.search(body):
        return True
    return any(mark in body for mark in _MEDIA)


def media_size(body: bytes) -> int:
    """Return about how many bytes of a JSON body are images, sound or files in base64."""
    size = 0
    for mark in _BASE64:
        at = body.find(mark)
        while at >= 0:
            found = _BEFORE_BASE64.match(body, at + len(mark))
            assert found is not None
            start = found.end()
            end = body.find(b'"', start)
            end = len(body) if end < 0 else end
            if end - start > _SHORT_TEXT:
                size += end - start
            at = body.find(mark, end)
    return size
