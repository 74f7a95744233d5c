"""The platforms on which the embedded database's binary runs, as a tag of wheels.

Tags are defined in https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/.
"""

from __future__ import annotations

import platform
import struct
from pathlib import Path

from infra.building import BuildError

# elf.h: ELFMAG, ELFCLASS64, ELFDATA2LSB; Elf64_Ehdr: e_machine, e_phoff, e_phentsize and e_phnum.
_ELF_64 = b"\x7fELF\x02\x01"
_ELF_MACHINE, _PROGRAM_OFFSET, _PROGRAM_COUNT = 18, 32, 54
_ELF_MACHINES = {62: "x86_64", 183: "aarch64"}
_PT_INTERP = 3  # names the dynamic loader; a static program has none

# mach-o/loader.h: MH_MAGIC_64, the size of mach_header_64, two load commands; mach/machine.h.
_MACH_64 = 0xFEEDFACF
_MACH_HEADER = struct.Struct("<IiiIIIII")
_LC_VERSION_MIN_MACOSX, _LC_BUILD_VERSION = 0x24, 0x32
_MACH_MACHINES = {0x01000007: "x86_64", 0x0100000C: "arm64"}


def platform_tag(binary: Path) -> str:
    """Return the platform tag for a program, such as `macosx_11_0_arm64`. Raises BuildError.

    A static program for Linux runs with every C library. One that needs a dynamic loader is only
    known to run with the C library of this machine, so the tag names its version.
    """
    content = binary.read_bytes()
    try:
        if content.startswith(_ELF_64):
            return _linux_tag(content)
        if struct.unpack_from("<I", content)[0] == _MACH_64:
            return _macos_tag(content)
    except (struct.error, KeyError) as error:
        raise BuildError(f"{binary.name} is damaged, or for an unknown processor.") from error
    raise BuildError(f"{binary.name} is a program for neither Linux nor macOS.")


def _linux_tag(content: bytes) -> str:
    (machine_id,) = struct.unpack_from("<H", content, _ELF_MACHINE)
    machine = _ELF_MACHINES[machine_id]
    (table,) = struct.unpack_from("<Q", content, _PROGRAM_OFFSET)
    size, count = struct.unpack_from("<HH", content, _PROGRAM_COUNT)
    kinds = {struct.unpack_from("<I", content, table + size * number)[0] for number in range(count)}
    if _PT_INTERP not in kinds:
        return f"manylinux_2_17_{machine}.manylinux2014_{machine}.musllinux_1_1_{machine}"
    library, version = platform.libc_ver()
    if library != "glibc":
        raise BuildError("The embedded database needs a C library other than this machine's.")
    return f"manylinux_{version.replace('.', '_')}_{machine}"


def _macos_tag(content: bytes) -> str:
    _, machine, _, _, count, _, _, _ = _MACH_HEADER.unpack_from(content)
    offset = _MACH_HEADER.size
    for _ in range(count):
        command, size = struct.unpack_from("<II", content, offset)
        if command in (_LC_VERSION_MIN_MACOSX, _LC_BUILD_VERSION):
            # LC_BUILD_VERSION names its platform first.
            at = offset + (12 if command == _LC_BUILD_VERSION else 8)
            (version,) = struct.unpack_from("<I", content, at)
            return _macos_version(version >> 16, version >> 8 & 0xFF) + _MACH_MACHINES[machine]
        offset += size
    raise KeyError(_LC_BUILD_VERSION)


def _macos_version(major: int, minor: int) -> str:
    # From macOS 11 on, tags name only the major version.
    if major >= 11:
        return f"macosx_{major + (minor > 0)}_0_"
    return f"macosx_{major}_{minor}_"
