"""Which header fields and parameters of the caller go upstream (S8, S9, S14)."""

from __future__ import annotations

import pytest

from api.credentials import AuthScheme
from api.proxy.request_headers import (
    clean_query,
    clean_request_headers,
    insert_credential,
    without_method_overrides,
)
from api.secret import Credential, Secret
from tests.unit.proxy.credentials import (
    OTHER_TOKEN,
    SESSION_TOKEN,
    TOKEN,
    USER_TOKEN,
    base64_of,
    jwt,
)

BEARER = AuthScheme("bearer")
BASIC = AuthScheme("basic", username="me")
QUERY = AuthScheme("query", name="key")
PATH = AuthScheme("path", name="token")
APIKEY = AuthScheme("header", name="apikey")
OWN = AuthScheme("header", name="X-Own-Key")
PREFIXED = AuthScheme("header", name="authorization", prefix="Key ")
UNDERSCORED = AuthScheme("header", name="access_token")


def cleaned(
    headers: list[tuple[str, str]],
    auth: AuthScheme = BEARER,
    locations: tuple[str, ...] = (),
    extra_headers: tuple[str, ...] = (),
) -> list[tuple[str, str]]:
    return clean_request_headers(headers, auth, locations, TOKEN, extra_headers)


def kind_of(value: str) -> str:
    """Return a test id. Tokens differ from process to process, ids must not."""
    return value.split()[0][:8]


@pytest.mark.parametrize("auth", [QUERY, PATH, APIKEY, OWN, UNDERSCORED], ids=str)
@pytest.mark.parametrize(
    "value",
    [f"Bearer {USER_TOKEN}", "Bearer sk-mine", "Basic " + base64_of("u:p"), "token a", USER_TOKEN],
    ids=kind_of,
)  # fmt: skip
def test_s9_the_callers_own_authorization_passes_where_the_scheme_does_not_use_it(
    auth: AuthScheme, value: str
) -> None:
    field = ("Authorization", value)

    assert cleaned([field], auth) == [field]


@pytest.mark.parametrize("auth", [BEARER, BASIC, PREFIXED], ids=str)
@pytest.mark.parametrize("name", ["Authorization", "AUTHORIZATION", "authorization"])
def test_s9_authorization_is_dropped_where_the_scheme_uses_it(auth: AuthScheme, name: str) -> None:
    assert cleaned([(name, "Bearer mine")], auth) == []


def test_s9_authorization_is_dropped_where_the_api_accepts_its_credential_there() -> None:
    field = ("Authorization", f"Bearer {USER_TOKEN}")

    assert cleaned([field], OWN, ("bearer",)) == []
    assert cleaned([field], OWN, ("header:authorization",)) == []
    assert cleaned([field], OWN, (), ("Authorization",)) == []
    # Supabase: the gateway checks `apikey`, the database the user's token.
    assert cleaned([field], APIKEY, ("bearer",)) == [field]


@pytest.mark.parametrize("auth", [QUERY, PATH, APIKEY, OWN], ids=str)
@pytest.mark.parametrize(
    "value",
    [f"Bearer {TOKEN}", f"token {TOKEN}", "Basic " + base64_of(f"{TOKEN}:"),
     "Basic " + base64_of(f"x:{TOKEN}"), f"Bearer {OTHER_TOKEN}", f"Bearer {SESSION_TOKEN}",
     "Basic " + base64_of(f"x:{SESSION_TOKEN}"), "Bearer %61pd_" + TOKEN[4:],
     f"Bearer {USER_TOKEN}, Bearer {TOKEN}", jwt({"iss": "api-dashboard", "type": "refresh"})],
    ids=kind_of,
)  # fmt: skip
def test_s8_no_field_with_a_token_of_a_dashboard_passes(auth: AuthScheme, value: str) -> None:
    for name in ("Authorization", "X-Api-Key", "api-key", "X-Anything", "Baggage"):
        assert cleaned([(name, value)], auth) == []


