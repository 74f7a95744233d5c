"""Saved logins: one file for each, with the tokens of its session, that only the user can read.

A refresh token can be used once, and using one again ends the session. So a lock around each
refresh keeps two processes from using the same one, and the new one is saved before anything else
happens.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import msgspec

from api.cli.errors import SIGNED_OUT, USAGE, CliError
from api.cli.files import is_disk_full
from api.cli.places import config_folder, default_server
from api.cli.server_url import DEFAULT_URL, parse_server_url
from api.secret import Secret

# Seconds. A request for tokens takes up to 40, and other commands may be before this one.
_LONGEST_WAIT = 90.0


class SavedLogin(msgspec.Struct, frozen=True, kw_only=True):
    """A session at a server. Times are in epoch seconds. `ca_file` is the path of a PEM file."""

    name: str
    url: str
    username: str
    refresh_token: Secret
    access_token: Secret
    access_expires_at: float
    signed_in_at: float
    ca_file: str | None = None


class LoginStore:
    """The saved logins in the folder `logins` of a configuration folder."""

    def __init__(self, config: Path) -> None:
        self._folder = config / "logins"

    def path(self, login: SavedLogin) -> Path:
        """Return the path of a login's file."""
        return self._folder / f"{quote(login.name, safe='')}.json"

    def paths(self) -> list[Path]:
        """Return the paths of all logins. Raises CliError if the folder cannot be read."""
        try:
            return sorted(self._folder.glob("[!.]*.json"))
        except OSError as error:
            raise _unusable(self._folder, error) from error

    def all(self) -> list[SavedLogin]:
        """Return the logins, the latest sign-in first. Raises CliError if one cannot be read."""
        logins, unusable = self._readable()
        if unusable:
            raise unusable[0]
        return logins

    def read(self, login: SavedLogin) -> SavedLogin | None:
        """Return a login as its file has it now, or None after a sign-out."""
        return self._read(self.path(login))

    def choose(self, server: str | None) -> SavedLogin:
        """Return the login with this name or URL, by default the latest.

        Raises CliError if there is none.
        """
        logins, unusable = self._readable()
        if server is None:
            if unusable:
                raise unusable[0]  # It may be the latest.
            if not logins:
                raise CliError(
                    f"You are not signed in: run `api-dashboard login` (for {DEFAULT_URL}) or "
                    "`api-dashboard login URL`.",
                    SIGNED_OUT,
                )
            return logins[0]
        for login in logins:
            if login.name == server:
                return login
        url = parse_server_url(server) if "://" in server else None
        for login in logins:
            if login.url == url:
                return login
        if unusable:
            raise unusable[0]
        if url is not None:
            raise CliError(
                f"You are not signed in at {url}: run `api-dashboard login {url}`.", SIGNED_OUT
            )
        known = ", ".join(login.name for login in logins) or "none"
        raise CliError(
            f"There is no saved login with this name (saved: {known}): give a name that "
            "`api-dashboard login --list` shows, or a URL.",
            USAGE,
        )

    @contextlib.contextmanager
    def locked(self, login: SavedLogin) -> Iterator[None]:
        """Wait until no other process or thread changes the login, and keep others waiting."""
        path = self.path(login).with_suffix(".lock")
        try:
            self._create_folder()
            lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unusable(path, error) from error
        try:
            _lock(lock, path)
            yield
        finally:
            os.close(lock)

    def save(self, login: SavedLogin) -> None:
        """Write a login's file. Hold the lock. Raises CliError if the disk is full."""
        with self.prepared(login) as save:
            save(login)

    @contextlib.contextmanager
    def prepared(self, login: SavedLogin) -> Iterator[Callable[[SavedLogin], None]]:
        """Reserve space on the disk for a login, and yield a function that saves it atomically.

        So a full disk is detected before the refresh token is used. Raises CliError.
        """
        path = self.path(login)
        part: str | None = None
        try:
            self._create_folder()
            file, part = tempfile.mkstemp(prefix=".", suffix=".part", dir=self._folder)
            with os.fdopen(file, "r+b", buffering=0) as stream:
                # New tokens are about as long as the old ones.
                _write_whole(stream.fileno(), _encode(login) + b" " * 1024)

                def save(changed: SavedLogin) -> None:
                    content = _encode(changed)
                    try:
                        _write_whole(stream.fileno(), content)
                        os.replace(str(part), path)
                    except OSError as error:
                        raise _unusable(path, error) from error

                yield save
        except OSError as error:
            raise _unusable(path, error) from error
        finally:
            if part is not None:
                Path(part).unlink(missing_ok=True)

    def remove(self, login: SavedLogin) -> None:
        """Delete a login's file. Hold the lock. Idempotent."""
        try:
            self.path(login).unlink(missing_ok=True)
        except OSError as error:
            raise _unusable(self.path(login), error) from error

    def _readable(self) -> tuple[list[SavedLogin], list[CliError]]:
        """Return the logins, the latest sign-in first, and why others cannot be used."""
        logins, unusable = [], []
        for path in self.paths():
            try:
                login = self._read(path)
            except CliError as error:
                unusable.append(error)
            else:
                logins += [login] if login is not None else []
        return sorted(logins, key=lambda login: login.signed_in_at, reverse=True), unusable

    def _create_folder(self) -> None:
        self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        if self._folder.stat().st_mode & 0o077:
            self._folder.chmod(0o700)

    def _read(self, path: Path) -> SavedLogin | None:
        try:
            with path.open("rb") as stream:
                others = os.fstat(stream.fileno()).st_mode & 0o077
                content = stream.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(path, error) from error
        if others:
            raise CliError(
                f"Other users of this machine can read {path}: run `chmod 600` on it, and sign in "
                "again if somebody may have read it.",
                SIGNED_OUT,
            )
        try:
            login = msgspec.json.decode(content, type=SavedLogin, dec_hook=_decode_secret)
            # The file's name decides, so that a renamed or copied file is never changed elsewhere.
            return msgspec.structs.replace(login, name=unquote(path.stem))
        except msgspec.DecodeError as error:
            raise CliError(
                f"{path} is not a saved login (it is damaged or of another version): delete it "
                "and sign in again.",
                SIGNED_OUT,
            ) from error


