"""`api-dashboard env`: import keys from `.env` files, and export files without keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli.env_file import EnvFile, write_env_file
from api.cli.errors import USAGE, CliError
from api.cli.output import note, plain, print_json, print_line, print_table
from api.cli.parsing import (
    NO_SECRETS,
    CliGroup,
    json_option,
    naming_options,
    server_option,
    yes_option,
)
from api.cli.prompts import ask_secret, confirm, is_interactive, read_lines
from api.secret import Secret

if TYPE_CHECKING:
    from api.cli.client import ApiClient


@click.group("env", cls=CliGroup)
def command() -> None:
    """Import keys from .env files, and export files with a token in their place.

    \b
    Examples:
      api-dashboard env import .env --dry-run
      api-dashboard env import .env --write
      api-dashboard env export .env --new-token laptop > .env.safe
    """


@command.command("import")
@click.argument(
    "paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option("--dry-run", is_flag=True, help="Show what would be stored, and store nothing.")
@click.option(
    "--write",
    is_flag=True,
    help="Also replace the keys in the files with a new token, and set the proxy's base URLs.",
)
@yes_option
@server_option
@json_option
def _import(
    paths: tuple[Path, ...],
    dry_run: bool,
    write: bool,
    yes: bool,
    server: str | None,
    as_json: bool,
) -> None:
    """Store the keys in .env files. Shows what it would store, and asks first.

    The files do not change unless you give --write.

    \b
    Examples:
      api-dashboard env import .env
      api-dashboard env import .env ../other/.env --dry-run --json
      api-dashboard env import .env --write --yes
    """  # fmt: skip
    from api.cli.client import connect

    if dry_run and write:
        raise click.UsageError("Give either --dry-run or --write.")
    files = [EnvFile(path) for path in paths]
    with connect(server) as client:
        plans = [_call(client, "/api/env/preview", file, {"content": file.text}) for file in files]
        if not as_json:
            for file, plan in zip(files, plans, strict=True):
                _show_plan(file, plan)
        total = sum(plan["keys"] for plan in plans)
        if dry_run:
            if as_json:
                print_json({"files": _with_paths(files, plans)})
            return
        if total and not yes and not confirm(f"Store {_keys(total)} at {client.url}?"):
            raise CliError("No key was stored.")
        results = [_call(client, "/api/env/import", file, {"content": file.text}) for file in files]
        if as_json:
            print_json({"files": _with_paths(files, results)})
        stored = sum(len(result["keys"]) for result in results)
        note(f"Stored {_keys(stored)}." if stored else "There is no new key to store.")
        if not write:
            if stored:
                note(
                    "The keys are still in the files: `api-dashboard env export FILE --new-token "
                    "NAME --write` replaces them with a token."
                )
            return
        for file in files:
            _replace_keys(client, file)


@command.command("export")
@click.argument("path", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option("--token", metavar="-", help="`-` reads the token from standard input.")
@click.option("--new-token", metavar="NAME", help="Create a token with this name for the file.")
@click.option("--api", "apis", metavar="NAME", multiple=True, help="Only this API. Repeatable.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write a new file.")
@click.option("--write", is_flag=True, help="Replace FILE.")
@server_option
@json_option
def _export(
    path: Path | None,
    token: str | None,
    new_token: str | None,
    apis: tuple[str, ...],
    output: Path | None,
    write: bool,
    server: str | None,
    as_json: bool,
) -> None:
    """Print a .env file with a token and the proxy's base URLs in place of keys.

    The comments, order and other variables of FILE are kept. Without FILE, the output has the
    variables of every API. Without --token and --new-token, the command asks for a token.

    \b
    Examples:
      api-dashboard env export .env --new-token laptop --write
      api-dashboard env export --api openai --new-token ci --output .env
      api-dashboard tokens create --api openai | api-dashboard env export .env --token -
    """
    from api.cli.client import connect

    if token is not None and token != "-":
        raise click.UsageError(f"--token takes only `-`. {NO_SECRETS}")
    if sum((token is not None, new_token is not None)) > 1:
        raise click.UsageError("Give either --token or --new-token.")
    if write and (path is None or output is not None):
        raise click.UsageError("--write replaces FILE: name it, and leave out --output.")
    file = None if path is None else EnvFile(path)
    body: dict[str, Any] = {"content": file.text if file else "", "apis": list(apis) or None}
    if output is not None and output.exists():
        raise CliError(f"{plain(str(output))} exists: choose another name for --output.", USAGE)
    with connect(server) as client:
        if new_token is not None:
            exported = _with_new_token(client, file, body, new_token)
        else:
            text = _read_token(token)
            exported = _call(client, "/api/env/export", file, {**body, "token": text.reveal()})
        try:
            if write and file is not None:
                file.replace(exported["content"])
                note(f"Replaced {file}.")
            elif output is not None:
                write_env_file(output, exported["content"])
                note(f"Wrote {plain(str(output))}.")
            elif as_json:
                print_json({name: value for name, value in exported.items() if name != "token_id"})
            else:
                click.echo(exported["content"], nl=False)
        except CliError:
            _revoke(client, exported)
            raise
    _show_secrets(exported)


def _replace_keys(client: ApiClient, file: EnvFile) -> None:
    """Replace the keys of an imported file with a new token for its APIs."""
    plan = _call(client, "/api/env/preview", file, {"content": file.text})
    names = {line["api_name"] for line in plan["lines"] if line["action"] == "duplicate"}
    apis = sorted(name for name in names if name)
    if not apis:
        note(f"{file} contains no stored key, so it was not changed.")
        return
    body = {"content": file.text, "apis": apis}
    exported = _with_new_token(client, file, body, str(file.path)[-100:])
    try:
        file.replace(exported["content"])
    except CliError:
        _revoke(client, exported)
        raise
    note(f"Replaced {file}: it has a token for {', '.join(exported['apis'])}.")
    _show_secrets(exported)


def _with_new_token(
    client: ApiClient, file: EnvFile | None, body: dict[str, Any], name: str
) -> dict[str, Any]:
    """Export a file with a new token, which is deleted again if that fails."""
    # Errors in the file are found before a token is created.
    draft = _call(client, "/api/env/export", file, body)
    if not draft["apis"]:
        raise CliError("No key is stored: run `api-dashboard keys add PROVIDER`.")
    with naming_options(name="--new-token"):
        token = client.call("POST", "/api/tokens", {"name": name, "apis": draft["apis"]})
    try:
        exported = _call(client, "/api/env/export", file, {**body, "token": token["token"]})
    except CliError:
        client.call("DELETE", f"/api/tokens/{token['token_id']}")
        raise
    note(f"Created the token {plain(token['name'])} ({token['token_id']}).")
    return {**exported, "token_id": token["token_id"]}


def _revoke(client: ApiClient, exported: dict[str, Any]) -> None:
    """Revoke the token that was created for a file that could not be written."""
    if "token_id" in exported:
        client.call("DELETE", f"/api/tokens/{exported['token_id']}")
        note("The new token was revoked.")


def _read_token(token: str | None) -> Secret:
    if token is None and is_interactive():
        return ask_secret("Token", instead="add --token - and pass it by standard input")
    lines = [line for line in read_lines() if line.strip()] if token == "-" else []
    if len(lines) != 1:
        raise CliError(
            "Give --new-token NAME, or --token - with the token as the only line of standard "
            "input.",
            USAGE,
        )
    return Secret(lines[0].strip())


def _call(client: ApiClient, path: str, file: EnvFile | None, body: dict[str, Any]) -> Any:
    name = "the file" if file is None else str(file)
    given = {member: value for member, value in body.items() if value is not None}
    with naming_options(content=name, token="--token", apis="--api"):
        return client.call("POST", path, given)


def _with_paths(files: list[EnvFile], results: list[Any]) -> list[dict[str, Any]]:
    return [{"path": str(file.path), **result} for file, result in zip(files, results, strict=True)]


def _show_plan(file: EnvFile, plan: dict[str, Any]) -> None:
    print_line(f"{file}: {_keys(plan['keys'])} to store", bold=True)
    rows = [
        [
            str(line["line"]),
            line["name"] or "-",
            line["action"],
            line["api_name"] or "-",
            " ".join(line["hints"]) or line["hint"] or "-",
            line["reason"],
        ]
        for line in plan["lines"]
    ]
    if rows:
        print_table(["LINE", "VARIABLE", "ACTION", "API", "KEY", "REASON"], rows)


def _show_secrets(exported: dict[str, Any]) -> None:
    for line in exported["secrets"]:
        note(
            f"Line {line['line']} ({plain(line['name'] or 'a comment')}) still looks like a "
            "secret: check it."
        )


def _keys(number: int) -> str:
    return "1 key" if number == 1 else f"{number} keys"
