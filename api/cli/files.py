"""Writing files: at once, so that another process sees the old content or the new one."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path


def is_disk_full(error: OSError) -> bool:
    """Return whether a write failed because there is no space, or the user's quota is used up."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def write_at_once(path: Path, content: bytes, mode: int) -> None:
    """Write a file with a mode, to the disk. If that fails, the old content stays. Raises OSError.

    A file that root replaces keeps its owner.
    """
    file, part = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if os.geteuid() == 0 and path.exists():
            stat = path.stat()
            os.chown(part, stat.st_uid, stat.st_gid)
        os.chmod(part, mode)
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
