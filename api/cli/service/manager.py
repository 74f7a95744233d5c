"""The service manager of this system."""

from __future__ import annotations

import sys

from api.cli import places
from api.cli.service.definition import ServiceManager
from api.cli.service.launchd import Launchd
from api.cli.service.systemd import Systemd


def service_manager(platform: str = sys.platform) -> ServiceManager:
    """Return launchd on macOS, else systemd. Raises CliError if there is no home folder."""
    if platform == "darwin":
        return Launchd(places.launch_agents_folder(), places.agent_log())
    return Systemd(places.systemd_folder())
