"""Findings that need a sign-in: the login itself, keys, and whether providers can be reached."""

from __future__ import annotations

import socket
import ssl
import stat
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from api.cli.durations import format_duration
from api.cli.errors import CliError, ProblemError
from api.cli.http import tls_context
from api.cli.output import plain
from api.cli.places import upstream_certificates
from api.cli.server_url import is_loopback_url
from api.cli.times import ago, until
from api.operations.diagnosis.finding import Finding, split_message

if TYPE_CHECKING:
    from api.cli.client import ApiClient

# Seconds to connect to a provider, and connections at once.
_TIMEOUT = 5.0
_PARALLEL = 8


def file_finding(path: Path, url: str) -> Finding:
    """Return whether only the user can read the file of a login."""
    mode = stat.S_IMODE(path.stat().st_mode)
    return Finding("login", "ok", f"The login for {url} is in {path} (mode {mode:04o}).")


def account_findings(client: ApiClient, *, probe: bool) -> list[Finding]:
    """Return findings about the session and the keys. `probe` connects to the providers."""
    try:
        profile = client.call("GET", "/api/me")
        keys = client.items("/api/keys")
        targets = _targets(client)
    except CliError as error:
        return [split_message("sign-in", "failed", error.message)]
    return [
        Finding("sign-in", "ok", f"You are signed in as {plain(profile['username'])}."),
        *factor_findings(profile, client.url),
        *key_findings(keys),
        *target_findings(targets),
        *(provider_findings(keys) if probe else ()),
    ]


def _targets(client: ApiClient) -> list[dict[str, Any]]:
    """Return the targets of notifications, none of a server of an older version."""
    try:
        targets: list[dict[str, Any]] = client.call("GET", "/api/notifications/targets")["items"]
    except ProblemError as problem:
        if problem.status == 404:
            return []
        raise
    return targets


def factor_findings(profile: dict[str, Any], url: str) -> list[Finding]:
    """Return whether the account of a server that others can reach has a second factor.

    A server of an older version has none.
    """
    if profile.get("second_factor"):
        return [Finding("second factor", "ok", "Your account has a second factor.")]
    if is_loopback_url(url):
        return []
    return [
        Finding(
            "second factor",
            "warning",
            f"The password alone signs in to your account at {url}.",
            "Add a passkey or an authenticator app on the page Account.",
        )
    ]


def target_findings(targets: Sequence[dict[str, Any]]) -> list[Finding]:
    """Return a finding for each target of notifications that fails, or one for all."""
    failing = [
        _target_finding(target)
        for target in targets
        if target["enabled"] and target["failing_since"] is not None
    ]
    if failing or not targets:
        return failing
    return [Finding("notifications", "ok", f"No target fails ({len(targets)} stored).")]


def _target_finding(target: dict[str, Any]) -> Finding:
    since = format_duration(time.time() - target["failing_since"])
    last = target["last_delivery"]
    reason = "" if last is None else f" ({plain(last['detail']).rstrip('.')})"
    return Finding(
        "notifications",
        "warning",
        f"Deliveries to {plain(target['name'])} have failed for {since}{reason}.",
        "Correct the target on the page Notifications, then run `api-dashboard notifications test` "
        "with its name.",
    )


def key_findings(keys: Sequence[dict[str, Any]]) -> list[Finding]:
    """Return a finding for each key that calls cannot use, or one for all."""
    findings = [finding for key in keys if (finding := _key_finding(key)) is not None]
    if findings:
        return findings
    if not keys:
        return [
            Finding(
                "keys", "warning", "No key is stored.", "Run `api-dashboard keys add PROVIDER`."
            )
        ]
    return [Finding("keys", "ok", f"No provider is known to refuse a key ({len(keys)} stored).")]


def _key_finding(key: dict[str, Any]) -> Finding | None:
    name, check = f"{key['key_id']} ({plain(key['hint'])})", key["check"]
    if key["state"] == "refused" or (check and check["outcome"] == "revoked"):
        since = key["state_since"] or check["checked_at"]
        return Finding(
            "keys",
            "failed",
            f"The provider of {name} refused it {ago(since)}.",
            f"Run `api-dashboard keys add {key['provider'] or key['api_name']}` with a new key, "
            f"and `api-dashboard keys remove {key['key_id']}`.",
        )
    if key["state"] == "exhausted":
        return Finding(
            "keys",
            "warning",
            f"The quota of {name} is exhausted.",
            f"It is used again {until(key['state_until'])}. Until then, calls use another key of "
            f"{key['api_name']}, if there is one.",
        )
    return None


def provider_findings(keys: Sequence[dict[str, Any]]) -> list[Finding]:
    """Return a finding for each host of a key that this machine cannot connect to, or one for all.

    Opens a connection, with TLS for https, and sends nothing.
    """
    origins = sorted({_origin(key["base_url"]) for key in keys})
    if not origins:
        return []
    with ThreadPoolExecutor(_PARALLEL) as pool:
        findings = [found for found in pool.map(_connect, origins) if found is not None]
    hosts = "The host" if len(origins) == 1 else f"All {len(origins)} hosts"
    return findings or [Finding("providers", "ok", f"{hosts} of the keys can be reached.")]


def _origin(base_url: str) -> tuple[str, str, int]:
    parts = urlsplit(base_url)
    return parts.scheme, parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)


def _connect(origin: tuple[str, str, int]) -> Finding | None:
    """Return why a host cannot be reached, or None."""
    scheme, host, port = origin
    try:
        with socket.create_connection((host, port), _TIMEOUT) as connection:
            if scheme == "https":
                context = tls_context(upstream_certificates())
                context.wrap_socket(connection, server_hostname=host).close()
        return None
    except ssl.SSLCertVerificationError as error:
        return Finding(
            "providers",
            "warning",
            f"The certificate of {host}:{port} is not trusted here ({error.verify_message}).",
            "If it is a service of your own, set API_DASHBOARD_CA_FILE for the server.",
        )
    except socket.gaierror:
        reason = "no host has this name"
    except TimeoutError:
        reason = "no response"
    except OSError as error:
        reason = error.strerror or str(error)
    except CliError as error:
        return split_message("providers", "failed", error.message)
    return Finding(
        "providers",
        "failed",
        f"{host}:{port} cannot be reached ({reason}).",
        "Check the address of the key, and this machine's network, firewall and DNS.",
    )
