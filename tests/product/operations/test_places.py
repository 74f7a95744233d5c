"""Which place options and texts name, and what Pulumi says about a stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.operations.errors import OperationError
from api.operations.places.choose import PlaceOptions, open_place, parse_place
from api.operations.places.folder import FolderPlace
from api.operations.places.stack import StackPlace
from api.operations.places.table import TablePlace
from api.settings import Settings

OUTPUTS = '{"DYNAMODB_TABLE": "restored", "REGION": "eu-west-1", "FUNCTION_NAME": "api-x"}'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a program, and a `pulumi` that knows one stack."""
    (tmp_path / "Pulumi.yaml").write_text("name: x\n")
    commands = tmp_path / "bin"
    commands.mkdir()
    script = commands / "pulumi"
    script.write_text(
        f"#!/bin/sh\ncase \"$*\" in *'--stack prod '*) echo '{OUTPUTS}';; "
        "*'--stack new '*) echo '{}';; "
        "*'--stack odd '*) echo hello;; "
        "*) echo 'error: no stack named that' >&2; exit 255;; esac\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}:/usr/bin:/bin")
    return tmp_path


def settings(data: Path | None) -> Settings:
    return Settings(data=data or Path("/default"))


def test_a_stack_is_read_from_its_outputs(project: Path) -> None:
    place = open_place(PlaceOptions(stack="prod", project=project), settings)
    assert isinstance(place, StackPlace)
    assert (place.table_name, place.base) == ("restored", "api-x")
    assert place.session.region_name == "eu-west-1"


@pytest.mark.parametrize(
    ("stack", "meaning"),
    [
        ("gone", "pulumi says: no stack named that"),
        ("new", "no output DYNAMODB_TABLE: deploy it"),
        ("odd", "printed no JSON"),
    ],
)
def test_a_stack_that_cannot_be_read_is_one_sentence(
    project: Path, stack: str, meaning: str
) -> None:
    with pytest.raises(OperationError, match=meaning):
        open_place(PlaceOptions(stack=stack, project=project), settings)


def test_without_pulumi_or_program_the_sentence_names_the_other_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OperationError, match=r"has no Pulumi\.yaml.*--table NAME"):
        open_place(PlaceOptions(stack="prod", project=tmp_path), settings)
    (tmp_path / "Pulumi.yaml").write_text("name: x\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OperationError, match=r"no pulumi on PATH.*--table NAME"):
        open_place(PlaceOptions(stack="prod", project=tmp_path), settings)


@pytest.mark.parametrize(
    ("text", "table", "region"),
    [("table:keys", "keys", "us-east-2"), ("table:my.keys@eu-west-1", "my.keys", "eu-west-1")],
)
def test_a_text_names_a_table(text: str, table: str, region: str) -> None:
    place = parse_place(text, PlaceOptions(region="us-east-2"), settings)
    assert isinstance(place, TablePlace)
    assert (place.table_name, place.session.region_name) == (table, region)


@pytest.mark.parametrize("text", ["data", "./data", "/srv/data"])
def test_a_text_names_a_folder(text: str) -> None:
    place = parse_place(text, PlaceOptions(), settings)
    assert isinstance(place, FolderPlace)
    assert place.path == Path(text).absolute()


@pytest.mark.parametrize("text", ["", "stack:", "table:", "table:a b", "s3:x", "tables:keys"])
def test_a_text_that_names_no_place_is_refused(text: str) -> None:
    with pytest.raises(OperationError, match=r"write (stack:NAME, )?table:NAME"):
        parse_place(text, PlaceOptions(), settings)


def test_two_places_exclude_each_other_and_a_remote_table_must_be_named() -> None:
    with pytest.raises(OperationError, match="--stack and --table exclude each other"):
        open_place(PlaceOptions(stack="a", table="b"), settings)

    def remote(data: Path | None) -> Settings:
        return Settings(dynamodb_endpoint="https://dynamodb.us-east-2.amazonaws.com")

    with pytest.raises(OperationError, match="name it with --table api-dashboard"):
        open_place(PlaceOptions(), remote)
