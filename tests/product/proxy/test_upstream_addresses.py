"""S1 to S6 through the API: which hosts a key may have when it is stored, changed and used."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest

from api.aws_lambda.handler import handle
from api.errors import SettingError
from api.http.connection import Connection
from api.http.errors import ConnectFailed
from api.http.pool import ConnectionPool, TlsContexts
from api.http.timeouts import Timeouts
from api.proxy.exchange import UpstreamClient
from api.proxy.limit_cache import LimitCache
from api.services.accounts.sessions import SessionService
from api.services.keys.cipher import Cipher
from api.services.token_codec import TokenCodec
from api.settings import Settings, read_settings, require_secrets
from api.upstream.resolver import CACHE_SECONDS, Resolver
from api.wiring import build_proxy, build_storage
from api.wiring.api import build_api
from api.wiring.shared import Shared
from api.wsgi import App
from tests.conftest import running
from tests.support.accounts import Account, problem
from tests.support.clients import Client, HttpClient, LambdaClient
from tests.support.upstream import Answer, Place, Upstream

PUBLIC = "93.184.215.14"


class Names:
    """Resolve each name to the next entry of its list, and repeat the last one."""

    def __init__(self) -> None:
        self.answers: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, *_: int) -> list[tuple[Any, Any, Any, Any, Any]]:
        self.asked.append(host)
        answers = self.answers.get(host)
        if answers is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(0, 0, 0, "", (address, port)) for address in addresses]


class RecordingPool(ConnectionPool):
    """Connect only to loopback, and record the address of every requested connection."""

    def __init__(self, tls: TlsContexts) -> None:
        super().__init__(tls)
        self.wanted: list[tuple[str, str, int, tuple[str, ...]]] = []

    def acquire(
        self, scheme: str, host: str, port: int, addresses: Sequence[str], timeouts: Timeouts,
        *, fresh: bool = False, idle_seconds: float | None = None,
    ) -> tuple[Connection, bool]:  # fmt: skip
        self.wanted.append((scheme, host, port, tuple(addresses)))
        if set(addresses) != {"127.0.0.1"}:
            raise ConnectFailed("not in a test")
        return super().acquire(scheme, host, port, addresses, timeouts, fresh=fresh)


class ResolvingProduct:
    """The product with its own host names and a clock, `now`, that the test sets."""

    def __init__(self, settings: Settings) -> None:
        secret, fernet_keys = require_secrets(settings)
        self.names = Names()
        self.now = 0.0
        tls = TlsContexts(settings.certificate_authorities)
        self.pool = RecordingPool(tls)
        storage = build_storage(settings)
        resolver = Resolver(self.names, lambda: self.now)
        shared = Shared(
            settings=settings,
            storage=storage,
            resolver=resolver,
            upstream=UpstreamClient(self.pool, resolver, settings.allowed_upstreams),
            limit_cache=LimitCache(),
            cipher=Cipher(fernet_keys),
            token_codec=TokenCodec(secret),
            jwt_secret=secret,
            sessions=SessionService(storage.sessions, secret, time.time),
            clock=time.time,
        )
        app = App(build_proxy(shared, random.random), lambda: build_api(shared))
        self.client = LambdaClient(lambda event, context: handle(app, event, context))
        self.account = Account(self.client)

    def key(self, url: str = "https://api.example.com/v1", **members: Any) -> str:
        """A stored key, and a token for it."""
        body = {"base_url": url, "auth": {"scheme": "bearer"}, "secret": "sk-0123456789abcdef",
                "api_name": "test", **members}  # fmt: skip
        answer = self.account.call("POST", "/api/keys", body)
        assert answer.status == 201, answer.body
        self.key_id = answer.json["key_id"]
        return self.account.token(["test"])


@pytest.fixture(scope="session")
def products() -> list[ResolvingProduct]:
    """All products of the session, so that their idle connections stay open until its end."""
    return []


@pytest.fixture
def product(
    environment: dict[str, str], upstream_server: Upstream, products: list[ResolvingProduct]
) -> ResolvingProduct:
    """The product, where `up.example.com` at the upstream's port is a development host."""
    allowed = frozenset({f"up.example.com:{upstream_server.port}"})
    settings = msgspec.structs.replace(read_settings(environment), allowed_upstreams=allowed)
    products.append(ResolvingProduct(settings))
    return products[-1]


