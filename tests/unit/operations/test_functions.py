"""What a move and a restore change in the functions of a stack, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from api.operations.aws import functions
from api.operations.aws.functions import CLOSED, StackFunctions
from api.operations.errors import OperationError


class Lambda:
    """The configurations of functions, as the client of boto3 returns and changes them."""

    def __init__(self) -> None:
        self.configurations: dict[str, dict[str, Any]] = {
            name: {
                "Description": "API Dashboard, secrets 1.4.2",
                "Environment": {"Variables": {"DYNAMODB_TABLE": "t"}},
            }
            for name in ("api", "proxy")
        }
        self.statuses = ["InProgress", "Successful"]
        self.updates: list[str] = []

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return {**self.configurations[FunctionName], "LastUpdateStatus": status}

    def update_function_configuration(self, FunctionName: str, **changes: Any) -> None:
        self.updates.append(FunctionName)
        self.configurations[FunctionName].update(changes)


class Stack:
    session = None

    def __init__(self) -> None:
        self.outputs = {"FUNCTION_NAME": "api", "PROXY_FUNCTION_NAME": "proxy"}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Lambda:
    made = Lambda()
    monkeypatch.setattr(functions, "client", lambda session, name: made)
    return made


def stack_functions() -> StackFunctions:
    return StackFunctions(Stack(), sleep=lambda seconds: None)  # type: ignore[arg-type]


def test_closing_and_opening_change_one_variable(service: Lambda) -> None:
    before = {name: dict(found) for name, found in service.configurations.items()}
    found = stack_functions()
    found.close("It moves.")
    for configuration in service.configurations.values():
        variables = configuration["Environment"]["Variables"]
        assert variables == {"DYNAMODB_TABLE": "t", CLOSED: "It moves."}
    assert found.closed() == "It moves."
    found.close("It moves.")
    assert service.updates == ["api", "proxy"], "closing again changes nothing"
    found.open()
    assert service.configurations == before
    assert found.closed() is None


def test_a_new_secret_is_described_as_the_program_does(service: Lambda) -> None:
    stack_functions().use_signing_version(7)
    described = {found["Description"] for found in service.configurations.values()}
    assert described == {"API Dashboard, secrets 7.4.2"}


@pytest.mark.parametrize(
    ("status", "meaning"), [("Failed", "did not take over"), ("InProgress", "still being updated")]
)
def test_an_update_that_does_not_succeed_is_named(
    service: Lambda, status: str, meaning: str
) -> None:
    service.statuses = [status]
    with pytest.raises(OperationError, match=f"The function api .*{meaning}|api is {meaning}"):
        stack_functions().close("It moves.")
