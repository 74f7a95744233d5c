"""Stored APIs and targets for the tests of runs."""

from __future__ import annotations

from api.cli.running.child_environment import KeyVariables
from api.cli.running.targets import StoredApis, Target
from api.services.keys.agents import built_in_agents
from api.services.keys.catalogue import Catalogue

CATALOGUE = Catalogue.load()
AGENTS = {agent.name: agent for agent in built_in_agents()}
KNOWN = KeyVariables(CATALOGUE)
PROXY = "http://127.0.0.1:8420/proxy"
TOKEN = "apd_0123456789"


def stored_apis(*names: str) -> StoredApis:
    """Return APIs: `openai`, `work=openai` for another name, `own=` for one without a provider."""
    slugs: dict[str, str | None] = {}
    for each in names:
        name, equals, slug = each.partition("=")
        slugs[name] = slug or (None if equals else name)
    providers = {name: CATALOGUE.get(slug) if slug else None for name, slug in slugs.items()}
    return StoredApis(providers, slugs, PROXY)


def targets(*names: str) -> list[Target]:
    """Return the targets of the APIs that `stored_apis` names."""
    stored = stored_apis(*names)
    return stored.targets(stored.names)
