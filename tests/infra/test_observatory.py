"""The pages get at least 100 points by the rules of Mozilla's HTTP Observatory (S33)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from infra import site_build
from tests.infra.program import Deployment
from tests.infra.test_pages import page_policy
from tests.support.machine import Machine
from tests.support.observatory import ABOUT_TRANSPORT, Scan, explained, modifiers, score

GOOD = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PAGE = '<!doctype html><script type="module" src="/assets/a.js"></script>'


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The product on one machine with the built pages."""
    machine = Machine(
        tmp_path_factory.mktemp("machine"), API_DASHBOARD_PAGES=str(site_build.build_folder())
    )
    machine.start()
    yield machine
    machine.stop()


@pytest.mark.parametrize("path", ["/", "/sign-in", "/keys", "/gone.html", "/api/docs"])
def test_s33_pages_of_one_machine_have_at_least_100_points(machine: Machine, path: str) -> None:
    answer = machine.client.request("GET", path)
    shared = machine.client.request("GET", path, [("Origin", Scan.origin)])
    points = modifiers(
        Scan(answer.headers, answer.body.decode(), http="served", cors=shared.headers)
    )
    # It listens on loopback without TLS, which a reverse proxy adds.
    counted = {name: value for name, value in points.items() if name not in ABOUT_TRANSPORT}
    assert score(counted) >= 100, explained(counted)
    assert min(counted.values()) == 0, explained(counted)


def test_s33_pages_behind_the_cdn_have_at_least_100_points(first_stack: Deployment) -> None:
    distribution = first_stack.one("cloudfront/distribution:Distribution")
    policy = distribution["defaultCacheBehavior"]["viewerProtocolPolicy"]
    page = next(file for file in site_build.build_site() if file.key == "index.html")
    points = modifiers(
        Scan(
            [*page_policy(first_stack).items(), ("Content-Type", page.content_type)],
            page.path.read_text(),
            http="redirect" if policy == "redirect-to-https" else "served",
        )
    )
    assert score(points) >= 100, explained(points)
    assert min(points.values()) == 0, explained(points)


def points_of(page: str = PAGE, http: str = "redirect", cookies: Sequence[str] = (), **changes: str
           ) -> dict[str, int]:  # fmt: skip
    """Return the points of good header fields after changes. `_` stands for `-`, "" removes one."""
    fields = {**GOOD, **{name.replace("_", "-"): value for name, value in changes.items()}}
    sent = [(name, value) for name, value in fields.items() if value]
    return modifiers(Scan([*sent, *(("Set-Cookie", cookie) for cookie in cookies)], page, http))


def test_the_scale_is_the_observatory_s() -> None:
    assert score(points_of()) == 140
    nothing = modifiers(Scan([], "<!doctype html>", http="served"))
    assert score(nothing) == 10
    # Bonuses do not count below 90 points.
    assert score(points_of(Strict_Transport_Security="")) == 80


@pytest.mark.parametrize(
    ("policy", "points"),
    [
        ("default-src 'none'", 10),
        ("default-src 'self'", 5),
        ("default-src 'none'; style-src 'unsafe-inline'", 0),
        ("default-src 'none'; img-src http://images.example", -10),
        ("default-src 'none'; script-src 'self' 'unsafe-eval'", -10),
        ("default-src 'none'; script-src 'unsafe-inline'", -20),
        ("default-src 'none'; script-src data:", -20),
        ("default-src 'none'; script-src https:", -20),
        ("script-src 'self'", -20),
        ("img-src 'self'", -20),
        ("default-src 'none'; font-src http://fonts.example", -20),
        ("default-src 'none'; default-src 'self'", -25),
        (";", -25),
        ("", -25),
    ],
)
def test_policies_get_the_observatorys_points(policy: str, points: int) -> None:
    assert points_of(Content_Security_Policy=policy)["content-security-policy"] == points


