"""The OpenAPI document is valid and describes every endpoint of the application."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import msgspec
import pytest
import schemathesis
from flask import Flask

from api.openapi.overview import TAGS
from api.openapi.parameters import shared_parameters
from api.openapi.proxied import METHODS, PATH
from api.openapi.schemas import describe, query_parameters
from api.problem_codes import PROBLEM_CODES
from api.wsgi import App
from tests.support.openapi import DOCUMENT, ENDPOINTS, operations, resolve

ROOT = Path(__file__).resolve().parents[3]


def test_the_document_is_valid_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(DOCUMENT).validate()


def test_every_schema_is_valid_json_schema() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)


def test_the_document_and_the_application_have_the_same_endpoints(app: App) -> None:
    assert isinstance(app.api, Flask)
    rules = {
        (method, re.sub(r"<(?:[^<>]+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.api.url_map.iter_rules()
        for method in rule.methods or ()
        if rule.rule.startswith("/api/") and method not in ("HEAD", "OPTIONS")
    }
    described = {(method, path) for method, path, _ in operations()}
    assert described == rules | {(method.upper(), PATH) for method in METHODS}


def test_the_document_is_loaded_only_on_request() -> None:
    program = "import sys, api.routes; print({'api.openapi', 'api.docs_page'} & set(sys.modules))"
    command = [sys.executable, "-c", program]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "set()"


def test_operation_ids_are_unique_and_every_tag_is_described() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names))
    assert {tag for _, _, each in operations() for tag in each["tags"]} == set(TAGS)


def test_every_field_and_parameter_has_a_description() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for field, property_schema in schema.get("properties", {}).items():
            assert property_schema["description"].endswith("."), f"{name}.{field}"
    for method, path, operation in operations():
        for parameter in operation.get("parameters", ()):
            assert resolve(parameter)["description"].endswith("."), (method, path)


def test_a_field_without_a_description_is_refused_by_name() -> None:
    class Undescribed(msgspec.Struct):
        size: int | None

    with pytest.raises(ValueError, match=r"^Undescribed\.size has no description"):
        describe([Undescribed])


def test_s24_every_request_model_refuses_unknown_fields() -> None:
    for _, path, operation in operations():
        if path == PATH or "requestBody" not in operation:
            continue
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert resolve(schema)["additionalProperties"] is False


def test_example_bodies_are_valid() -> None:
    examples = 0
    for method, path, operation in operations():
        if path == PATH or "requestBody" not in operation:
            continue
        medium = operation["requestBody"]["content"]["application/json"]
        root = {**medium["schema"], "components": DOCUMENT["components"]}
        assert medium["example"], (method, path)
        assert jsonschema_rs.is_valid(root, medium["example"]), (method, path)
        examples += 1
    assert examples == sum(endpoint.body is not None for endpoint in ENDPOINTS)


def test_lists_share_the_paging_parameters() -> None:
    """A list is recognised by its response. Its query must match the shared parameters."""
    shared = shared_parameters()
    page = {each["name"]: each for each in (shared["PageLimit"], shared["PageCursor"])}
    lists = [
        endpoint
        for endpoint in ENDPOINTS
        if getattr(endpoint.response, "__struct_fields__", ())[:2] == ("items", "next_cursor")
    ]
    assert len(lists) >= 6
    for endpoint in lists:
        assert endpoint.query is not None, endpoint.path
        parameters = {each["name"]: each for each in query_parameters(endpoint.query)}
        for name in page:
            assert parameters[name]["schema"] == page[name]["schema"], endpoint.path
        references = [
            each["$ref"]
            for each in DOCUMENT["paths"][endpoint.path]["get"]["parameters"]
            if "$ref" in each
        ]
        assert references == [
            "#/components/parameters/PageLimit",
            "#/components/parameters/PageCursor",
        ]


def test_every_error_response_is_a_problem_document_with_codes_of_its_status() -> None:
    for method, path, operation in operations():
        for status, response in operation["responses"].items():
            if not status.startswith(("4", "5")):
                continue
            content = resolve(response)["content"]
            codes = content["application/problem+json"]["schema"]["properties"]["code"]["enum"]
            assert codes, (method, path)
            assert {PROBLEM_CODES[code].status for code in codes} == {int(status)}
