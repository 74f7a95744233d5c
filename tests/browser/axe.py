"""Run axe-core in an unchanged page."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from playwright.sync_api import Page

from infra.node import find_node
from tools.web import WEB


def axe(page: Page, *, within: str | None = None, without: tuple[str, ...] = ()) -> None:
    """Assert that axe finds nothing in the page, or in the element of the CSS selector `within`.

    `without` names rules that are left out, each with a reason where the test does so. All other
    rules of axe's default set apply, best practices included.
    """
    assert page.evaluate("document.readyState") == "complete"
    # Through the debugger, because the page's content security policy blocks other scripts.
    page.evaluate(f"{_source()}; undefined")
    found: list[dict[str, Any]] = page.evaluate(
        """async ([within, without]) => {
            const rules = Object.fromEntries(without.map((id) => [id, { enabled: false }]));
            const options = { rules, resultTypes: ["violations"] };
            return (await axe.run(within ?? document, options)).violations;
        }""",
        [within, list(without)],
    )
    assert not found, explained(page.url, found)


def explained(url: str, violations: list[dict[str, Any]]) -> str:
    """Return each violation with its elements as text."""
    lines = [f"axe found {len(violations)} kinds of faults at {url}"]
    for violation in violations:
        lines.append(f"\n{violation['id']} ({violation['impact']}): {violation['help']}")
        for node in violation["nodes"]:
            target = " ".join(map(str, node["target"]))
            lines.append(f"  {target}\n    {node['html'][:200]}")
            summary = node["failureSummary"].splitlines()
            lines += [f"    {line.strip()}" for line in summary if line.strip()]
    return "\n".join(lines)


@lru_cache(maxsize=1)
def _source() -> str:
    find_node().install(WEB, everything=True)
    return (WEB / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