def test_s9_of_several_authorization_fields_only_those_with_a_token_are_dropped() -> None:
    mine = ("authorization", f"Bearer {USER_TOKEN}")

    assert cleaned([("Authorization", f"Bearer {TOKEN}"), mine], APIKEY) == [mine]
    assert cleaned([mine, ("Connection", "Authorization")], APIKEY) == []


def test_s9_foreign_credentials_in_other_fields_pass() -> None:
    fields = [("X-Api-Key", "mine"), ("api-key", "mine"), ("X-Auth-Token", "mine"),
              ("CF-Access-Client-Id", "mine"), ("CF-Access-Client-Secret", "mine"),
              ("cf-aig-authorization", "mine"), ("Fastly-Key", "mine")]  # fmt: skip

    assert cleaned(fields) == fields


@pytest.mark.parametrize(
    "name", ["access_token", "access-token", "Access-Token", "ACCESS_TOKEN", "Access_token"]
)
def test_s14_neither_a_credential_field_with_underscore_nor_its_twin_passes(name: str) -> None:
    assert cleaned([(name, "mine")], UNDERSCORED) == []


def test_s9_extra_headers_of_the_caller_are_dropped() -> None:
    for name in ("DD-APPLICATION-KEY", "dd-application-key", "Dd-Application-Key"):
        assert cleaned([(name, "mine")], BEARER, (), ("DD-APPLICATION-KEY",)) == []


NEVER = [
    "Proxy", "Proxy-Anything", "Forwarded", "X-Forwarded", "X-Forwarded-For", "X-Forwarded-User",
    "X-Forward-For", "Forwarded-For", "X-Original-Forwarded-For", "X-Real-IP", "X-RealIP",
    "CF-Connecting-IP", "CF-Connecting-IPv6", "CF-Pseudo-IPv4", "CF-IPCountry", "CF-Ray",
    "CF-Visitor", "CF-Worker", "CF-EW-Via", "Cf-Access-Jwt-Assertion",
    "Cf-Access-Authenticated-User-Email", "True-Client-IP", "Fastly-Client-IP", "Fastly-SSL",
    "Fastly-FF", "X-Client-IP", "Client-IP", "X-Cluster-Client-IP", "X-Azure-ClientIP",
    "X-Azure-SocketIP", "X-Azure-FDID", "X-Envoy-External-Address", "X-Envoy-Original-Path",
    "X-Envoy-Internal", "Fly-Client-IP", "Fly-Forwarded-Proto", "X-Appengine-User-IP",
    "X-Appengine-Country", "X-ProxyUser-Ip", "WL-Proxy-Client-IP", "WL-Proxy-SSL",
    "Proxy-Client-IP", "HTTP-Client-IP", "X-Remote-IP", "X-Remote-Addr", "X-Originating-IP",
    "X-Nf-Client-Connection-Ip", "X-Vercel-Forwarded-For", "X-Vercel-IP-Country",
    "X-Vercel-Proxied-For", "Incap-Client-IP", "X-Sucuri-ClientIP", "X-Original-URL",
    "X-Rewrite-URL", "X-Original-URI", "X-Original-Host", "X-Host", "X-HTTP-Host-Override", "Via",
    "CDN-Loop", "CloudFront-Viewer-Address", "X-Amzn-Oidc-Identity", "X-Amzn-Mtls-Clientcert",
    "X-MS-Client-Principal", "X-MS-Client-Principal-Id", "X-Goog-Iap-Jwt-Assertion",
    "Ali-CDN-Real-IP", "Cdn-Src-Ip", "X-Client-Real-IP", "X-Tencent-Forwarded-For",
    "X-SSL-Client-Verify", "Client-Cert", "$WSRA", "Front-End-Https", "Cookie", "Referer", "Origin",
]  # fmt: skip


@pytest.mark.parametrize("name", NEVER)
@pytest.mark.parametrize("change", [str, str.lower, str.upper])
def test_s8_what_a_proxy_in_front_of_a_server_sets_never_goes_upstream(
    name: str, change: type[str]
) -> None:
    assert cleaned([(change(name), "192.0.2.1")]) == []


