"""The table of SDKs in docs/sdks.md."""

from __future__ import annotations

import pytest

from tools import sdk_table


def test_the_table_of_sdks_is_current() -> None:
    text = sdk_table.DOCS.read_text(encoding="utf-8")
    assert text == sdk_table.docs_with_table(text), "run `make types`"


def test_the_table_says_which_sdks_drop_the_path() -> None:
    rows = sdk_table.markdown_table().splitlines()
    assert "| Stripe | `stripe` | Python | `base_addresses` | kept | tested |" in rows
    assert "| Stripe | `stripe` | JavaScript | `host` | dropped | tested |" in rows


def test_a_document_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="markers"):
        sdk_table.docs_with_table("# SDKs and tools\n")
