"""The agents that commands know: the built-in ones, and those of the user's own file."""

from __future__ import annotations

from api.cli.errors import USAGE, CliError
from api.cli.places import config_folder
from api.services.keys.agents import Agent, AgentsError, read_agents, with_own_agents


def load_agents() -> tuple[Agent, ...]:
    """Return all agents. A file `agents.json` in the configuration folder adds its own.

    Raises CliError if that file is not valid.
    """
    path = config_folder() / "agents.json"
    if not path.exists():
        return with_own_agents(())
    try:
        return with_own_agents(read_agents(path))
    except AgentsError as error:
        raise CliError(f"{error} Correct the file, or remove it.", USAGE) from error
