"""A systemd for the tests' own user session: a real one if this machine lets it run, else a fake.

A real `systemd --user` needs root, a mount namespace of its own and a folder that says that systemd
has booted the machine. The systemd of the user who runs the tests is never touched.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_SYSTEMD = Path("/usr/lib/systemd/systemd")
_BOOT = """
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system /run/user/0 && chmod 700 /run/user/0
XDG_RUNTIME_DIR=/run/user/0 exec {systemd} --user
"""
# Starts and ends the program of the unit, which it finds where systemd would.
_FAKE = """#!{python}
import os, pathlib, re, shlex, signal, subprocess, sys, time
home = pathlib.Path(os.environ["HOME"])
unit, pid = home / ".config/systemd/user/api-dashboard.service", home / "fake.pid"
def value(name):
    found = re.search(rf"^{{name}}=(.*)$", unit.read_text(), re.M)
    return found and found[1].replace("%%", "%")
def alive():
    try:
        stat = pathlib.Path("/proc", pid.read_text(), "stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
def stop():
    if alive():
        os.kill(int(pid.read_text()), signal.SIGTERM)
        while alive():
            time.sleep(0.05)
words = sys.argv[2:]
if words[0] == "is-active":
    sys.exit(0 if alive() else 3)
if words[0] == "restart" or (words[0] == "start" and not alive()):
    stop()
    lines = pathlib.Path(value("EnvironmentFile")).read_text().splitlines()
    names = dict(re.fullmatch('([A-Z_]+)="(.*)"', line).groups() for line in lines[1:])
    plain = {{name: re.sub(r"\\\\(.)", r"\\1", text) for name, text in names.items()}}
    command = shlex.split(value("ExecStart"))
    if os.fork() == 0:  # the program is nobody's child, so that its end leaves no zombie
        with open(os.devnull, "r+b") as nothing:
            started = subprocess.Popen(
                command, env={{"HOME": str(home), **plain}}, cwd=value("WorkingDirectory"),
                stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)
        pid.write_text(str(started.pid))
        os._exit(0)
    os.wait()
if words[0] == "disable":
    stop()
"""


class UserSystemd:
    """Runs commands in a session that has a systemd."""

    def __init__(self, home: Path, prefix: tuple[str, ...], environment: dict[str, str]) -> None:
        self.home = home
        self._prefix = prefix
        self._environment = environment

    def run(self, *command: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the session."""
        return subprocess.run(
            [*self._prefix, *command],
            cwd=cwd,
            env={**self._environment, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@contextlib.contextmanager
def user_systemd(home: Path) -> Iterator[UserSystemd]:
    """A session with `home` as its home folder."""
    with contextlib.ExitStack() as stack:
        yield stack.enter_context(_real(home)) or _fake(home)
        # A real systemd ends its services itself.
        with contextlib.suppress(OSError):
            os.kill(int((home / "fake.pid").read_text()), signal.SIGTERM)


@contextlib.contextmanager
def _real(home: Path) -> Iterator[UserSystemd | None]:
    names = ("unshare", "nsenter", "systemctl")
    if os.geteuid() != 0 or not _SYSTEMD.exists() or not all(map(shutil.which, names)):
        yield None
        return
    environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
    process = subprocess.Popen(
        [
            "unshare",
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-c",
            _BOOT.format(systemd=_SYSTEMD),
        ],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    # Without `--wd`, entering the namespace changes the working directory.
    prefix = ("nsenter", "--target", str(process.pid), "--mount", "--wd=.")
    session = UserSystemd(home, prefix, {**environment, "XDG_RUNTIME_DIR": "/run/user/0"})
    try:
        yield session if _answers(session, process) else None
    finally:
        process.terminate()
        process.wait(40)


def _answers(session: UserSystemd, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < deadline:
        if session.run("systemctl", "--user", "show-environment", cwd=session.home).returncode == 0:
            return True
        time.sleep(0.05)
    return False


def _fake(home: Path) -> UserSystemd:
    folder = home / "bin"
    folder.mkdir()
    program = folder / "systemctl"
    program.write_text(_FAKE.format(python=sys.executable))
    program.chmod(0o755)
    return UserSystemd(home, (), {"HOME": str(home), "PATH": f"{folder}:{os.environ['PATH']}"})
