"""The URL fields of the catalogue rewrite what clients follow, and nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from api.proxy.json_url_rewriting import JsonUrlRewriter
from api.proxy.url_rewriting import UrlMapping
from api.secret import Secret
from api.services.keys.catalogue import Catalogue
from api.upstream.base_url import parse_base_url
from tests.unit.proxy.catalogue_bodies import BODIES

CATALOGUE = Catalogue.load()
PROXY = "http://127.0.0.1:8420/proxy/api"


def base_of(slug: str) -> str:
    """Return the provider's base URL, with an account's name if it has its own."""
    provider = CATALOGUE.get(slug)
    assert provider is not None
    return provider.base_url or re.sub("[A-Z-]{2,}", "acme", provider.base_url_example or "")


def rewritten(slug: str, body: bytes) -> bytes:
    provider = CATALOGUE.get(slug)
    assert provider is not None
    mapping = UrlMapping(
        base=parse_base_url(base_of(slug), frozenset()),
        target="/x",
        proxy=PROXY,
        secret=Secret("0123456789"),
        query_name=provider.auth.name if provider.auth.scheme == "query" else None,
    )
    return JsonUrlRewriter(provider.url_fields, mapping, gzipped=False).rewrite(body)


@pytest.mark.parametrize(
    ("slug", "body"), BODIES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_clients_follow_urls_through_the_proxy(slug: str, body: Any) -> None:
    base, text = base_of(slug), json.dumps(body)
    sent = text.replace('"follow:', f'"{base}').replace('"keep:', f'"{base}')
    wanted = text.replace('"follow:', f'"{PROXY}').replace('"keep:', f'"{base}')
    assert json.loads(rewritten(slug, sent.encode())) == json.loads(wanted)


def test_every_provider_whose_clients_follow_urls_has_a_sample() -> None:
    tested = {slug for slug, _ in BODIES}
    fields = {provider.url_fields for provider in CATALOGUE.all() if provider.slug in tested}
    tested_elsewhere = {"bitbucket", "calendly", "github", "nasa"}
    assert (
        not {
            provider.slug
            for provider in CATALOGUE.all()
            if provider.url_fields and provider.url_fields not in fields
        }
        - tested_elsewhere
    )
