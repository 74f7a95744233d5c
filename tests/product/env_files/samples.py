"""Sample keys for `.env` files, and helpers that read plans and exports."""

from __future__ import annotations

from api.schemas.env_files import EnvLine
from api.services.env_files.service import EnvFileService
from api.services.env_files.syntax import parse_env

OPENAI = "sk-proj-" + "Ab3dEf6hIj9kLm2n" * 2
OPENAI_2 = "sk-proj-" + "Zb3dEf6hIj9kLm2n" * 2
GITHUB = "ghp_" + "Ab3dEf6hIj9kLm2nOp5q" + "Rs8tUv1wXy4zAb7c"
STRIPE = "sk_live_" + "Ab3dEf6hIj9kLm2nOp5q"
# Random, but in no known shape.
UNUSUAL = "q7Zx2LmT9vKd4RwN8sHb"
UNUSUAL_2 = "f3Jk8PzW1yQc6XtM5gVn"
TOKEN = "apd_0123456789abcdef"
ADDRESS = "http://127.0.0.1:8420"
FOREIGN = "https://llm.corp.example/v1"


def plan_lines(service: EnvFileService, content: str) -> dict[int, EnvLine]:
    """Return the plan of a file by line number."""
    return {line.line: line for line in service.plan("ada", content).lines}


def variables(content: str) -> dict[str, str]:
    """Return the variables of a file. Fails if a line is invalid or a name is set twice."""
    found: dict[str, str] = {}
    for line in parse_env(content):
        assert line.error is None, line.error
        if line.name is not None and line.value is not None:
            assert line.name not in found, f"{line.name} is set twice"
            found[line.name] = line.value.reveal()
    return found
