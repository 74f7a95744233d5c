"""Files that are written at once."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from api.cli.files import write_at_once


def test_a_file_is_replaced_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 240)
    for content, mode in ((b"first", 0o600), (b"second", 0o644)):
        before = os.umask(0o077)
        try:
            write_at_once(path, content, mode)
        finally:
            os.umask(before)
        assert path.read_bytes() == content
        assert path.stat().st_mode & 0o777 == mode
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("step", ["os.fsync", "os.chmod", "os.replace"])
def test_a_failure_keeps_the_old_content_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(step, fail)
    with pytest.raises(OSError, match="No space"):
        write_at_once(path, b"new", 0o600)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]
