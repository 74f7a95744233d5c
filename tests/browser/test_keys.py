"""The keys' page: add and check a first key; find, change, replace and delete keys."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import axe
from tests.browser.chromium import LOOKS, every_width
from tests.browser.seeding import seed_keys
from tests.browser.visit import dialog, settle, visit
from tests.browser.watch import watch_of
from tests.support.accounts import Account
from tests.support.upstream import Answer, Place, Received

SECRET = "sk-proj-browser-0123456789-wxyz"
HOSTILE = "<img src=x onerror=alert(1)>\"'&{{7*7}}‮"


def row(page: Page, text: str) -> Locator:
    return page.get_by_role("row").filter(has_text=text)


def replaced_base_url(form: Locator, place: Place) -> None:
    """Make the key call the test's upstream instead of the provider."""
    form.get_by_text("API name, description, base URL").click()
    form.get_by_label("Base URL").fill(place.url)


def test_a_first_key_added_by_keyboard_is_checked_at_once(
    page: Page, user: Account, place: Place
) -> None:
    visit(page, "/keys")
    expect(page.get_by_role("heading", name="No keys yet")).to_be_visible()
    page.get_by_role("main").get_by_role("button", name="Add key").first.press("Enter")
    provider = page.get_by_role("combobox", name="Provider")
    expect(provider).to_be_focused()
    page.keyboard.type("open")
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("OpenAI")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", selected=True)).to_contain_text("OpenRouter")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")

    form = dialog(page, "Add a key for OpenAI")
    expect(form.get_by_label("Secret")).to_be_focused()
    expect(form.get_by_role("link", name="Get a key")).to_have_attribute(
        "href", "https://platform.openai.com/api-keys"
    )
    page.keyboard.type(SECRET)
    replaced_base_url(form, place)
    page.keyboard.press("Enter")

    done = dialog(page, "Key added")
    expect(done.get_by_text("127.0.0.1 accepted the key.")).to_be_visible()
    assert place.last.get("authorization") == f"Bearer {SECRET}"
    expect(done.get_by_role("button", name="Copy").first).to_be_focused()
    done.get_by_role("link", name="Create token for openai").press("Enter")
    expect(page).to_have_url(re.compile(r"/tokens\?create=openai$"))
    expect(dialog(page, "Create token").get_by_role("checkbox", name="openai")).to_be_checked()


def test_a_secret_is_masked_and_forgotten_s30(page: Page, user: Account, place: Place) -> None:
    visit(page, "/keys?add=openai")
    form = dialog(page, "Add a key for OpenAI")
    field = form.get_by_label("Secret")
    expect(field).to_have_attribute("type", "password")
    field.fill(SECRET)
    form.get_by_role("button", name="Show what was typed").click()
    expect(field).to_have_attribute("type", "text")
    form.get_by_role("button", name="Back").click()
    page.get_by_role("option", name=re.compile("^OpenAI")).click()
    expect(field).to_have_value("")
    field.fill(SECRET)
    replaced_base_url(form, place)
    form.get_by_role("button", name="Add key").click()
    expect(dialog(page, "Key added")).to_be_visible()
    assert SECRET not in page.content()
    assert SECRET not in page.url
    stored = page.evaluate("JSON.stringify([localStorage, sessionStorage, history.state])")
    assert SECRET not in stored


def test_a_pasted_secret_is_described_before_it_is_saved(
    page: Page, user: Account, place: Place
) -> None:
    visit(page, "/keys?add=openai")
    form = dialog(page, "Add a key for OpenAI")
    form.get_by_label("Secret").fill("$OPENAI_API_KEY")
    expect(form.get_by_text("This is the name of a variable, not its value")).to_be_visible()
    form.get_by_label("Secret").fill(f"Authorization: Bearer {SECRET}")
    expect(form.get_by_text("“Bearer” is not part of the secret")).to_be_visible()
    replaced_base_url(form, place)
    form.get_by_role("button", name="Add key").click()
    expect(dialog(page, "Key added").get_by_text("127.0.0.1 accepted the key.")).to_be_visible()
    assert place.last.get("authorization") == f"Bearer {SECRET}"


