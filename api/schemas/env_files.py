"""Requests and responses of `.env` import and export."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from api.schemas.fields import ApiName, RequestModel, ResponseModel
from api.schemas.keys import KeyView


class EnvText(RequestModel, frozen=True, kw_only=True):
    """The text of a `.env` file."""

    content: Annotated[str, Meta(max_length=1_048_576)]


class EnvLine(ResponseModel, frozen=True, kw_only=True):
    """What would become of one line. `value` is never given, only a hint of a recognised key."""

    line: int
    name: str | None
    action: Literal["import", "keep", "duplicate", "refuse"]
    reason: str
    provider: str | None
    api_name: str | None
    base_url: str | None
    hint: str | None


class EnvPlan(ResponseModel, frozen=True, kw_only=True):
    """What an import would do, line by line; nothing is stored by it."""

    lines: list[EnvLine]
    keys: int


class EnvImported(ResponseModel, frozen=True, kw_only=True):
    """What an import stored."""

    keys: list[KeyView]
    lines: list[EnvLine]


class ExportEnv(RequestModel, frozen=True, kw_only=True):
    """A safe `.env`: `token` (as it was shown once) stands in for every key.

    `content` is the original, whose comments, order and other variables are kept.
    """

    token: Annotated[str, Meta(max_length=512)] | None = None
    content: Annotated[str, Meta(max_length=1_048_576)] = ""
    apis: Annotated[list[ApiName], Meta(max_length=100)] | None = None


class EnvContent(ResponseModel, frozen=True, kw_only=True):
    """The text of a `.env` file."""

    content: str
