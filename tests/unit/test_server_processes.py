"""A process of a server is known to have ended, or not."""

from __future__ import annotations

import os

import pytest

from api.local.server_processes import ServerProcesses


@pytest.mark.parametrize("is_alone", [True, False])
def test_a_process_of_this_server_has_ended_if_it_does_not_exist(is_alone: bool) -> None:
    processes = ServerProcesses(is_alone)
    name = processes.own_name()
    assert name != ServerProcesses(is_alone).own_name()
    assert not processes.has_ended(name)
    # No process can have this id: it is above the largest one that Linux and macOS allow.
    assert processes.has_ended(name.replace(f".{os.getpid()}", f".{1 << 30}"))


def test_a_process_of_another_start_has_ended_unless_another_server_may_run() -> None:
    name = ServerProcesses(True).own_name()
    assert ServerProcesses(True).has_ended(name)
    assert not ServerProcesses(False).has_ended(name)
