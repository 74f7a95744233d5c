"""The Flask application of the API: its collaborators are handed in, its errors rendered here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Request, Response, redirect, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from api.errors import Problem
from api.logs import log_failure
from api.problems import own_headers, rendered
from api.services.container import Services
from api.wsgi import REQUEST_ID_KEY, internal_error


class DashboardRequest(Request):
    """A request whose form data is never parsed: bodies are JSON."""

    def make_form_data_parser(self) -> Any:
        raise AssertionError("no form is ever read")


class DashboardApi(Flask):
    """Flask with our request class."""

    request_class = DashboardRequest


def create_app(services: Services, install: Callable[[Flask, Services], None]) -> Flask:
    """The application. `install` adds the endpoints (routes/__init__.py)."""
    app = DashboardApi("api", static_folder=None)
    app.url_map.merge_slashes = False
    install(app, services)
    app.add_url_rule("/", "home", lambda: redirect("/api/docs"))
    app.register_error_handler(Exception, _render_error)
    app.after_request(_finish)
    return app


def _finish(response: Response) -> Response:
    for name, value in own_headers(request.environ[REQUEST_ID_KEY], request.scheme == "https"):
        response.headers.setdefault(name, value)
    return response


def _render_error(error: Exception) -> Response:
    problem = _as_problem(error)
    headers, body = rendered(problem, request.environ[REQUEST_ID_KEY])
    response = Response(body, status=problem.status)
    response.headers.clear()
    response.headers.extend(headers)
    return response


def _as_problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, NotFound):
        return Problem("not_found", "There is nothing at this path. See /api/docs.")
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return Problem(
            "method_not_allowed", f"This path takes {allowed}.", headers=(("Allow", allowed),)
        )
    if isinstance(error, HTTPException) and error.code is not None and error.code < 500:
        code = "request_too_large" if error.code == 413 else "invalid_request"
        return Problem(code, "The request cannot be understood.")
    log_failure("failure")
    return internal_error()
