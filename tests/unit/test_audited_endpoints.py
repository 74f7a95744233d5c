"""Every endpoint that changes something, and every export, is in the audit log."""

from __future__ import annotations

from api.audit_actions import AUDIT_ACTIONS
from api.endpoint import Endpoint
from api.routes import GROUPS

NOT_RECORDED = {
    "preview_env": "shows what an import would do, and changes nothing",
    "start_passkey_sign_in": "returns a challenge, and knows no user",
    "start_passkey": "returns a challenge; the passkey is added by the next request",
    "start_totp": "returns a new secret, which is stored by the next request",
    "start_step_up": "returns a challenge",
}
"""Operations with a method that can change something, and why they have no entry."""

ENDPOINTS = [endpoint for group in GROUPS for endpoint in group.endpoints]


def is_recordable(endpoint: Endpoint) -> bool:
    """Return whether an endpoint changes something or exports data."""
    return endpoint.method != "GET" or endpoint.path.endswith(".csv")


def test_s53_every_endpoint_that_changes_something_declares_an_audit_action() -> None:
    silent = {each.operation for each in ENDPOINTS if is_recordable(each) and each.audit is None}
    assert silent == set(NOT_RECORDED)


def test_every_subject_is_named_by_a_parameter_of_the_path() -> None:
    for endpoint in ENDPOINTS:
        if endpoint.audit is not None:
            parameter = AUDIT_ACTIONS[endpoint.audit].parameter
            fits = parameter is None or f"{{{parameter}}}" in endpoint.path
            assert fits or endpoint.audit == "session.end", endpoint.operation
