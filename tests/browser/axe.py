"""Run axe-core in an unchanged page."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

from playwright.sync_api import Page

from infra.node import find_node
from tools.web import WEB

Theme = Literal["light", "dark"]
# The rules about colours in axe's default set.
COLOUR_RULES = ("color-contrast", "link-in-text-block")
# Without transitions, also those of the rows that are out of sight, which start when axe looks.
_STILL = """() => {
    const still = new CSSStyleSheet();
    still.replaceSync("*, ::before, ::after { transition: none !important }");
    document.adoptedStyleSheets = [still];
}"""
_AS_BEFORE = "() => { document.adoptedStyleSheets = [] }"


def axe(page: Page, *, within: str | None = None, without: tuple[str, ...] = ()) -> None:
    """Assert that axe finds nothing in the page, or in the element of the CSS selector `within`.

    All rules apply in the page's theme. Then the rules about colours apply in the other theme, in
    which nothing but colours differs. `without` names rules that are left out, each with a reason
    where the test does so. All other rules of axe's default set apply, best practices included.
    """
    assert page.evaluate("document.readyState") == "complete"
    # Through the debugger, because the page's content security policy blocks other scripts.
    page.evaluate(f"{_source()}; undefined")
    own: Theme = page.evaluate(
        "matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'"
    )
    other: Theme = "light" if own == "dark" else "dark"
    found = _violations(page, within, without)
    page.evaluate(_STILL)
    page.emulate_media(color_scheme=other)
    colours = _violations(page, within, without, only=COLOUR_RULES)
    page.emulate_media(color_scheme=own)
    page.evaluate(_AS_BEFORE)
    assert not found, explained(page.url, found)
    assert not colours, explained(f"{page.url} in the {other} theme", colours)


def _violations(
    page: Page, within: str | None, without: tuple[str, ...], only: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    """Return what the rules of `only` find, or all rules of the default set."""
    violations: list[dict[str, Any]] = page.evaluate(
        """async ([within, without, only]) => {
            const rules = Object.fromEntries(without.map((id) => [id, { enabled: false }]));
            const options = { rules, resultTypes: ["violations"] };
            if (only.length > 0) {
                options.runOnly = { type: "rule", values: only };
            }
            return (await axe.run(within ?? document, options)).violations;
        }""",
        [within, list(without), list(only)],
    )
    return violations


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
