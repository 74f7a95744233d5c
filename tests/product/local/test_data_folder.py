"""The data folder is created private and locked, or refused with a sentence.

Root may write anywhere, so the read-only cases use a file instead of the folder, and /proc, where
not even root can create files. The case of missing permissions runs only for other users.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from api.errors import StartError
from api.local.data_folder import open_data_folder, write_whole
from tests.product.local.processes import ROOT

HOLD = """
import sys
from pathlib import Path
from api.local.data_folder import open_data_folder
with open_data_folder(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.read()
"""


def hold(path: Path) -> subprocess.Popen[str]:
    """Start a process that keeps the folder open until its stdin ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    return process


def test_the_folder_is_created_private_with_its_format(tmp_path: Path) -> None:
    with open_data_folder(tmp_path / "a" / "data") as folder:
        assert folder.path.stat().st_mode & 0o777 == 0o700
        assert (folder.path / "VERSION").read_text() == "3\n"
    with open_data_folder(tmp_path / "a" / "data"):
        pass


def test_a_newer_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "VERSION").write_text("4\n")
    with pytest.raises(StartError, match=r"newer version .*format 4.*start that version"):
        open_data_folder(tmp_path)
    assert (tmp_path / "VERSION").read_text() == "4\n"


def test_a_version_that_is_not_a_number_is_refused(tmp_path: Path) -> None:
    (tmp_path / "VERSION").write_text("one")
    with pytest.raises(StartError, match="does not contain a version number"):
        open_data_folder(tmp_path)


def test_a_file_instead_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StartError, match=r"cannot be written.*API_DASHBOARD_DATA"):
        open_data_folder(tmp_path / "data")


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("path", ["/proc/api-dashboard", "/proc/self"])
def test_a_folder_where_even_root_cannot_write_is_refused(path: str) -> None:
    with pytest.raises(StartError, match=r"cannot be written.*API_DASHBOARD_DATA"):
        open_data_folder(Path(path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to a read-only folder")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    with open_data_folder(tmp_path / "data"):
        pass
    (tmp_path / "data").chmod(0o500)
    with pytest.raises(StartError, match="cannot be written"):
        open_data_folder(tmp_path / "data")


def test_a_second_instance_is_refused_while_the_first_runs(tmp_path: Path) -> None:
    other = hold(tmp_path)
    with pytest.raises(StartError, match="another running API Dashboard"):
        open_data_folder(tmp_path, timeout=0)
    other.communicate()
    with open_data_folder(tmp_path, timeout=0):
        pass


def test_an_instance_waits_for_another_one_that_just_ends(tmp_path: Path) -> None:
    other = hold(tmp_path)
    ending = threading.Timer(0.2, other.kill)
    ending.start()
    with open_data_folder(tmp_path, timeout=20):
        assert other.wait(10) < 0
    other.communicate()


def test_a_file_is_written_completely_and_never_replaced(tmp_path: Path) -> None:
    (tmp_path / ".name.part").write_text("left behind by a kill")
    write_whole(tmp_path / "name", "text")
    assert (tmp_path / "name").read_text() == "text"
    assert (tmp_path / "name").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        write_whole(tmp_path / "name", "other")
    assert [entry.name for entry in tmp_path.iterdir()] == ["name"]
    assert (tmp_path / "name").read_text() == "text"
