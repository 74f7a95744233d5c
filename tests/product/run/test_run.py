"""`api-dashboard run`: what a command gets, and what is left when it has ended."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.product.run.conftest import REAL_KEY, CommandLine
from tests.support.accounts import problem

InProcess = Callable[..., tuple[int, str, str]]

CALL = """
import os, sys, urllib.request
request = urllib.request.Request(
    os.environ["OPENAI_BASE_URL"] + "/models",
    headers={"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]},
)
print(urllib.request.urlopen(request).status, sys.stdin.read())
"""


def test_a_command_calls_its_api_with_a_token_that_is_revoked_at_its_end(
    command_line: CommandLine,
) -> None:
    variables = command_line.environment_of("--api", "openai")
    token = variables["OPENAI_API_KEY"]
    assert token.startswith("apd_")
    url = f"{command_line.account.client.url}/proxy/openai/v1"
    assert variables["OPENAI_BASE_URL"] == url
    answer = command_line.account.proxied(token, "/proxy/openai/v1/models")
    problem(answer, 401, "authentication_required")


def test_input_output_and_exit_code_pass_through(command_line: CommandLine) -> None:
    command = (sys.executable, "-c", CALL + "sys.exit(41)")
    process = command_line.start("run", "--api", "openai", "--", *command, stdin=-1)
    out, err = process.communicate("from a pipe", timeout=60)
    assert (process.returncode, out) == (41, "200 from a pipe\n")
    assert err == "api-dashboard: 1 request to openai. The token is revoked.\n"


def test_quiet_prints_nothing(command_line: CommandLine) -> None:
    assert command_line.call("run", "-q", "--api", "openai", "--", "true") == (0, "", "")


def test_the_last_line_says_what_is_left_of_the_limit(command_line: CommandLine) -> None:
    command = (sys.executable, "-c", CALL)
    code, _, err = command_line.call("run", "--api", "openai", "--limit", "500/day", "--", *command)
    assert code == 0, err
    assert err.startswith("api-dashboard: 1 request to openai, 499 of 500 left, reset in ")


def test_the_token_has_the_chosen_scope_limit_name_and_a_short_life(
    command_line: CommandLine,
) -> None:
    reads = "import sys; print('ready', flush=True); sys.stdin.read()"
    options = ("--api", "openai", "--api", "test", "--limit", "5/min", "--expires", "90s")
    process = command_line.start(
        "run", *options, "--name", "night job", "--", sys.executable, "-c", reads, stdin=-1
    )
    assert process.stdout is not None
    process.stdout.readline()
    [token] = command_line.tokens()
    process.communicate("", timeout=60)
    assert token["name"] == "night job"
    assert token["apis"] == ["openai", "test"]
    assert (token["limit"], token["window"]) == (5, 60)
    assert 0 < token["expires_in"] <= 90


def test_without_a_choice_a_command_gets_every_api_whose_variables_are_known(
    command_line: CommandLine,
) -> None:
    variables = command_line.environment_of()
    token = variables["OPENAI_API_KEY"]
    assert variables["ANTHROPIC_API_KEY"] == variables["GROQ_API_KEY"] == token
    assert "TEST_API_KEY" not in variables
    chosen = command_line.environment_of("--api", "test")
    assert chosen["TEST_BASE_URL"].endswith("/proxy/test")
    assert chosen["TEST_API_KEY"].startswith("apd_")
    assert "OPENAI_API_KEY" not in chosen


def test_a_command_gets_no_key_of_the_user(command_line: CommandLine) -> None:
    own = {
        "OPENAI_API_KEY": REAL_KEY,
        "MY_OPENAI_KEY": REAL_KEY,
        "OPENAI_API_BASE": "https://gateway.example/v1",
        "GITHUB_TOKEN": "ghp_" + "a1B2c3D4e5F6" * 3,
        "PLAIN": REAL_KEY,
        "EDITOR": "vi",
    }
    variables = command_line.environment_of("--api", "openai", env=own)
    assert REAL_KEY not in json.dumps(variables)
    token = variables["OPENAI_API_KEY"]
    assert variables["MY_OPENAI_KEY"] == variables["PLAIN"] == token
    assert variables["OPENAI_API_BASE"] == variables["OPENAI_BASE_URL"]
    assert "GITHUB_TOKEN" not in variables
    assert variables["EDITOR"] == "vi"
    assert variables["HOME"] == str(command_line.home)
    kept = command_line.environment_of("--api", "openai", "--keep", "GITHUB_TOKEN", env=own)
    assert kept["GITHUB_TOKEN"] == own["GITHUB_TOKEN"]
    _, _, err = command_line.call("run", "--api", "openai", "--", "true", env=own)
    assert "base URL: MY_OPENAI_KEY, OPENAI_API_BASE, OPENAI_API_KEY, PLAIN." in err
    assert "Not passed on to the command: GITHUB_TOKEN." in err
    assert REAL_KEY not in err


def test_a_project_file_says_what_a_command_needs_and_gets_the_token(
    command_line: CommandLine,
) -> None:
    file = command_line.home / "project.env"
    text = f'DEBUG=1\nMY_OPENAI_KEY="{REAL_KEY}"\nGITHUB_TOKEN=ghp_{"a1B2c3D4e5F6" * 3}\n'
    file.write_text(text)
    variables = command_line.environment_of("--env-file", str(file), env={"DEBUG": "2"})
    assert variables["MY_OPENAI_KEY"] == variables["OPENAI_API_KEY"]
    assert variables["OPENAI_API_KEY"].startswith("apd_")
    assert variables["DEBUG"] == "2"
    assert "ANTHROPIC_API_KEY" not in variables
    assert "GITHUB_TOKEN" not in variables
    assert file.read_text() == text


def test_an_agent_gets_its_variables_and_a_private_file(
    command_line: CommandLine, install: Callable[[str], Path]
) -> None:
    report = install("claude")
    code, _, err = command_line.call("run", "--", "claude", "-p", "hi")
    assert code == 0, err
    variables, arguments, files = json.loads(report.read_text())
    token = variables["ANTHROPIC_AUTH_TOKEN"]
    url = f"{command_line.account.client.url}/proxy/anthropic"
    assert variables["ANTHROPIC_BASE_URL"] == url
    assert "ANTHROPIC_API_KEY" not in variables
    assert "OPENAI_API_KEY" not in variables
    assert arguments[0] == "--settings"
    assert arguments[2:] == ["-p", "hi"]
    settings = json.loads(files[arguments[1]])
    assert settings["env"]["ANTHROPIC_BASE_URL"] == url
    assert settings["env"]["ANTHROPIC_AUTH_TOKEN"] == token
    assert token not in "".join(arguments)


def test_two_runs_at_once_have_tokens_of_their_own(command_line: CommandLine) -> None:
    reads = "import os, sys; print(os.environ['OPENAI_API_KEY'], flush=True); sys.stdin.read()"
    command = ("run", "--api", "openai", "--", sys.executable, "-c", reads)
    first, second = (command_line.start(*command, stdin=-1) for _ in range(2))
    assert first.stdout is not None and second.stdout is not None
    texts = [process.stdout.readline().strip() for process in (first, second)]  # type: ignore[union-attr]
    first.communicate("", timeout=60)
    answer = command_line.account.proxied(texts[1], "/proxy/openai/v1/models")
    second.communicate("", timeout=60)
    assert texts[0] != texts[1]
    assert answer.status == 200
    assert (first.returncode, second.returncode) == (0, 0)


def test_print_shows_everything_and_creates_no_token(
    command_line: CommandLine, in_process: InProcess, install: Callable[[str], Path]
) -> None:
    report = install("claude")
    code, out, _ = in_process("run", "--print", "--", "claude")
    assert code == 0
    url = f"{command_line.account.client.url}/proxy/anthropic"
    assert f"export ANTHROPIC_BASE_URL={url}\n" in out
    assert "ANTHROPIC_AUTH_TOKEN=<token>" in out
    assert not report.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("--api", "stripe", "--", "true"), 1, "`api-dashboard keys add stripe`"),
        (("--api", "opena", "--", "true"), 1, "did you mean `--api openai`?"),
        (("--", "gemini"), 127, "`npm install -g @google/gemini-cli`"),
        (("--", "no-such-command"), 127, "was not found"),
        (("--limit", "many", "--", "true"), 2, "100/min"),
        ((), 2, "COMMAND"),
        (("--env-file", "none.env", "--", "true"), 2, "none.env"),
        (("--server", "http://127.0.0.1:9", "--", "true"), 4, "api-dashboard login"),
    ],
)  # fmt: skip
def test_trouble_is_one_sentence_with_what_to_do(
    in_process: InProcess, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    returned, out, err = in_process("run", *arguments)
    assert (returned, out) == (code, ""), err
    assert err.count("\n") == 1
    assert sentence in err


def test_the_exit_code_is_kept_if_nobody_reads_what_run_says(command_line: CommandLine) -> None:
    process = command_line.start("run", "--api", "openai", "--", "sh", "-c", "cat; exit 9",
                                 stdin=-1)  # fmt: skip
    assert process.stdin is not None and process.stderr is not None
    process.stderr.close()
    process.stdin.close()
    assert process.wait(60) == 9
    assert process.stdout is not None
    process.stdout.close()


def test_an_agent_without_a_key_names_the_command_that_adds_one(
    in_process: InProcess, install: Callable[[str], Path]
) -> None:
    install("gemini")
    code, _, err = in_process("run", "--", "gemini")
    assert code == 1
    assert "Gemini CLI needs a key for google-gemini" in err
    assert "`api-dashboard keys add google-gemini`" in err
    code, _, err = in_process("run", "--api", "openai", "--", "gemini")
    assert code == 1
    assert "Gemini CLI cannot use openai" in err


def test_a_program_that_cannot_be_started_leaves_no_token(command_line: CommandLine) -> None:
    script = command_line.home / "bin" / "no-program"
    script.parent.mkdir()
    script.write_bytes(b"\x00")
    script.chmod(0o700)
    code, _, err = command_line.call("run", "--api", "openai", "--", "no-program")
    assert code == 126
    assert "cannot be started" in err
