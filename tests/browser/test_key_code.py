"""The code that the details of a key show for scripts and SDKs."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.visit import clipboard, dialog, visit
from tests.support.accounts import Account
from tests.support.upstream import Place


def test_a_snippet_of_a_key_is_copied(page: Page, user: Account, place: Place) -> None:
    key = user.key(place, api_name="openai", provider="openai", auth=None)
    visit(page, f"/keys?key={key['key_id']}")
    details = dialog(page, re.compile("Key openai"))
    details.get_by_role("radio", name="Python").check()
    details.get_by_role("button", name="Copy").click()
    expect(details.get_by_text("Copied")).to_be_visible()
    assert f'base_url="{user.client.url}/proxy/openai/v1"' in clipboard(page)


def test_a_key_shows_the_code_of_each_sdk_and_how_it_is_known_to_work(
    page: Page, user: Account, place: Place
) -> None:
    key = user.key(place, api_name="groq", provider="groq", auth=None)
    page.set_viewport_size({"width": 360, "height": 740})
    visit(page, f"/keys?key={key['key_id']}")
    details = dialog(page, re.compile("Key groq"))
    details.get_by_role("radio", name="JavaScript").check()
    expect(details).to_contain_text("new Groq({")
    details.get_by_role("radio", name="Frameworks").check()
    expect(details).to_contain_text("createGroq({")
    expect(details.get_by_text("Tested with the proxy")).to_be_visible()
    expect(details.get_by_text("Base URL in baseURL")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_behind_a_cdn_the_code_names_the_address_for_calls_that_stay_silent(
    page: Page, user: Account, place: Place
) -> None:
    """As GET /api/addresses has it on AWS."""
    direct = "https://0123456789abcdef.lambda-url.us-east-2.on.aws/proxy"
    addresses = {"proxy": "https://dash.example/proxy", "direct": direct, "roots": {}}
    page.route("**/api/addresses", lambda route: route.fulfill(json=addresses))
    key = user.key(place, api_name="openai", provider="openai", auth=None)
    visit(page, f"/keys?key={key['key_id']}")
    details = dialog(page, re.compile("Key openai"))
    expect(details).to_contain_text("https://dash.example/proxy/openai/v1")
    expect(details).to_contain_text(f"120 seconds, use the base URL {direct}/openai/v1.")
