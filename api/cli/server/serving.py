"""Run the server of one machine: database, periodic tasks, worker processes."""

from __future__ import annotations

import contextlib
import mmap
import tempfile
import time
from collections.abc import Callable, Iterator

from api.cli.places import environment
from api.cli.server.browser import open_when_ready
from api.cli.server.data_places import data_notes, default_data
from api.cli.server.given_settings import server_settings
from api.cli.server.options import ServerOptions
from api.cli.server.scanning import periodic_scan
from api.cli.server.start_message import browser_url, start_message
from api.cli.server.table import prepare_table
from api.cli.signals import interrupt_on_sigterm
from api.local.backup_state import write_backup_state
from api.local.bootstrap import bootstrap
from api.local.command_journal import move_commands
from api.local.periodic import Periodic
from api.local.server.master import serve
from api.local.server_processes import ServerProcesses
from api.local.static_site import read_site
from api.logs import log_event
from api.proxy.call_slots import CallSlots, shared_bytes
from api.proxy.kept_ids import SHARED_BYTES, KeptIds
from api.proxy.lost_calls import LostCalls
from api.proxy.open_calls import OpenCalls
from api.settings import BackupSchedule, Settings
from api.storage.audit import AuditItems
from api.storage.write_state import WriteState
from api.struct_types import build_struct_types
from api.wiring import build_app, build_budgets, build_shared, build_storage
from api.wiring.api import build_scheduled_checks, build_sweeper
from api.wiring.notifications import build_notification_run
from api.wsgi import App

# Seconds until expired items of the embedded database are first deleted, and between deletions.
SWEEP_DELAY = 60.0
SWEEP_INTERVAL = 3600.0
# Seconds until the server first looks whether a backup is due, and between looks.
BACKUPS_DELAY = 10.0
BACKUPS_INTERVAL = 60.0
# Seconds until the first run of due key checks, and between runs.
CHECKS_DELAY = 10.0
CHECKS_INTERVAL = 30.0
# Seconds between deliveries of notifications.
NOTIFICATIONS_INTERVAL = 10.0
# Seconds between updates of the calls in progress, in each process, and between searches for those
# of processes that have ended.
OPEN_CALLS_INTERVAL = 2.0
LOST_CALLS_INTERVAL = 10.0
# Seconds until an operator command is in the audit log.
COMMANDS_INTERVAL = 10.0
# Seconds between settlements of what budgets keep reserved without need, in each process.
BUDGETS_INTERVAL = 2.0


def run_server(options: ServerOptions, *, open_browser: bool = False) -> int:
    """Serve until a signal stops the server. Return its exit code.

    `open_browser` opens the dashboard as soon as the server responds. Raises StartError,
    SettingError and CliError.
    """
    interrupt_on_sigterm()
    given = server_settings(options)
    message = start_message(given, data_notes(given.data) if given.data == default_data() else [])
    site = None if given.pages is None else read_site(given.pages)
    with contextlib.ExitStack() as stack:
        settings = stack.enter_context(bootstrap(given, prepare_table))
        # The worker processes, which are forked from this one, share this memory.
        writes = WriteState(mmap.mmap(-1, 1))
        slots = CallSlots(
            settings.max_calls_per_api,
            settings.max_calls_per_token,
            mmap.mmap(-1, shared_bytes(settings.workers)),
        )
        is_alone = given.dynamodb_endpoint is None
        kept_file = stack.enter_context(tempfile.TemporaryFile())
        kept_ids = KeptIds(mmap.mmap(-1, SHARED_BYTES), kept_file.fileno(), is_complete=is_alone)
        storage = build_storage(settings)
        if settings.allowed_upstreams:
            hosts = sorted(settings.allowed_upstreams)
            log_event("upstreams_allowed_for_development", level="warning", hosts=hosts)
        if is_alone and not given.closed:
            sweeper = build_sweeper(storage, settings.audit_days)
            sweep = Periodic(lambda: sweeper.sweep(time.time()), SWEEP_DELAY, SWEEP_INTERVAL)
            stack.enter_context(sweep)
            audit = AuditItems(storage.table, settings.audit_days)
            commands = Periodic(
                lambda: move_commands(given.data, audit.put_commands), 0.0, COMMANDS_INTERVAL
            )
            stack.enter_context(commands)
        shared = build_shared(settings, storage)
        checks = build_scheduled_checks(shared)
        notifications = build_notification_run(shared)
        build_struct_types()  # Checks and deliveries run in several threads.
        if not given.closed:
            stack.enter_context(Periodic(checks.run, CHECKS_DELAY, CHECKS_INTERVAL))
            stack.enter_context(
                Periodic(notifications.run, NOTIFICATIONS_INTERVAL, NOTIFICATIONS_INTERVAL)
            )
            stack.enter_context(periodic_scan(settings, storage, given.data))

        if given.backups is not None:
            stack.enter_context(_start_backups(given, given.backups))
        elif is_alone:
            write_backup_state(given.data, None)
        processes = ServerProcesses(is_alone=is_alone)
        lost = LostCalls(storage.open_calls, storage.log, processes.has_ended, time.time)
        if not given.closed:
            stack.enter_context(Periodic(lost.run, 0.0, LOST_CALLS_INTERVAL))

        at_exit: list[Callable[[], None]] = []  # of the calling worker process

        def end_app() -> None:
            for end in at_exit:
                end()

        def make_app() -> App:
            own_storage = build_storage(settings, writes=writes)
            open_calls = OpenCalls(own_storage.open_calls, processes.own_name(), time.time)
            Periodic(open_calls.run, OPEN_CALLS_INTERVAL, OPEN_CALLS_INTERVAL).start()
            budgets = build_budgets(settings, own_storage, kept_ids=kept_ids)
            at_exit.append(budgets.close)
            Periodic(budgets.run, BUDGETS_INTERVAL, BUDGETS_INTERVAL).start()
            return _preloaded(
                build_app(
                    settings,
                    own_storage,
                    pages=site,
                    slots=slots,
                    open_calls=open_calls,
                    budgets=budgets,
                )
            )

        if open_browser:
            open_when_ready(browser_url(given))
        return serve(settings, make_app, slots.use_row, message, end_app)


@contextlib.contextmanager
def _start_backups(settings: Settings, schedule: BackupSchedule) -> Iterator[None]:
    """Make backups by schedule while the context is open. Raises StartError."""
    # Imported here because few servers need it.
    from api.operations.scheduled_backups import BackupScheduler

    backups = BackupScheduler(schedule, settings.data.absolute(), environment())
    with backups, Periodic(backups.run, BACKUPS_DELAY, BACKUPS_INTERVAL):
        yield


def _preloaded(app: App) -> App:
    """Load the whole application before the server accepts requests."""
    assert app.api is not None and app.websockets is not None
    return app
