"""`api-dashboard keys`: store, list, check and remove keys."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import click

from api.cli.errors import FAILED, OK, CliError, ProblemError
from api.cli.matching import find_one
from api.cli.output import note, print_json, print_table
from api.cli.parsing import CliGroup, json_option, server_option, yes_option
from api.cli.words import outcome_words

# Outcomes of a check that mean that calls with the key fail.
BAD_OUTCOMES = ("revoked", "wrong_host", "unreachable")

# Checks at once. Each waits for a provider.
_PARALLEL_CHECKS = 4


class _KeysGroup(CliGroup):
    """The group of commands. It imports `add`, the largest one, only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return ["add", *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None if there is none of this name."""
        if cmd_name == "add":
            from api.cli.commands.add_key import add_key

            return add_key
        return super().get_command(ctx, cmd_name)


@click.group("keys", cls=_KeysGroup)
def command() -> None:
    """Store, list, check and remove keys.

    \b
    Examples:
      api-dashboard keys add openai
      api-dashboard keys list
      api-dashboard keys check --all
    """


@command.command("list")
@click.option("--api", "api_name", help="Only the keys of this API.")
@server_option
@json_option
def _list(api_name: str | None, server: str | None, as_json: bool) -> None:
    """List the stored keys, without their secrets.

    \b
    Examples:
      api-dashboard keys list
      api-dashboard keys list --api openai --json
    """
    from api.cli.client import connect

    with connect(server) as client:
        keys = [key for key in client.items("/api/keys") if api_name in (None, key["api_name"])]
    if as_json:
        print_json({"items": keys})
    elif not keys:
        api = "" if api_name is None else f" for {api_name}"
        note(f"No key{api} is stored: run `api-dashboard keys add {api_name or 'PROVIDER'}`.")
    else:
        print_table(
            ["API", "PROVIDER", "KEY", "STATE", "LAST CHECK", "DESCRIPTION", "ID"],
            [
                [
                    key["api_name"],
                    key["provider"] or "-",
                    key["hint"],
                    key["state"],
                    outcome_words(key["check"]["outcome"]) if key["check"] else "-",
                    key["description"],
                    key["key_id"],
                ]
                for key in keys
            ],
        )


@command.command("check")
@click.argument("names", metavar="[API|ID]...", nargs=-1)
@click.option("--all", "check_all", is_flag=True, help="Check every stored key.")
@server_option
@json_option
def _check(names: tuple[str, ...], check_all: bool, server: str | None, as_json: bool) -> int:
    """Check keys with a harmless request to their provider.

    Give the names of APIs, to check all of their keys, or ids of keys. The exit code is 1 if a
    provider refuses a key, is not at the key's address, or does not respond.

    \b
    Examples:
      api-dashboard keys check openai
      api-dashboard keys check --all --json
    """
    from api.cli.client import connect

    if bool(names) == check_all:
        raise click.UsageError("Name the APIs or keys to check, or give --all.")
    with connect(server) as client:
        keys = client.items("/api/keys")
        chosen = keys if check_all else _chosen(keys, names)

        def check(key: dict[str, Any]) -> dict[str, Any] | ProblemError:
            try:
                result = client.call("POST", f"/api/keys/{key['key_id']}/check")
            except ProblemError as error:
                return error
            return {**key, "check": result}

        with ThreadPoolExecutor(_PARALLEL_CHECKS) as pool:
            results = list(pool.map(check, chosen))
    checked = [result for result in results if not isinstance(result, ProblemError)]
    if as_json:
        print_json({"items": checked})
    elif not results:
        note("No key is stored: run `api-dashboard keys add PROVIDER`.")
    elif checked:
        print_table(
            ["API", "KEY", "OUTCOME", "DETAIL", "ID"],
            [
                [
                    key["api_name"],
                    key["hint"],
                    outcome_words(key["check"]["outcome"]),
                    key["check"]["detail"],
                    key["key_id"],
                ]
                for key in checked
            ],
        )
    for key, result in zip(chosen, results, strict=True):
        if isinstance(result, ProblemError):
            note(f"{key['key_id']} was not checked: {result.detail}")
    bad = [key for key in checked if key["check"]["outcome"] in BAD_OUTCOMES]
    for key in bad:
        if key["check"]["outcome"] == "revoked":
            note(
                f"{key['key_id']} is refused: store a new key with `api-dashboard keys add "
                f"{key['provider'] or key['api_name']}`, then remove this one with "
                f"`api-dashboard keys remove {key['key_id']}`."
            )
    return FAILED if bad or len(checked) < len(results) else OK


@command.command("remove")
@click.argument("names", metavar="(API|ID)...", nargs=-1, required=True)
@yes_option
@server_option
def _remove(names: tuple[str, ...], yes: bool, server: str | None) -> None:
    """Delete stored keys. Give a key's id, or the name of an API that has one key.

    \b
    Examples:
      api-dashboard keys remove openai
      api-dashboard keys remove openai.f3a9c2 --yes
    """
    from api.cli.client import connect
    from api.cli.prompts import confirm

    with connect(server) as client:
        keys = client.items("/api/keys")
        chosen = [
            find_one(keys, name, "key_id", "api_name", "key", "api-dashboard keys list")
            for name in dict.fromkeys(names)
        ]
        shown = ", ".join(f"{key['key_id']} ({key['hint']})" for key in chosen)
        if not yes and not confirm(f"Delete {shown}?"):
            raise CliError("No key was deleted.")
        for key in chosen:
            client.call("DELETE", f"/api/keys/{key['key_id']}")
            note(f"Deleted {key['key_id']}.")


def _chosen(keys: list[dict[str, Any]], names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the keys with these ids or of these APIs. Raises CliError for a name without one."""
    chosen: dict[str, dict[str, Any]] = {}
    for name in names:
        found = [key for key in keys if name in (key["key_id"], key["api_name"])]
        if not found:
            find_one(keys, name, "key_id", "api_name", "key", "api-dashboard keys list")
        chosen.update({key["key_id"]: key for key in found})
    return list(chosen.values())
