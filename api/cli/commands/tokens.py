"""`api-dashboard tokens`: create, list, rotate and revoke personal access tokens."""

from __future__ import annotations

import platform
from typing import Any

import click

from api.cli.durations import (
    duration_value,
    format_duration,
    format_limit,
    limit_value,
    overlap_value,
)
from api.cli.output import note, plain, print_json, print_table
from api.cli.parsing import CliGroup, json_option, naming_options, server_option
from api.cli.times import ago, until

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@click.group("tokens", cls=CliGroup)
def command() -> None:
    """Create, list, rotate and revoke personal access tokens.

    \b
    Examples:
      api-dashboard tokens create --api openai --expires 12h
      api-dashboard tokens list
      api-dashboard tokens rotate laptop --overlap 1d
      api-dashboard tokens revoke laptop
    """


@command.command("create")
@click.option("--name", help="The token's name. By default it names this machine.")
@click.option(
    "--api",
    "apis",
    metavar="NAME",
    multiple=True,
    required=True,
    help="An API that the token may call, or '*' for every API. Repeatable.",
)
@click.option(
    "--method",
    "methods",
    multiple=True,
    type=click.Choice(METHODS, case_sensitive=False),
    help="Only this HTTP method. Repeatable.",
)
@click.option(
    "--path",
    "paths",
    metavar="/PREFIX",
    multiple=True,
    help="Only paths below this one. Repeatable.",
)
@click.option(
    "--allow-ip",
    "allowed_ips",
    metavar="ADDRESS",
    multiple=True,
    help="Only from this address or network, such as 203.0.113.7 or 2001:db8::/48. Repeatable.",
)
@click.option(
    "--limit",
    metavar="N/TIME",
    callback=limit_value,
    help="The token's request limit, such as 100/min, 1000/day or 5/10s.",
)
@click.option(
    "--expires",
    metavar="TIME",
    callback=duration_value,
    help="The token's lifetime, such as 30m, 12h or 7d. By default it does not expire.",
)
@server_option
@json_option
def _create(
    name: str | None,
    apis: tuple[str, ...],
    methods: tuple[str, ...],
    paths: tuple[str, ...],
    allowed_ips: tuple[str, ...],
    limit: tuple[int, int] | None,
    expires: int | None,
    server: str | None,
    as_json: bool,
) -> None:
    """Create a token and print it. It is shown only once.

    Only the token goes to standard output, so that it can be piped.

    \b
    Examples:
      api-dashboard tokens create --name laptop --api openai
      api-dashboard tokens create --api openai --method POST --path /v1/chat --limit 100/min
      api-dashboard tokens create --api openai --allow-ip 203.0.113.0/24
      TOKEN=$(api-dashboard tokens create --api '*' --expires 12h)
    """  # fmt: skip
    from api.cli.apis import require_apis
    from api.cli.client import connect

    body: dict[str, Any] = {
        "name": name or f"Command line on {platform.node() or 'this machine'}"[:100],
        "apis": list(dict.fromkeys(apis)),
        "methods": list(dict.fromkeys(methods)),
        "path_prefixes": list(dict.fromkeys(paths)),
        "expires_in": expires,
    }
    if allowed_ips:
        body["allowed_ips"] = list(dict.fromkeys(allowed_ips))
    if limit is not None:
        body["limit"], body["window"] = limit
    with (
        connect(server) as client,
        naming_options(
            name="--name",
            apis="--api",
            methods="--method",
            path_prefixes="--path",
            allowed_ips="--allow-ip",
            expires_in="--expires",
            limit="--limit",
            window="--limit",
        ),
    ):
        require_apis(client, apis)
        token = client.call("POST", "/api/tokens", body)
    if as_json:
        print_json(token)
        return
    click.echo(token["token"])
    note(
        f"Created the token {plain(token['name'])} ({token['token_id']}). {_permissions(token)} "
        "It is not shown again."
    )


