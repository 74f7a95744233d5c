"""A data folder that version 0.1.0 wrote: one account, two keys, a token and two logged calls."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

FIXTURE = Path(__file__).parent / "data_of_0_1_0"
USERNAME = "ada"
PASSWORD = "correct horse battery staple"
OPENAI_SECRET = "sk-from-version-0-1-0"
GITHUB_KEY = "github.s4s1a2gng923pnfm"
OPENAI_KEY = "openai.b6mhau4nkf1qpp85"
TOKEN = (
    "apd_2snvjzosecukzfk48ilo73y9fyy2g87kauylbkz47tfhimji1qlmhf863nl5n5upzl1yozpt10d9vpdkmslzbcrgdb"
    "n8qnnq0p10dqrara"
)
_UPSTREAM = "127.0.0.1:18099/v1"


def write_old_data(data: Path, upstream: str = _UPSTREAM) -> None:
    """Write the data folder. `upstream` is host, port and path of the OpenAI key's base URL."""
    data.mkdir(mode=0o700, parents=True)
    (data / "VERSION").write_text("1\n")
    (data / "secrets.env").write_text((FIXTURE / "secrets.txt").read_text())
    with contextlib.closing(sqlite3.connect(data / "database.db")) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript((FIXTURE / "database.sql").read_text().replace(_UPSTREAM, upstream))
    for file in data.iterdir():
        file.chmod(0o600)
