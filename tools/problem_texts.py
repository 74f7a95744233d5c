"""Generate files from the table of problem codes.

`make types` writes the table in docs/api.md and the TypeScript module of the pages.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from api.problem_codes import PROBLEM_CODES, PROXIED_CODES
from tools.generated_part import replace_generated_part

_ROOT = Path(__file__).resolve().parent.parent
DOCS = _ROOT / "docs" / "api.md"
MODULE = _ROOT / "web" / "src" / "logic" / "explain" / "problem-codes.ts"

_CODE = re.compile(r"`([^`]+)`")

_MODULE_HEAD = """\
// Generated from api/problem_codes.py by `make types`. Do not edit.

export interface ProblemTexts {
  /** What the code means, without a full stop. */
  readonly title: string;
  /** What happened to a proxied request, with placeholders such as {host}. */
  readonly summary: string;
  /** What to do. */
  readonly advice: string;
}

"""


def write() -> None:
    """Write the generated files."""
    DOCS.write_text(docs_with_table(DOCS.read_text(encoding="utf-8")), encoding="utf-8")
    MODULE.write_text(typescript_module(), encoding="utf-8")


def docs_with_table(text: str) -> str:
    """Return the text of docs/api.md with a new table. Raises ValueError without its markers."""
    return replace_generated_part(text, "api/problem_codes.py", markdown_table())


def markdown_table() -> str:
    """Return the problem codes as a table in Markdown."""
    rows = ["| status | code | meaning | what to do |", "|---|---|---|---|"]
    rows += [
        f"| {problem.status} | `{problem.code}` | {problem.title} | {problem.advice} |"
        for problem in PROBLEM_CODES.values()
    ]
    return "\n".join(rows) + "\n"


def typescript_module() -> str:
    """Return the texts of the proxy's problem codes as a TypeScript module.

    The pages explain only proxied requests. They show text, not Markdown: quotation marks replace
    backticks.
    """
    lines = ["export const PROBLEM_TEXTS = {"]
    for code in PROXIED_CODES:
        problem = PROBLEM_CODES[code]
        texts = {"title": problem.title, "summary": problem.summary, "advice": problem.advice}
        lines.append(f"  {problem.code}: {{")
        lines += [
            f"    {name}: {_quoted(text)}," for name, text in texts.items() if text is not None
        ]
        lines.append("  },")
    lines += [
        "} as const satisfies Readonly<Record<string, ProblemTexts>>;",
        "",
        "export type ProblemCode = keyof typeof PROBLEM_TEXTS;",
    ]
    return _MODULE_HEAD + "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(_CODE.sub(r"“\1”", text), ensure_ascii=False)
