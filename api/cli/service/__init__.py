"""The server as a service of this user: with systemd on Linux, with launchd on macOS."""
