"""Runs an SDK's lines and one call as they are asked for: a line of JSON in, a line of JSON out.

    python runner.py
    {"setup": "client = ...", "call": "client.models.list()"}
    {"setup": "client = ...", "module": "groq", "feature": "call", "environment": {}, ...}

The response says which error the call raised, if any (for the catalogue's lines the upstream's
answer is an empty object, which many SDKs refuse), and what it assigned to `result`, or what the
feature of a module in `sdk_features` returned. Nothing but this machine can be reached.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import socket
import sys
import traceback
from types import SimpleNamespace
from typing import Any

_SECONDS = 60
_resolve = socket.getaddrinfo


def _resolve_loopback(host: Any, *arguments: Any, **options: Any) -> Any:
    if host not in ("127.0.0.1", "localhost"):
        raise OSError(f"{host} is not this machine")
    return _resolve(host, *arguments, **options)


class TimedOut(BaseException):
    """The call took longer than _SECONDS. No SDK catches this."""


def _time_out(*_: object) -> None:
    raise TimedOut


def _run(asked: dict[str, Any]) -> dict[str, Any]:
    environment = asked.get("environment", {})
    os.environ.update(environment)
    signal.alarm(_SECONDS)
    try:
        return {"error": "", "result": _result(asked)}
    except (Exception, TimedOut) as error:
        whole = traceback.format_exc()[-3000:]
        return {"error": f"{type(error).__name__}: {error}"[:2000], "traceback": whole}
    finally:
        signal.alarm(0)
        for name in environment:
            del os.environ[name]


def _result(asked: dict[str, Any]) -> object:
    made: dict[str, Any] = {}
    exec(asked["setup"], made)
    if "call" in asked:
        exec(asked["call"], made)
        return made.get("result")
    module = importlib.import_module(f"sdk_features.{asked['module']}")
    context = SimpleNamespace(token=asked["token"], others=asked["others"])
    return module.FEATURES[asked["feature"]](made.get("client"), context)


socket.getaddrinfo = _resolve_loopback
signal.signal(signal.SIGALRM, _time_out)
for line in sys.stdin:
    with contextlib.redirect_stdout(sys.stderr):
        answer = _run(json.loads(line))
    print(json.dumps(answer), flush=True)
# Some SDKs have threads that would hold the process.
os._exit(0)