def test_two_policies_allow_only_what_both_allow() -> None:
    def with_meta(policy: str) -> int:
        meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        return points_of(page=meta + PAGE)["content-security-policy"]

    assert with_meta("default-src 'none'; script-src 'self' 'unsafe-inline'") == 10
    assert with_meta("script-src 'unsafe-inline'; default-src 'none'") == 10
    assert with_meta("default-src 'none'; default-src 'none'") == -25
    lax = "script-src 'self' 'unsafe-inline'"
    meta = f'<meta http-equiv="Content-Security-Policy" content="{lax}">'
    points = points_of(page=meta, Content_Security_Policy=lax)
    assert points["content-security-policy"] == -20


@pytest.mark.parametrize(
    ("field", "value", "points"),
    [
        ("Strict-Transport-Security", "max-age=15768000", 0),
        ("Strict-Transport-Security", "max-age=15767999", -10),
        ("Strict-Transport-Security", "includeSubDomains", -20),
        ("Strict-Transport-Security", "", -20),
        ("X-Content-Type-Options", "", -5),
        ("X-Content-Type-Options", "sniff", -5),
        ("Referrer-Policy", "", 0),
        ("Referrer-Policy", "unsafe-url, strict-origin", 5),
        ("Referrer-Policy", "origin", -5),
        ("Referrer-Policy", "whatever", -5),
        ("Cross-Origin-Opener-Policy", "unsafe-none", 0),
        ("Cross-Origin-Opener-Policy", "same", -5),
        ("Cross-Origin-Resource-Policy", "same-site", 10),
        ("Cross-Origin-Resource-Policy", "cross-origin", 0),
        ("Cross-Origin-Embedder-Policy", "require-corp", 10),
    ],
)
def test_fields_get_the_observatorys_points(field: str, value: str, points: int) -> None:
    assert points_of(**{field: value})[field.lower()] == points


def test_frames_are_forbidden_by_either_field() -> None:
    open_policy = "default-src 'none'"
    for given, points in (({}, -20), ({"X_Frame_Options": "DENY"}, 5),
                          ({"X_Frame_Options": "ALLOWALL"}, -20)):  # fmt: skip
        found = points_of(Content_Security_Policy=open_policy, **given)
        assert found["x-frame-options"] == points


@pytest.mark.parametrize(
    ("cookie", "points"),
    [
        ("session=1; Secure; HttpOnly; SameSite=Strict", 5),
        ("session=1; Secure; HttpOnly", 0),
        ("session=1; Secure; SameSite=Lax", -30),
        ("session=1; HttpOnly; SameSite=Lax", -10),
        ("colour=1; SameSite=Lax", -5),
        ("colour=1; SameSite=None", -20),
        ("colour=1; Secure; SameSite=Sometimes", -20),
        ("csrf=1; Secure", -20),
    ],
)
def test_cookies_get_the_observatorys_points(cookie: str, points: int) -> None:
    assert points_of(cookies=[cookie])["cookies"] == points


@pytest.mark.parametrize(
    ("script", "points"),
    [
        ('src="/a.js"', 0),
        ('src="/a.js" integrity="sha384-x"', 5),
        ('src="https://cdn.example/a.js"', -5),
        ('src="//cdn.example/a.js" integrity="sha384-x"', -20),
        ('src="http://cdn.example/a.js"', -50),
    ],
)
def test_scripts_get_the_observatorys_points(script: str, points: int) -> None:
    assert points_of(page=f"<script {script}></script>")["subresource-integrity"] == points


def test_plain_http_must_redirect_to_https() -> None:
    assert points_of(http="served")["redirection"] == -20


def test_a_page_that_any_site_may_read_with_credentials_loses_half_its_points() -> None:
    cors = [
        ("Access-Control-Allow-Origin", Scan.origin),
        ("Access-Control-Allow-Credentials", "true"),
    ]
    points = modifiers(Scan(list(GOOD.items()), PAGE, "redirect", cors))
    assert points["cross-origin-resource-sharing"] == -50
