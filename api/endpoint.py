"""Endpoints: a view with its typed body, query and answers, registered once for Flask and OpenAPI.

A view takes a `Call` (and the body and query it declares) and returns a typed answer; parsing,
authentication and rendering happen here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from flask import Flask, Response, request

from api.errors import Problem
from api.raw_request import RawRequest, from_environ
from api.schemas.fields import PATTERN_MESSAGES, RequestModel
from api.services.accounts.sessions import authentication_required
from api.services.container import Services
from api.storage.sessions import Session
from api.storage.users import User
from api.strict_json import parse_body

_encode = msgspec.json.Encoder().encode
_FIELD = re.compile(r"at `\$((?:\.[A-Za-z_][A-Za-z0-9_]*|\[[^\]]*\])+)`$")
_UNKNOWN_FIELD = re.compile(r"unknown field `([^`]*)`")
_WRONG_FORM = re.compile(r"Expected `[^`]*` matching regex ('.*'|\".*\")", re.DOTALL)
_MISSING_FIELD = re.compile(r"missing required field `([^`]*)`")

BODY_LIMIT = 65_536
# Longer than any id of ours, and short enough for DynamoDB's sort key of 1 kB in any script.
_PARAMETER = "<string(maxlength=200):"


class Endpoint(msgspec.Struct, frozen=True):
    """One call of the API, as the OpenAPI document describes it."""

    method: str
    path: str
    operation: str
    summary: str
    tag: str
    view: Callable[..., Any]
    body: type[RequestModel] | None = None
    body_limit: int = BODY_LIMIT
    body_optional: bool = False
    query: type | None = None
    status: int = 200
    answer: Any = None
    problems: tuple[str, ...] = ()
    signed_in: bool = True
    media_type: str = "application/json"


class Call(msgspec.Struct, frozen=True):
    """One request to an endpoint."""

    services: Services
    wire: RawRequest
    user: User | None
    session: Session | None

    @property
    def username(self) -> str:
        """The signed-in user's name, which keys every item access (S23)."""
        return self.signed_in.username

    @property
    def signed_in(self) -> User:
        """The signed-in user."""
        if self.user is None:
            raise authentication_required()
        return self.user


class Answer(msgspec.Struct, frozen=True):
    """A view's answer that sets header fields beside its body."""

    body: Any
    headers: tuple[tuple[str, str], ...] = ()


class Group:
    """The endpoints of one area."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.endpoints: list[Endpoint] = []

    def endpoint(
        self,
        method: str,
        path: str,
        summary: str,
        *,
        body: type[RequestModel] | None = None,
        body_limit: int = BODY_LIMIT,
        body_optional: bool = False,
        query: type | None = None,
        status: int = 200,
        answer: Any = None,
        problems: Sequence[str] = (),
        signed_in: bool = True,
        media_type: str = "application/json",
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a view. `problems` are the codes it may answer with beside the general ones.

        A view whose answer is not JSON returns a `flask.Response` of its `media_type`.
        """

        def register(view: Callable[..., Any]) -> Callable[..., Any]:
            self.endpoints.append(
                Endpoint(
                    method=method,
                    path=path,
                    operation=view.__name__,
                    summary=summary,
                    tag=self.tag,
                    view=view,
                    body=body,
                    body_limit=body_limit,
                    body_optional=body_optional,
                    query=query,
                    status=status,
                    answer=answer,
                    problems=tuple(problems),
                    signed_in=signed_in,
                    media_type=media_type,
                )
            )
            return view

        return register

    def install(self, app: Flask, services: Services) -> None:
        """Add the endpoints to the application."""
        for endpoint in self.endpoints:
            app.add_url_rule(
                endpoint.path.replace("{", _PARAMETER).replace("}", ">"),
                endpoint=endpoint.operation,
                view_func=_view_function(endpoint, services),
                methods=[endpoint.method],
            )


def _view_function(endpoint: Endpoint, services: Services) -> Callable[..., Response]:
    def view(**parameters: str) -> Response:
        wire = from_environ(request.environ)
        user = session = None
        if endpoint.signed_in:
            user, session = services.sessions.authenticate(_bearer(wire))
        arguments: dict[str, Any] = dict(parameters)
        if endpoint.body is not None:
            arguments["body"] = _body(endpoint, wire)
        if endpoint.query is not None:
            arguments["query"] = _query(endpoint.query)
        result = endpoint.view(Call(services, wire, user, session), **arguments)
        if isinstance(result, Response):
            return result
        headers: tuple[tuple[str, str], ...] = ()
        if isinstance(result, Answer):
            result, headers = result.body, result.headers
        response = Response(status=endpoint.status)
        if result is None:
            del response.headers["Content-Type"]
        else:
            response.data = _encode(result)
            response.content_type = "application/json"
        for name, value in headers:
            response.headers.add(name, value)
        return response

    return view


def _bearer(wire: RawRequest) -> str:
    values = [value for name, value in wire.headers if name.lower() == "authorization"]
    if len(values) == 1:
        scheme, _, text = values[0].partition(" ")
        if scheme.lower() == "bearer" and text:
            if text.startswith("apd_"):
                raise Problem(
                    "token_not_allowed_here",
                    "A personal access token is only valid at /proxy. Sign in for this call.",
                )
            return text.strip()
    raise authentication_required()


def _body(endpoint: Endpoint, wire: RawRequest) -> Any:
    assert endpoint.body is not None
    if wire.length == 0 and endpoint.body_optional:
        return endpoint.body()
    return convert(parse_body(wire, endpoint.body_limit), endpoint.body)


def _query(kind: type) -> Any:
    values: dict[str, str] = {}
    for name in request.args:
        given = request.args.getlist(name)
        if len(given) > 1:
            raise Problem("invalid_field", "A parameter is given once.", field=name[:100])
        if given[0].lower() == "null":
            # Lax conversion would take it for a parameter that was left out.
            raise Problem("invalid_field", "Leave the parameter out.", field=name[:100])
        values[name] = given[0]
    return convert(values, kind, strict=False)


def convert(value: Any, kind: type, strict: bool = True) -> Any:
    """`value` as a `kind`. Raises Problem(invalid_field) that names the member."""
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        text = str(error)
        place = _FIELD.search(text)
        field = place[1].lstrip(".") if place else None
        for pattern in (_UNKNOWN_FIELD, _MISSING_FIELD):
            named = pattern.search(text)
            if named:
                field = f"{field}.{named[1]}" if field else named[1]
        detail = _pattern_message(text) or f"{text.partition(' - at `')[0][:300]}."
        raise Problem("invalid_field", detail, field=field[:200] if field else "body") from error


def _pattern_message(text: str) -> str | None:
    """In words which form a text lacks, where msgspec only tells the pattern."""
    wrong = _WRONG_FORM.match(text)
    if wrong is None:
        return None
    words = (words for pattern, words in PATTERN_MESSAGES.items() if repr(pattern) == wrong[1])
    return next(words, "The text has another form.")
