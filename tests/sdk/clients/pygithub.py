"""PyGithub."""

from __future__ import annotations

from collections.abc import Callable

import github

from tests.sdk.content import FILE
from tests.sdk.setup import Setup


def call(setup: Setup) -> object:
    with setup.python() as client:
        return client.get_user().login


def upload(setup: Setup) -> object:
    with setup.python() as client:
        # The path of this call comes from the URL in the repository's body.
        repository = client.get_repo("octocat/Hello-World")
        made = repository.create_file("notes/hello.txt", "a message", FILE)
        return made["content"].size


def pages(setup: Setup) -> object:
    with setup.python() as client:
        return [repository.name for repository in client.get_user().get_repos()]


def follow(setup: Setup) -> object:
    with setup.python() as client:
        moved = client.get_repo("octocat/old-name")
        # Requests the URL in the listed repository's body.
        listed = client.get_user().get_repos()[0]
        listed.complete() if not listed.completed else None
        return [moved.full_name, listed.owner.login]


def error(setup: Setup) -> object:
    with setup.python() as client:
        return raised(lambda: client.get_repo("octocat/none"))


def refused(setup: Setup) -> object:
    with setup.python("Github(", "Github(retry=None, ") as client:
        return raised(lambda: client.get_user().login)


def raised(act: Callable[[], object]) -> object:
    try:
        act()
    except github.GithubException as problem:
        return [type(problem).__name__, problem.status]
    return None


FEATURES = {
    "call": call,
    "upload": upload,
    "pages": pages,
    "follow": follow,
    "retry_429": call,
    "retry_5xx": call,
    "error": error,
    "limit": refused,
    "revoked": refused,
}
