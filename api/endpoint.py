"""Endpoints: a view with its typed body, query and response, registered for Flask and OpenAPI.

A view takes a `RequestContext`, the path's parameters and the body and query that it declares, and
returns a typed response. Authentication, parsing and rendering happen here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from flask import Flask, Response, request

from api.audit_actions import AUDIT_ACTIONS
from api.errors import Problem
from api.raw_request import RawRequest, from_environ
from api.schemas.fields import RequestModel
from api.services.accounts.sessions import authentication_required
from api.services.audit.trail import AuditTrail
from api.services.container import Services
from api.session_auth import require_session
from api.storage.sessions import Session
from api.storage.users import User
from api.strict_json import parse_body
from api.validation import convert

_encode = msgspec.json.Encoder().encode

BODY_LIMIT = 65_536
# Characters. Longer than any id of the product, and in any script shorter than DynamoDB's 1 kB sort
# key.
_CONVERTER = "string(maxlength=200)"
# `/api/me/passkeys/options` is no passkey.
_CONVERTERS = {"passkey_id": "string(length=32)"}


StepUp = Callable[[User, Any], bool]
"""Returns whether a request of a user with this body needs a step-up."""


def always(user: User, body: Any) -> bool:
    """Require a step-up from everybody."""
    return True


def with_second_factor(user: User, body: Any) -> bool:
    """Require a step-up from users with a second factor. The body confirms the others."""
    return user.second_factor


class Endpoint(msgspec.Struct, frozen=True):
    """One operation of the API, as the OpenAPI document describes it."""

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
    response: Any = None
    problems: tuple[str, ...] = ()
    signed_in: bool = True
    with_token: bool = False
    media_type: str = "application/json"
    step_up: StepUp | None = None
    in_set_up: bool = False
    audit: str | None = None


class RequestContext(msgspec.Struct, frozen=True):
    """One request to an endpoint: the services, and the user if the endpoint needs a session.

    `audit` records the action, if the endpoint declares one.
    """

    services: Services
    raw_request: RawRequest
    user: User | None
    session: Session | None
    audit: AuditTrail

    @property
    def username(self) -> str:
        """The signed-in user's name, which is part of every item's key (S23)."""
        return self.current_user.username

    @property
    def current_user(self) -> User:
        """The signed-in user. Raises Problem(authentication_required) if there is none."""
        if self.user is None:
            raise authentication_required()
        return self.user

    @property
    def current_session(self) -> Session:
        """The session of the request. Raises Problem(authentication_required) without one."""
        if self.session is None:
            raise authentication_required()
        return self.session


class ViewResponse(msgspec.Struct, frozen=True):
    """A view's response with header fields and a body."""

    body: Any
    headers: tuple[tuple[str, str], ...] = ()


class EndpointGroup:
    """The endpoints of one area, under one tag of the OpenAPI document."""

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
        response: Any = None,
        problems: Sequence[str] = (),
        signed_in: bool = True,
        with_token: bool = False,
        media_type: str = "application/json",
        step_up: StepUp | None = None,
        in_set_up: bool = False,
        audit: str | None = None,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a view. `problems` lists the codes it can return besides the general ones.

        A view that is `with_token` finds the caller's personal access token itself.
        A view whose response is not JSON returns a `flask.Response` of its `media_type`. A view
        `in_set_up` is for users who must set up a second factor, too. `step_up` returns whether the
        user must have proved who they are in the last minutes (S50).

        `audit` is the action that the audit log records. Its entry is written before the view runs
        and gets its outcome afterwards (S53). If nobody is signed in, the view begins the entry as
        soon as it knows the user.
        """
        assert audit is None or audit in AUDIT_ACTIONS, audit

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
                    response=response,
                    problems=tuple(problems),
                    signed_in=signed_in,
                    with_token=with_token,
                    media_type=media_type,
                    step_up=step_up,
                    in_set_up=in_set_up,
                    audit=audit,
                )
            )
            return view

        return register

    def install(self, app: Flask, services: Services) -> None:
        """Add the endpoints to a Flask application."""
        for endpoint in self.endpoints:
            app.add_url_rule(
                _rule(endpoint.path),
                endpoint=endpoint.operation,
                view_func=_view_function(endpoint, services),
                methods=[endpoint.method],
            )


def _rule(path: str) -> str:
    """Return the URL rule of a path template."""
    return re.sub(
        r"\{(\w+)\}", lambda match: f"<{_CONVERTERS.get(match[1], _CONVERTER)}:{match[1]}>", path
    )


def _view_function(endpoint: Endpoint, services: Services) -> Callable[..., Response]:
    def view(**parameters: str) -> Response:
        raw_request = from_environ(request.environ)
        user, session = require_session(raw_request) if endpoint.signed_in else (None, None)
        if user is not None and not endpoint.in_set_up:
            services.sessions.require_second_factor(user)
        arguments: dict[str, Any] = dict(parameters)
        if endpoint.body is not None:
            arguments["body"] = _body(endpoint, raw_request)
        if endpoint.query is not None:
            arguments["query"] = _query(endpoint.query)
        session_id = session.session_id if session is not None else None
        trail = services.audit.trail(endpoint.audit, raw_request, session_id)
        if endpoint.audit is not None:
            trail.describe(parameters, arguments.get("body"))
            if user is not None:
                trail.begin(user.username)
        with trail:
            if user is not None and session is not None:
                _require_step_up(endpoint, services, user, session, arguments.get("body"))
            context = RequestContext(services, raw_request, user, session, trail)
            result = endpoint.view(context, **arguments)
        return result if isinstance(result, Response) else _render(result, endpoint.status)

    return view


def _require_step_up(
    endpoint: Endpoint, services: Services, user: User, session: Session, body: Any
) -> None:
    if endpoint.step_up is not None and endpoint.step_up(user, body):
        services.step_up.require(user, session)


def _render(result: Any, status: int) -> Response:
    """Return a view's result as JSON; None has no body."""
    view_response = result if isinstance(result, ViewResponse) else ViewResponse(result)
    response = Response(status=status)
    if view_response.body is None:
        del response.headers["Content-Type"]
    else:
        response.data = _encode(view_response.body)
        response.content_type = "application/json"
    response.headers.extend(view_response.headers)
    return response


def _body(endpoint: Endpoint, raw_request: RawRequest) -> Any:
    assert endpoint.body is not None
    if raw_request.length == 0 and endpoint.body_optional:
        return endpoint.body()
    return convert(parse_body(raw_request, endpoint.body_limit), endpoint.body)


def _query(kind: type) -> Any:
    values: dict[str, str] = {}
    for name in request.args:
        given = request.args.getlist(name)
        if len(given) > 1:
            raise Problem(
                "invalid_field", "The parameter is there twice. Send it once.", field=name[:100]
            )
        if given[0].lower() == "null":
            # Conversion without `strict` reads "null" as None.
            raise Problem(
                "invalid_field", "The parameter is null. Leave it out instead.", field=name[:100]
            )
        values[name] = given[0]
    return convert(values, kind, strict=False)