def test_a_refused_key_is_shown_with_a_link_to_replace_it(
    page: Page, user: Account, place: Place
) -> None:
    place.answer(Answer(401))
    visit(page, "/keys?add=openai")
    form = dialog(page, "Add a key for OpenAI")
    form.get_by_label("Secret").fill("sk-mistyped-0123456789")
    replaced_base_url(form, place)
    form.get_by_role("button", name="Add key").click()
    done = dialog(page, "Key added")
    expect(done.get_by_role("alert")).to_contain_text("wrong, revoked or expired")
    place.answer(Answer(200))
    done.get_by_role("link", name="Enter secret again").click()
    repair = dialog(page, re.compile("Replace secret of openai"))
    expect(repair.get_by_label("New secret")).to_be_focused()
    page.keyboard.type(SECRET)
    page.keyboard.press("Enter")
    expect(repair.get_by_text("127.0.0.1 accepted the key.")).to_be_visible()
    repair.get_by_role("button", name="Done").click()
    assert place.last.get("authorization") == f"Bearer {SECRET}"


@pytest.mark.parametrize(
    ("scheme", "fill", "place_of_secret"),
    [
        ("Custom header", {"Header name": "X-Weather-Key"}, "X-Weather-Key: …"),
        ("Query parameter", {"Parameter name": "appid"}, "?appid=…"),
        ("Basic (username and password)", {"Username": "ada"}, "Authorization: Basic ada:…"),
    ],
)
def test_another_api_is_added_with_what_its_scheme_needs(
    page: Page,
    user: Account,
    place: Place,
    scheme: str,
    fill: dict[str, str],
    place_of_secret: str,
) -> None:
    visit(page, "/keys?add=")
    page.get_by_role("combobox", name="Provider").fill("no such provider")
    page.get_by_role("option", name="Another API").click()
    form = dialog(page, "Add a key for another API")
    form.get_by_label("Base URL").fill(place.url)
    form.get_by_label("Authentication method").select_option(scheme)
    for label, text in fill.items():
        form.get_by_label(label, exact=True).fill(text)
    form.get_by_label("Secret", exact=True).fill(SECRET)
    form.get_by_text("API name, description").click()
    form.get_by_label("API name").fill("my-weather")
    form.get_by_role("button", name="Add key").click()
    done = dialog(page, "Key added")
    expect(done.get_by_text("This key has not been checked yet.")).to_be_visible()
    done.get_by_role("button", name="Done").click()
    page.get_by_role("link", name=re.compile("Key my-weather")).click()
    expect(dialog(page, re.compile("Key my-weather")).get_by_text(place_of_secret)).to_be_visible()


def test_another_api_is_chosen_by_keyboard(page: Page, user: Account) -> None:
    visit(page, "/keys?add=")
    page.get_by_role("combobox", name="Provider").fill("zzzz")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Another API…")
    page.keyboard.press("Enter")
    expect(dialog(page, "Add a key for another API").get_by_label("Base URL")).to_be_visible()


def test_a_link_to_a_missing_key_shows_a_message(page: Page, user: Account, place: Place) -> None:
    user.key(place)
    visit(page, "/keys?key=nonexistent.x")
    gone = dialog(page, "Key")
    expect(gone).to_contain_text("The key nonexistent.x does not exist.")
    gone.get_by_role("button", name="Close").click()
    expect(gone).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/keys$"))


def test_a_click_outside_does_not_discard_the_input(page: Page, user: Account) -> None:
    visit(page, "/keys?add=openai")
    form = dialog(page, "Add a key for OpenAI")
    form.get_by_label("Secret").fill(SECRET)
    page.mouse.click(3, 3)
    expect(form.get_by_label("Secret")).to_have_value(SECRET)
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    visit(page, "/keys?add=openai")
    expect(form.get_by_label("Secret")).to_be_focused()
    page.mouse.click(3, 3)
    expect(form).to_have_count(0)


def test_an_invalid_api_name_is_explained(page: Page, user: Account) -> None:
    watch_of(page).allow(r"status of 422 .* /api/keys")
    visit(page, "/keys?add=openai")
    form = dialog(page, "Add a key for OpenAI")
    form.get_by_label("Secret").fill(SECRET)
    form.get_by_text("API name, description").click()
    form.get_by_label("API name").fill("My API")
    form.get_by_role("button", name="Add key").click()
    expect(form.get_by_label("API name")).to_have_accessible_description(
        re.compile("An API name has lower-case letters")
    )


