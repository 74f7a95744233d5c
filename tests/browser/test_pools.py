"""Pools of keys on the keys' page: states, check outcomes, and what to do about them."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.axe import axe
from tests.browser.chromium import every_width
from tests.browser.visit import visit
from tests.browser.watch import watch_of
from tests.support.accounts import Account
from tests.support.upstream import Answer, Place, Received

GOOD, EXHAUSTED, OLD = "sk-good-00001111", "sk-spent-00002222", "sk-old-0000003333"
HOSTILE = "<img src=x onerror=alert(1)>\"'&{{7*7}}"


def by_key(received: Received, _socket: object) -> Answer:
    """Accept good keys, refuse old ones, and respond to exhausted ones with a 429."""
    authorization = received.get("authorization") or ""
    if "spent" in authorization:
        return Answer(429, [("Retry-After", "600")])
    return Answer(401 if "old" in authorization else 200)


def pool(account: Account, place: Place, *secrets: str) -> list[str]:
    """Store OpenAI keys of one pool that call the test's upstream, and return their ids."""
    return [
        account.key(place, secret, api_name="openai", provider="openai", auth=None)["key_id"]
        for secret in secrets
    ]


def row(page: Page, text: str) -> Locator:
    return page.get_by_role("row").filter(has_text=text)


def head(page: Page) -> Locator:
    return page.get_by_role("rowheader", name="openai")


def details(page: Page) -> Locator:
    return page.get_by_role("dialog", name=re.compile("^Key openai"))


def test_after_real_calls_the_pool_shows_which_keys_are_skipped(
    page: Page, user: Account, place: Place
) -> None:
    place.behaviour = by_key
    pool(user, place, GOOD, EXHAUSTED, OLD)
    token = user.token(["openai"])
    visit(page, "/keys")
    expect(head(page)).to_contain_text("All keys take turns")
    # The first key is random. In so many calls, every key is used.
    for _ in range(60):
        if {key["state"] for key in keys(user)} == {"ready", "exhausted", "refused"}:
            break
        user.proxied(token, "/proxy/openai/v1/models")
    visit(page, "/keys")

    expect(head(page)).to_contain_text("Pool of 3")
    expect(head(page)).to_contain_text("1 in use, 2 skipped")
    expect(row(page, "…1111")).to_contain_text("Ready")
    expect(row(page, "…2222")).to_contain_text("Exhausted")
    expect(row(page, "…2222")).to_contain_text(re.compile(r"ready in 9:\d\d min"))
    expect(row(page, "…2222")).to_contain_text(
        "The upstream responded with 429 and asked to wait. Since"
    )
    expect(row(page, "…3333")).to_contain_text("Refused")
    expect(row(page, "…3333")).to_contain_text(re.compile(r"retried in 4:\d\d min"))
    page.get_by_role("link", name="Key openai …2222").click()
    expect(details(page)).to_contain_text("calls to openai use the other keys in its pool")


def test_an_exhausted_pool_shows_when_its_first_key_resets(
    page: Page, user: Account, place: Place
) -> None:
    place.behaviour = by_key
    ids = pool(user, place, EXHAUSTED, EXHAUSTED.replace("2222", "4444"))
    assert user.proxied(user.token(["openai"]), "/proxy/openai/v1/models").status == 429
    visit(page, "/keys")
    expect(head(page)).to_contain_text(
        re.compile(r"All keys exhausted; the first is ready in (9:\d\d|10:00) min")
    )
    visit(page, f"/keys?key={ids[0]}")
    expect(details(page)).to_contain_text("Calls to openai still use its keys")
    # A third key joins, and the pool is usable without a reload.
    place.answer(Answer(200))
    details(page).get_by_role("link", name="Add to pool").click()
    form = page.get_by_role("dialog", name="Add a key to the pool of openai")
    expect(form.get_by_label("Secret")).to_be_focused()
    page.keyboard.type(GOOD)
    page.keyboard.press("Enter")
    done = page.get_by_role("dialog", name="Key added")
    expect(done.get_by_text("127.0.0.1 accepted the key.")).to_be_visible()
    done.get_by_role("button", name="Done").click()
    expect(head(page)).to_contain_text("1 in use, 2 skipped")
    assert [key["base_url"] for key in keys(user)] == [place.url] * 3
    assert {key["provider"] for key in keys(user)} == {"openai"}


