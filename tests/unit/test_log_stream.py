import os

import pytest

from api.logs import DescriptorStream


def test_the_log_writes_a_text_whole_however_little_a_write_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = bytearray()

    def write_three(descriptor: int, data: bytes) -> int:
        assert descriptor == 2
        written.extend(data[:3])
        return len(data[:3])

    monkeypatch.setattr(os, "write", write_three)
    DescriptorStream(2).write('{"event":"wörld \udc80"}\n')
    monkeypatch.undo()
    assert written.decode() == '{"event":"wörld \\udc80"}\n'
