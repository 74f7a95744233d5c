"""The embedded database's binary is downloaded once, pinned and installed atomically."""

from __future__ import annotations

import base64
import hashlib
import io
import shutil
import tarfile
from pathlib import Path

import pytest

from api.errors import StartError
from api.local.database.binary import ensure_binary, npm_pack

HERE = ("Linux", "x86_64")


def tarball(content: bytes, name: str = "package/dynoxide") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for member in ("package/package.json", name):
            info = tarfile.TarInfo(member)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


class Registry:
    """A fake registry with one tarball, which counts the downloads."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.asked: list[str] = []

    def fetch(self, package: str, folder: Path) -> Path:
        self.asked.append(package)
        path = folder / "package.tgz"
        path.write_bytes(self.data)
        return path

    def ensure(self, cache: Path, machine: tuple[str, str] = HERE) -> Path:
        digest = base64.b64encode(hashlib.sha512(self.data).digest()).decode()
        packages = {HERE: ("@test/one", f"sha512-{digest}"), ("Linux", "any"): ("@test/any", None)}
        return ensure_binary(cache, self.fetch, machine, packages)


def test_the_binary_is_downloaded_once_and_executable(tmp_path: Path) -> None:
    registry = Registry(tarball(b"#!/bin/sh\n"))
    binary = registry.ensure(tmp_path / "cache")
    assert binary.read_bytes() == b"#!/bin/sh\n"
    assert binary.stat().st_mode & 0o777 == 0o755
    assert registry.ensure(tmp_path / "cache") == binary
    assert registry.asked == ["@test/one@1.2.1"]
    assert [entry.name for entry in (tmp_path / "cache").iterdir()] == [binary.name]


def test_a_package_without_a_known_checksum_is_pinned_by_its_version(tmp_path: Path) -> None:
    registry = Registry(tarball(b"any"))
    assert registry.ensure(tmp_path, ("Linux", "any")).read_bytes() == b"any"
    assert registry.asked == ["@test/any@1.2.1"]


def test_a_wrong_checksum_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"checksum .* not installed"):
        ensure_binary(tmp_path, Registry(tarball(b"evil")).fetch, HERE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "data", [b"no archive", tarball(b"x" * 100_000)[:200], tarball(b"x", "package/other")]
)
def test_a_damaged_package_is_refused_and_nothing_is_left(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(StartError, match="damaged"):
        Registry(data).ensure(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_error_on_an_unknown_platform_names_the_alternative(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"Plan9 on mips.*AWS_ENDPOINT_URL_DYNAMODB"):
        ensure_binary(tmp_path, machine=("Plan9", "mips"))


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(StartError, match=r"cache: .*writable"):
        Registry(tarball(b"x")).ensure(tmp_path / "cache")


@pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm on PATH")
def test_a_package_that_npm_cannot_download_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"could not be downloaded.*check the network"):
        npm_pack(f"file:{tmp_path}/missing", tmp_path)


def test_the_real_binary_is_installed(binary: Path) -> None:
    assert binary.stat().st_mode & 0o111
