"""The memory of a process and its descendants. This needs Linux (proc(5))."""

from __future__ import annotations

from pathlib import Path

PROC = Path("/proc")


def family(process: int) -> list[int]:
    """Return the ids of a process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue  # the process has just ended
            children.setdefault(parent, []).append(int(entry.name))
    found = [process]
    for member in found:
        found += children.get(member, [])
    return found


def proportional_memory(process: int) -> int:
    """Return the bytes of memory of a process and its descendants.

    Pages that several of them share count once (the proportional set size).
    """
    total = 0
    for member in family(process):
        try:
            lines = (PROC / str(member) / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue  # the process has just ended
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total * 1024
