"""What is in the wheel, and what is not."""

from __future__ import annotations

import email.message
import email.parser
import re
import stat
import sys
import tomllib
import zipfile
from pathlib import Path

import packaging.tags
import pytest

from api import __version__
from api.local.database.binary import binary_name
from api.local.installation import find_binary
from infra.building import CACHE, REPOSITORY
from tools.wheel.build import build_wheel

APP = "api_dashboard/app"
METADATA = f"api_dashboard-{__version__}.dist-info"


@pytest.fixture(scope="module")
def archive(wheel: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(wheel)


@pytest.fixture(scope="module")
def metadata(archive: zipfile.ZipFile) -> email.message.Message:
    return email.parser.BytesParser().parsebytes(archive.read(f"{METADATA}/METADATA"))


def test_it_has_the_code_the_pages_and_the_pinned_database(archive: zipfile.ZipFile) -> None:
    names = set(archive.namelist())
    for name in ("api/cli/main.py", "api/providers.json", "api/docs_page/docs.html"):
        assert f"{APP}/{name}" in names
    assert f"{APP}/pages/index.html" in names
    assert any(re.fullmatch(rf"{APP}/pages/assets/index-.+\.js", name) for name in names)
    binary = archive.getinfo(f"{APP}/database/{binary_name()}")
    assert archive.read(binary) == find_binary().read_bytes()
    assert stat.S_IMODE(binary.external_attr >> 16) == 0o755


def test_it_has_nothing_that_one_machine_does_not_need(archive: zipfile.ZipFile) -> None:
    allowed = re.compile(
        rf"api_dashboard/__(init|main)__\.py|{METADATA}/.+|{APP}/(pages|database)/.+|"
        rf"{APP}/api/(?!aws_lambda/)[\w/]+\.(py|json|txt|css|html)|"
        rf"{APP}/api/spend/prices/snapshot/([\w-]+\.json|LICENSE)"
    )
    strangers = [name for name in archive.namelist() if not allowed.fullmatch(name)]
    assert strangers == []
    assert not [name for name in archive.namelist() if "requirements" in name]


def test_the_licences_are_in_it(archive: zipfile.ZipFile) -> None:
    own = archive.read(f"{METADATA}/licenses/LICENSE").decode()
    assert own == (REPOSITORY / "LICENSE").read_text()
    beside = archive.read(f"{APP}/database/{binary_name()}.LICENSE").decode()
    assert "Copyright (c) 2026 Martin Hicks" in beside
    assert "Permission is hereby granted, free of charge" in beside
    assert archive.read(f"{METADATA}/licenses/licenses/dynoxide.txt").decode() == beside
    of_prices = archive.read(f"{APP}/api/spend/prices/snapshot/LICENSE").decode()
    assert "Permission is hereby granted, free of charge" in of_prices


def test_its_version_and_requirements_are_those_of_the_repository(
    metadata: email.message.Message,
) -> None:
    root = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert metadata["Name"] == root["name"]
    assert metadata["Version"] == __version__
    assert metadata["Summary"] == root["description"]
    assert metadata["Requires-Python"] == root["requires-python"]
    required = metadata.get_all("Requires-Dist", [])
    assert all(re.match(r"[a-z0-9-]+==[0-9.]+(post\d+)?(;|$)", line) for line in required), required
    assert sorted(metadata.get_all("Provides-Extra", [])) == ["aws", "passkeys"]
    for extra, some in (("aws", {"boto3", "botocore"}), ("passkeys", {"webauthn", "cbor2"})):
        of_extra = [line for line in required if f"extra == '{extra}'" in line]
        assert some <= {line.partition("==")[0] for line in of_extra}
    names = {line.partition("==")[0] for line in required if "extra ==" not in line}
    assert names.isdisjoint({"botocore", "webauthn", "pyopenssl"})
    assert {"click", "cryptography", "flask", "gevent", "gunicorn", "msgspec"} <= names
    assert names.isdisjoint({"serverless-wsgi", "httpx"})


def test_its_tag_names_this_machine(wheel: Path, archive: zipfile.ZipFile) -> None:
    tags = re.findall(r"^Tag: (.+)$", archive.read(f"{METADATA}/WHEEL").decode(), re.MULTILINE)
    assert set(tags) & {str(tag) for tag in packaging.tags.sys_tags()}
    if sys.platform == "linux":
        systems = {re.sub(r"[0-9_].*", "", tag.split("-")[2]) for tag in tags}
        assert systems == {"manylinux", "musllinux"}


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path, wheel: Path) -> None:
    for backend in CACHE.glob("hatchling-*"):
        (tmp_path / backend.name).symlink_to(backend)
    again = build_wheel(cache=tmp_path, database=lambda _cache: find_binary())
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()
