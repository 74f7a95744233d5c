"""`api-dashboard doctor`: find problems, and say how to fix them."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli.errors import FAILED, OK, CliError
from api.cli.operations.options import aws_options
from api.cli.output import plain, print_json, print_line
from api.cli.parsing import CliCommand, json_option, server_option
from api.operations.diagnosis.finding import Finding, Outcome, split_message

_COLORS = {"ok": "green", "warning": "yellow", "failed": "red"}


@click.command("doctor", cls=CliCommand)
@server_option
@click.option("--stack", metavar="NAME", help="Deployed stack, as in `pulumi stack ls`.")
@click.option("--table", metavar="NAME", help="Table of DynamoDB.")
@aws_options
@click.option(
    "--no-preview", is_flag=True, help="Do not compare the stack with the program, which is slow."
)
@json_option
def command(
    server: str | None,
    stack: str | None,
    table: str | None,
    region: str | None,
    profile: str | None,
    project: Path | None,
    no_preview: bool,
    as_json: bool,
) -> int:
    """Check the login, the server, its database, pages and clock, the keys and the providers.

    For a server on this machine it also checks the data folder, the disk, and whether the hosts of
    the keys can be reached from here; nothing is sent to them. The exit code is 1 if a check
    failed; warnings do not change it.

    With --stack, it checks the stack on AWS with your credentials: functions, permissions, secrets,
    table, alarms, CDN, certificate, backups, and what `pulumi up` would change. It changes nothing.

    \b
    Examples:
      api-dashboard doctor
      api-dashboard doctor --server https://d1234abcd.cloudfront.net --json
      api-dashboard doctor --stack prod
      api-dashboard doctor --table my-table --region eu-central-1
    """
    if stack is None and table is None:
        if region or profile or project or no_preview:
            raise CliError(
                "--region, --profile, --project and --no-preview are for AWS: add --stack NAME or "
                "--table NAME."
            )
        findings = _findings(server)
    elif server is not None:
        raise CliError("--server excludes --stack and --table: give one of them.")
    else:
        from api.cli.doctor.stack import place_findings
        from api.operations.places.choose import PlaceOptions

        place = PlaceOptions(None, stack, table, region, profile, project)
        findings = place_findings(place, preview=not no_preview)
    failed = sum(finding.outcome == "failed" for finding in findings)
    if as_json:
        print_json({"items": [finding._asdict() for finding in findings], "failed": failed})
    else:
        for finding in findings:
            print_line(
                f"{finding.outcome:<8} {finding.check:<12} {plain(finding.detail)}",
                color=_COLORS[finding.outcome],
            )
            if finding.advice:
                click.echo(f"{'':<21} {plain(finding.advice)}")
    return FAILED if failed else OK


def _findings(server: str | None) -> list[Finding]:
    from api.cli.client import ApiClient
    from api.cli.doctor.account import account_findings, file_finding
    from api.cli.doctor.machine import machine_findings
    from api.cli.doctor.server import server_findings
    from api.cli.http import open_http
    from api.cli.logins import LoginStore
    from api.cli.places import config_folder, default_server
    from api.cli.server_url import DEFAULT_URL, is_loopback_url, parse_server_url

    wanted = server or default_server()
    store = LoginStore(config_folder())
    findings, login = [], None
    url, ca_file = DEFAULT_URL, None
    if wanted is not None and "://" in wanted:
        url = parse_server_url(wanted)
    try:
        login = store.choose(wanted)
        url, ca_file = login.url, login.ca_file
        findings.append(file_finding(store.path(login), url))
    except CliError as error:
        # A saved login that cannot be used is worse than none.
        outcome: Outcome = "failed" if store.paths() else "warning"
        findings.append(split_message("login", outcome, error.message))
    transport = open_http(url, ca_file)
    found = server_findings(transport, url, ca_file)
    findings += found
    is_running = found[0].outcome == "ok"
    is_local = is_loopback_url(url)
    if is_local:
        findings += machine_findings(is_running=is_running)
    if login is not None and is_running:
        with ApiClient(store, login) as client:
            findings += account_findings(client, probe=is_local)
    return findings