def test_an_error_is_shown_at_its_field(page: Page, user: Account) -> None:
    watch_of(page).allow(r"status of 422 .* /api/keys")
    visit(page, "/keys?add=~custom")
    form = dialog(page, "Add a key for another API")
    form.get_by_label("Base URL").fill("https://10.0.0.1/v1")
    form.get_by_label("Secret", exact=True).fill(SECRET)
    form.get_by_role("button", name="Add key").click()
    base_url = form.get_by_label("Base URL")
    expect(base_url).to_be_focused()
    expect(base_url).to_have_attribute("aria-invalid", "true")
    expect(base_url).to_have_accessible_description(re.compile("may not be called|not allowed|10"))
    expect(form.get_by_label("Secret", exact=True)).to_have_value(SECRET)


def test_a_pool_is_shown_as_a_group_and_each_key_is_checked(
    page: Page, user: Account, place: Place
) -> None:
    def behave(received: Received, _socket: object) -> Answer:
        authorization = received.get("authorization") or ""
        return Answer(401 if "old" in authorization else 200)

    place.behaviour = behave
    for secret in ("sk-main-00001111", "sk-old-000002222"):
        user.key(place, secret, api_name="openai", provider="openai", auth=None)
    visit(page, "/keys")
    expect(page.get_by_role("rowheader", name="openai")).to_contain_text("Pool of 2")
    for hint, words in (("…1111", "Valid"), ("…2222", "Revoked")):
        page.get_by_role("button", name=f"Check openai {hint}").click()
        expect(row(page, hint)).to_contain_text(words)
    expect(page.locator(".toasts")).to_contain_text("127.0.0.1 accepted the key.")


def test_another_host_asks_for_the_secret_again(page: Page, user: Account, place: Place) -> None:
    key = user.key(place, description="balcony")
    visit(page, f"/keys?key={key['key_id']}")
    page.get_by_role("button", name="Edit key").click()
    form = dialog(page, re.compile("Edit key test"))
    form.get_by_label("Description").fill("roof")
    expect(form.get_by_label("Secret", exact=True)).to_have_count(0)
    form.get_by_label("Base URL").fill("https://api.example.com")
    expect(form.get_by_text("This change sends the key to another host.")).to_be_visible()
    expect(form.get_by_label("Secret", exact=True)).to_have_value("")
    form.get_by_label("Base URL").fill(place.url)
    expect(form.get_by_label("Secret", exact=True)).to_have_count(0)
    form.get_by_role("button", name="Save changes").click()
    expect(dialog(page, re.compile("Key test")).get_by_text("roof")).to_be_visible()


def test_a_key_moves_to_another_api(page: Page, user: Account, place: Place) -> None:
    key = user.key(place, description="moving")
    visit(page, f"/keys?key={key['key_id']}")
    page.get_by_role("button", name="Edit key").click()
    form = dialog(page, re.compile("Edit key test"))
    form.get_by_label("API name").fill("elsewhere")
    expect(form.get_by_text("Tokens that are limited to test do not change")).to_be_visible()
    form.get_by_role("button", name="Save changes").click()
    expect(dialog(page, re.compile("Key elsewhere")).get_by_text("moving")).to_be_visible()
    assert user.call("GET", f"/api/keys/{key['key_id']}").json["api_name"] == "elsewhere"


def test_a_key_is_deleted_after_a_confirmation_that_names_it(
    page: Page, user: Account, place: Place
) -> None:
    key = user.key(place, "sk-doomed-00009999")
    visit(page, f"/keys?key={key['key_id']}")
    page.get_by_role("button", name="Delete").click()
    question = dialog(page, "Delete key test …9999?")
    expect(question).to_contain_text("All calls to test through the dashboard will fail.")
    question.get_by_role("button", name="Cancel").click()
    expect(row(page, "…9999")).to_be_visible()
    visit(page, f"/keys?key={key['key_id']}&do=delete")
    question.get_by_role("button", name="Delete key").click()
    expect(page.get_by_role("heading", name="No keys yet")).to_be_visible()
    expect(page.get_by_role("heading", name="Keys", exact=True)).to_be_focused()
    assert user.call("GET", "/api/keys").json["items"] == []