KEPT = [
    "Accept", "Accept-Language", "User-Agent", "Content-Type", "Idempotency-Key", "OpenAI-Beta",
    "OpenAI-Organization", "anthropic-version", "X-Client-Info", "X-Client-Name", "Traceparent",
    "X-Stainless-Lang", "X-Goog-User-Project", "X-Goog-Api-Client", "x-ms-version", "x-ms-date",
    "x-ms-client-request-id", "X-Amz-Target", "X-Amz-Meta-A", "Stripe-Account", "Notion-Version",
    "Prefer", "If-Match", "Range", "X-GitHub-Api-Version", "Fly-Prefer-Region", "Fastly-Debug",
    "X-Vercel-Protection-Bypass", "X-Requested-With", "X-Proxied-Thing", "Destination", "Depth",
    "X-Request-Id", "X-Client", "PSU-IP-Address", "X-Fapi-Customer-Ip-Address", "Customer-Ip",
    "X-User-Ip", "DD-API-KEY", "Klaviyo-Account", "Upload-Offset", "Tus-Resumable",
]  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_s8_what_sdks_send_passes(name: str) -> None:
    assert cleaned([(name, "a")]) == [(name, "a")]


def sent(auth: AuthScheme, secret: str, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return insert_credential(auth, Credential(Secret(secret)), "", "", headers)[2]


LEGACY = jwt({"iss": "supabase", "ref": "abc", "role": "anon"})


def test_a_legacy_supabase_key_goes_into_both_fields() -> None:
    assert sent(APIKEY, LEGACY, []) == [("apikey", LEGACY), ("Authorization", f"Bearer {LEGACY}")]


def test_a_legacy_supabase_key_leaves_the_users_token_alone() -> None:
    user = ("authorization", f"Bearer {USER_TOKEN}")

    assert sent(APIKEY, LEGACY, [user]) == [user, ("apikey", LEGACY)]


@pytest.mark.parametrize("secret", ["sb_secret_" + "a" * 30, "sb_publishable_x", "eyJ", "a.b.c"])
def test_other_supabase_keys_go_into_one_field(secret: str) -> None:
    assert sent(APIKEY, secret, []) == [("apikey", secret)]


def test_a_jwt_in_another_apis_header_is_sent_once() -> None:
    assert sent(OWN, LEGACY, []) == [("X-Own-Key", LEGACY)]


@pytest.mark.parametrize("auth", [BEARER, BASIC, QUERY, PATH, OWN], ids=str)
def test_extra_headers_are_sent_with_every_scheme(auth: AuthScheme) -> None:
    credential = Credential(Secret("main"), (("DD-APPLICATION-KEY", Secret("second")),))

    headers = insert_credential(auth, credential, "/bot{token}", "a=1", [("A", "b")])[2]

    assert headers.count(("DD-APPLICATION-KEY", "second")) == 1
    assert headers[0] == ("A", "b")


OVERRIDES = [
    "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Method", "Method-Override",
    "X-HTTP-Verb", "X-Rest-Method", "HTTP-Method-Override", "X-Original-Method", "Method",
]  # fmt: skip


@pytest.mark.parametrize("name", OVERRIDES)
@pytest.mark.parametrize("value", ["DELETE", "delete", "PURGE", " Put "])
def test_s19_fields_that_override_the_method_are_dropped(name: str, value: str) -> None:
    assert without_method_overrides([(name, value), ("A", "b")]) == [("A", "b")]


def test_s19_other_fields_with_method_in_their_name_stay() -> None:
    fields = [("X-Payment-Method", "card"), ("X-Auth-Method", "GET-token"), ("X-Methodology", "a")]

    assert without_method_overrides(fields) == fields


def test_s8_the_query_loses_tokens_in_every_encoding() -> None:
    query = f"a=1&t={TOKEN}&b=Basic+{base64_of(f'x:{TOKEN}')}&s={SESSION_TOKEN}&c={USER_TOKEN}"

    assert clean_query(query, BEARER, (), TOKEN) == f"a=1&c={USER_TOKEN}"
