"""The Flask application of the web API: its extensions, its endpoints and its error handlers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Request, Response, redirect, request
from flask_jwt_extended import JWTManager
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from api.errors import Problem
from api.logs import log_failure
from api.problems import dashboard_headers, render_problem
from api.secret import Secret
from api.services.container import Services
from api.session_auth import jwt_settings, register_loaders
from api.wsgi import REQUEST_ID_KEY, internal_error


class DashboardRequest(Request):
    """A request whose body is JSON. Form data is never parsed."""

    def make_form_data_parser(self) -> Any:
        raise AssertionError("Form data is never parsed.")


class DashboardApi(Flask):
    """Flask with `DashboardRequest` as its request class."""

    request_class = DashboardRequest


def create_app(
    services: Services, jwt_secret: Secret, install: Callable[[Flask, Services], None]
) -> Flask:
    """Return the application. `install` adds the endpoints; `jwt_secret` signs session tokens."""
    app = DashboardApi("api", static_folder=None)
    app.url_map.merge_slashes = False
    app.config.update(jwt_settings(jwt_secret))
    register_loaders(JWTManager(app), services.sessions, _problem_response)
    install(app, services)
    app.add_url_rule("/", "home", lambda: redirect("/api/docs"))
    app.register_error_handler(Exception, _handle_error)
    app.after_request(_add_security_headers)
    return app


def _add_security_headers(response: Response) -> Response:
    for name, value in dashboard_headers(
        request.environ[REQUEST_ID_KEY], request.scheme == "https"
    ):
        response.headers.setdefault(name, value)
    return response


def _handle_error(error: Exception) -> Response:
    return _problem_response(_to_problem(error))


def _problem_response(problem: Problem) -> Response:
    headers, body = render_problem(problem, request.environ[REQUEST_ID_KEY])
    response = Response(body, status=problem.status)
    response.headers.clear()
    response.headers.extend(headers)
    return response


def _to_problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, NotFound):
        return Problem("not_found", "There is nothing at this path. See /api/docs for the paths.")
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return Problem(
            "method_not_allowed",
            f"This path does not accept the method. Use {allowed}.",
            headers=(("Allow", allowed),),
        )
    if isinstance(error, HTTPException) and error.code is not None and error.code < 500:
        code = "request_too_large" if error.code == 413 else "invalid_request"
        return Problem(code, "The server cannot read the request. Check its syntax and its size.")
    log_failure("failure")
    return internal_error()
