"""Generate the table of the catalogue's SDKs in docs/sdks.md, as `make types` does."""

from __future__ import annotations

from pathlib import Path

from api.services.keys.catalogue import Catalogue
from api.services.keys.provider import ProviderSdk
from tools.generated_part import replace_generated_part

DOCS = Path(__file__).resolve().parent.parent / "docs" / "sdks.md"

_LANGUAGES = {"python": "Python", "javascript": "JavaScript"}
_EVIDENCE = {"run": "tested", "source": "source", "documentation": "documentation"}


def write() -> None:
    """Write the table."""
    DOCS.write_text(docs_with_table(DOCS.read_text(encoding="utf-8")), encoding="utf-8")


def docs_with_table(text: str) -> str:
    """Return the text of docs/sdks.md with a new table. Raises ValueError without its markers."""
    return replace_generated_part(text, "api/providers.json", markdown_table())


def markdown_table() -> str:
    """Return the SDKs of all providers as a table in Markdown."""
    rows = [
        "| provider | SDK | language | base URL in | path | evidence |",
        "|---|---|---|---|---|---|",
    ]
    rows += [
        f"| {provider.name} | {_named(sdk)} | {_LANGUAGES[sdk.language]} | "
        f"{f'`{sdk.argument}`' if sdk.argument else ''} | "
        f"{'dropped' if '{root_host}' in sdk.setup else 'kept'} | {_EVIDENCE[sdk.evidence]} |"
        for provider in Catalogue.load().all()
        for sdk in provider.sdks
    ]
    return "\n".join(rows) + "\n"


def _named(sdk: ProviderSdk) -> str:
    framework = f" ({sdk.framework})" if sdk.framework else ""
    return f"`{sdk.package}`{framework}"
