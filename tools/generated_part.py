"""Replace the generated part of a Markdown document."""

from __future__ import annotations


def replace_generated_part(text: str, source: str, content: str) -> str:
    """Return a document with new content between the markers for `source`, such as a module.

    Raises ValueError if a marker is missing.
    """
    marker = f"<!-- Generated from {source} by `make types`: "
    begin, end = f"{marker}begin -->\n", f"{marker}end -->\n"
    before, found_begin, rest = text.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end:
        raise ValueError(f"The document lacks the markers of the part generated from {source}.")
    return f"{before}{begin}\n{content}\n{end}{after}"
