"""The command line, `api-dashboard`. It talks to a server only over its public API.

Only `server/`, which runs the server on this machine, and what uses it opens a database.
"""
