"""The page of an API: lines for agents, SDKs, editors and curl that run when they are copied."""

from __future__ import annotations

import re
import subprocess

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.axe import axe
from tests.browser.budget import FIRST_LOAD, weighed
from tests.browser.chromium import Look, every_width
from tests.browser.test_every_page import fits
from tests.browser.visit import clipboard, dialog, settle, visit
from tests.browser.watch import watch_of
from tests.support.accounts import Account
from tests.support.upstream import Place

SECRET = "sk-real-secret-0123456789"


@pytest.fixture
def openai(user: Account, place: Place) -> Account:
    """A user with a key for OpenAI's API, signed in on the page."""
    user.key(place, SECRET, api_name="openai", provider="openai", auth=None)
    return user


def section(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def copied(page: Page, part: Locator) -> str:
    """Return what the first button of a part of the page copies."""
    page.evaluate("navigator.clipboard.writeText('')")
    part.get_by_role("button", name="Copy").first.click()
    page.wait_for_function("async () => await navigator.clipboard.readText() !== ''")
    return clipboard(page)


def shell(lines: str) -> str:
    """Run lines in a shell and return their output."""
    return subprocess.run(
        ["sh", "-euc", lines], capture_output=True, text=True, check=True, timeout=30
    ).stdout


def test_copied_lines_run_with_a_token_and_the_address_of_this_installation(
    page: Page, openai: Account, place: Place
) -> None:
    token = openai.token(["openai"])
    url = f"{openai.client.url}/proxy/openai/v1"
    visit(page, "/apis/openai")
    expect(page.get_by_role("heading", level=1)).to_have_text("OpenAI")

    run = section(page, "Run an agent or a script")
    assert copied(page, run) == "api-dashboard run --api openai -- codex"
    run.get_by_role("radio", name="Other").check()
    assert copied(page, run) == "api-dashboard run --api openai -- python script.py"
    run.get_by_text("First time on this computer").click()
    assert copied(page, run.locator("details").first) == (
        f"api-dashboard login {openai.client.url}"
    )

    variables = section(page, "Variables and curl")
    exports = copied(page, variables).replace("<your token>", token)
    assert shell(f"{exports}\nenv | grep ^OPENAI_ | sort") == (
        f"OPENAI_API_KEY={token}\nOPENAI_BASE_URL={url}\n"
    )
    variables.get_by_role("radio", name="curl").check()
    curl = copied(page, variables).replace("<your token>", token)
    shell(f"{curl} --fail --silent")
    assert place.path(place.last) == "/v1/models"
    assert place.last.get("authorization") == f"Bearer {SECRET}"

    code = section(page, "SDKs and frameworks")
    assert f'OpenAI(base_url="{url}", api_key="<your token>")' in copied(page, code)
    expect(code).to_contain_text("pip install openai")


def test_an_agent_can_be_set_up_by_hand(page: Page, openai: Account) -> None:
    visit(page, "/apis/openai")
    run = section(page, "Run an agent or a script")
    run.get_by_text("Without api-dashboard run").click()
    config = run.get_by_role("figure").filter(has_text="~/.codex/config.toml")
    assert f'base_url = "{openai.client.url}/proxy/openai/v1"' in copied(page, config)
    expect(run).to_contain_text("OPENAI_API_KEY='<your token>' codex")
    expect(run.locator("code").filter(has_text=re.compile("^codex resume$"))).to_be_visible()


def test_frameworks_have_their_own_code_and_languages(page: Page, openai: Account) -> None:
    def with_frameworks(route: Route) -> None:
        provider = route.fetch().json()
        sdk = provider["sdks"][0]
        for language, package in (("python", "langchain-x"), ("javascript", "@langchain/x")):
            provider["sdks"].append(
                {**sdk, "language": language, "package": package, "framework": "Chains"}
            )
        route.fulfill(json=provider)

    page.route("**/api/providers/openai", with_frameworks)
    visit(page, "/apis/openai")
    code = section(page, "SDKs and frameworks")
    expect(code.get_by_role("radio", name="langchain-x")).to_have_count(0)
    code.get_by_role("radio", name="Frameworks").check()
    code.get_by_role("radio", name="Chains (JavaScript)").check()
    expect(code).to_contain_text("npm install @langchain/x")
    assert f"{openai.client.url}/proxy/openai/v1" in copied(page, code)
    page.reload()
    expect(code.get_by_role("radio", name="Chains (JavaScript)")).to_be_checked()


def test_an_editors_settings_are_copied_one_by_one(page: Page, openai: Account) -> None:
    visit(page, "/apis/openai")
    editors = section(page, "Editors")
    editors.get_by_role("radio", name="Cline").check()
    editors.get_by_role("button", name="Copy Base URL").click()
    expect(editors.get_by_role("button", name="Copied")).to_be_visible()
    assert clipboard(page) == f"{openai.client.url}/proxy/openai/v1"


def test_choices_survive_a_reload(page: Page, openai: Account) -> None:
    visit(page, "/apis/openai")
    section(page, "Run an agent or a script").get_by_role("radio", name="opencode").check()
    code = section(page, "SDKs and frameworks")
    code.get_by_role("radio", name="JavaScript").check()
    section(page, "Editors").get_by_role("radio", name="Zed").check()
    page.reload()
    settle(page)
    for chosen in ("opencode", "JavaScript", "Zed"):
        expect(page.get_by_role("radio", name=chosen)).to_be_checked()
    expect(page.get_by_text("api-dashboard run --api openai -- opencode")).to_be_visible()


def test_the_page_shows_the_limits_that_apply(page: Page, openai: Account) -> None:
    assert (
        openai.call("PUT", "/api/rate-limits/openai", {"limit": 20, "window": 3600}).status == 200
    )
    openai.proxied(openai.access, "/proxy/openai/v1/models")
    visit(page, "/apis/openai")
    about = page.get_by_role("complementary", name="About openai")
    expect(about).to_contain_text("Your policy per hour")
    expect(about).to_contain_text("19 of 20 requests")
    expect(about.get_by_role("link", name="1 key")).to_be_visible()
    expect(about.get_by_role("link", name=re.compile("OpenAI.s API"))).to_have_attribute(
        "href", re.compile("^https://")
    )


def test_the_page_is_reached_from_the_list_a_key_and_the_search(
    page: Page, openai: Account
) -> None:
    def expect_page() -> None:
        expect(page).to_have_url(re.compile(r"/apis/openai$"))
        expect(page.get_by_role("heading", name="OpenAI", level=1)).to_be_focused()
        expect(page.get_by_role("link", name="Keys", exact=True)).to_have_attribute(
            "aria-current", "true"
        )
        expect(page).to_have_title("OpenAI · API Dashboard")

    visit(page, "/keys")
    page.get_by_role("link", name="openai", exact=True).press("Enter")
    expect_page()
    page.go_back()
    page.get_by_role("link", name="Key openai").click()
    details = dialog(page, re.compile("Key openai"))
    details.get_by_role("link", name="Agents, SDKs and editors").click()
    expect_page()
    visit(page, "/tokens")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("connect openai")
    expect(page.get_by_role("option").first).to_contain_text("Connect to openai")
    page.keyboard.press("Enter")
    expect_page()


def test_a_provider_without_a_key_has_a_page_that_leads_to_one(page: Page, user: Account) -> None:
    visit(page, "/apis/anthropic")
    expect(page.get_by_text("You have no key for anthropic yet.")).to_be_visible()
    expect(page.get_by_text("api-dashboard run --api anthropic -- claude")).to_be_visible()
    page.get_by_role("link", name="Add key").click()
    expect(dialog(page, "Add a key for Anthropic")).to_be_visible()


def test_an_own_api_has_a_page_without_agents(page: Page, user: Account, place: Place) -> None:
    user.key(place, api_name="my-weather")
    visit(page, "/apis/my-weather")
    expect(page.get_by_text("run --api my-weather -- python script.py")).to_be_visible()
    expect(page.get_by_text("MY_WEATHER_API_KEY").first).to_be_visible()
    expect(section(page, "Editors")).to_have_count(0)


@pytest.mark.parametrize("name", ["nothing", "constructor", "a" * 48])
def test_an_unknown_name_is_explained(page: Page, user: Account, name: str) -> None:
    visit(page, f"/apis/{name}")
    expect(page.get_by_role("heading", name=f"No API with the name {name}")).to_be_visible()
    fits(page)


def test_a_path_that_no_api_can_have_is_no_page(page: Page, user: Account) -> None:
    watch_of(page).allow("status of 404")
    answer = page.goto("/apis/No%2FAPI")
    assert answer is not None and answer.status == 404


def test_a_new_key_leads_to_run_first_and_then_to_a_token(
    page: Page, user: Account, place: Place
) -> None:
    visit(page, "/keys?add=openai")
    form = dialog(page, "Add a key for OpenAI")
    form.get_by_label("Secret").fill(SECRET)
    form.get_by_text("API name, description").click()
    form.get_by_label("Base URL").fill(place.url)
    form.get_by_role("button", name="Add key").click()
    done = dialog(page, "Key added")
    expect(done.get_by_role("heading", level=3)).to_have_text(
        ["Run an agent or a script", "Or create a token"]
    )
    assert copied(page, done) == "api-dashboard run --api openai -- codex"
    expect(done).to_contain_text(f"api-dashboard login {user.client.url}")
    done.get_by_role("link", name="SDKs, frameworks and editors for openai").click()
    expect(page.get_by_role("heading", name="OpenAI", level=1)).to_be_visible()


def test_a_new_token_is_filled_in_everywhere(page: Page, openai: Account) -> None:
    visit(page, "/tokens?create=openai")
    page.get_by_role("dialog").get_by_label("Name").fill("editor")
    page.keyboard.press("Enter")
    once = dialog(page, "The token editor")
    token = once.get_by_role("figure").first.locator("code").inner_text()
    expect(once).to_contain_text("api-dashboard run --api openai -- codex")
    once.get_by_role("radio", name="Editors").check()
    once.get_by_role("radio", name="Cline").check()
    once.get_by_role("button", name="Copy OpenAI Compatible API Key").click()
    expect(once.get_by_role("button", name="Copied")).to_be_visible()
    assert clipboard(page) == token
    once.get_by_role("radio", name="Agents").check()
    expect(once).to_contain_text(f"OPENAI_API_KEY={token} codex")


def test_the_guide_with_a_key_weighs_at_most_100_kilobytes(page: Page, openai: Account) -> None:
    with weighed(page) as load:
        visit(page, "/")
        expect(page.get_by_text("api-dashboard run --api openai -- codex")).to_be_visible()
    assert load.bytes <= FIRST_LOAD, str(load)


@every_width
def test_axe_finds_nothing_with_everything_open(page: Page, openai: Account, look: Look) -> None:
    if look.phone:
        page.set_viewport_size({"width": 360, "height": 740})
    for query in ("agent=other", "agent=codex&sdk=javascript&client=curl&editor-of=continue"):
        visit(page, f"/apis/openai?{query}")
        for summary in page.locator("summary").all():
            summary.click()
        axe(page)
        fits(page)