def test_a_pool_of_a_custom_api_accepts_a_key_by_its_secret_alone(
    page: Page, user: Account, place: Place
) -> None:
    auth = {"scheme": "header", "name": "X-Weather-Key", "prefix": "Key "}
    user.key(place, api_name="weather", auth=auth)
    user.key(place, api_name="weather", auth=auth)
    visit(page, "/keys")
    page.get_by_role("link", name="Add to pool of weather").click()
    form = page.get_by_role("dialog", name="Add a key to the pool of weather")
    expect(form).to_contain_text("X-Weather-Key: Key …")
    form.get_by_label("Secret").fill(GOOD)
    form.get_by_role("button", name="Add key").click()
    expect(page.get_by_role("dialog", name="Key added")).to_be_visible()
    stored = keys(user)
    assert len(stored) == 3
    assert {json.dumps(key["auth"], sort_keys=True) for key in stored} == {
        json.dumps(stored[0]["auth"], sort_keys=True)
    }
    page.goto("/keys?add=&pool=%3Cscript%3E")
    expect(page.get_by_role("combobox", name="Provider")).to_be_visible()


@pytest.mark.parametrize(
    ("answer", "title", "detail", "remedy"),
    [
        (Answer(200), "Valid.", "accepted the key", None),
        (Answer(401), "Revoked.", "wrong, revoked or expired", "Enter secret again"),
        (
            Answer(429, [("Retry-After", "90")]),
            "Out of quota.",
            "asks to wait 90 s",
            "Add another key",
        ),
        (Answer(404), "Wrong host.", "Is the base URL right?", "Correct base URL"),
        (Answer(raw=b"SSH-2.0\r\n"), "Unreachable.", "not valid HTTP", "Correct base URL"),
        (Answer(500), "Inconclusive.", "a server error (500)", "Send a request"),
    ],
    ids=["valid", "revoked", "out_of_quota", "wrong_host", "unreachable", "unexpected"],
)
def test_a_check_shows_the_response_and_links_to_the_fix(
    page: Page,
    user: Account,
    place: Place,
    answer: Answer,
    title: str,
    detail: str,
    remedy: str | None,
) -> None:
    place.answer(answer)
    (key_id,) = pool(user, place, GOOD)
    visit(page, f"/keys?key={key_id}")
    details(page).get_by_role("button", name="Check now").click()
    result = details(page).locator(".notice").filter(has_text=title)
    expect(result).to_contain_text(detail)
    expect(result.get_by_role("link")).to_have_count(0 if remedy is None else 1)
    if remedy is not None:
        result.get_by_role("link", name=remedy).click()
        expect(result).to_have_count(0)
        expect(page).to_have_url(re.compile("do=replace|do=edit|pool=openai|/playground"))


def test_a_wrong_base_url_can_be_replaced_by_the_providers(
    page: Page, user: Account, place: Place
) -> None:
    (key_id,) = pool(user, place, GOOD)
    visit(page, f"/keys?key={key_id}&do=edit")
    form = page.get_by_role("dialog", name=re.compile("Edit key"))
    expect(form).to_contain_text("The default for OpenAI is https://api.openai.com")
    form.get_by_role("button", name="Use default").click()
    expect(form.get_by_label("Base URL")).to_have_value("https://api.openai.com")
    expect(form.get_by_text("This change sends the key to another host.")).to_be_visible()


