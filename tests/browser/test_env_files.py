"""The .env files' page: import keys after a preview, export a safe file, never show a value."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import axe
from tests.browser.chromium import every_width
from tests.browser.visit import clipboard, visit
from tests.browser.watch import watch_of
from tests.support.accounts import Account
from tests.support.upstream import Place

GITHUB = "ghp_" + "b7K" * 12
STRIPE = "sk_live_" + "c9D" * 8
FILE = f"""# keys of the shop
GITHUB_TOKEN={GITHUB}

STRIPE_API_KEY="{STRIPE}"
GITHUB_TOKEN_OLD={GITHUB}
DATABASE_URL=postgres://localhost/shop
<img src=x onerror=alert(1)>
"""


def line(page: Page, number: int) -> Locator:
    """Return the row of a line of the file."""
    return page.get_by_role("row").filter(
        has=page.get_by_role("cell", name=str(number), exact=True)
    )


def paste(page: Page, field: Locator, text: str) -> None:
    """Paste a text into a field."""
    page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
    field.focus()
    page.keyboard.press("ControlOrMeta+v")


def test_keys_move_from_a_file_into_the_vault_after_a_preview(page: Page, user: Account) -> None:
    visit(page, "/env-files")
    page.get_by_label("Your .env file").fill(FILE)
    page.get_by_role("button", name="Preview import").click()
    heading = page.get_by_role("heading", name="2 keys to import")
    expect(heading).to_be_focused()
    for number, words in (
        (2, ("GITHUB_TOKEN", "Import", "github", GITHUB[-4:], "https://api.github.com")),
        (4, ("STRIPE_API_KEY", "Import", "stripe")),
        (5, ("GITHUB_TOKEN_OLD", "Duplicate", "line 2")),
        (6, ("DATABASE_URL", "Kept", "not recognised")),
        (7, ("Rejected",)),
    ):
        for word in words:
            expect(line(page, number)).to_contain_text(word)
    expect(page.get_by_text("Line 7 is rejected and will not be imported.")).to_be_visible()
    for count in ("Import 2", "1 duplicate", "1 rejected"):
        expect(page.get_by_text(count, exact=True)).to_be_visible()
    # S30: only hints are shown, before and after the keys are stored.
    assert GITHUB not in page.content() and STRIPE not in page.content()
    assert user.call("GET", "/api/keys").json["items"] == []

    page.get_by_role("button", name="Import 2 keys").click()
    expect(page.get_by_role("heading", name="2 keys imported")).to_be_focused()
    assert GITHUB not in page.content() and STRIPE not in page.content()
    stored = user.call("GET", "/api/keys").json["items"]
    assert {key["api_name"] for key in stored} == {"github", "stripe"}
    page.get_by_role("button", name="Import another file").click()
    expect(page.get_by_label("Your .env file")).to_have_value("")


def test_a_chosen_file_is_not_shown(page: Page, user: Account, tmp_path: Path) -> None:
    path = tmp_path / "shop.env"
    path.write_text(FILE)
    visit(page, "/env-files")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file…").click()
    chooser.value.set_files(path)
    expect(page.get_by_text("Selected: shop.env. Its content is not shown.")).to_be_visible()
    assert GITHUB not in page.content()
    page.get_by_role("button", name="Preview import").click()
    expect(page.get_by_role("heading", name="2 keys to import")).to_be_visible()
    expect(page.get_by_text("From shop.env, which is no longer shown.")).to_be_visible()
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_label("Your .env file")).to_have_value("")


def test_a_dropped_file_is_accepted(page: Page, user: Account) -> None:
    visit(page, "/env-files")
    transfer = page.evaluate_handle(
        """(text) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([text], "dropped.env"));
            return transfer;
        }""",
        FILE,
    )
    page.get_by_label("Your .env file").dispatch_event("drop", {"dataTransfer": transfer})
    expect(page.get_by_text("Selected: dropped.env.")).to_be_visible()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"# a\r\nKEY=sk-hidden\xff\xfe\x00", "Line 2 of other is not valid UTF-8"),
        ("\ufeffA=b\n".encode("utf-16-le"), "encoded as UTF-16"),
        (b"OPENAI_API_KEY=sk-hidden\n" * 420_000, r"other is too large \(10.5 MB\)"),
    ],
    ids=["binary", "utf-16", "large"],
)
def test_text_that_is_not_an_env_file_is_refused_with_an_explanation(
    page: Page, user: Account, tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    visit(page, "/env-files")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file…").click()
    chooser.value.set_files(path)
    expect(page.get_by_label("Your .env file")).to_have_accessible_description(re.compile(words))
    assert "sk-hidden" not in page.content()


def test_a_long_pasted_text_is_accepted_completely_or_not_at_all(page: Page, user: Account) -> None:
    visit(page, "/env-files")
    field = page.get_by_label("Your .env file")
    paste(page, field, "OPENAI_API_KEY=sk-hidden\n" * 420_000)
    expect(field).to_have_accessible_description(re.compile("The text is too large .10.5 MB"))
    expect(field).to_have_value("")
    assert "sk-hidden" not in page.content()
    paste(
        page, field, "A=b\n" * 4_000 + "OPENAI_API_KEY=sk-hidden-q7Zx2LmT9vKd4RwN\n" + "#" * 60_000
    )
    expect(page.get_by_text("Selected: the pasted text. Its content is not shown.")).to_be_visible()
    page.get_by_role("button", name="Preview import").click()
    expect(page.get_by_role("heading", name="1 key to import")).to_be_visible()
    page.get_by_role("button", name="Show all 4,001 lines").click()
    expect(line(page, 4_001)).to_contain_text("openai")
    assert "sk-hidden" not in page.content()


def test_an_invalid_file_is_reported_line_by_line_and_nothing_is_stored(
    page: Page, user: Account, tmp_path: Path
) -> None:
    openai = "sk-proj-" + "Ab3dEf6hIj9kLm2n" * 2
    anthropic = "sk-ant-api03-" + "Ab3dEf6hIj9kLm2n" * 6
    lines = [
        "\ufeff# the shop",
        f"export OPENAI_API_KEY='{openai}'  # main",
        'NOTE="two',
        'lines"',
        f"GITHUB_TOKEN={GITHUB}\0",
        "ANTHROPIC_BASE_URL=https://collector.example.net",
        f"ANTHROPIC_API_KEY={anthropic}",
        f'STRIPE_API_KEY="{STRIPE}',
        "PORT=8080",
    ]
    path = tmp_path / "broken.env"
    path.write_bytes("\r\n".join(lines).encode())
    visit(page, "/env-files")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file…").click()
    chooser.value.set_files(path)
    page.get_by_role("button", name="Preview import").click()
    expect(page.get_by_role("heading", name="1 key to import")).to_be_visible()
    expect(page.get_by_text("Lines 5, 7, and 8 are rejected")).to_be_visible()
    for number, words in (
        (2, ("OPENAI_API_KEY", "Import", "openai", "by its name and shape")),
        (3, ("NOTE", "Kept")),
        (5, ("Rejected", "NUL byte")),
        (7, ("Rejected", "anthropic", "not the provider's", "line 6")),
        (8, ("Rejected", "is not closed")),
        (9, ("PORT", "Kept")),
    ):
        for word in words:
            expect(line(page, number)).to_contain_text(word)
    for value in (openai, GITHUB, STRIPE, anthropic):
        assert value not in page.content()
    page.get_by_role("button", name="Start over").click()
    assert user.call("GET", "/api/keys").json["items"] == []


def test_more_keys_than_are_stored_at_once_are_refused_and_none_is_stored(
    page: Page, user: Account
) -> None:
    watch_of(page).allow(r"status of 422 .* /api/env/import")
    visit(page, "/env-files")
    page.get_by_label("Your .env file").fill(
        "".join(f"OPENAI_API_KEY_{number}=sk-q7Zx2LmT9vKd4RwN{number:04}\n" for number in range(41))
    )
    page.get_by_role("button", name="Preview import").click()
    page.get_by_role("button", name="Import 41 keys").click()
    expect(page.get_by_role("alert")).to_contain_text("At most 40 keys can be imported at once")
    assert user.call("GET", "/api/keys").json["items"] == []


def test_a_file_without_keys_shows_a_message(page: Page, user: Account) -> None:
    visit(page, "/env-files")
    page.get_by_role("button", name="Preview import").click()
    expect(page.get_by_text("Paste a .env file or choose one.")).to_be_visible()
    page.get_by_label("Your .env file").fill("DEBUG=true\n# nothing else\n")
    page.get_by_role("button", name="Preview import").click()
    expect(page.get_by_role("heading", name="No keys to import")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Import"))).to_have_count(0)
    expect(page.get_by_text("A comment.")).to_have_count(0)
    page.get_by_role("button", name="Show 1 comment or blank line").click()
    expect(page.get_by_text("A comment.")).to_be_visible()


def test_a_safe_file_has_a_token_instead_of_the_keys(
    page: Page, user: Account, place: Place
) -> None:
    user.key(place, GITHUB, api_name="github", provider="github", auth=None)
    user.key(place, api_name="my-weather")
    token = user.token(["github"])
    visit(page, "/env-files?way=export")
    page.get_by_role("radio", name="Use an existing token").check()
    page.get_by_label("Your token").fill(token)
    page.get_by_role("radio", name="Only these APIs").check()
    page.get_by_role("checkbox", name="github").check()
    page.get_by_label("Original file (optional)").fill(FILE)
    page.get_by_role("button", name="Create file").click()
    expect(page.get_by_role("heading", name="Your safe .env file")).to_be_focused()
    expect(page.get_by_text("The keys of the exported APIs are replaced.")).to_be_visible()
    # The key of Stripe is not in the vault: it stays, and its line is named.
    left = page.get_by_text("1 line still looks like a secret.").locator("..")
    expect(left.get_by_role("listitem")).to_have_text("Line 6: STRIPE_API_KEY")
    expect(page.get_by_text("The file contains no keys")).to_have_count(0)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    safe = clipboard(page)
    assert f"GITHUB_TOKEN={token}" in safe and f"{user.client.url}/proxy/github" in safe
    assert GITHUB not in safe and STRIPE in safe and "MY_WEATHER" not in safe
    assert "# keys of the shop" in safe and "DATABASE_URL=" in safe
    with page.expect_download() as download:
        page.get_by_role("button", name="Download file").click()
    assert Path(download.value.path()).read_text() == safe
    page.get_by_role("button", name="Export another file").click()
    page.get_by_role("radio", name="Use an existing token").check()
    expect(page.get_by_label("Your token")).to_have_value("")


def test_apis_that_a_token_may_not_call_are_named(page: Page, user: Account, place: Place) -> None:
    user.key(place, GITHUB, api_name="github", provider="github", auth=None)
    user.key(place, api_name="my-weather")
    visit(page, "/env-files?way=export")
    page.get_by_role("radio", name="Use an existing token").check()
    page.get_by_label("Your token").fill(user.token(["github"]))
    page.get_by_role("button", name="Create file").click()
    expect(page.get_by_text("The token may not call my-weather:")).to_be_visible()


def test_a_safe_file_gets_a_new_token_that_is_limited_to_its_apis(
    page: Page, user: Account, place: Place
) -> None:
    user.key(place, GITHUB, api_name="github", provider="github", auth=None)
    user.key(place, api_name="my-weather")
    visit(page, "/env-files?way=export")
    page.get_by_role("radio", name="Only these APIs").check()
    page.get_by_role("checkbox", name="github").check()
    page.get_by_role("button", name="Create file").click()
    name = page.get_by_label("Name of the token")
    expect(name).to_be_focused()
    name.fill("<b>shop</b>")
    page.get_by_role("button", name="Create file").click()
    expect(
        page.get_by_text("It contains the token <b>shop</b>, which is not shown again.")
    ).to_be_visible()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    token = dict(pair.split("=", 1) for pair in clipboard(page).split() if "=" in pair)[
        "GITHUB_TOKEN"
    ]
    (made,) = user.call("GET", "/api/tokens").json["items"]
    assert (made["name"], made["apis"]) == ("<b>shop</b>", ["github"])
    assert made["expires_in"] == 90 * 86_400
    assert user.proxied(token, "/proxy/github/user").status == 200
    assert user.proxied(token, "/proxy/my-weather/").status == 403


def test_no_token_is_created_for_a_file_that_cannot_be_written(
    page: Page, user: Account, place: Place
) -> None:
    watch_of(page).allow(r"status of 422 .* /api/env/export")
    user.key(place)
    visit(page, "/env-files?way=export")
    page.get_by_label("Name of the token").fill("shop")
    paste(page, page.get_by_label("Original file (optional)"), "A=b\n" * 15_001)
    page.get_by_role("button", name="Create file").click()
    expect(page.get_by_role("alert")).to_contain_text("at most 5,000 lines")
    assert user.call("GET", "/api/tokens").json["items"] == []


def test_text_that_is_not_a_token_is_refused_at_its_field(
    page: Page, user: Account, place: Place
) -> None:
    watch_of(page).allow(r"status of 422 .* /api/env/export")
    user.key(place)
    visit(page, "/env-files?way=export")
    page.get_by_role("radio", name="Use an existing token").check()
    field = page.get_by_label("Your token")
    field.fill("sk-a-real-key")
    page.get_by_role("button", name="Create file").click()
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(re.compile("begins with apd_"))


@every_width
def test_axe_finds_nothing_in_any_step(page: Page, user: Account, place: Place) -> None:
    visit(page, "/env-files")
    looks_right(page)
    page.get_by_label("Your .env file").fill(FILE)
    page.get_by_role("button", name="Preview import").click()
    expect(page.get_by_role("heading", name="2 keys to import")).to_be_visible()
    looks_right(page)
    page.get_by_role("button", name="Import 2 keys").click()
    expect(page.get_by_role("heading", name="2 keys imported")).to_be_visible()
    looks_right(page)
    visit(page, "/env-files?way=export")
    page.get_by_role("radio", name="Only these APIs").check()
    looks_right(page)
    page.get_by_role("radio", name="All APIs with a key").check()
    page.get_by_role("radio", name="Use an existing token").check()
    looks_right(page)
    page.get_by_role("radio", name="Create a token").check()
    page.get_by_label("Name of the token").fill("axe")
    page.get_by_role("button", name="Create file").click()
    expect(page.get_by_role("heading", name="Your safe .env file")).to_be_visible()
    looks_right(page)


def looks_right(page: Page) -> None:
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
