"""LiteLLM's pass-through endpoint: the most similar well-known proxy with stored keys."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.environment import litellm_python
from bench.load import Target, load, warm_up
from bench.processes import LOOPBACK, clean_environment, free_port, running
from bench.standins.nginx import UPSTREAM_KEY

MASTER_KEY = "sk-litellm-bench-master"
PATH = "/openai-bench"

_CONFIGURATION = """general_settings:
  master_key: {master_key}
  pass_through_endpoints:
    - path: "{path}"
      target: "{url}"
      include_subpath: true
      auth: true
      headers:
        Authorization: "Bearer {upstream_key}"
litellm_settings:
  telemetry: false
"""


@contextlib.contextmanager
def pass_through(upstream_url: str) -> Iterator[Target]:
    """Run LiteLLM's proxy with two workers, without database and telemetry. Yields the target."""
    python = litellm_python()
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        configuration = Path(name) / "litellm.yaml"
        configuration.write_text(
            _CONFIGURATION.format(
                master_key=MASTER_KEY,
                path=PATH,
                url=upstream_url,
                upstream_key=UPSTREAM_KEY,
            )
        )
        command = [str(Path(python).with_name("litellm")), "--config", str(configuration)]
        command += ["--host", LOOPBACK, "--port", str(port), "--num_workers", "2"]
        environment = clean_environment(
            LITELLM_LOCAL_MODEL_COST_MAP="True",
            LITELLM_TELEMETRY="False",
            LITELLM_LOG="ERROR",
            LITELLM_MODE="PRODUCTION",
            HF_HUB_OFFLINE="1",
        )
        with running([*command, "--telemetry", "False"], port, environment, Path(name), 240.0):
            target = Target(
                port, f"{PATH}/v1/chat/completions", {"Authorization": f"Bearer {MASTER_KEY}"}
            )
            warm_up(target)
            load(target, connections=16, seconds=3)  # its first requests are slow
            yield target
