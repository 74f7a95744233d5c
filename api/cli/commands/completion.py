"""`api-dashboard completion`: the script that completes commands in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from api.cli.errors import CliError
from api.cli.parsing import CliCommand

_VARIABLE = "_API_DASHBOARD_COMPLETE"


@click.command("completion", cls=CliCommand)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script that completes commands, options and providers in a shell.

    \b
    Examples:
      eval "$(api-dashboard completion bash)"        # in ~/.bashrc
      eval "$(api-dashboard completion zsh)"         # in ~/.zshrc
      api-dashboard completion fish > ~/.config/fish/completions/api-dashboard.fish
    """
    found = get_completion_class(shell)
    if found is None:
        raise CliError(f"There is no completion for {shell}.")
    root = context.find_root()
    click.echo(found(root.command, {}, str(root.info_name), _VARIABLE).source())