def find_server(server: str | None, *, needs_login: bool = False) -> tuple[str, str | None]:
    """Return the URL and the CA file of a saved login or, without one, of a URL.

    For commands that need no session. `server` is the value of `--server`. Without any login,
    return the server on this machine, or raise CliError if `needs_login`.
    """
    wanted = server or default_server()
    store = LoginStore(config_folder())
    if wanted is not None and "://" in wanted:
        url = parse_server_url(wanted)
        known = [login.ca_file for login in store.all() if login.url == url]
        return url, known[0] if known else None
    if wanted is None and not needs_login and not store.all():
        return DEFAULT_URL, None
    login = store.choose(wanted)
    return login.url, login.ca_file


def _lock(file: int, path: Path) -> None:
    """Wait for the lock of a file. Raises CliError if another process keeps it."""
    ends_at = time.monotonic() + _LONGEST_WAIT
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() >= ends_at:
                raise CliError(
                    f"Another command has been renewing this login for {_LONGEST_WAIT:.0f} seconds "
                    "(Ctrl+Z may have stopped it): continue or end that command, and try again."
                ) from error
        except OSError as error:  # Some network file systems have no locks.
            raise _unusable(path, error) from error
        time.sleep(0.02)


def _write_whole(file: int, content: bytes) -> None:
    os.lseek(file, 0, os.SEEK_SET)
    view = memoryview(content)
    while view:
        view = view[os.write(file, view) :]
    os.ftruncate(file, len(content))
    os.fsync(file)


def _encode(login: SavedLogin) -> bytes:
    return msgspec.json.encode(login, enc_hook=lambda secret: secret.reveal()) + b"\n"


def _decode_secret(kind: type, value: object) -> Secret:
    if kind is not Secret or not isinstance(value, str):
        raise ValueError("not a text")
    return Secret(value)


def _unusable(path: Path, error: OSError) -> CliError:
    if is_disk_full(error):
        return CliError(f"The disk is full, so {path} cannot be written: free some space.")
    return CliError(
        f"{path} cannot be used ({error.strerror}): make its folder writable, or set "
        "API_DASHBOARD_CONFIG to another folder."
    )