def test_a_schedule_can_be_set_is_shown_and_can_be_undone(
    page: Page, user: Account, place: Place
) -> None:
    (key_id,) = pool(user, place, GOOD)
    visit(page, f"/keys?key={key_id}")
    field = details(page).get_by_label("Check automatically")
    expect(field).to_have_value("never")
    field.select_option("Every 6 hours")
    expect(page.locator(".toasts")).to_contain_text("openai …1111 is checked every 6 hours.")
    expect(details(page)).to_contain_text(re.compile(r"Next check in [56] h \d+ min\."))
    assert keys(user)[0]["check_every"] == 21_600
    page.locator(".toasts").get_by_role("button", name="Undo").click()
    expect(page.locator(".toasts")).to_contain_text("is no longer checked automatically")
    expect(field).to_have_value("never")
    assert keys(user)[0]["check_every"] is None
    # An interval that only the API can set is shown, and other changes keep it.
    user.call("PATCH", f"/api/keys/{key_id}", {"check_every": 5_400})
    visit(page, f"/keys?key={key_id}&do=edit")
    form = page.get_by_role("dialog", name=re.compile("Edit key"))
    expect(form.get_by_label("Check automatically")).to_have_value("5400")
    form.get_by_label("Description").fill("roof")
    form.get_by_role("button", name="Save changes").click()
    expect(details(page).get_by_label("Check automatically")).to_have_value("5400")
    assert keys(user)[0]["check_every"] == 5_400


def test_a_key_is_added_with_a_schedule(page: Page, user: Account, place: Place) -> None:
    visit(page, "/keys?add=openai")
    form = page.get_by_role("dialog", name="Add a key for OpenAI")
    form.get_by_label("Secret").fill(GOOD)
    form.get_by_text("API name, description, base URL, checks").click()
    form.get_by_label("Base URL").fill(place.url)
    form.get_by_label("Check automatically").select_option("Every day")
    form.get_by_role("button", name="Add key").click()
    expect(page.get_by_role("dialog", name="Key added")).to_be_visible()
    assert keys(user)[0]["check_every"] == 86_400


def test_without_scheduled_checks_no_schedule_is_offered(
    page: Page, user: Account, place: Place
) -> None:
    def without_schedules(route: Route) -> None:
        status = route.fetch().json()
        assert status["scheduled_checks"] is True
        route.fulfill(json=status | {"scheduled_checks": False})

    page.route("**/api/status", without_schedules)
    (key_id,) = pool(user, place, GOOD)
    for where in (f"key={key_id}", f"key={key_id}&do=edit", "add=openai"):
        with page.expect_response("**/api/status"):
            visit(page, f"/keys?{where}")
        expect(page.get_by_role("dialog")).to_be_visible()
        expect(page.get_by_label("Check automatically")).to_have_count(0)


def test_a_rejected_schedule_change_keeps_the_schedule(
    page: Page, user: Account, place: Place
) -> None:
    watch_of(page).allow(r"status of 409 .* /api/keys/")
    (key_id,) = pool(user, place, GOOD)
    problem = {"code": "no_schedule_here", "status": 409, "detail": "Not on a schedule here."}
    page.route(
        f"**/api/keys/{key_id}",
        lambda route: route.fulfill(
            status=409, content_type="application/problem+json", body=json.dumps(problem)
        ),
    )
    visit(page, f"/keys?key={key_id}")
    field = details(page).get_by_label("Check automatically")
    field.select_option("Every day")
    expect(field).to_have_accessible_description("Not on a schedule here.")
    expect(field).to_have_value("never")


@every_width
@pytest.mark.parametrize("state", ["", "?key=", "?key=&do=edit", "?add=&pool=openai"])
def test_axe_finds_nothing_in_a_pool_with_unusable_keys(
    page: Page, user: Account, place: Place, state: str
) -> None:
    place.behaviour = by_key
    ids = pool(user, place, EXHAUSTED, OLD)
    user.key(place, GOOD, api_name="openai", provider="openai", auth=None, description=HOSTILE)
    for key_id in ids:
        user.call("POST", f"/api/keys/{key_id}/check")
    user.call("PATCH", f"/api/keys/{ids[1]}", {"check_every": 86_400})
    visit(page, "/keys" + state.replace("key=", f"key={ids[1]}"))
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def keys(account: Account) -> list[dict[str, object]]:
    items: list[dict[str, object]] = account.call("GET", "/api/keys").json["items"]
    return items
