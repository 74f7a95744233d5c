"""Run API Dashboard on one machine, or encrypt its secrets with a new key."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from api.errors import SettingError, StartError, StorageUnavailable
from api.logs import log_event, set_up_logging

if TYPE_CHECKING:
    from api.services.keys.rotation import RotationProgress
    from api.wsgi import App

# Seconds until expired items of the embedded database are first deleted, and between deletions.
SWEEP_DELAY = 60.0
SWEEP_INTERVAL = 3600.0
# Seconds until the first run of due key checks, and between runs.
CHECKS_DELAY = 10.0
CHECKS_INTERVAL = 30.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Return its exit code; a failed start prints one sentence and returns 1."""
    parser = argparse.ArgumentParser(prog="python -m api", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="start the server (default)")
    commands.add_parser("rotate-keys", help="encrypt all stored secrets with the newest key")
    command = parser.parse_args(arguments).command
    set_up_logging()
    try:
        return _rotate_keys() if command == "rotate-keys" else _serve()
    except (SettingError, StartError) as error:
        print(error, file=sys.stderr)
    except StorageUnavailable as error:
        print(
            f"The database does not respond ({error.reason}): check that it is running.",
            file=sys.stderr,
        )
    except KeyboardInterrupt:
        return 130
    return 1


def _serve() -> int:
    from api.local.bootstrap import bootstrap
    from api.local.periodic import Periodic
    from api.local.server.master import interrupt_on_sigterm, serve
    from api.local.static_site import read_site
    from api.settings import read_settings
    from api.storage.schema import ensure_table
    from api.wiring import build_app, build_shared, build_storage
    from api.wiring.api import build_scheduled_checks, build_sweeper

    interrupt_on_sigterm()
    given = read_settings()
    site = None if given.pages is None else read_site(given.pages)
    with contextlib.ExitStack() as stack:
        settings = stack.enter_context(bootstrap(given))
        storage = build_storage(settings)
        ensure_table(storage.table)
        if settings.allowed_upstreams:
            hosts = sorted(settings.allowed_upstreams)
            log_event("upstreams_allowed_for_development", level="warning", hosts=hosts)
        if given.dynamodb_endpoint is None:
            sweeper = build_sweeper(storage)
            sweep = Periodic(lambda: sweeper.sweep(time.time()), SWEEP_DELAY, SWEEP_INTERVAL)
            stack.enter_context(sweep)
        checks = build_scheduled_checks(build_shared(settings, storage))
        stack.enter_context(Periodic(checks.run, CHECKS_DELAY, CHECKS_INTERVAL))
        return serve(settings, lambda: _preloaded(build_app(settings, pages=site)))


def _preloaded(app: App) -> App:
    """Load the whole application before the server accepts requests."""
    assert app.api is not None
    return app


def _rotate_keys() -> int:
    from api.local.bootstrap import bootstrap
    from api.services.keys.cipher import Cipher
    from api.services.keys.rotation import rotate
    from api.settings import read_settings, require_secrets
    from api.storage.schema import ensure_table
    from api.wiring import build_storage

    with bootstrap(read_settings()) as settings:
        _, fernet_keys = require_secrets(settings)
        storage = build_storage(settings)
        ensure_table(storage.table)
        progress = rotate(storage.keys, Cipher(fernet_keys), _print_progress)
    print(f"Done: encrypted {progress.changed} of {progress.keys} keys with the newest key.")
    for name in progress.unreadable:
        print(f"No key in FERNET_KEYS decrypts {name}: enter its secret again.", file=sys.stderr)
    return 1 if progress.unreadable else 0


def _print_progress(progress: RotationProgress) -> None:
    print(
        f"{progress.users_done} of {progress.users} users, "
        f"{progress.changed} of {progress.keys} keys encrypted with the newest key",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