LITERAL = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "100.64.0.1", "169.254.169.254", "172.16.0.1",
    "192.168.1.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255", "168.63.129.16", "[::]", "[::1]", "[fe80::1]", "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]", "[2001:db8::1]", "[100::1]",
]  # fmt: skip
CARRYING = [
    "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]",
    "[2001:0:7f00:1::]", "[::ffff:8.8.8.8]",
]  # fmt: skip
SPELLINGS = [
    "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "LOCALHOST", "a.localhost",
    "metadata.google.internal", "printer.local", "router", "127.0.0.1.", "\uff11\uff12\uff17.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("host", LITERAL + CARRYING + SPELLINGS)
def test_s1_s2_no_key_is_stored_for_an_address_of_our_own_networks(
    account: Account, host: str
) -> None:
    body = {
        "base_url": f"https://{host}/v1",
        "auth": {"scheme": "bearer"},
        "secret": "sk-012345678",
    }

    problem(account.call("POST", "/api/keys", body), 422, "upstream_not_allowed", "base_url")
    assert account.call("GET", "/api/keys").json["items"] == []


@pytest.mark.parametrize(
    "url",
    ["http://api.example.com", "ftp://api.example.com", "//api.example.com", "api.example.com",
     "https://user:pass@api.example.com", "https://api.example.com@127.0.0.1", "https://api.example.com:22",
     "https://api.example.com:80", "https://api.example.com:6379", "https://api.example.com?x",
     "https://api.example.com#x", "https://api.example.com\\@127.0.0.1", "https://a b.example.com",
     "https://api.example.com/..", "https://api.example.com/%2e%2e", "https://", "https:///x",
     "https://api.example.com\r\n", "file:///etc/passwd", "https://[::1", "https://a%2eexample.com"],
)  # fmt: skip
def test_s4_only_plain_https_urls_are_stored(account: Account, url: str) -> None:
    body = {"base_url": url, "auth": {"scheme": "bearer"}, "secret": "sk-012345678"}

    problem(account.call("POST", "/api/keys", body), 422, "upstream_not_allowed", "base_url")


@pytest.mark.parametrize("port", [1, 79, 22222])
def test_s6_the_allow_list_is_exact(account: Account, place: Place, port: int) -> None:
    for url in (f"http://127.0.0.1:{port}/x", place.url.replace("127.0.0.1", "127.0.0.2")):
        body = {"base_url": url, "auth": {"scheme": "bearer"}, "secret": "sk-012345678"}
        problem(account.call("POST", "/api/keys", body), 422, "upstream_not_allowed", "base_url")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:10.0.0.1]", "localhost", "169.254.169.254"])
def test_s1_no_key_is_changed_to_an_address_of_our_own_networks(
    account: Account, place: Place, host: str
) -> None:
    key = account.key(place)
    change = {"base_url": f"https://{host}/", "secret": "sk-another-0123456"}

    answer = account.call("PATCH", f"/api/keys/{key['key_id']}", change)

    problem(answer, 422, "upstream_not_allowed", "base_url")
    assert account.call("GET", f"/api/keys/{key['key_id']}").json["base_url"] == place.url


def test_s5_a_secret_does_not_move_to_another_host(account: Account, place: Place) -> None:
    key = account.key(place)
    path = f"/api/keys/{key['key_id']}"

    problem(
        account.call("PATCH", path, {"base_url": "https://api.example.com"}),
        422, "secret_required", "secret",
    )  # fmt: skip
    assert account.call("PATCH", path, {"base_url": place.url + "/v2"}).status == 200
    token = account.token(["test"])
    account.proxied(token, "/proxy/test/x")
    assert place.path() == "/v2/x"


@pytest.mark.parametrize(
    "addresses", [["10.0.0.1"], [PUBLIC, "10.0.0.1"], [PUBLIC, "::1"], ["::1"]]
)
def test_s1_a_name_with_an_internal_address_is_refused_when_a_key_is_stored_or_changed(
    product: ResolvingProduct, addresses: list[str]
) -> None:
    product.names.answers = {"in.example.com": [addresses], "api.example.com": [[PUBLIC]]}
    body = {
        "base_url": "https://in.example.com",
        "auth": {"scheme": "bearer"},
        "secret": "sk-01234567",
    }

    problem(
        product.account.call("POST", "/api/keys", body), 422, "upstream_not_allowed", "base_url"
    )

    product.key()
    answer = product.account.call("PATCH", f"/api/keys/{product.key_id}", body | {"auth": None})
    assert answer.status == 422
    del body["auth"]
    answer = product.account.call("PATCH", f"/api/keys/{product.key_id}", body)
    problem(answer, 422, "upstream_not_allowed", "base_url")


@pytest.mark.parametrize(
    "addresses",
    [["10.0.0.1"], [PUBLIC, "127.0.0.1"], ["169.254.169.254", PUBLIC], ["64:ff9b::a00:1"]],
)
def test_s1_s3_a_name_that_now_has_an_internal_address_is_not_called(
    product: ResolvingProduct, addresses: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "api_dashboard")
    product.names.answers["api.example.com"] = [[PUBLIC], addresses]
    token = product.key()
    product.now += CACHE_SECONDS

    answer = product.account.proxied(token)

    document = problem(answer, 502, "address_refused")
    assert not [address for address in addresses if address in document["detail"]]
    assert answer.get("Proxy-Status") == "api-dashboard; error=destination_ip_prohibited"
    assert product.pool.wanted == []
    entry = product.account.call("GET", "/api/requests").json["items"][0]
    assert (entry["status"], entry["problem"]) == (502, "address_refused")
    events = [record.__dict__ for record in caplog.records if record.msg == "address_refused"]
    assert events[0]["members"]["user"] == product.account.username, "S32"
    assert "sk-0123456789abcdef" not in caplog.text


