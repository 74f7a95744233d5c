"""The status of the server, and problems (RFC 9457)."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from api.schemas.fields import ResponseModel, SignUp


class Status(ResponseModel, frozen=True, kw_only=True):
    """Whether the service and its database answer. With `scheduled_checks` keys can be checked on
    a schedule here.
    """

    status: Literal["ok"]
    version: str
    sign_up: SignUp
    time: int
    scheduled_checks: bool


class Problem(ResponseModel, frozen=True, kw_only=True):
    """RFC 9457 problem document. `code` is stable; `field` names the wrong member, where one is."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    field: str | UnsetType = UNSET
