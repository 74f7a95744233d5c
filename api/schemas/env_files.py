"""Request and response models of `.env` import and export."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from api.schemas.fields import ApiName, RequestModel, ResponseModel
from api.schemas.keys import KeyView

_Lines = Annotated[
    list["EnvLine"], Meta(description="Every line of the file that sets a variable.")
]


class EnvText(RequestModel, frozen=True, kw_only=True):
    """The text of a `.env` file."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"content": "OPENAI_API_KEY=sk-proj-0123456789abcdef\n"}

    content: Annotated[str, Meta(max_length=1_048_576, description="The text of the file.")]


class EnvLine(ResponseModel, frozen=True, kw_only=True):
    """What an import does with one line. Values are never returned, only the hint of a key."""

    line: Annotated[int, Meta(description="The line's number, counted from 1.")]
    name: Annotated[
        str | None, Meta(description="The variable's name. Null if the line has no valid name.")
    ]
    action: Annotated[
        Literal["import", "keep", "duplicate", "refuse"],
        Meta(
            description="`import` stores the key. `keep` leaves the variable in the file. "
            "`duplicate` is a key that is already stored. `refuse` is a line that cannot be "
            "imported."
        ),
    ]
    reason: Annotated[str, Meta(description="The reason for `action`, in a sentence.")]
    provider: Annotated[
        str | None, Meta(description="The provider's slug. Null if none was recognised.")
    ]
    api_name: Annotated[
        str | None, Meta(description="The API's name, as in `/proxy/{api_name}`. Null if unknown.")
    ]
    base_url: Annotated[
        str | None, Meta(description="The URL that request paths are added to. Null if unknown.")
    ]
    hint: Annotated[
        str | None, Meta(description="The last characters of the secret. Null if it is not a key.")
    ]
    hints: Annotated[
        list[str],
        Meta(description="The hint of each key in the line: a list of keys becomes a pool."),
    ]
    username: Annotated[
        str | None,
        Meta(description="The user name of the `basic` scheme. Null if the scheme has none."),
    ] = None


class EnvPlan(ResponseModel, frozen=True, kw_only=True):
    """What an import would do, line by line. Nothing is stored."""

    lines: _Lines
    keys: Annotated[int, Meta(description="The number of keys that the import would store.")]


class EnvImported(ResponseModel, frozen=True, kw_only=True):
    """What an import stored."""

    keys: Annotated[list[KeyView], Meta(description="The new keys.")]
    lines: _Lines


class ExportEnv(RequestModel, frozen=True, kw_only=True):
    """A request for a `.env` file that contains a token instead of keys."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "content": "# production\nOPENAI_API_KEY=sk-proj-0123456789abcdef\n"
    }

    token: (
        Annotated[
            str,
            Meta(
                max_length=512,
                description="The personal access token that replaces every key, as it was shown "
                "when it was created.",
            ),
        ]
        | None
    ) = None
    content: Annotated[
        str,
        Meta(
            max_length=1_048_576,
            description="The original file. Its comments, order and other variables are kept.",
        ),
    ] = ""
    apis: (
        Annotated[
            list[ApiName], Meta(max_length=100, description="Only these APIs. All by default.")
        ]
        | None
    ) = None


class SecretLineView(ResponseModel, frozen=True, kw_only=True):
    """A line of an exported file that still looks like a secret."""

    line: Annotated[int, Meta(description="The line's number in the new file, counted from 1.")]
    original_line: Annotated[int, Meta(description="Its number in the original file.")]
    name: Annotated[
        str | None, Meta(description="The variable's name. Null for a comment or an invalid line.")
    ]


class EnvContent(ResponseModel, frozen=True, kw_only=True):
    """The text of a `.env` file."""

    content: Annotated[str, Meta(description="The text of the file.")]
    apis: Annotated[
        list[str],
        Meta(description="The APIs whose variables have the token: those that it may call."),
    ]
    secrets: Annotated[
        list[SecretLineView],
        Meta(description="The lines that still look like secrets. Their values are not returned."),
    ]
