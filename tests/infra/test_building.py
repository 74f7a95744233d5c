"""Builds on this machine: a failure is one message and leaves no partial result."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import subprocess
import sys
import threading
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra import building, bundle, site_build
from infra.building import (
    CACHE,
    BuildError,
    digest,
    files_under,
    locked_packages,
    pip_install,
    run,
    workplace,
)
from infra.node import Node, find_node
from tests.infra.program import ROOT


def test_a_command_that_fails_says_why_with_its_last_lines(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('what went wrong'); raise SystemExit(3)"]
    with pytest.raises(
        BuildError, match=r"Baking failed: it exited with code 3.\n  what went wrong"
    ):
        run(command, doing="Baking", cwd=tmp_path)


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("npm error code ENOSPC", "the disk is full"),
        ("error: incomplete-download", "the package registry does not respond"),
        ("npm error code ENOTFOUND", "the package registry does not respond"),
        ("/usr/bin/python3: No module named pip", "this Python has no pip"),
    ],
)
def test_common_build_failures_are_explained(tmp_path: Path, output: str, reason: str) -> None:
    command = [sys.executable, "-c", f"print({output!r}); raise SystemExit(1)"]
    with pytest.raises(BuildError, match=reason):
        run(command, doing="Baking", cwd=tmp_path)


def test_a_missing_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no-such-command is not installed"):
        run(["no-such-command"], doing="Baking", cwd=tmp_path)


def test_a_python_without_pip_fails_with_install_instructions(tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", with_pip=False)
    code = (
        "from pathlib import Path; from infra.building import pip_install; "
        "pip_install(Path('api/requirements.txt'), Path('nowhere'), doing='Fetching')"
    )
    done = subprocess.run(
        [tmp_path / "bare" / "bin" / "python", "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert "BuildError: Fetching failed: this Python has no pip." in done.stderr


def test_a_full_disk_is_reported_in_one_sentence_and_leaves_no_partial_files(
    tmp_path: Path,
) -> None:
    with (
        pytest.raises(BuildError, match=r"^Baking failed: the disk is full"),
        workplace(tmp_path, "Baking") as part,
    ):
        (part / "half").write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["here", "deployed"])
def test_a_full_disk_while_the_bundle_is_packed_is_reported_in_one_sentence(
    tmp_path: Path, kind: str
) -> None:
    """Write to the device that is always full."""
    content = tmp_path / "content"
    content.mkdir()
    (content / "module.py").write_text("NAME = 1\n" * 100_000)
    runtime = bundle.host_target()[0] if kind == "here" else "python3.13"
    packer = bundle.packer(runtime, CACHE)
    with pytest.raises(BuildError, match=r"^Packing failed: the disk is full\. Make room"):
        run([*packer, content, "/dev/full", "/var/task", "api"], doing="Packing", cwd=tmp_path)


def test_pip_s_failure_on_a_full_disk_is_not_blamed_on_the_network(tmp_path: Path) -> None:
    """Install into a file system without free space."""
    with pytest.raises(BuildError, match=r"^Fetching failed: the disk is full"):
        pip_install(tmp_path / "none.txt", Path("/proc/packages"), doing="Fetching")


def test_a_digest_knows_names_contents_and_texts(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("1")
    two.write_text("2")
    first = digest(tmp_path, [one, two], "a")
    assert digest(tmp_path, [two, one], "a") == first
    assert digest(tmp_path, [one, two], "b") != first
    two.write_text("3")
    assert digest(tmp_path, [one, two], "a") != first


def test_hidden_files_and_bytecode_are_not_inputs(tmp_path: Path) -> None:
    for name in (".DS_Store", "a.py", "a.pyc", "__pycache__/a.pyc", "in/b.py", "left/c.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    found = [str(path.relative_to(tmp_path)) for path in files_under(tmp_path, without=["left"])]
    assert found == ["a.py", "in/b.py"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A web project without packages."""
    web = tmp_path / "web"
    web.mkdir()
    package = {"name": "small", "version": "1.0.0", "scripts": {"build": "node build.mjs"}}
    (web / "package.json").write_text(json.dumps(package))
    lock = {"name": "small", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": package}}
    (web / "package-lock.json").write_text(json.dumps(lock))
    (web / "page.txt").write_text("first")
    (web / "build.mjs").write_text(
        """
        import { cpSync, mkdirSync, writeFileSync } from "node:fs";
        const out = process.argv[process.argv.indexOf("--outDir") + 1];
        mkdirSync(out + "/assets", { recursive: true });
        cpSync("page.txt", out + "/index.html");
        writeFileSync(out + "/assets/made-" + process.pid + ".js", "");
        """
    )
    return web


def test_a_site_is_built_once_for_each_state_of_its_inputs(project: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = site_build.build_site(web=project, cache=cache)
    # The file's name contains the process id of the build: the same name, no second build.
    assert site_build.build_site(web=project, cache=cache) == first
    (project / "page.txt").write_text("second")
    second = site_build.build_site(web=project, cache=cache)
    assert {file.key for file in second} != {file.key for file in first}
    assert len(list((cache / "site").iterdir())) == 1


def test_files_have_their_types_and_cache_rules(project: Path, tmp_path: Path) -> None:
    files = {f.key: f for f in site_build.build_site(web=project, cache=tmp_path / "cache")}
    page = files.pop("index.html")
    assert (page.content_type, page.cache_control) == ("text/html; charset=utf-8", "no-cache")
    (script,) = files.values()
    assert script.content_type == "text/javascript; charset=utf-8"
    assert "immutable" in script.cache_control


def test_a_site_that_cannot_be_built_leaves_nothing_behind(project: Path, tmp_path: Path) -> None:
    with (project / "build.mjs").open("a") as script:
        script.write("throw new Error('half way');")
    with pytest.raises(BuildError, match=r"(?s)^Building the dashboard failed: .*half way"):
        site_build.build_site(web=project, cache=tmp_path / "cache")
    assert list((tmp_path / "cache" / "site").iterdir()) == []


def test_a_file_of_unknown_type_is_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.xyz").write_text("")
    with pytest.raises(BuildError, match=r"no content type for odd\.xyz"):
        site_build.site_files(tmp_path)


def test_no_npm_registry_is_one_clear_error(
    project: Path, tmp_path: Path, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{closed_port}")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    needs = {"dependencies": {"left": "1.0.0"}}
    package = {**json.loads((project / "package.json").read_text()), **needs}
    (project / "package.json").write_text(json.dumps(package))
    packages = {"": package, "node_modules/left": {"version": "1.0.0"}}
    lock = {"name": "small", "version": "1.0.0", "lockfileVersion": 3, "packages": packages}
    (project / "package-lock.json").write_text(json.dumps(lock))
    with pytest.raises(BuildError, match="the package registry does not respond"):
        site_build.build_site(web=project, cache=tmp_path / "cache")
    assert not (tmp_path / "cache" / "site").exists()


@pytest.mark.parametrize(
    ("version", "least"),
    [(None, 20), ("v18.20.0", 20), ("v22.11.0", 20), ("v20.20.2", 22), ("v22.12.0", 24)],
)
def test_without_a_node_that_is_new_enough_one_is_fetched_from_pypi(
    version: str | None,
    least: int,
    tmp_path: Path,
    closed_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commands = tmp_path / "commands"
    commands.mkdir()
    if version is not None:
        for name in ("node", "npm"):
            (commands / name).write_text(f"#!/bin/sh\necho {version}\n")
            (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(commands))
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{closed_port}/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    with pytest.raises(BuildError, match=r"^Fetching Node.js failed: the package registry"):
        find_node(tmp_path / "cache", least)


def test_who_needs_the_same_packages_at_the_same_time_waits_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requirements = building.REPOSITORY / "infra" / "node-requirements.txt"
    both_install = threading.Barrier(2)
    installations = []

    def install(_: Path, target: Path, *, doing: str) -> None:
        installations.append(doing)
        with contextlib.suppress(threading.BrokenBarrierError):
            both_install.wait(0.2)  # Gives the other thread time to install, too.
        target.mkdir()
        (target / "package.py").write_text("")

    def ask(_: int) -> Path:
        return locked_packages("some", requirements, doing="Fetching", cache=tmp_path)

    monkeypatch.setattr(building, "pip_install", install)
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(ask, range(2))
    assert installations == ["Fetching"]
    assert first == second
    assert (first / "package.py").exists()


def test_packages_are_installed_once_for_each_lock(project: Path) -> None:
    node = find_node()
    node.install(project)
    mark = next((project / "node_modules").glob(".installed-*"))
    before = mark.stat().st_mtime_ns
    Node(("no-such-node",), ("no-such-npm",)).install(project)
    assert mark.stat().st_mtime_ns == before


def with_a_tool(project: Path) -> None:
    """Add a package that the build needs, and one that only the tests need."""
    for name in ("needed", "tool"):
        (project / name).mkdir()
        (project / name / "package.json").write_text(json.dumps({"name": name, "version": "1.0.0"}))
    package = {
        **json.loads((project / "package.json").read_text()),
        "dependencies": {"needed": "file:needed"},
        "devDependencies": {"tool": "file:tool"},
    }
    (project / "package.json").write_text(json.dumps(package))
    packages = {
        "": package,
        "needed": {"version": "1.0.0"},
        "tool": {"version": "1.0.0", "dev": True},
        "node_modules/needed": {"resolved": "needed", "link": True},
        "node_modules/tool": {"resolved": "tool", "link": True, "dev": True},
    }
    lock = {"name": "small", "version": "1.0.0", "lockfileVersion": 3, "packages": packages}
    (project / "package-lock.json").write_text(json.dumps(lock))


def test_installed_packages_wait_for_no_other_process(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_node().install(project)
    monkeypatch.setattr("infra.node.alone", lambda _: pytest.fail("this waits for a lock"))
    Node(("no-such-node",), ("no-such-npm",)).install(project)


def installed(project: Path) -> set[str]:
    return {path.name for path in (project / "node_modules").iterdir() if path.name[0] != "."}


def test_a_build_installs_only_what_it_needs(project: Path, tmp_path: Path) -> None:
    with_a_tool(project)
    site_build.build_site(web=project, cache=tmp_path / "cache")
    assert installed(project) == {"needed"}
    node = find_node()
    node.install(project, everything=True)
    assert installed(project) == {"needed", "tool"}


def test_a_complete_installation_is_enough_for_builds(project: Path) -> None:
    with_a_tool(project)
    find_node().install(project, everything=True)
    Node(("no-such-node",), ("no-such-npm",)).install(project)
    assert installed(project) == {"needed", "tool"}


def site_command(*, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "infra.site_build"],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
    )


def test_the_command_prints_the_folder_of_the_built_site() -> None:
    built = site_build.build_folder()
    done = site_command()
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{built}\n", "")
    assert (built / "index.html").is_file()


def test_a_second_build_needs_neither_node_nor_network(closed_port: int, tmp_path: Path) -> None:
    site_build.build_folder()
    nowhere = f"http://127.0.0.1:{closed_port}"
    done = site_command(PATH=str(tmp_path), PIP_INDEX_URL=nowhere, npm_config_registry=nowhere)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_explains_in_a_sentence_why_it_cannot_build(
    project: Path, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    shutil.copytree(ROOT / "infra", clone / "infra", ignore=shutil.ignore_patterns("node_modules"))
    project.rename(clone / "web")
    (clone / "web" / "build.mjs").write_text("throw new Error('half way');")
    done = site_command(cwd=clone)
    assert (done.returncode, done.stdout) == (1, "")
    first, second, *_ = done.stderr.splitlines()
    assert first == "Building the dashboard ..."
    assert second.startswith("Building the dashboard failed: it exited with code 1.")
    assert "Traceback" not in done.stderr
