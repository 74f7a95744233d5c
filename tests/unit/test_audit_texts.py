"""The pages have words for every action of the audit log, and a filter for its kind."""

from __future__ import annotations

import re

from api.audit_actions import AUDIT_ACTIONS
from tools.web import WEB

_LOGIC = WEB / "src" / "logic" / "audit"


def _source(name: str) -> str:
    return (_LOGIC / name).read_text(encoding="utf-8")


def test_every_action_has_a_text_and_no_text_is_left_over() -> None:
    words = set(re.findall(r'^  "([a-z_]+\.[a-z_]+)":', _source("audit-text.ts"), re.MULTILINE))
    assert words == set(AUDIT_ACTIONS)


def test_every_kind_of_action_can_be_chosen_as_a_filter() -> None:
    chosen = set(re.findall(r'\["([a-z_]+\.)"', _source("audit-filter.ts")))
    assert chosen == {name.partition(".")[0] + "." for name in AUDIT_ACTIONS}
