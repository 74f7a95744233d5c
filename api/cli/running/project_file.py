"""A project's `.env` file, given to a command as variables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from api.cli.errors import USAGE, CliError
from api.cli.running.child_environment import KeyVariables
from api.cli.running.targets import StoredApis
from api.errors import Problem
from api.services.env_files.syntax import parse_env


def read_project_file(path: Path) -> dict[str, str]:
    """Return the variables of a file. Raises CliError if it cannot be read."""
    try:
        lines = parse_env(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise CliError(f"{path} is not a text file in UTF-8: give a .env file.", USAGE) from error
    except Problem as error:
        raise CliError(f"{path} is too large for a .env file: {error.detail}", USAGE) from error
    except OSError as error:
        raise CliError(
            f"{path} cannot be read ({error.strerror}): check its name and permissions.", USAGE
        ) from error
    return {
        line.name: line.value.reveal()
        for line in lines
        if line.kind == "assignment" and line.name and line.value is not None
        and "\0" not in line.value.reveal()
    }  # fmt: skip


def needed_apis(variables: Mapping[str, str], known: KeyVariables, stored: StoredApis) -> list[str]:
    """Return the APIs with a key whose keys or base URLs the variables hold."""
    by_variable = {
        variable: target.api_name
        for target in stored.targets(stored.names)
        for variable in (*target.keys, *target.base_urls)
    }
    found: dict[str, None] = {}
    for name, value in variables.items():
        api_name = by_variable.get(name)
        if api_name is None:
            is_key, slug = known.key_owner(name, value)
            owner = slug if is_key else known.base_url_owner(name)
            api_name = stored.of_provider(owner) if owner is not None else None
        if api_name is not None and value.strip():
            found[api_name] = None
    return list(found)
