"""The end of a call is delayed while the call must not be interrupted."""

from __future__ import annotations

import threading

import pytest

from api import stopping
from api.errors import ServerStopping
from api.stopping import Hold, check, is_held


def test_a_thread_is_held_until_its_outermost_context_ends() -> None:
    ident = threading.get_ident()
    assert not is_held(ident)
    with Hold():
        with Hold():
            assert is_held(ident)
            assert not is_held(ident + 1)
        assert is_held(ident)
    assert not is_held(ident)


def test_a_failure_ends_the_context() -> None:
    with pytest.raises(ValueError), Hold(), Hold():
        raise ValueError
    assert not is_held(threading.get_ident())


def test_no_call_begins_anything_after_the_end_has_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "_begun", False)
    check()
    stopping.begin()
    with pytest.raises(ServerStopping):
        check()


def test_code_that_handles_failures_does_not_swallow_it() -> None:
    assert not issubclass(ServerStopping, Exception)


@pytest.mark.parametrize(("is_repeatable", "retry"), [(True, "true"), (False, "false")])
def test_the_problem_tells_sdks_whether_to_repeat_the_call(is_repeatable: bool, retry: str) -> None:
    problem = stopping.server_stopping(is_repeatable=is_repeatable)
    fields = dict(problem.headers)
    assert (problem.code, problem.status) == ("server_stopping", 503)
    assert fields["x-should-retry"] == fields["Stripe-Should-Retry"] == retry
    assert int(fields["Retry-After"]) > 0
    assert ("repeat" in problem.detail) is not is_repeatable
