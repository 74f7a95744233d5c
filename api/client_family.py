"""The family of the program that makes a call: `claude-cli`, `openai-python`, `curl`, `chrome` …

It is the product of the User-Agent field (RFC 9110 10.1.5) without its version. A family has at
most 24 lower-case letters, digits, dots and hyphens, so that it can be stored and shown anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from api.bounded_cache import BoundedCache

NONE = "none"
"""The family of a call without User-Agent."""
OTHER = "other"
"""The family of a call whose User-Agent names no product, or one that looks like a secret."""
MAX_LENGTH = 24

_READ_CHARACTERS = 256
_COMMENT = re.compile(r"\([^()]*\)")
# Names of products are words, perhaps with a number at the end. Keys have digits in between.
_NAME = re.compile(r"[a-z]+[0-9]{0,2}(?:[.-][a-z]+[0-9]{0,2})*")

# `OpenAI/Python 1.99.0` and `AsyncOpenAI/Python 1.99.0` of SDKs made by Stainless.
_LANGUAGES = {
    "python": "python", "js": "js", "go": "go", "java": "java", "kotlin": "kotlin",
    "ruby": "ruby", "php": "php", "c#": "csharp", "csharp": "csharp",
}  # fmt: skip
_BINDINGS = re.compile(r"([a-z]+)bindings")  # `Stripe/v1 PythonBindings/16.0.0`
_ALIASES = {
    "claude-code": "claude-cli",
    "node.js": "node",
    "postmanruntime": "postman",
    "pygithub-python": "pygithub",
    "code": "vscode",
    "windowspowershell": "powershell",
    "edg": "edge",
    "edga": "edge",
    "edgios": "edge",
    "opr": "opera",
    "fxios": "firefox",
    "crios": "chrome",
    "headlesschrome": "chrome",
    "samsungbrowser": "samsung-browser",
}
_BEGINNINGS = {"codex": "codex", "geminicli": "gemini-cli", "octokit": "octokit"}
# What browsers and Electron apps send besides their own name.
_BROWSER_WORDS = frozenset(
    {"mozilla", "applewebkit", "gecko", "chrome", "safari", "firefox", "electron", "version",
     "mobile"}
)  # fmt: skip
# HTTP libraries. If an SDK sends fields of its own, these name it more precisely.
_LIBRARIES = frozenset(
    {NONE, OTHER, "python-httpx", "python-requests", "python-urllib", "aiohttp", "node",
     "node-fetch", "undici", "axios", "bun", "deno", "go-http-client", "okhttp", "java",
     "java-http-client", "apache-httpclient", "ruby", "google-api-nodejs-client"}
)  # fmt: skip
_GOOGLE_PARTS = frozenset({"gax", "gapic", "gccl", "grpc", "rest", "gdcl", "pb"})

_families: BoundedCache[str, str] = BoundedCache(512)


def client_family(headers: Sequence[tuple[str, str]]) -> str:
    """Return the family of the program that sent these header fields."""
    agent = ""
    for name, value in headers:
        if len(name) == 10 and name.lower() == "user-agent":
            agent = value[:_READ_CHARACTERS]
            break
    family = _families.get(agent)
    if family is None:
        family = _agent_family(agent)
        _families.set(agent, family)
    return (_sdk_family(headers) or family) if family in _LIBRARIES else family


def _agent_family(agent: str) -> str:
    """Return the family of a User-Agent."""
    text = agent.lower()
    while text != (text := _COMMENT.sub(" ", text)):
        continue
    words = text.partition("(")[0].replace("_", "-").split()
    if not words:
        return OTHER if agent.strip() else NONE
    products = [word.partition("/")[::2] for word in words]
    names = [name.strip(",;") for name, _ in products]
    if names[0] == "mozilla":
        return _browser(names)
    name, version = names[0], products[0][1]
    bindings = _BINDINGS.fullmatch(names[1]) if len(names) > 1 else None
    if version in _LANGUAGES:
        name = f"{name.removeprefix('async')}-{_LANGUAGES[version]}"
    elif bindings is not None:
        name = f"{name}-{bindings[1]}"
    elif name == "python" and len(names) > 1:  # `Python/3.12 aiohttp/3.12.15`
        name = names[1]
    for beginning, family in _BEGINNINGS.items():
        if name.startswith(beginning):
            return family
    return _safe(name) or OTHER


def _browser(names: Sequence[str]) -> str:
    for name in names:
        if name not in _BROWSER_WORDS and (family := _safe(name)):
            return family
    return next((name for name in ("firefox", "chrome", "safari") if name in names), OTHER)


def _sdk_family(headers: Sequence[tuple[str, str]]) -> str | None:
    """Return the family that the fields of an SDK name, None if there are none."""
    fields = {name.lower(): value for name, value in headers if name[:2] in ("x-", "X-")}
    if fields.get("x-app") == "cli":  # Claude Code
        return "claude-cli"
    google = fields.get("x-goog-api-client")
    if google is not None:
        names = [part.partition("/")[0] for part in google[:_READ_CHARACTERS].lower().split()]
        for name in names:
            if name.startswith("gl-"):
                return _safe(f"google-{name[3:]}")
            if name not in _GOOGLE_PARTS and (family := _safe(name)):
                return family
    language = fields.get("x-stainless-lang")
    return _safe(f"stainless-{language.lower()}") if language is not None else None


def _safe(name: str) -> str | None:
    """Return a name of a product as a family, None if it cannot be one."""
    if not 2 <= len(name) <= MAX_LENGTH or not _NAME.fullmatch(name):
        return None
    return _ALIASES.get(name, name)
