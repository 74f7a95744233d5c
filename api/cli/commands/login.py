"""`api-dashboard login`: sign in to a server and save the session."""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from api.cli.errors import NO_SERVER, SIGNED_OUT, USAGE, CliError, ProblemError
from api.cli.output import note, print_json, print_table
from api.cli.parsing import CliCommand, json_option
from api.cli.prompts import ask, ask_secret, read_line, read_lines
from api.cli.second_factor import code_question, needs_browser, refused_proof, takes_code
from api.cli.server_url import DEFAULT_URL, default_name, parse_server_url
from api.cli.signals import signals_deferred
from api.secret import Secret

if TYPE_CHECKING:
    from api.cli.logins import LoginStore, SavedLogin
    from api.cli.transport import Transport

_NAME = re.compile(r"[A-Za-z0-9\[][A-Za-z0-9._:\[\]-]{0,63}")


@click.command("login", cls=CliCommand)
@click.argument("url", required=False)
@click.option("--username", help="The account's name. Asked for by default.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option(
    "--code-stdin",
    is_flag=True,
    help="Read the second factor from the second line of standard input: a code of your "
    "authenticator app, or a recovery code. Only with --password-stdin.",
)
@click.option("--name", help="The login's name, for --server. The host and port by default.")
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path),
    help="PEM file of the certificate authority, if the system does not trust it. Saved with the "
    "login.",
)
@click.option("--list", "list_logins", is_flag=True, help="List the saved logins.")
@json_option
def command(
    url: str | None,
    username: str | None,
    password_stdin: bool,
    code_stdin: bool,
    name: str | None,
    ca_file: Path | None,
    list_logins: bool,
    as_json: bool,
) -> None:
    """Sign in to a server, by default http://127.0.0.1:8420.

    The session is saved in a file that only you can read. The password is not saved. Other commands
    use the latest login by default. If your account has a second factor, a code is asked for. A
    passkey works in a browser only.

    \b
    Examples:
      api-dashboard login
      api-dashboard login https://d1234abcd.cloudfront.net
      api-dashboard login --username ada --password-stdin < password.txt
      printf '%s\\n' "$PASSWORD" "$CODE" | \\
        api-dashboard login --username ada --password-stdin --code-stdin
      api-dashboard login --list
    """
    if list_logins:
        _list(as_json)
        return
    if code_stdin and not password_stdin:
        raise CliError("--code-stdin: add --password-stdin, whose line comes first.", USAGE)
    origin = parse_server_url(url or DEFAULT_URL)
    login = _sign_in(origin, username, password_stdin, code_stdin, name, ca_file)
    if as_json:
        print_json(login)
    else:
        note(f"Signed in at {origin} as {login['username']}.")


def _sign_in(
    url: str,
    username: str | None,
    password_stdin: bool,
    code_stdin: bool,
    name: str | None,
    ca_file: Path | None,
) -> dict[str, Any]:
    from api.cli.client import end_on_server
    from api.cli.http import open_http, send
    from api.cli.logins import LoginStore, SavedLogin
    from api.cli.places import config_folder

    store = LoginStore(config_folder())
    draft = SavedLogin(
        name=_checked_name(name or default_name(url)),
        url=url,
        username=username or "",
        refresh_token=Secret(""),
        access_token=Secret(""),
        access_expires_at=0,
        signed_in_at=time.time(),
        ca_file=None if ca_file is None else str(ca_file.absolute()),
    )
    before = _earlier(store, draft)
    if before is not None and ca_file is None:
        draft = msgspec.structs.replace(draft, ca_file=before.ca_file)
    transport = open_http(url, draft.ca_file)
    status = send(transport, "GET", "/api/status")
    if not isinstance(status, dict) or not {"status", "version", "sign_up"} <= set(status):
        raise CliError(
            f"{url} is not an API Dashboard server: check the address and the port.", NO_SERVER
        )
    if not draft.username:
        answer = ask("Username", instead="add --username")
        draft = msgspec.structs.replace(draft, username=answer)
    if password_stdin:
        password, code = _read_secrets(code_stdin)
    else:
        password, code = ask_secret("Password", instead="add --password-stdin"), None
    body = {"username": draft.username, "password": password.reveal()}
    try:
        before = _open_session(store, transport, draft, "/api/auth/login", body)
    except ProblemError as error:
        if error.code != "second_factor_required":
            raise _refused(url, error) from error
        body = {"pending": error.members["pending"], "code": _code(url, error, code).reveal()}
        try:
            before = _open_session(store, transport, draft, "/api/auth/second-factor", body)
        except ProblemError as refused:
            raise refused_proof(refused) from refused
    if before is not None:
        # The session that this one replaces would otherwise stay open for 30 days.
        with contextlib.suppress(CliError):
            end_on_server(transport, before)
    return {"name": draft.name, "url": url, "username": draft.username}


