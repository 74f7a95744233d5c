"""Fixtures: the Pulumi program, and its resources for common settings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.infra.program import Deployment, Program


@pytest.fixture(scope="session")
def program() -> Iterator[Program]:
    """Run the program with any settings."""
    program = Program()
    yield program
    program.close()


@pytest.fixture(scope="session")
def first_stack(program: Program) -> Deployment:
    """The stack `dev` with default settings."""
    return program()


@pytest.fixture(scope="session")
def production(program: Program) -> Deployment:
    """The stack `prod` with default settings."""
    return program("prod")


@pytest.fixture(scope="session")
def website(program: Program) -> Deployment:
    """A stack that serves the dashboard as an S3 website."""
    return program(siteMode="website")
