"""Which program makes a call, from its header fields, whatever they contain."""

from __future__ import annotations

import re

import pytest

from api.client_family import MAX_LENGTH, client_family
from api.storage.token_uses import TokenUse, stored_uses, use_attribute, use_bytes

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
AGENTS = {
    "claude-cli/2.1.2 (external, cli)": "claude-cli",
    "claude-code/2.0": "claude-cli",
    "codex_cli_rs/0.38.0 (Ubuntu 24.04.2 LTS; x86_64) WindowsTerminal": "codex",
    "codex_exec/0.80.0": "codex",
    "GeminiCLI/v0.29.5 (linux; x64)": "gemini-cli",
    "GeminiCLI/0.1.0/gemini-2.5-pro (linux; x64)": "gemini-cli",
    "opencode/1.18.31 ai-sdk/provider-utils/4.0.40 runtime/bun/1.3.14": "opencode",
    "ai-sdk/openai-compatible/2.0.47 ai-sdk/provider-utils/4.0.27 runtime/node.js/24": "ai-sdk",
    "OpenAI/Python 1.99.0": "openai-python",
    "AsyncOpenAI/Python 1.99.0": "openai-python",
    "OpenAI/JS 5.8.2": "openai-js",
    "Anthropic/JS 0.60.0": "anthropic-js",
    "AsyncAnthropic/Python 0.80.0": "anthropic-python",
    "google-genai-sdk/1.30.0 gl-python/3.12.3": "google-genai-sdk",
    "Stripe/v1 PythonBindings/16.0.0": "stripe-python",
    "Stripe/v1 NodeBindings/23.1.0": "stripe-node",
    "PyGithub/Python": "pygithub",
    "octokit-core.js/7.0.0 Node.js/22 (linux; x64)": "octokit",
    "twilio-python/9.8.1 (Linux x86_64) Python/3.12.3": "twilio-python",
    "litellm/1.77.1": "litellm",
    "curl/8.5.0": "curl",
    "curl": "curl",
    "Wget/1.21.4": "wget",
    "python-httpx/0.28.1": "python-httpx",
    "python-requests/2.32.5": "python-requests",
    "Python/3.12 aiohttp/3.12.15": "aiohttp",
    "Python-urllib/3.12": "python-urllib",
    "node": "node",
    "Go-http-client/1.1": "go-http-client",
    "PostmanRuntime/7.45.0": "postman",
    "my_script/1.0 (me@example.com)": "my-script",
    "Weather-App": "weather-app",
    "Boto3/1.40 md/Botocore#1.40": "boto3",
    f"{CHROME} Chrome/126.0.0.0 Safari/537.36": "chrome",
    f"{CHROME} HeadlessChrome/126.0.0.0 Safari/537.36": "chrome",
    f"{CHROME} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0": "edge",
    f"{CHROME} Cursor/1.2.1 Chrome/132.0.0.0 Electron/34.5.8 Safari/537.36": "cursor",
    f"{CHROME} Code/1.95.0 Chrome/128.0.0.0 Electron/32.2.1 Safari/537.36": "vscode",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0": "firefox",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.4 Safari/605.1.15": "safari",
    "Mozilla/5.0 (Windows NT 10.0; en-US) WindowsPowerShell/5.1.22621": "powershell",
}


@pytest.mark.parametrize(("agent", "family"), AGENTS.items())
def test_the_family_is_the_product_without_its_version(agent: str, family: str) -> None:
    assert client_family([("Host", "h"), ("user-agent", agent)]) == family


HOSTILE = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}", "${jndi:ldap://x}",
    "'; DROP TABLE users; --", "../../etc/passwd", "\x00\x1b[31m", "\u202eevil/1", "a\r\nSet: b",
    "((((((((" * 100, "a" * 100_000, "a/1 " * 50_000, "#hour", ":now", "c_curl/1", "-", ".", "/",
    "\xff\xfe", "@everyone", "<!channel>", "[click](javascript:x)", "a", "1", "x" * 25,
]  # fmt: skip
SECRETS = [
    "sk-proj-0a1B2c3D4e5F", "ghp_0123456789abcdef", "xoxb-12345-67890", "apd_" + "0a1b2c" * 15,
    "AKIA1234567890EXAMPL", "hunter2hunter2hunter2hunter2", "abc1def", "key123", "mark0a1b2c3d4e5f",
]  # fmt: skip


@pytest.mark.parametrize("agent", HOSTILE + SECRETS, ids=lambda agent: repr(agent[:20]))
def test_no_value_becomes_more_than_a_short_plain_word(agent: str) -> None:
    family = client_family([("User-Agent", agent)])
    assert re.fullmatch(r"[a-z][a-z0-9.-]{1,23}", family) and len(family) <= MAX_LENGTH


@pytest.mark.parametrize("agent", SECRETS)
def test_a_secret_in_the_user_agent_is_not_kept(agent: str) -> None:
    assert client_family([("User-Agent", agent)]) == "other"


@pytest.mark.parametrize(
    ("headers", "family"),
    [
        ([], "none"),
        ([("User-Agent", "  ")], "none"),
        ([("User-Agent", "(x)")], "other"),
        ([("User-Agent", "node"), ("x-app", "cli")], "claude-cli"),
        ([("X-Goog-Api-Client", "google-genai-sdk/1.30.0 gl-python/3.12")], "google-genai-sdk"),
        ([("User-Agent", "python-requests/2"), ("x-goog-api-client", "gl-python/3 grpc/1 gax/2")],
         "google-python"),
        ([("X-Stainless-Lang", "python")], "stainless-python"),
        ([("User-Agent", "undici"), ("X-Stainless-Lang", "js")], "stainless-js"),
        ([("X-Stainless-Lang", "<b>")], "none"),
        ([("X-Goog-Api-Client", "<b> </b>")], "none"),
        ([("User-Agent", "my-script"), ("X-Stainless-Lang", "js")], "my-script"),
        ([("User-Agent", "OpenAI/JS 5"), ("x-app", "cli")], "openai-js"),
    ],
)  # fmt: skip
def test_an_sdks_own_fields_count_where_the_user_agent_says_little(
    headers: list[tuple[str, str]], family: str
) -> None:
    assert client_family(headers) == family


def test_stored_codes_of_clients_never_change() -> None:
    codes = {"none": "0", "other": "1", "claude-cli": "2", "codex": "3", "gemini-cli": "4",
             "openai-python": "A", "curl": "G", "chrome": "j", "opera": "p"}  # fmt: skip
    assert {name: use_attribute(TokenUse("id", name)) for name in codes} == {
        name: f"t{code}_id" for name, code in codes.items()
    }


@pytest.mark.parametrize("client", ["", "curl", "my-script", "c" * 24])
def test_a_use_is_read_back_as_it_was_stored(client: str) -> None:
    use = TokenUse("0k3v9x2m8q4wz", client)
    name = use_attribute(use)
    assert use_bytes(use) == len(name) + 3
    item = {"PK": "p", "SK": "s", "ttl": 5, "hour": 3600, "u_n": 1, "w0": "[]", name: 17}
    assert stored_uses(item, 3600) == {use: 3617}
    assert client != "" or name == "t_0k3v9x2m8q4wz"
