"""`api-dashboard agents`: the agents that `run` supports, and the settings of editors."""

from __future__ import annotations

import click

from api.cli.parsing import CliCommand, CliGroup, json_option, server_option


@click.group("agents", cls=CliGroup, invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """List coding agents and editors, or show how to set one up.

    \b
    Examples:
      api-dashboard agents
      api-dashboard agents show cline
      api-dashboard agents show cursor --api openai --create-token
    """
    if context.invoked_subcommand is None:
        context.invoke(list_agents)


@command.command("list", cls=CliCommand)
@server_option
@json_option
def list_agents(server: str | None = None, as_json: bool = False) -> None:
    """List the agents, whether each is installed, and the APIs that it can use with your keys."""
    from api.cli.running.agent_list import print_agents

    print_agents(server, as_json)


@command.command("show", cls=CliCommand)
@click.argument("name")
@click.option("--api", metavar="NAME", help="The API to use. By default the agent's preferred one.")
@click.option("--create-token", is_flag=True, help="Create a token and show it in the settings.")
@click.option("--token-stdin", is_flag=True, help="Read the token to show from standard input.")
@server_option
def show(
    name: str, api: str | None, create_token: bool, token_stdin: bool, server: str | None
) -> None:
    """Show the settings of an editor, or the lines that start an agent by hand.

    Without a token, the settings show <token> in its place. A token that --create-token creates
    can call only this API, and is valid until you revoke it.

    \b
    Examples:
      api-dashboard agents show cline
      api-dashboard agents show cursor --api openai --create-token
    """
    from api.cli.running.agent_list import show_agent

    show_agent(name, api, create_token, token_stdin, server)
