"""`api-dashboard sessions`: list and end sign-ins."""

from __future__ import annotations

from typing import Any

import click

from api.cli.errors import USAGE, CliError
from api.cli.output import note, print_json, print_table
from api.cli.parsing import CliGroup, json_option, server_option
from api.cli.times import ago


@click.group("sessions", cls=CliGroup)
def command() -> None:
    """List your sign-ins, and end them.

    \b
    Examples:
      api-dashboard sessions list
      api-dashboard sessions end 4f1c0a9be27d
      api-dashboard sessions end --others
    """


@command.command("list")
@server_option
@json_option
def _list(server: str | None, as_json: bool) -> None:
    """List the active sessions.

    \b
    Examples:
      api-dashboard sessions list
      api-dashboard sessions list --json
    """
    from api.cli.client import connect

    with connect(server) as client:
        sessions = client.items("/api/sessions")
    if as_json:
        print_json({"items": sessions})
        return
    print_table(
        ["CLIENT", "NETWORK", "SIGNED IN", "LAST USED", "", "ID"],
        [
            [
                session["client"] or "-",
                session["network"] or "-",
                ago(session["created_at"]),
                ago(session["refreshed_at"]),
                "this one" if session["current"] else "",
                session["session_id"],
            ]
            for session in sessions
        ],
    )


@command.command("end")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--others", is_flag=True, help="End all sessions except this one.")
@server_option
def _end(ids: tuple[str, ...], others: bool, server: str | None) -> None:
    """End sessions at once. The command line's own one ends with `logout`.

    \b
    Examples:
      api-dashboard sessions end 4f1c0a9be27d
      api-dashboard sessions end --others
    """
    if bool(ids) == others:
        raise CliError("sessions end: give the ids of sessions, or --others.", USAGE)
    from api.cli.client import connect

    with connect(server) as client:
        sessions = client.items("/api/sessions")
        for session in _chosen(sessions, ids, others):
            client.call("DELETE", f"/api/sessions/{session['session_id']}")
            note(f"Ended the session {session['session_id']}.")


def _chosen(
    sessions: list[dict[str, Any]], ids: tuple[str, ...], others: bool
) -> list[dict[str, Any]]:
    if others:
        return [session for session in sessions if not session["current"]]
    by_id = {session["session_id"]: session for session in sessions}
    for session_id in ids:
        if session_id not in by_id:
            raise CliError("There is no such session: see `api-dashboard sessions list`.")
        if by_id[session_id]["current"]:
            raise CliError(
                f"{session_id} is the session of this command line: run `api-dashboard logout`."
            )
    return [by_id[session_id] for session_id in dict.fromkeys(ids)]
