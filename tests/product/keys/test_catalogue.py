"""The built-in catalogue of providers and its lookups."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from msgspec import UNSET

from api.quota.dialects import dialect_names
from api.services.keys.catalogue import Catalogue
from api.services.keys.provider import Provider
from api.upstream.base_url import parse_base_url

DOCS = Path(__file__).resolve().parents[3] / "docs" / "providers.md"
NOTHING = "\N{EN DASH}"
BUILT_IN = Catalogue.load().all()
IDS = [provider.slug for provider in BUILT_IN]
HEX = "0123456789abcdef" * 16
MIXED = "aB3dE5gH7jK9mN1pQ2sT4vW6xY8z" * 12
UPPER = "ABCDEFGH23456789" * 4
UUID = "01234567-89ab-cdef-0123-456789abcdef"
# Invented keys of the documented or well-known shape.
EXAMPLES = {
    "airtable": f"pat{MIXED[:14]}.{HEX[:64]}",
    "apify": f"apify_api_{MIXED[:36]}",
    "aws-bedrock": f"ABSK{MIXED[:128]}=",
    "anthropic": f"sk-ant-api03-{MIXED[:93]}AA",
    "asana": f"1/1200000000000000:{HEX[:32]}",
    "brave-search": f"BSA{MIXED[:28]}",
    "brevo": f"xkeysib-{HEX[:64]}-{MIXED[:16]}",
    "buildkite": f"bkua_{HEX[:40]}",
    "cartesia": f"sk_car_{MIXED[:22]}",
    "circleci": f"CCIPAT_{MIXED[:22]}_{HEX[:40]}",
    "clickup": f"pk_1234567_{UPPER[:32]}",
    "cloudflare": f"cfut_{MIXED[:40]}{HEX[:8]}",
    "databricks": f"dapi{HEX[:32]}",
    "deepl-free": f"{UUID}:fx",
    "digitalocean": f"dop_v1_{HEX[:64]}",
    "discord": f"MT{MIXED[:24]}.{MIXED[:6]}.{MIXED[:38]}",
    "elevenlabs": f"sk_{HEX[:48]}",
    "figma": f"figd_{MIXED[:40]}",
    "firecrawl": f"fc-{HEX[:32]}",
    "fly": f"FlyV1 fm2_{MIXED[:300]}",
    "github": f"ghp_{MIXED[:36]}",
    "gitlab": f"glpat-{MIXED[:20]}",
    "grafana": f"glsa_{MIXED[:32]}_{HEX[:8]}",
    "grafana-cloud": f"glc_eyJ{MIXED[:100]}==",
    "groq": f"gsk_{MIXED[:52]}",
    "heroku": f"HRKU-AA{MIXED[:58]}",
    "hubspot": f"pat-na1-{UUID}",
    "huggingface": f"hf_{MIXED[:34]}",
    "jira": f"ATATT3{MIXED[:177]}={UPPER[:8]}",
    "klaviyo": f"pk_{HEX[:34]}",
    "langsmith": f"lsv2_pt_{HEX[:32]}_{HEX[:10]}",
    "linear": f"lin_api_{MIXED[:40]}",
    "mailchimp": f"{HEX[:32]}-us21",
    "mailgun": f"{HEX[:32]}-{HEX[:8]}-{HEX[:8]}",
    "mapbox": f"pk.eyJ{MIXED[:60]}.{MIXED[:22]}",
    "neon": f"napi_{HEX[:64]}",
    "netlify": f"nfp_{MIXED[:36]}",
    "notion": f"ntn_12345678901{MIXED[:35]}",
    "nvidia": f"nvapi-{MIXED[:64]}",
    "okta": f"00{MIXED[:40]}",
    "openai": f"sk-proj-{MIXED[:74]}T3BlbkFJ{MIXED[:74]}",
    "openrouter": f"sk-or-v1-{HEX[:64]}",
    "paddle": f"pdl_live_apikey_{HEX[:26]}_{MIXED[:22]}_{MIXED[:3]}",
    "paddle-sandbox": f"pdl_sdbx_apikey_{HEX[:26]}_{MIXED[:22]}_{MIXED[:3]}",
    "perplexity": f"pplx-{MIXED[:48]}",
    "pinecone": f"pcsk_{MIXED[:6]}_{MIXED[:63]}",
    "posthog": f"phx_{MIXED[:43]}",
    "pulumi": f"pul-{HEX[:40]}",
    "rapidapi": f"{HEX[:10]}msh{HEX[:15]}p1{HEX[:5]}jsn{HEX[:12]}",
    "replicate": f"r8_{MIXED[:37]}",
    "resend": f"re_{MIXED[:8]}_{MIXED[:24]}",
    "runway": f"key_{HEX[:128]}",
    "sendgrid": f"SG.{MIXED[:22]}.{MIXED[:43]}",
    "sentry": f"sntryu_{HEX[:64]}",
    "shopify": f"shpat_{HEX[:32]}",
    "slack": f"xoxb-123456789012-1234567890123-{MIXED[:24]}",
    "stripe": f"sk_test_{MIXED[:99]}",
    "supabase": f"sb_secret_{MIXED[:31]}",
    "supabase-management": f"sbp_{HEX[:40]}",
    "tailscale": f"tskey-api-{MIXED[:16]}-{MIXED[:32]}",
    "tavily": f"tvly-dev-{MIXED[:32]}",
    "telegram": f"123456789:{MIXED[:35]}",
    "tmdb": f"eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOi{MIXED[:120]}.{MIXED[:43]}",
    "typeform": f"tfp_{MIXED[:44]}_{MIXED[:14]}",
    "woocommerce": f"cs_{HEX[:40]}",
    "x": f"{'A' * 22}{MIXED[:40]}%3D{MIXED[:50]}",
    "xai": f"xai-{MIXED[:80]}",
}
# Keys without a distinctive shape, which no pattern may match.
SHAPELESS = [HEX[:32], HEX[:40], HEX[:64], MIXED[:32], MIXED[:40], UUID, f"sk-{HEX[:32]}"]


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue.load()


def test_there_are_at_least_45_providers_sorted_by_slug() -> None:
    assert len(BUILT_IN) >= 45
    assert sorted(IDS) == IDS
    assert len(set(IDS)) == len(IDS)


@pytest.mark.parametrize("provider", BUILT_IN, ids=IDS)
def test_an_entry_has_https_urls_of_public_hosts(provider: Provider) -> None:
    base = provider.base_url or provider.base_url_example
    for url in filter(None, (base, provider.docs, provider.keys_url)):
        parts = urlsplit(url)
        assert parts.scheme == "https"
        assert parts.port is None
        assert parts.hostname is not None
        assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}", parts.hostname)
        assert not parts.hostname.endswith((".local", ".internal", ".localhost", ".test"))
        with pytest.raises(ValueError):
            ipaddress.ip_address(parts.hostname)
    assert base is not None
    assert not base.endswith("/")


@pytest.mark.parametrize("provider", BUILT_IN, ids=IDS)
def test_a_key_can_be_stored_with_the_base_url(provider: Provider) -> None:
    base = provider.base_url or provider.base_url_example or ""
    parsed = parse_base_url(base, frozenset(), placeholder=provider.auth.scheme == "path")
    assert parsed.host == (urlsplit(base).hostname or "")


@pytest.mark.parametrize("provider", BUILT_IN, ids=IDS)
def test_the_proxy_knows_the_dialect(provider: Provider) -> None:
    assert provider.rate_limit_dialect in dialect_names()


@pytest.mark.parametrize("provider", BUILT_IN, ids=IDS)
def test_a_check_is_a_harmless_request_and_its_statuses_do_not_overlap(provider: Provider) -> None:
    if provider.check is None:
        return
    assert provider.check.method == "GET"
    assert provider.check.path.startswith("/")
    assert "?" not in provider.check.path + provider.check.query
    assert provider.check.valid
    assert provider.check.invalid
    assert not set(provider.check.valid) & set(provider.check.invalid)


def test_environment_names_belong_to_one_provider_each() -> None:
    for names in (
        [name for provider in BUILT_IN for name in provider.env.key],
        [name for provider in BUILT_IN for name in provider.env.base_url],
    ):
        assert [name for name, times in Counter(names).items() if times > 1] == []


def test_entries_with_the_same_host_take_their_credential_in_another_place_or_path() -> None:
    places = Counter((p.base_url or p.base_url_example, p.auth) for p in BUILT_IN)
    assert [place for place, times in places.items() if times > 1] == []
    hosts = Counter(urlsplit(p.base_url or p.base_url_example or "").hostname for p in BUILT_IN)
    assert {host for host, times in hosts.items() if times > 1} == {
        "api.telegram.org",
        "api.themoviedb.org",
        "your-site.atlassian.net",
    }


def test_every_key_pattern_has_an_example_and_every_example_a_pattern() -> None:
    assert {p.slug for p in BUILT_IN if p.key_pattern is not None} == set(EXAMPLES)


@pytest.mark.parametrize("slug", EXAMPLES)
def test_the_shape_of_a_key_matches_exactly_one_provider(slug: str, catalogue: Catalogue) -> None:
    assert [provider.slug for provider in catalogue.by_key_shape(EXAMPLES[slug])] == [slug]


@pytest.mark.parametrize("secret", SHAPELESS)
def test_a_key_without_a_distinctive_shape_matches_no_provider(
    secret: str, catalogue: Catalogue
) -> None:
    assert catalogue.by_key_shape(secret) == ()


def test_a_key_inside_other_text_is_not_recognised(catalogue: Catalogue) -> None:
    assert catalogue.by_key_shape(f"key={EXAMPLES['groq']}") == ()
    assert catalogue.by_key_shape(f"{EXAMPLES['groq']}\n") == ()


@pytest.mark.parametrize("provider", BUILT_IN, ids=IDS)
def test_an_entry_is_found_by_its_slug_host_and_variables(
    provider: Provider, catalogue: Catalogue
) -> None:
    host = urlsplit(provider.base_url or provider.base_url_example or "").hostname
    assert host is not None
    assert catalogue.get(provider.slug) == provider
    assert provider in catalogue.by_host(host.upper() + ".")
    for name in provider.env.key:
        assert catalogue.by_env_name(name) == provider
    for name in provider.env.base_url:
        assert catalogue.by_env_base_url(name) == provider


def test_unknown_names_match_no_provider(catalogue: Catalogue) -> None:
    assert catalogue.get("no-such") is None
    assert catalogue.by_env_name("openai_api_key") is None
    assert catalogue.by_env_name("OPENAI_BASE_URL") is None
    assert catalogue.by_env_base_url("OPENAI_API_KEY") is None
    assert catalogue.by_host("api.openai.com.example.net") == ()
    assert catalogue.by_host("") == ()


def test_the_host_of_an_account_matches_the_example(catalogue: Catalogue) -> None:
    assert [found.slug for found in catalogue.by_host("my-shop.myshopify.com")] == ["shopify"]
    assert catalogue.by_host("a.b.myshopify.com") == ()
    assert catalogue.by_host("myshopify.com") == ()


@pytest.mark.parametrize(
    ("slug", "sdk_base_url"),
    [
        ("openai", "https://api.openai.com/v1"),
        ("anthropic", "https://api.anthropic.com"),
        ("together", "https://api.together.ai/v1"),
        ("openrouter", "https://openrouter.ai/api/v1"),
        ("slack", "https://slack.com/api/"),
        ("cloudflare", "https://api.cloudflare.com/client/v4"),
        ("linear", "https://api.linear.app/graphql"),
        ("asana", "https://app.asana.com/api/1.0"),
        ("huggingface-inference", "https://router.huggingface.co/v1"),
        ("coingecko-pro", "https://pro-api.coingecko.com/api/v3"),
        ("voyage", "https://api.voyageai.com/v1"),
        ("hetzner", "https://api.hetzner.cloud/v1"),
    ],
)
def test_base_url_and_sdk_path_are_the_base_url_of_the_sdk(
    slug: str, sdk_base_url: str, catalogue: Catalogue
) -> None:
    provider = catalogue.get(slug)
    assert provider is not None
    assert f"{provider.base_url}{provider.sdk_path}" == sdk_base_url


def test_the_table_in_the_docs_matches_the_catalogue() -> None:
    cells = _table("| Slug |")
    assert [row[:4] for row in cells] == [
        [f"`{p.slug}`", f"[{p.name}]({p.docs})", _base_cell(p), _credential_cell(p)]
        for p in BUILT_IN
    ]
    assert all(len(row) == 5 and row[4] for row in cells)


def test_the_table_of_openai_compatible_endpoints_matches_the_catalogue() -> None:
    rows = []
    for p in BUILT_IN:
        sdk = next((sdk for sdk in p.sdks if re.search(r"\bai-sdk\b", sdk.package)), None)
        path = re.search(r'\{api_url\}([^"]*)"', sdk.setup) if sdk is not None else None
        if p.openai_path is not None or path is not None:
            rows.append(
                [
                    f"`{p.slug}`",
                    NOTHING if p.openai_path is None else f"`/proxy/{p.slug}{p.openai_path}`",
                    NOTHING if sdk is None else f"`{sdk.package}`",
                    NOTHING if path is None else f"`/proxy/{p.slug}{path[1]}`",
                ]
            )
    assert _table("| Entry |") == rows


def _table(heading: str) -> list[list[str]]:
    """Return the cells of the table in the documentation whose first line begins so."""
    text = DOCS.read_text().split(f"\n{heading}", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in text.splitlines()[2:]]


def _base_cell(provider: Provider) -> str:
    if provider.base_url is not None:
        return f"`{provider.base_url}`"
    return f"per account: `{provider.base_url_example}`"


def _credential_cell(provider: Provider) -> str:
    auth = provider.auth
    user = f"user `{auth.username}`" if auth.username else "user name of the account"
    if auth.password is not UNSET:
        user = f"the key as user, password `{auth.password}`"
    return {
        "bearer": "`Authorization: Bearer …`",
        "header": f"`{auth.name}: {auth.prefix or ''}…`",
        "query": f"`?{auth.name}=…`",
        "basic": f"Basic, {user}",
        "path": f"`{{{auth.name}}}` in the path",
    }[auth.scheme]
