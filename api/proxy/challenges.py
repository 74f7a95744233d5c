"""Removes challenges for which a browser asks for a password (S11).

The prompt would name the dashboard's origin, and the password would go to the upstream.
"""

from __future__ import annotations

import re

_PROMPTING = frozenset({"basic", "digest", "negotiate", "ntlm"})
_WORD = re.compile("|".join(sorted(_PROMPTING)), re.IGNORECASE)
# A list member (RFC 9110 5.6.1), and one that is a parameter of the challenge before it (11.2).
_MEMBER = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*")+')
_PARAMETER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\s*=(?!=*\Z)")


def without_prompts(value: str) -> str:
    """Return a WWW-Authenticate value without challenges that make browsers ask for a password.

    Other challenges, such as Bearer, stay. Returns "" if none is left.
    """
    if not _WORD.search(value):
        return value
    members = [member.strip() for member in _MEMBER.findall(value)]
    if sum(member.count('"') for member in members) != value.count('"'):
        return ""  # A quote is missing, so browsers may divide the value in another way.
    kept = []
    prompts = removed = False
    for member in filter(None, members):
        if not _PARAMETER.match(member):
            prompts = member.split(None, 1)[0].lower() in _PROMPTING
        removed = removed or prompts
        if not prompts:
            kept.append(member)
    return ", ".join(kept) if removed else value
