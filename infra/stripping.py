"""Remove from compiled modules what only debuggers and linkers read.

GNU strip would need binutils for the function's processor on every machine that deploys.
"""

from __future__ import annotations

import struct
from pathlib import Path

# elf.h: ELFMAG, ELFCLASS64, ELFDATA2LSB.
_ELF_64 = b"\x7fELF\x02\x01"
# Elf64_Ehdr: e_phoff; e_phentsize and e_phnum; e_shoff; e_shentsize, e_shnum and e_shstrndx.
_PROGRAM_OFFSET, _PROGRAM_COUNT, _SECTION_OFFSET, _SECTION_COUNT = 32, 54, 40, 58
# Elf64_Phdr: p_offset and, after two addresses, p_filesz.
_SEGMENT = struct.Struct("<8xQ16xQ")


def strip(path: Path) -> None:
    """Cut a shared library after its last segment, and drop the table of its sections.

    Programs are loaded by segments alone; symbols for debuggers and debug information are in none.
    The result is that of `llvm-strip --strip-sections`. Other files stay as they are.
    """
    content = bytearray(path.read_bytes())
    if not content.startswith(_ELF_64):
        return
    (table,) = struct.unpack_from("<Q", content, _PROGRAM_OFFSET)
    size, count = struct.unpack_from("<HH", content, _PROGRAM_COUNT)
    end = table + size * count
    for number in range(count):
        offset, length = _SEGMENT.unpack_from(content, table + size * number)
        end = max(end, offset + length)
    struct.pack_into("<Q", content, _SECTION_OFFSET, 0)
    struct.pack_into("<HHH", content, _SECTION_COUNT, 0, 0, 0)
    path.write_bytes(content[:end])
