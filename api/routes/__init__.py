"""The endpoints under `/api`, one module for each area. `install` adds them all."""

from __future__ import annotations

from flask import Flask

from api.routes import (
    accounts,
    addresses,
    agents,
    audit,
    budgets,
    documents,
    env_files,
    keys,
    notifications,
    own_token,
    prices,
    rate_limits,
    reconciliation,
    second_factor,
    sign_in,
    spend,
    statistics,
    tokens,
)
from api.services.container import Services

GROUPS = (
    accounts.group,
    sign_in.group,
    second_factor.group,
    keys.group,
    addresses.group,
    agents.group,
    env_files.group,
    tokens.group,
    own_token.group,
    rate_limits.group,
    statistics.group,
    reconciliation.group,
    spend.group,
    budgets.group,
    prices.group,
    notifications.group,
    audit.group,
    documents.group,
)


def install(app: Flask, services: Services) -> None:
    """Add every endpoint to the application."""
    for group in GROUPS:
        group.install(app, services)
