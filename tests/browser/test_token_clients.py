"""The programs that use a token: on the tokens' page and in the request log."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.visit import dialog, visit
from tests.support.accounts import Account
from tests.support.upstream import Place


def test_a_token_shows_when_each_program_used_it_last(
    page: Page, user: Account, place: Place
) -> None:
    user.key(place)
    token = user.token_details(["test"], name="shared")
    for agent in ("claude-cli/2.1.2 (external, cli)", "<b>evil</b>", "OpenAI/Python 3.54.0"):
        answer = user.proxied(token["token"], headers=[("User-Agent", agent)])
        assert answer.status == 200
    visit(page, "/tokens")
    # The calls may have been in the same second.
    expect(page.get_by_role("row").filter(has_text="shared")).to_contain_text(
        re.compile("Claude Code|Unknown client|OpenAI Python SDK")
    )
    page.get_by_role("link", name="shared", exact=True).click()
    details = dialog(page, "Token shared")
    uses = details.get_by_role("listitem")
    for name in ("OpenAI Python SDK", "Unknown client", "Claude Code"):
        expect(uses.filter(has_text=name)).to_contain_text(re.compile("just now|ago"))
    details.get_by_role("link", name="View requests").click()
    page.get_by_role("table", name="Requests, newest first").get_by_role("link").last.click()
    entry = page.get_by_role("dialog")
    expect(entry.get_by_role("definition").filter(has_text="Claude Code")).to_be_visible()


def test_a_token_that_was_never_used_lists_no_programs(page: Page, user: Account) -> None:
    token = user.token_details(name="fresh")
    visit(page, f"/tokens?token={token['token_id']}")
    details = dialog(page, "Token fresh")
    expect(details).to_contain_text("Never")
    expect(details.get_by_text("Used by")).to_have_count(0)