def _open_session(
    store: LoginStore, transport: Transport, draft: SavedLogin, path: str, body: dict[str, str]
) -> SavedLogin | None:
    """Open a session and save it. Returns the login that it replaces."""
    from api.cli.client import SESSION_TIMEOUTS, with_tokens
    from api.cli.http import send

    with store.locked(draft):
        before = _earlier(store, draft)
        with store.prepared(draft) as save, signals_deferred():
            pair = send(transport, "POST", path, body=body, timeouts=SESSION_TIMEOUTS)
            save(with_tokens(draft, pair))
    left = pair.get("recovery_codes_left")
    if left is not None:
        note(f"Recovery codes that are left: {left}. Create new ones in the account's settings.")
    return before


def _read_secrets(with_code: bool) -> tuple[Secret, Secret | None]:
    """Return the password, and the code of a second factor, from the lines of standard input."""
    if not with_code:
        return read_line("password"), None
    lines = read_lines()
    if len(lines) != 2 or not all(lines):
        raise CliError(
            "Standard input must have two lines, the password and the code: pass them with a pipe.",
            USAGE,
        )
    return Secret(lines[0]), Secret(lines[1])


def _code(url: str, error: ProblemError, given: Secret | None) -> Secret:
    """Return the code of the second factor that the server asks for."""
    methods = error.members.get("methods")
    if not takes_code(methods):
        raise needs_browser(url, "sign in")
    if given is not None:
        return given
    return ask_secret(code_question(methods), instead="add --code-stdin")


def _refused(url: str, error: ProblemError) -> CliError:
    if error.code == "invalid_credentials":
        return CliError(
            f"The username or the password is wrong: try again, or sign up at {url}.", SIGNED_OUT
        )
    options = {"username": "--username", "password": "the password"}
    if error.field in options:
        return CliError(f"{options[error.field]}: {error.detail}", USAGE)
    return error


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise CliError(
            "--name: a name has at most 64 letters, digits and . : _ - [ ], and begins with a "
            "letter or a digit.",
            USAGE,
        )
    return name


def _earlier(store: LoginStore, draft: SavedLogin) -> SavedLogin | None:
    """Return the login that a new one of the same name replaces.

    Raises CliError if it is for another server.
    """
    try:
        before = store.read(draft)
    except CliError:
        return None  # A damaged file is replaced.
    if before is not None and before.url != draft.url:
        raise CliError(
            f"The login {draft.name} is for {before.url}: choose another --name, "
            f"or run `api-dashboard logout --server {draft.name}` first.",
            USAGE,
        )
    return before


def _list(as_json: bool) -> None:
    from api.cli.logins import LoginStore
    from api.cli.places import config_folder

    logins = [
        {"name": login.name, "url": login.url, "username": login.username, "default": index == 0}
        for index, login in enumerate(LoginStore(config_folder()).all())
    ]
    if as_json:
        print_json({"items": logins})
    elif not logins:
        note("There is no saved login: run `api-dashboard login URL`.")
    else:
        rows = [
            [str(each["name"]), str(each["url"]), str(each["username"]),
             "default" if each["default"] else ""]
            for each in logins
        ]  # fmt: skip
        print_table(["NAME", "URL", "USERNAME", ""], rows)
