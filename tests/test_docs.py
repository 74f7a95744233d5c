"""The documents keep up with the code."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_setting_that_is_read_is_in_the_readme() -> None:
    modules = ("settings.py", "mail_settings.py")
    settings = "".join((ROOT / "api" / name).read_text() for name in modules)
    read = set(
        re.findall(r'"((?:API_DASHBOARD|AWS|DYNAMODB|JWT|FERNET|INVITE|CDN)_[A-Z_]+)"', settings)
    )
    # Set by AWS, not by a user.
    read -= {"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_DEFAULT_REGION"}
    table = (ROOT / "README.md").read_text().partition("## Settings")[2]
    documented = set(re.findall(r"`([A-Z][A-Z_]+)`", table.partition("\n### ")[0]))
    assert read == documented


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_to_files_have_a_target(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", document.read_text()):
        if not target.startswith("http"):
            assert (document.parent / target).exists(), target


@pytest.mark.parametrize("number", range(1, 35))
def test_each_security_requirement_has_a_test_that_carries_its_number(number: int) -> None:
    if number == 31:
        assert "can decrypt" in (ROOT / "docs" / "security.md").read_text()
        return
    pattern = re.compile(rf"test_s{number}_|\bS{number}\b")
    tests = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    assert any(pattern.search(path.read_text()) for path in tests)


def test_the_readme_counts_the_providers_right() -> None:
    providers = json.loads((ROOT / "api" / "providers.json").read_text())
    assert f"{len(providers)} providers" in (ROOT / "README.md").read_text()
