"""API Dashboard on one machine: `python -m api` serves, `... rotate-keys` rotates its keys."""

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

# Seconds: expired items of the embedded database are swept soon after a start, then hourly.
SWEEP_FIRST = 60.0
SWEEP_INTERVAL = 3600.0
# Seconds: how often keys are looked for whose check is due.
CHECKS_FIRST = 10.0
CHECKS_INTERVAL = 30.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; what stops a start is one sentence and code 1."""
    parser = argparse.ArgumentParser(prog="python -m api", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="start the product (the default)")
    commands.add_parser("rotate-keys", help="encrypt every stored secret with the newest key")
    command = parser.parse_args(arguments).command
    set_up_logging()
    try:
        return _rotate_keys() if command == "rotate-keys" else _serve()
    except (SettingError, StartError) as error:
        print(error, file=sys.stderr)
    except StorageUnavailable as error:
        print(f"The database does not answer ({error.reason}): check it.", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


def _serve() -> int:
    from api.local.bootstrap import machine
    from api.local.periodic import Periodic
    from api.local.server.master import run, stop_on_signal_while_starting
    from api.local.static_site import read_pages
    from api.settings import read_settings
    from api.storage.schema import ensure_table
    from api.wiring import build_app, build_shared, build_storage
    from api.wiring.api import build_scheduled_checks, build_sweeper

    stop_on_signal_while_starting()
    given = read_settings()
    pages = None if given.pages is None else read_pages(given.pages)
    with contextlib.ExitStack() as stack:
        settings = stack.enter_context(machine(given))
        storage = build_storage(settings)
        ensure_table(storage.table)
        if settings.allowed_upstreams:
            hosts = sorted(settings.allowed_upstreams)
            log_event("upstreams_allowed_for_development", level="warning", hosts=hosts)
        if given.dynamodb_endpoint is None:
            sweeper = build_sweeper(storage)
            sweep = Periodic(lambda: sweeper.sweep(time.time()), SWEEP_FIRST, SWEEP_INTERVAL)
            stack.enter_context(sweep)
        checks = build_scheduled_checks(build_shared(settings, storage))
        stack.enter_context(Periodic(checks.run, CHECKS_FIRST, CHECKS_INTERVAL))
        return run(settings, lambda: _ready(build_app(settings, pages=pages)))


def _ready(app: App) -> App:
    """The application with all of it loaded: a server has time for that before it listens."""
    assert app.api is not None
    return app


def _rotate_keys() -> int:
    from api.local.bootstrap import machine
    from api.services.keys.cipher import Cipher
    from api.services.keys.rotation import rotate
    from api.settings import read_settings, require_secrets
    from api.storage.schema import ensure_table
    from api.wiring import build_storage

    with machine(read_settings()) as settings:
        _, fernet_keys = require_secrets(settings)
        storage = build_storage(settings)
        ensure_table(storage.table)
        end = rotate(storage.keys, Cipher(fernet_keys), _show)
    print(f"Done: {end.changed} of {end.keys} keys were encrypted anew.")
    for name in end.unreadable:
        print(f"No key of FERNET_KEYS opens {name}: enter its secret again.", file=sys.stderr)
    return 1 if end.unreadable else 0


def _show(progress: RotationProgress) -> None:
    print(
        f"{progress.users_done} of {progress.users} users, "
        f"{progress.changed} of {progress.keys} keys encrypted anew",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
