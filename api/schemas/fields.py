"""Field types that requests and responses share. Times are epoch seconds, durations seconds.

The OpenAPI document is made from these types; unknown fields of a request are refused (S24).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

# `$` alone would let a line feed through at the end.
API_NAME = r"^[a-z0-9][a-z0-9_-]{0,47}$(?!\n)"

# What each pattern below asks for, in words.
PATTERN_MESSAGES: dict[str, str] = {}


def pattern(pattern: str, words: str, examples: list[str] | None = None) -> Meta:
    """The metadata of text that has a pattern; whoever sends other text is told the words."""
    PATTERN_MESSAGES[pattern] = words
    return Meta(pattern=pattern, description=words, examples=examples)


Username = Annotated[str, Meta(min_length=1, max_length=256, examples=["ada"])]

Email = Annotated[str, Meta(min_length=3, max_length=254, examples=["ada@example.com"])]

Password = Annotated[
    str, Meta(min_length=1, max_length=1024, examples=["correct horse battery staple"])
]

NewPassword = Annotated[
    str, Meta(min_length=8, max_length=1024, examples=["correct horse battery staple"])
]

ApiName = Annotated[
    str,
    pattern(
        API_NAME,
        "An API name has lower-case letters, digits, - and _, begins with a letter or a digit, and "
        "has at most 48 characters.",
        ["openai"],
    ),
]

Description = Annotated[str, Meta(max_length=500)]

SecretText = Annotated[str, Meta(min_length=1, max_length=8192)]

BaseUrlText = Annotated[str, Meta(min_length=8, max_length=2048)]

RefreshToken = Annotated[str, Meta(min_length=1, max_length=4096)]

Limit = Annotated[int, Meta(ge=1, le=1_000_000_000)]

Window = Annotated[int, Meta(ge=1, le=31_536_000)]

SignUp = Literal["open", "invite", "closed"]

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

# From five minutes to thirty days.
CheckEvery = Annotated[int, Meta(ge=300, le=2_592_000, examples=[86_400])]

TokenName = Annotated[str, Meta(min_length=1, max_length=100)]

ApiChoice = Annotated[
    list[
        Annotated[
            str,
            pattern(
                r"^(\*|[a-z0-9][a-z0-9_-]{0,47})$(?!\n)",
                "An API is given by its name: lower-case letters, digits, - and _, first a letter "
                "or a digit, and at most 48 characters. * alone is every API.",
            ),
        ]
    ],
    Meta(max_length=100),
]

ExpiresIn = Annotated[int, Meta(ge=1, le=315_360_000)]

Share = Annotated[float, Meta(ge=0.000001, le=1, examples=[0.2])]

PathPrefix = Annotated[
    str,
    pattern(
        r"^/[!-~]{0,255}$(?!\n)",
        "A path begins with /, has ASCII characters without spaces (others percent-encoded), and "
        "at most 256 of them.",
        ["/v1/chat"],
    ),
]


class RequestModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The root of request bodies."""


class ResponseModel(msgspec.Struct, frozen=True, kw_only=True):
    """The root of answers."""


def listing(item: type) -> Any:
    """The type of a page of `item`s: items, and the cursor of the next page (null at the end)."""
    return msgspec.defstruct(
        f"{item.__name__}List",
        [("items", list[item]), ("next_cursor", str | None)],  # type: ignore[valid-type]
        bases=(ResponseModel,),
        frozen=True,
        kw_only=True,
    )