@command.command("list")
@server_option
@json_option
def _list(server: str | None, as_json: bool) -> None:
    """List the tokens. Their values are not shown.

    \b
    Examples:
      api-dashboard tokens list
      api-dashboard tokens list --json
    """
    from api.cli.client import connect

    with connect(server) as client:
        tokens = client.items("/api/tokens")
    if as_json:
        print_json({"items": tokens})
    elif not tokens:
        note("There is no token: run `api-dashboard tokens create --api NAME`.")
    else:
        print_table(
            ["NAME", "TOKEN", "APIS", "LIMIT", "FROM", "EXPIRES", "LAST USED", "CLIENTS", "ID"],
            [
                [
                    token["name"],
                    token["hint"],
                    ",".join(token["apis"]) or "none",
                    format_limit(token["limit"], token["window"]) if token["limit"] else "-",
                    ",".join(token.get("allowed_ips", ())) or "-",
                    "expired" if token["expired"] else until(token["expires_at"]),
                    ago(token["last_used_at"]),
                    ",".join(use["client"] for use in token.get("clients", ())) or "-",
                    token["token_id"],
                ]
                for token in tokens
            ],
        )


@command.command("rotate")
@click.argument("name", metavar="NAME|ID")
@click.option(
    "--overlap",
    metavar="TIME",
    default="1d",
    show_default=True,
    callback=overlap_value,
    help="How long the present token stays valid, at most 7d. 0 ends it at once.",
)
@server_option
@json_option
def _rotate(name: str, overlap: int, server: str | None, as_json: bool) -> None:
    """Replace a token's text and print the new one. It is shown only once.

    Name, permissions, limits and usage stay. Only the new token goes to standard output, so that it
    can be piped. `tokens list --json` shows when the previous one was used last (`previous`).

    \b
    Examples:
      api-dashboard tokens rotate laptop
      api-dashboard tokens rotate laptop --overlap 7d
      api-dashboard tokens rotate laptop --overlap 0
    """
    from api.cli.client import connect
    from api.cli.matching import find_one

    with connect(server) as client:
        tokens = client.items("/api/tokens")
        token = find_one(tokens, name, "token_id", "name", "token", "api-dashboard tokens list")
        path = f"/api/tokens/{token['token_id']}/rotate"
        rotated = client.call("POST", path, {"overlap": overlap})
    if as_json:
        print_json(rotated)
        return
    click.echo(rotated["token"])
    end = f"stays valid for {format_duration(overlap)}" if overlap else "has ended"
    note(
        f"Rotated the token {plain(rotated['name'])} ({rotated['token_id']}). The previous one "
        f"{end}. The new one is not shown again."
    )


@command.command("revoke")
@click.argument("names", metavar="(NAME|ID)...", nargs=-1, required=True)
@server_option
def _revoke(names: tuple[str, ...], server: str | None) -> None:
    """Revoke tokens at once, by name or id. A name that several tokens have is refused.

    \b
    Examples:
      api-dashboard tokens revoke laptop
      api-dashboard tokens revoke 0v3k2m9q4x7ab
    """
    from api.cli.client import connect
    from api.cli.matching import find_one

    with connect(server) as client:
        tokens = client.items("/api/tokens")
        chosen = [
            find_one(tokens, name, "token_id", "name", "token", "api-dashboard tokens list")
            for name in dict.fromkeys(names)
        ]
        for token in chosen:
            client.call("DELETE", f"/api/tokens/{token['token_id']}")
            note(f"Revoked the token {plain(token['name'])} ({token['token_id']}).")


def _permissions(token: dict[str, Any]) -> str:
    """Return what a token may do, in a sentence."""
    apis = "every API" if token["apis"] == ["*"] else ", ".join(token["apis"])
    parts = [f"It may call {apis}"]
    if token["methods"]:
        parts.append(f"with {', '.join(token['methods'])}")
    if token["path_prefixes"]:
        parts.append(f"below {', '.join(token['path_prefixes'])}")
    if token.get("allowed_ips"):
        parts.append(f"from {', '.join(token['allowed_ips'])}")
    if token["limit"]:
        parts.append(f"at most {format_limit(token['limit'], token['window'])}")
    lasts = token["expires_in"]
    end = f"for {format_duration(lasts)}" if lasts else "until you revoke it"
    return f"{' '.join([*parts, end])}."
