"""The commands, one module for each command or group. `api/cli/main.py` lists them."""
