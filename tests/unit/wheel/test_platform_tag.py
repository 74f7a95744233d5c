"""The wheel's tag says on which platforms the embedded database's binary runs."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from infra.building import BuildError
from tools.wheel.platform_tag import platform_tag

X86, ARM = 62, 183
MAC_X86, MAC_ARM = 0x01000007, 0x0100000C
LOAD, INTERPRETER = 1, 3
MINIMUM_VERSION, BUILD_VERSION, SEGMENT = 0x24, 0x32, 0x19


def elf(machine: int, *segments: int) -> bytes:
    header = bytearray(64)
    header[:6] = b"\x7fELF\x02\x01"
    struct.pack_into("<H", header, 18, machine)
    struct.pack_into("<Q", header, 32, 64)
    struct.pack_into("<HH", header, 54, 56, len(segments))
    return bytes(header) + b"".join(struct.pack("<I52x", kind) for kind in segments)


def mach(machine: int, *commands: bytes) -> bytes:
    header = struct.pack("<IiiIIIII", 0xFEEDFACF, machine, 0, 2, len(commands), 0, 0, 0)
    return header + b"".join(commands)


def build_version(major: int, minor: int) -> bytes:
    return struct.pack("<IIIIII", BUILD_VERSION, 24, 1, major << 16 | minor << 8, 0, 0)


def minimum_version(major: int, minor: int) -> bytes:
    return struct.pack("<IIII", MINIMUM_VERSION, 16, major << 16 | minor << 8, 0)


OTHER = struct.pack("<II16x", SEGMENT, 24)


@pytest.mark.parametrize(
    ("content", "tag"),
    [
        (elf(X86, LOAD), "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64"),
        (elf(ARM, LOAD), "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64"),
        (mach(MAC_ARM, OTHER, build_version(11, 0)), "macosx_11_0_arm64"),
        (mach(MAC_ARM, build_version(13, 3)), "macosx_14_0_arm64"),
        (mach(MAC_X86, OTHER, minimum_version(10, 12)), "macosx_10_12_x86_64"),
        (mach(MAC_X86, build_version(26, 0)), "macosx_26_0_x86_64"),
    ],
    ids=["linux", "linux-arm", "macos", "macos-minor", "macos-10", "macos-26"],
)
def test_the_tag_follows_the_program(tmp_path: Path, content: bytes, tag: str) -> None:
    binary = tmp_path / "program"
    binary.write_bytes(content)
    assert platform_tag(binary) == tag


def test_a_dynamic_program_needs_this_machine_s_c_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binary = tmp_path / "program"
    binary.write_bytes(elf(X86, LOAD, INTERPRETER))
    monkeypatch.setattr("platform.libc_ver", lambda: ("glibc", "2.36"))
    assert platform_tag(binary) == "manylinux_2_36_x86_64"
    monkeypatch.setattr("platform.libc_ver", lambda: ("", ""))
    with pytest.raises(BuildError, match="C library"):
        platform_tag(binary)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"#!/bin/sh\n",
        elf(8, LOAD),
        elf(X86, LOAD)[:64],
        mach(MAC_ARM, OTHER),
        mach(7, build_version(11, 0)),
    ],
    ids=["empty", "script", "processor", "short", "no-version", "mac-processor"],
)
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    binary = tmp_path / "program"
    binary.write_bytes(content)
    with pytest.raises(BuildError, match="program"):
        platform_tag(binary)