def test_s3_a_refused_name_is_called_again_once_its_address_is_public(
    product: ResolvingProduct,
) -> None:
    product.names.answers["api.example.com"] = [[PUBLIC], ["10.0.0.1"], [PUBLIC]]
    token = product.key()
    product.now += CACHE_SECONDS
    problem(product.account.proxied(token), 502, "address_refused")
    product.now += CACHE_SECONDS

    problem(product.account.proxied(token), 502, "connect_failed")

    assert product.pool.wanted == [("https", "api.example.com", 443, (PUBLIC,))]


def test_s3_the_connection_goes_to_the_address_that_was_checked(
    product: ResolvingProduct,
) -> None:
    """The name is not resolved again between the check and the connection."""
    product.names.answers["api.example.com"] = [[PUBLIC], [PUBLIC], ["10.0.0.1"]]
    token = product.key()
    product.now += CACHE_SECONDS
    product.names.asked.clear()

    problem(product.account.proxied(token), 502, "connect_failed")

    assert product.names.asked == ["api.example.com"]
    assert product.pool.wanted == [("https", "api.example.com", 443, (PUBLIC,))]


def test_s3_host_keeps_the_name(
    product: ResolvingProduct, place: Place, upstream_server: Upstream
) -> None:
    product.names.answers["up.example.com"] = [["127.0.0.1"]]
    token = product.key(f"http://up.example.com:{upstream_server.port}/{place.name}")

    answer = product.account.proxied(token)

    assert answer.status == 200
    assert place.last.get("Host") == f"up.example.com:{upstream_server.port}"
    assert product.pool.wanted[0][3] == ("127.0.0.1",)


def test_s6_an_allow_listed_name_allows_nothing_else(
    product: ResolvingProduct, place: Place, upstream_server: Upstream
) -> None:
    product.names.answers["up.example.com"] = [["127.0.0.1"]]
    place.answer(Answer(200, [("Location", "/x")]))
    for url in (
        f"http://127.0.0.1:{upstream_server.port}/{place.name}",
        f"http://up.example.com.:{upstream_server.port}/",
        f"http://a.up.example.com:{upstream_server.port}/",
        "http://up.example.com/",
        "https://up.example.com/",
    ):
        body = {"base_url": url, "auth": {"scheme": "bearer"}, "secret": "sk-012345678"}
        problem(product.account.call("POST", "/api/keys", body), 422, "upstream_not_allowed")
    assert place.received == []


def test_s1_a_name_without_an_address_is_reported(product: ResolvingProduct) -> None:
    token = product.key("https://gone.example.com")

    answer = product.account.proxied(token)

    problem(answer, 502, "name_not_resolved")
    assert answer.get("Proxy-Status") == "api-dashboard; error=dns_error"
    assert product.pool.wanted == []


@pytest.fixture
def strict(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HttpClient]:
    """The server on the same table, without a development allow-list."""
    without = {**environment, "API_DASHBOARD_ALLOWED_UPSTREAMS": "", "API_DASHBOARD_WORKERS": "1"}
    with running(without, tmp_path_factory.mktemp("strict")) as client:
        yield client


def test_s1_s4_s6_a_stored_base_url_is_checked_again_at_each_call(
    function: Client, strict: HttpClient, place: Place, tls_place: Place
) -> None:
    account = Account(function)
    account.key(place, api_name="plain")
    account.key(tls_place, api_name="tls")
    token = account.token(["*"])
    assert account.proxied(token, "/proxy/plain/x").status == 200
    account.client = strict

    for name in ("plain", "tls"):
        answer = account.proxied(token, f"/proxy/{name}/x")
        problem(answer, 502, "address_refused")
        assert answer.get("Proxy-Status") == "api-dashboard; error=destination_ip_prohibited"

    assert len(place.received) == 1
    assert tls_place.received == []
    log = strict.log
    refused = [line for line in log.read_text().splitlines() if '"address_refused"' in line]
    assert account.username in refused[0], "S32"


def test_s6_the_allow_list_is_refused_in_a_deployed_configuration(
    environment: dict[str, str],
) -> None:
    with pytest.raises(SettingError, match="API_DASHBOARD_ALLOWED_UPSTREAMS"):
        read_settings({**environment, "AWS_LAMBDA_FUNCTION_NAME": "f"})


def test_s6_the_allow_list_is_empty_by_default() -> None:
    assert read_settings({}).allowed_upstreams == frozenset()
