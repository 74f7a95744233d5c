"""`api-dashboard keys add`: store keys, whose secrets are read from a prompt or standard input."""

from __future__ import annotations

import json
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli.durations import duration_value
from api.cli.errors import FAILED, OK, USAGE, CliError, ProblemError
from api.cli.output import note, plain, print_json
from api.cli.parsing import (
    NO_SECRETS,
    CliCommand,
    is_key,
    json_option,
    may_be_secret,
    naming_options,
    server_option,
)
from api.cli.prompts import ask, ask_secret, is_interactive, read_lines
from api.cli.words import outcome_words
from api.secret import Secret

if TYPE_CHECKING:
    from api.cli.client import ApiClient

SCHEMES = ("bearer", "header", "query", "basic", "path")


def complete_provider(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return the slugs of the built-in catalogue that begin with a text, for the shell."""
    catalogue = Path(__file__).resolve().parents[2] / "providers.json"
    slugs = [provider["slug"] for provider in json.loads(catalogue.read_bytes())]
    return [slug for slug in slugs if slug.startswith(incomplete.lower())]


@click.command("add", cls=CliCommand)
@click.argument("provider", required=False, shell_complete=complete_provider)
@click.option(
    "--api",
    "api_name",
    metavar="NAME",
    help="The API's name in /proxy/NAME. By default the provider's slug.",
)
@click.option("--base-url", metavar="URL", help="The API's base URL, if it is not the provider's.")
@click.option("--scheme", type=click.Choice(SCHEMES), help="Where the key is sent.")
@click.option("--name", "location", help="The header field, query parameter or placeholder.")
@click.option("--prefix", help="Text before the key in the header field, such as 'Token '.")
@click.option("--username", help="The user name of the basic scheme.")
@click.option("--description", help="A note for yourself.")
@click.option(
    "--header",
    "headers",
    metavar="NAME",
    multiple=True,
    help="A header field with a secret of its own, which the command asks for. Repeatable.",
)
@click.option(
    "--check-every",
    metavar="TIME",
    callback=duration_value,
    help="Check the key at this interval, such as 12h or 1d.",
)
@click.option("--many", is_flag=True, help="Store several keys, one per line, as a pool.")
@click.option("--no-check", is_flag=True, help="Do not check the key with the provider.")
@server_option
@json_option
def add_key(
    provider: str | None,
    api_name: str | None,
    base_url: str | None,
    scheme: str | None,
    location: str | None,
    prefix: str | None,
    username: str | None,
    description: str | None,
    headers: tuple[str, ...],
    check_every: int | None,
    many: bool,
    no_check: bool,
    server: str | None,
    as_json: bool,
) -> int:
    """Store a key of a provider, by its slug or name, and check it.

    The command asks for the key without showing it, or reads it from the first line of standard
    input. The secrets of --header follow, one per line. For an API that is not in the catalogue,
    give --base-url, and where the key is sent. Keys with the same API name form a pool.

    The exit code is 1 if the key was stored but the provider refuses it.

    \b
    Examples:
      api-dashboard keys add openai
      api-dashboard keys add github < token.txt
      api-dashboard keys add anthropic --many < keys.txt
      api-dashboard keys add datadog --header DD-APPLICATION-KEY
      api-dashboard keys add my-weather --base-url https://api.weather.example/v2 \\
        --scheme query --name appid
    """
    from api.cli.client import connect

    if many and headers:
        raise click.UsageError("--many stores keys without --header: add them one by one.")
    auth = _given_auth(scheme, location, prefix, username)
    with connect(server) as client:
        entry = _entry(client, provider, base_url)
        body: dict[str, Any] = {
            "provider": None if entry is None else entry["slug"],
            "base_url": base_url,
            "auth": auth,
            "api_name": api_name or (provider if entry is None else None),
            "description": description or "",
            "check_every": check_every,
        }
        if entry is None:
            body["auth"] = auth or {"scheme": "bearer"}
        else:
            _complete(body, entry, username)
        title = entry["name"] if entry is not None else str(body["api_name"] or base_url)
        stored: list[dict[str, Any]] = []
        for secret, further in _secrets(title, headers, many):
            body["secret"] = secret.reveal()
            body["extra_headers"] = [
                {"name": name, "secret": each.reveal()}
                for name, each in zip(headers, further, strict=True)
            ]
            stored.append(_store(client, body, len(stored)))
            if not no_check:
                _check(client, stored[-1])
            if not as_json:
                _show(stored[-1])
    if as_json:
        print_json({"items": stored} if many else stored[0])
    else:
        note(f"Next: api-dashboard run --api {stored[0]['api_name']} -- COMMAND")
    refused = [key for key in stored if key["check"] and key["check"]["outcome"] == "revoked"]
    return FAILED if refused else OK


def _given_auth(
    scheme: str | None, location: str | None, prefix: str | None, username: str | None
) -> dict[str, Any] | None:
    if scheme is None:
        if location is not None or prefix is not None:
            raise click.UsageError("--name and --prefix need --scheme header, query or path.")
        return None
    if scheme in ("header", "query", "path") and location is None:
        raise click.UsageError(f"--scheme {scheme} needs --name.")
    return {"scheme": scheme, "name": location, "prefix": prefix, "username": username}


def _entry(client: ApiClient, name: str | None, base_url: str | None) -> dict[str, Any] | None:
    """Return the provider with this slug or name, or None for an API of the user's own."""
    if name is None:
        if base_url is None:
            raise click.UsageError(
                "Name a provider, such as `api-dashboard keys add openai`, or give --base-url."
            )
        return None
    providers = client.items("/api/providers", {"sdks": "false"})
    words = name.strip().casefold()
    for entry in providers:
        if words in (entry["slug"], entry["name"].casefold()):
            return dict(entry)
    if base_url is not None and not is_key(name):
        return None
    names = {entry["name"].casefold(): entry["slug"] for entry in providers}
    names.update({entry["slug"]: entry["slug"] for entry in providers})
    similar = list(dict.fromkeys(names[each] for each in get_close_matches(words, names)))
    if similar:
        raise CliError(
            f"There is no provider with this name: did you mean {' or '.join(similar)}?", USAGE
        )
    # The name is not repeated: it could be a secret.
    advice = NO_SECRETS if may_be_secret(name) else "For another API, give --base-url."
    raise CliError(
        f"There is no provider with this name: see {client.url}/keys for the {len(providers)} "
        f"known ones. {advice}",
        USAGE,
    )


def _complete(body: dict[str, Any], entry: dict[str, Any], username: str | None) -> None:
    """Ask for what the provider needs besides the secret: its address, a user name."""
    if entry["base_url"] is None and body["base_url"] is None:
        body["base_url"] = ask(
            f"Base URL, such as {entry['base_url_example']}", instead="add --base-url"
        )
    auth = entry["auth"]
    if body["auth"] is None and auth["scheme"] == "basic" and "password" not in auth:
        name = (
            username
            or auth["username"]
            or ask(f"User name at {entry['name']}", instead="add --username")
        )
        body["auth"] = {"scheme": "basic", "username": name}
    elif body["auth"] is None and username is not None:
        raise click.UsageError(f"{entry['name']} takes no --username.")


def _secrets(title: str, headers: tuple[str, ...], many: bool) -> list[tuple[Secret, list[Secret]]]:
    """Return each key with the secrets of its header fields."""
    if is_interactive():
        if many:
            note("Enter one key per line, and an empty line at the end.")
            return [(key, []) for key in _ask_until_empty(title)]
        instead = "pass the key by standard input"
        key = ask_secret(f"Key of {plain(title)}", instead=instead)
        return [
            (key, [ask_secret(f"Secret of {plain(name)}", instead=instead) for name in headers])
        ]
    lines = [Secret(line) for line in read_lines() if line.strip()]
    if many and lines:
        return [(line, []) for line in lines]
    if len(lines) != 1 + len(headers):
        names = ", ".join(["the key", *headers])
        raise CliError(
            f"Standard input has {_lines(len(lines))}, but needs {_lines(1 + len(headers))} "
            f"({names}): pass one secret per line, or add --many to store several keys.",
            USAGE,
        )
    return [(lines[0], lines[1:])]


def _lines(number: int) -> str:
    return "1 line" if number == 1 else f"{number or 'no'} lines"


def _ask_until_empty(title: str) -> list[Secret]:
    keys: list[Secret] = []
    while True:
        text = click.prompt(
            f"Key {len(keys) + 1} of {plain(title)}",
            hide_input=True,
            default="",
            show_default=False,
            err=True,
        )
        if text:
            keys.append(Secret(str(text)))
        elif keys:
            return keys


def _store(client: ApiClient, body: dict[str, Any], before: int) -> dict[str, Any]:
    try:
        with naming_options(
            base_url="--base-url",
            auth="--scheme, --name, --prefix or --username",
            api_name="--api",
            description="--description",
            check_every="--check-every",
            extra_headers="--header",
        ):
            given = {name: value for name, value in body.items() if value is not None}
            stored: dict[str, Any] = client.call("POST", "/api/keys", given)
            return stored
    except ProblemError as error:
        message = error.detail if error.field == "secret" else error.message
        if before:
            message = f"Key {before + 1} was not stored, nor were those after it: {message}"
        raise CliError(message, error.exit_code) from error


def _check(client: ApiClient, key: dict[str, Any]) -> None:
    """Check a key that was just stored, and add the result to it."""
    try:
        key["check"] = client.call("POST", f"/api/keys/{key['key_id']}/check")
    except CliError as error:
        message = f"The key {key['key_id']} was stored, but not checked. {error.message}"
        raise CliError(message, error.exit_code) from error


def _show(key: dict[str, Any]) -> None:
    click.echo(f"Stored {key['key_id']} ({plain(key['hint'])}) for the API {key['api_name']}.")
    for notice in key.get("notices", ()):
        note(plain(notice))
    check = key["check"]
    if check is not None:
        click.echo(f"Check: {outcome_words(check['outcome'])}. {plain(check['detail'])}")
        if check["outcome"] == "revoked":
            note(
                "Add the right key, then remove this one: `api-dashboard keys remove "
                f"{key['key_id']}`."
            )
