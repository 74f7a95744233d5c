"""nginx as the upstream API (a fixed chat completion) and as the fastest known proxy."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from bench.environment import program
from bench.processes import LOOPBACK, clean_environment, free_port, running
from bench.standins.certificate import Certificate

UPSTREAM_KEY = "sk-bench-" + "k" * 40
COMPLETION = (
    '{"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,'
    '"model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant",'
    '"content":"The weather in Bergen is rainy, as it was yesterday and will be tomorrow."},'
    '"finish_reason":"stop"}],"usage":{"prompt_tokens":18,"completion_tokens":17,'
    '"total_tokens":35}}'
)

# Names and formats as OpenAI sends them (platform.openai.com/docs/guides/rate-limits).
RATE_LIMIT_HEADERS = {
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-remaining-requests": "9999",
    "x-ratelimit-reset-requests": "6ms",
    "x-ratelimit-limit-tokens": "200000",
    "x-ratelimit-remaining-tokens": "199963",
    "x-ratelimit-reset-tokens": "11ms",
    "openai-processing-ms": "312",
    "x-request-id": "req_bench",
}

_FRAME = """daemon off; worker_processes {workers}; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000; client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {http}
}}
"""


@contextlib.contextmanager
def _nginx(http: str, port: int, workers: int) -> Iterator[None]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        configuration = folder / "nginx.conf"
        configuration.write_text(_FRAME.format(folder=folder, http=http, workers=workers))
        command = [program("nginx"), "-p", name, "-e", f"{name}/error.log"]
        with running([*command, "-c", str(configuration)], port, clean_environment()):
            yield


@contextlib.contextmanager
def upstream(
    certificate: Certificate | None = None, fields: Mapping[str, str] = RATE_LIMIT_HEADERS
) -> Iterator[str]:
    """Run the upstream API. Yields its base URL, which is https with `certificate`.

    It responds with 401 without the real credential, so a proxy that omits it cannot be measured.
    """
    port = free_port()
    headers = "\n".join(f"add_header {name} {value};" for name, value in fields.items())
    http = f"""server {{
      {_listen(port, certificate)} default_type application/json; {headers}
      location / {{
        if ($http_authorization != "Bearer {UPSTREAM_KEY}") {{ return 401 '{{}}'; }}
        return 200 '{COMPLETION}';
      }}
    }}"""
    with _nginx(http, port, workers=1):
        yield f"{'https' if certificate else 'http'}://{LOOPBACK}:{port}"


@contextlib.contextmanager
def credential_proxy(upstream_url: str) -> Iterator[int]:
    """Run nginx with two workers as a proxy that sets the credential. Yields its port."""
    port = free_port()
    headers = f'proxy_set_header Authorization "Bearer {UPSTREAM_KEY}";'
    with _nginx(_forwarding("/proxy/openai/", upstream_url, port, None, headers), port, workers=2):
        yield port


@contextlib.contextmanager
def tls_front(url: str, certificate: Certificate) -> Iterator[str]:
    """Run nginx as a TLS proxy for the server at `url`. Yields the new URL."""
    port = free_port()
    with _nginx(_forwarding("/", url, port, certificate, ""), port, workers=1):
        yield f"https://{LOOPBACK}:{port}"


def _listen(port: int, certificate: Certificate | None) -> str:
    if certificate is None:
        return f"listen {LOOPBACK}:{port};"
    return (
        f"listen {LOOPBACK}:{port} ssl; ssl_certificate {certificate.certificate};"
        f" ssl_certificate_key {certificate.key};"
    )


def _forwarding(
    path: str, url: str, port: int, certificate: Certificate | None, headers: str
) -> str:
    return f"""upstream behind {{ server {urlsplit(url).netloc}; keepalive 64;
        keepalive_requests 100000000; }}
    server {{
      {_listen(port, certificate)}
      location {path} {{
        proxy_pass http://behind/; proxy_http_version 1.1; proxy_set_header Connection "";
        {headers}
      }}
    }}"""