@pytest.mark.parametrize("opener", ["Edit key", "Replace secret"])
def test_closing_a_form_in_the_details_returns_the_focus_to_its_button(
    page: Page, user: Account, place: Place, opener: str
) -> None:
    user.key(place)
    visit(page, "/keys")
    page.get_by_role("link", name="Key test").press("Enter")
    details = dialog(page, re.compile("^Key test"))
    details.get_by_role("button", name=opener, exact=True).press("Enter")
    form = dialog(page, re.compile("^(Edit key|Replace secret of) test"))
    expect(form.get_by_role("textbox").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(details.get_by_role("button", name=opener, exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    form.get_by_role("button", name="Cancel").press("Enter")
    expect(details.get_by_role("button", name=opener, exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Key test")).to_be_focused()


def test_keys_with_short_secrets_can_be_distinguished(
    page: Page, user: Account, place: Place
) -> None:
    marks = [f"#{user.key(place, secret)['key_id'][-6:]}" for secret in ("short1", "short2")]
    visit(page, "/keys")
    for mark in marks:
        expect(page.get_by_role("link", name=f"Key test {mark}")).to_have_text(mark)
    page.get_by_role("searchbox", name="Search").fill(marks[1])
    expect(page.get_by_role("link", name="Key test")).to_have_count(1)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option").filter(has_text=marks[0])).to_have_count(1)


def test_200_keys_can_be_searched_and_paged_and_a_reload_keeps_the_page(
    page: Page, user: Account, place: Place
) -> None:
    seed_keys(user, place, 200)
    visit(page, "/keys")
    rows = page.get_by_role("row")
    expect(rows).to_have_count(51)
    page.get_by_role("button", name="Next page").click()
    expect(page.get_by_role("rowheader", name="api-050")).to_be_visible()
    page.reload()
    settle(page)
    expect(page.get_by_text("Page 2 of 4")).to_be_visible()
    page.get_by_role("searchbox", name="Search").fill("api-19")
    expect(rows).to_have_count(11)
    expect(page.get_by_text("10 of 200 keys")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?q=api-19$"))
    page.reload()
    settle(page)
    expect(rows).to_have_count(11)


def test_hostile_texts_are_shown_as_text(page: Page, user: Account, place: Place) -> None:
    key = user.key(place, description=HOSTILE)
    visit(page, "/keys")
    expect(page.get_by_text(HOSTILE)).to_be_visible()
    visit(page, f"/keys?key={key['key_id']}&do=delete")
    expect(dialog(page, re.compile("Delete")).get_by_text(HOSTILE)).to_be_visible()
    visit(page, "/keys?q=" + "%3Cimg%20src%3Dx%3E")
    expect(page.get_by_role("heading", name="No keys match")).to_be_visible()
    visit(page, "/keys?add=%3Cscript%3E")
    expect(page.get_by_text("The catalogue has no provider “<script>”.")).to_be_visible()


@every_width
@pytest.mark.parametrize("state", ["", "?add=", "?add=openai", "?add=~custom", "?key=", "?do="])
def test_axe_finds_nothing_with_keys_stored(
    page: Page, user: Account, place: Place, state: str
) -> None:
    key = user.key(place, api_name="openai", provider="openai", auth=None, description=HOSTILE)
    user.key(place, api_name="openai", description="a" * 300)
    targets = {"?key=": f"?key={key['key_id']}", "?do=": f"?key={key['key_id']}&do=edit"}
    visit(page, f"/keys{targets.get(state, state)}")
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("look", [LOOKS[2]], ids=str)
def test_on_a_phone_the_table_keeps_its_table_roles(
    page: Page, user: Account, place: Place
) -> None:
    user.key(place)
    visit(page, "/keys")
    expect(page.get_by_role("rowheader", name="test")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Last check")).to_have_count(1)
    check = page.get_by_role("button", name="Check test")
    box = check.bounding_box()
    assert box is not None and box["height"] >= 24
