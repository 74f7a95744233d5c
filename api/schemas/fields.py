"""Field types that request and response models share.

The description and example of a field are in its `Meta`. The OpenAPI document is generated from
them. Times are in epoch seconds and durations in seconds.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta, Raw

# `$` alone would accept a line feed at the end.
API_NAME = r"^[a-z0-9][a-z0-9_-]{0,47}$(?!\n)"

DEFAULT_PAGE_LIMIT = 50

# The message for text that does not match, by pattern.
PATTERN_MESSAGES: dict[str, str] = {}


def pattern(regex: str, message: str) -> Meta:
    """Return the constraint that text matches `regex`, and register `message` for other text."""
    PATTERN_MESSAGES[regex] = message
    return Meta(pattern=regex)


# Accounts

Username = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=256,
        description="The account's name: letters, digits, `.`, `_` and `-`. Case does not matter.",
        examples=["ada"],
    ),
]

Email = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=254,
        description="An email address.",
        examples=["ada@example.com"],
        extra_json_schema={"format": "email"},
    ),
]

Password = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=1024,
        description="The current password.",
        examples=["correct horse battery staple"],
        extra_json_schema={"format": "password"},
    ),
]

NewPassword = Annotated[
    str,
    Meta(
        min_length=8,
        max_length=1024,
        description="At least 8 characters. Common passwords, your own name, the product's name, "
        "repetitions and sequences are refused.",
        examples=["correct horse battery staple"],
        extra_json_schema={"format": "password"},
    ),
]

RefreshToken = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=4096,
        description="A refresh token. Leave it out to use the cookie.",
    ),
]

SignUp = Literal["open", "invite", "closed"]

# APIs and keys

ApiName = Annotated[
    str,
    pattern(
        API_NAME,
        "An API name has lower-case letters, digits, - and _, begins with a letter or a digit, and "
        "has at most 48 characters.",
    ),
    Meta(
        description="The API's name, as in `/proxy/{api_name}`.",
        examples=["openai"],
    ),
]

Description = Annotated[str, Meta(max_length=500, description="A note for people.")]

SecretText = Annotated[
    str, Meta(min_length=1, max_length=8192, description="The real credential. Write-only.")
]

BaseUrlText = Annotated[
    str, Meta(min_length=8, max_length=2048, description="The URL that request paths are added to.")
]

# From five minutes to thirty days.
CheckEvery = Annotated[
    int,
    Meta(
        ge=300,
        le=2_592_000,
        description="Seconds between two scheduled checks. Null disables scheduled checks.",
        examples=[86_400],
    ),
]

# Tokens and limits

RequestLimit = Annotated[
    int, Meta(ge=1, le=1_000_000_000, description="The number of requests allowed in a window.")
]

WindowSeconds = Annotated[
    int, Meta(ge=1, le=31_536_000, description="The length of the window in seconds.")
]

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

TokenName = Annotated[str, Meta(min_length=1, max_length=100, description="A name for people.")]

ApiChoice = Annotated[
    list[
        Annotated[
            str,
            pattern(
                r"^(\*|[a-z0-9][a-z0-9_-]{0,47})$(?!\n)",
                "An API is given by its name: at most 48 lower-case letters, digits, - and _, "
                "beginning with a letter or a digit. Use only * for every API.",
            ),
        ]
    ],
    Meta(
        max_length=100,
        description='The APIs that the token may call, by name. `["*"]` allows every API.',
    ),
]

PathPrefix = Annotated[
    str,
    pattern(
        r"^/[!-~]{0,255}$(?!\n)",
        "A path begins with /, and has at most 256 ASCII characters without spaces. "
        "Percent-encode other characters.",
    ),
    Meta(examples=["/v1/chat"]),
]

MethodChoice = Annotated[
    list[Method],
    Meta(max_length=7, description="The HTTP methods that the token may use. Empty allows all."),
]

PathPrefixChoice = Annotated[
    list[PathPrefix],
    Meta(
        max_length=20,
        description="The path prefixes below `/proxy/{api_name}` that the token may call. A prefix "
        "ends at a path segment. Empty allows all.",
    ),
]

AllowedIps = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=49)]],
    Meta(
        max_length=20,
        description="The IPv4 and IPv6 addresses and networks (CIDR, such as `203.0.113.0/24`) "
        "from which the token may be used. Empty allows all.",
    ),
]

ExpiresIn = Annotated[
    int,
    Meta(ge=1, le=315_360_000, description="Seconds until the token expires. Null means never."),
]

Share = Annotated[
    float, Meta(ge=0.000001, le=1, description="More than 0, at most 1.", examples=[0.2])
]

# Money

AmountUsd = Annotated[
    float | str,
    Meta(
        description="An amount in US dollars with at most nine decimals, as a number or as a "
        "string of decimal digits.",
        examples=[5, "0.25"],
    ),
]
"""An amount that a user sets. `api.spend.money.from_usd` reads it."""

Usd = Annotated[Raw, Meta(extra_json_schema={"type": "number"})]
"""An amount in US dollars in a response, with at most nine decimals. `api.spend.money.as_usd`
writes its digits.
"""

TimeZoneName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        description="An IANA time zone, such as `Europe/Berlin`.",
        examples=["Europe/Berlin"],
    ),
]

# Pages of a list

PageLimit = Annotated[
    int, Meta(ge=1, le=1000, description="The largest number of items on the page.")
]

PageCursor = Annotated[
    str,
    Meta(
        max_length=2048,
        description="The `next_cursor` of the previous page. Leave it out for the first page.",
    ),
]

# Responses

ApiSlug = Annotated[str, Meta(description="The API's name, as in `/proxy/{api_name}`.")]

KeyId = Annotated[str, Meta(description="The key's identifier. It never changes.")]

TokenIdText = Annotated[str, Meta(description="The token's identifier.")]

ClientFamily = Annotated[
    str,
    Meta(
        description="The family of the program, from its User-Agent: `claude-cli`, "
        "`openai-python`, `curl`, `chrome` and others. `other` if it cannot be told, `none` "
        "without User-Agent."
    ),
]

CreatedAt = Annotated[int, Meta(description="When it was created, in epoch seconds.")]


class RequestModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base class of request bodies. Unknown fields are refused (S24).

    `EXAMPLE` is a valid body that the documentation shows.
    """

    EXAMPLE: ClassVar[dict[str, Any]]


class ResponseModel(msgspec.Struct, frozen=True, kw_only=True):
    """The base class of response bodies."""


def listing(item: type, **optional: Any) -> Any:
    """Return the type of a page of `item`s: the items and the cursor of the next page.

    `optional` are the types of further members, which a page may leave out.
    """
    items = Annotated[list[item], Meta(description="The items of this page.")]  # type: ignore[valid-type]
    cursor = Annotated[
        str | None, Meta(description="The `cursor` of the next page. Null on the last page.")
    ]
    return msgspec.defstruct(
        f"{item.__name__}List",
        [
            ("items", items),
            ("next_cursor", cursor),
            *((name, kind, UNSET) for name, kind in optional.items()),
        ],
        bases=(ResponseModel,),
        frozen=True,
        kw_only=True,
    )
