"""`.env` in, after a preview, and a safe one out. No value of a file comes back, and no key goes
out.
"""

from __future__ import annotations

from typing import Any

import pytest

from api.credentials import AuthScheme
from api.errors import Problem
from api.schemas.env_files import EnvLine
from api.secret import Secret, hint
from api.services.env_files.service import EnvFileService
from api.services.env_files.syntax import parse
from api.services.keys.catalogue import Catalogue, EnvironmentNames, Provider
from api.services.keys.vault import NewKey
from api.storage.keys import StoredKey
from tests.support.accounts import Account, problem

OPENAI = "sk-proj-" + "Ab3dEf6hIj9kLm2n" * 2
OPENAI_2 = "sk-proj-" + "Zb3dEf6hIj9kLm2n" * 2
GITHUB = "ghp_" + "Ab3dEf6hIj9kLm2nOp5q" + "Rs8tUv1wXy4zAb7c"
STRIPE = "sk_live_" + "Ab3dEf6hIj9kLm2nOp5q"
TOKEN = "apd_0123456789abcdef"
ADDRESS = "http://127.0.0.1:8420"


class FakeVault:
    """Keeps keys in the clear, and hands them out two at a time."""

    def __init__(self) -> None:
        self.keys: list[StoredKey] = []
        self.wanted: list[NewKey] = []
        self.revealed: list[str] = []
        self.unreadable = False

    def hold(
        self,
        api_name: str,
        secret: str,
        provider: str | None = None,
        base_url: str = "https://api.example.com",
    ) -> None:
        key = StoredKey(
            key_id=f"{api_name}.{len(self.keys):016}",
            api_name=api_name,
            base_url=base_url,
            auth=AuthScheme("bearer"),
            encrypted_key=secret,
            hint=hint(secret),
            created_at=1,
            updated_at=1,
            provider=provider,
        )
        self.keys = sorted([*self.keys, key], key=lambda key: key.key_id)

    def page(
        self, username: str, limit: int, after: str | None
    ) -> tuple[list[StoredKey], dict[str, str] | None]:
        assert username == "ada"
        rest = [key for key in self.keys if after is None or key.key_id > after]
        return rest[:2], ({"SK": rest[1].key_id} if len(rest) > 2 else None)

    def reveal(self, username: str, key: StoredKey) -> Secret:
        assert username == "ada"
        self.revealed.append(key.key_id)
        if self.unreadable:
            raise Problem("secret_unreadable", "It cannot be decrypted.")
        return Secret(key.encrypted_key)

    def create(self, username: str, wanted: list[NewKey]) -> list[StoredKey]:
        assert username == "ada"
        self.wanted += wanted
        return []


@pytest.fixture
def vault() -> FakeVault:
    return FakeVault()


@pytest.fixture
def service(vault: FakeVault) -> EnvFileService:
    return EnvFileService(vault, Catalogue.load())  # type: ignore[arg-type]


def judged(service: EnvFileService, content: str) -> dict[int, EnvLine]:
    return {line.line: line for line in service.plan("ada", content).lines}


def variables(content: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in parse(content):
        assert line.refusal is None, line.refusal
        if line.name is not None and line.value is not None:
            assert line.name not in found, f"{line.name} is there twice"
            found[line.name] = line.value.reveal()
    return found


# -- the preview -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "provider"),
    [
        ("OPENAI_API_KEY", OPENAI, "openai"),
        ("openai_api_key", OPENAI, "openai"),
        ("OPENAI_API_KEY", "an-unusual-one-4711", "openai"),
        ("OPENAI_API_KEY_2", "an-unusual-one-4711", "openai"),
        ("OPENAI_API_KEY2", "an-unusual-one-4711", "openai"),
        ("OPENAI_API_KEY_BACKUP", "an-unusual-one-4711", "openai"),
        ("PROD_OPENAI_API_KEY", "an-unusual-one-4711", "openai"),
        ("OPENAI_KEY", "an-unusual-one-4711", "openai"),
        ("MY_CIRCLE_TOKEN", "an-unusual-one-4711", "circleci"),
        ("ALPHA_VANTAGE_KEY", "0123456789ABCDEF", "alpha-vantage"),
        ("GH_TOKEN", GITHUB, "github"),
        ("SOMETHING", GITHUB, "github"),
        ("PAYMENTS", STRIPE, "stripe"),
        ("DEEPL_API_KEY", "01234567-89ab-cdef-0123-456789abcdef:fx", "deepl-free"),
    ],
)
def test_a_key_is_recognised_by_its_name_or_its_shape(
    service: EnvFileService, name: str, value: str, provider: str
) -> None:
    line = judged(service, f"{name}={value}\n")[1]

    assert (line.action, line.provider, line.api_name) == ("import", provider, provider)
    assert line.hint == hint(value)
    assert line.base_url == Catalogue.load().get(provider).base_url  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "true"),
        ("DATABASE_URL", "postgres://me:hunter22@localhost/db"),
        ("OPENAI_API_KEY_FILE", "/run/secrets/openai"),
        ("GITHUB_TOKEN_URL", "https://example.com/oauth/token"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_0123456789abcdef0123456789abcdef"),
        ("REQUIRE_GITHUB_TOKEN", "true"),
        ("MY_OWN_API_KEY", "0123456789abcdef0123"),
        ("X_API_KEY", "0123456789abcdef0123"),
        ("ACME_CO_API_KEY", "0123456789abcdef0123"),
        ("API_KEY", "0123456789abcdef0123"),
    ],
)
def test_what_is_no_key_of_a_known_provider_is_kept(
    service: EnvFileService, name: str, value: str
) -> None:
    line = judged(service, f"{name}={value}\n")[1]

    assert (line.action, line.provider, line.hint) == ("keep", None, None)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "empty"),
        ('"  "', "empty"),
        ("changeme", "placeholder"),
        ("xxx", "placeholder"),
        ("sk-xxxxxxxx", "placeholder"),
        ("sk-...", "placeholder"),
        ("your-key-here", "placeholder"),
        ("YOUR_OPENAI_API_KEY", "placeholder"),
        ("<your-key>", "placeholder"),
        ("'replace me'", "placeholder"),
        ("${OTHER_KEY}", "refers"),
        ("$OTHER_KEY", "refers"),
        ("op://vault/openai/key", "refers"),
        (TOKEN, "token of this dashboard"),
    ],
)
def test_a_value_that_is_no_key_yet_is_kept_with_the_reason(
    service: EnvFileService, value: str, reason: str
) -> None:
    line = judged(service, f"OPENAI_API_KEY={value}\n")[1]

    assert line.action == "keep"
    assert reason in line.reason


@pytest.mark.parametrize(
    "value", ["sk-test-1234", "sk-aaaaaaaaaaaaaaaaaaaaaaaa", "my-dog-has-7-fleas"]
)
def test_an_unusual_key_is_not_taken_for_a_placeholder(service: EnvFileService, value: str) -> None:
    assert judged(service, f"OPENAI_API_KEY={value}\n")[1].action == "import"


def test_a_shape_that_contradicts_the_name_is_refused_and_said(service: EnvFileService) -> None:
    line = judged(service, f"OPENAI_API_KEY={GITHUB}\n")[1]

    assert line.action == "refuse"
    assert "OpenAI" in line.reason
    assert "GitHub" in line.reason


@pytest.mark.parametrize(
    "base_url",
    [
        "https://evil.example/v1",
        "https://api.openai.com.evil.example",
        "https://api.openai.com@evil.example",
        "http://api.openai.com",
        "http://127.0.0.1:8420/proxy/openai/v1",
        "evil.example",
        "${ELSEWHERE}",
    ],
)
@pytest.mark.parametrize("names", [("OPENAI_API_KEY", "OPENAI_BASE_URL"),
                                   ("PROD_OPENAI_API_KEY", "PROD_OPENAI_API_BASE"),
                                   ("OPENAI_API_KEY_2", "OPENAI_BASE_URL")])  # fmt: skip
def test_a_key_for_a_host_that_is_not_the_providers_is_refused(
    service: EnvFileService, names: tuple[str, str], base_url: str
) -> None:
    lines = judged(service, f"{names[0]}={OPENAI}\n\n{names[1]}={base_url}\n")

    assert lines[1].action == "refuse"
    assert "a key for a host that is not the provider's" in lines[1].reason
    assert f"{names[1]} on line 3" in lines[1].reason
    assert lines[3].action == "keep"


FOREIGN = "https://llm.corp.example/v1"


@pytest.mark.parametrize(
    ("key", "address"),
    [
        ("OPENAI_API_KEY", "openai_base_url"),
        ("openai_api_key", "OPENAI_BASE_URL"),
        ("OPENAI_API_KEY", "OpenAI_Base_Url"),
        ("openaiApiKey", "openaiBaseUrl"),
        ("OPENAI_API_KEY_2", "OPENAI_BASE_URL_2"),
        ("OPENAI_API_KEY_2", "openai_base_url_2"),
        ("OPENAI_API_KEY2", "OPENAI_BASE_URL_2"),
        ("OPENAI_API_KEY_PROD", "OPENAI_BASE_URL_PROD"),
        ("OPENAI_API_KEY_PROD", "OPENAI_PROD_BASE_URL"),
        ("OPENAI_API_KEY_PROD", "PROD_OPENAI_BASE_URL"),
        ("PROD_OPENAI_API_KEY", "PROD_OPENAI_ENDPOINT"),
        ("PROD_OPENAI_API_KEY_2", "PROD_OPENAI_BASE_URL"),
        ("OPENAI_API_KEY_ACME", "OPENAI_BASE_URL_ACME"),
        ("OUR_LLM_KEY", "OUR_LLM_URL"),
        ("OUR_LLM_KEY_2", "OUR_LLM_URL"),
        ("OUR_LLM_KEY_2", "OPENAI_HOST_2"),
        ("OUR_LLM_KEY", "OPENAI_HOST"),
        ("API_KEY", "API_BASE_URL"),
        ("OPENAI_API_KEY", "OPENAI_ENDPOINT"),
        ("OPENAI_API_KEY", "OPENAI_URL"),
        ("OPENAI_API_KEY", "OPENAI_HOST"),
        ("OPENAI_API_KEY", "OPENAI_API_HOST"),
        ("OPENAI_API_KEY", "OPENAI_API_URL"),
        ("OPENAI_API_KEY", "OPENAI_API_BASE"),
        ("OPENAI_API_KEY", "OPENAI_PROXY_URL"),
        ("OPENAI_API_KEY", "OPENAI_BASE"),
        ("OPENAI_KEY", "OPENAI_API_ENDPOINT"),
    ],
)
def test_the_address_of_a_key_is_found_by_any_usual_name(
    service: EnvFileService, vault: FakeVault, key: str, address: str
) -> None:
    content = f"{key}={OPENAI}\n{address}={FOREIGN}\n"

    line = judged(service, content)[1]

    assert line.action == "refuse"
    assert f"{address} on line 2" in line.reason
    service.import_("ada", content)
    assert vault.wanted == []


@pytest.mark.parametrize("key", ["GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN_2", "DEPLOY"])
@pytest.mark.parametrize(
    ("address", "value", "action"),
    [
        ("GH_HOST", "git.corp.example", "refuse"),
        ("GITHUB_HOST", "git.corp.example", "refuse"),
        ("GITHUB_SERVER_URL", "https://git.corp.example", "refuse"),
        ("GITHUB_API_URL", "https://git.corp.example/api/v3", "refuse"),
        ("GITHUB_API_URL", "https://com", "refuse"),
        ("GITHUB_API_URL", "https://notgithub.com", "refuse"),
        ("GITHUB_API_URL", "https://api.github.com", "import"),
        ("GITHUB_SERVER_URL", "https://github.com", "import"),
        ("GH_HOST", "github.com", "import"),
        ("GITHUB_URL", "https://github.com/a/b", "import"),
        ("GITHUB_UPLOAD_URL", "https://git.corp.example", "import"),
        ("GITHUB_BASE", "trunk", "import"),
        ("DATABASE_URL", "postgres://db.corp.example/x", "import"),
        ("HOST", "0.0.0.0", "import"),
    ],
)
def test_an_address_is_judged_by_its_host(
    service: EnvFileService, key: str, address: str, value: str, action: str
) -> None:
    assert judged(service, f"{address}={value}\n{key}={GITHUB}\n")[2].action == action


def test_a_variant_of_a_key_goes_with_its_own_address_and_not_with_that_of_another(
    service: EnvFileService,
) -> None:
    lines = judged(
        service,
        f"OPENAI_API_KEY={OPENAI}\nOPENAI_API_KEY_2={OPENAI_2}\nOPENAI_BASE_URL_2={FOREIGN}\n",
    )
    assert [lines[1].action, lines[2].action] == ["import", "refuse"]
    assert lines[3].reason == "It is a base URL of OpenAI."

    lines = judged(
        service,
        f"OPENAI_API_KEY_2={OPENAI}\nOPENAI_BASE_URL={FOREIGN}\n"
        "OPENAI_BASE_URL_2=https://api.openai.com/v1\n",
    )
    assert lines[1].action == "import"


@pytest.mark.parametrize(
    ("address", "named"),
    [
        (f'OPENAI_BASE_URL="{FOREIGN}', "OPENAI_BASE_URL"),
        (f"openai_base_url='{FOREIGN}", "openai_base_url"),
        (f'OPENAI_BASE_URL="{FOREIGN}" x', "OPENAI_BASE_URL"),
        (f"OPENAI_HOST={FOREIGN}\0", "OPENAI_HOST"),
        (f"OPENAI_BASE_URL: {FOREIGN}", "OPENAI_BASE_URL"),
        (f"set OPENAI_BASE_URL={FOREIGN}", "OPENAI_BASE_URL"),
        (f'A="\nopenai_base_url={FOREIGN}', "openai_base_url"),
        (f"OPENAI_BASE_URL={'h' * 9000}", "OPENAI_BASE_URL"),
    ],
)
def test_a_key_whose_base_url_cannot_be_read_is_refused(
    service: EnvFileService, vault: FakeVault, address: str, named: str
) -> None:
    content = f"{address}\nOPENAI_API_KEY={OPENAI}\n"

    line = service.plan("ada", content).lines[-1]

    number = address.count("\n") + 1
    assert (line.name, line.action, line.hint) == ("OPENAI_API_KEY", "refuse", None)
    assert line.reason.startswith(f"Its base URL ({named} on line {number}) cannot be read: ")
    assert "corp" not in repr(service.plan("ada", content))
    service.import_("ada", content)
    assert vault.wanted == []


def test_a_base_url_variable_of_ones_own_catalogue_is_found_without_case(
    vault: FakeVault,
) -> None:
    catalogue = Catalogue(
        (
            Provider(
                slug="in-house",
                name="In-house",
                auth=AuthScheme("bearer"),
                base_url="https://api.house.example",
                docs="https://house.example",
                env=EnvironmentNames(key=("IN_HOUSE_KEY",), base_url=("IN_HOUSE_LINK",)),
            ),
        )
    )
    service = EnvFileService(vault, catalogue)  # type: ignore[arg-type]
    key = "IN_HOUSE_KEY=an-unusual-one-4711\n"

    assert judged(service, f"{key}in_house_link={FOREIGN}\n")[1].action == "refuse"
    assert judged(service, f"{key}IN_HOUSE_LINK=house.example\n")[1].action == "import"


def test_a_key_with_its_providers_own_base_url_is_imported_to_the_catalogues(
    service: EnvFileService,
) -> None:
    lines = judged(
        service, f"OPENAI_BASE_URL=https://API.openai.com/v1/\nOPENAI_API_KEY={OPENAI}\n"
    )

    assert (lines[2].action, lines[2].base_url) == ("import", "https://api.openai.com")
    assert lines[1].action == "keep"
    assert "OpenAI" in lines[1].reason


def test_a_provider_with_a_base_url_per_account_needs_it_in_the_file(
    service: EnvFileService, vault: FakeVault
) -> None:
    key = "AZURE_OPENAI_API_KEY=0123456789abcdef0123456789abcdef\n"
    alone = judged(service, key)[1]
    assert alone.action == "keep"
    assert "openai.azure.com" in alone.reason

    service.import_("ada", key + "AZURE_OPENAI_ENDPOINT=https://ours.openai.azure.com/\n")

    assert [new.base_url for new in vault.wanted] == ["https://ours.openai.azure.com"]


def test_a_key_that_needs_a_user_name_or_cannot_be_sent_is_not_imported(
    service: EnvFileService,
) -> None:
    lines = judged(
        service,
        'TWILIO_AUTH_TOKEN=0123456789abcdef0123456789abcdef\nOPENAI_API_KEY="sk-line\\nbreak"\n',
    )

    assert (lines[1].action, "user name" in lines[1].reason) == ("keep", True)
    assert (lines[2].action, "line breaks" in lines[2].reason) == ("refuse", True)


@pytest.mark.parametrize(
    "value", [f'{OPENAI}"', f"'{OPENAI}", f"{OPENAI}; export B=1", f"{OPENAI} B=1", f"{OPENAI}`"]
)
def test_what_slipped_into_a_value_without_quotes_is_refused(
    service: EnvFileService, value: str
) -> None:
    (line,) = service.plan("ada", f"A_KEY=1\nOPENAI_API_KEY={value}\n").lines[1:]
    assert (line.line, line.action) == (2, "refuse")
    assert line.hint is None and OPENAI[-4:] not in repr(line)


def test_a_value_that_needs_its_quotes_is_taken_with_them(service: EnvFileService) -> None:
    (line,) = service.plan("ada", 'OPENAI_API_KEY="an unusual; one"\n').lines
    assert line.action == "import"


def test_of_a_refused_value_not_even_the_end_is_repeated(service: EnvFileService) -> None:
    content = f'OPENAI_API_KEY="{OPENAI}\\n"\nGITHUB_TOKEN={OPENAI}\n'
    for line in service.plan("ada", content).lines:
        assert (line.action, line.hint) == ("refuse", None)
        assert OPENAI[-4:] not in repr(line)


def test_the_same_value_twice_is_a_duplicate(service: EnvFileService) -> None:
    lines = judged(service, f"OPENAI_API_KEY={OPENAI}\nA=b\nOPENAI_API_KEY_2='{OPENAI}'\n")

    assert [lines[1].action, lines[3].action] == ["import", "duplicate"]
    assert "line 1" in lines[3].reason


def test_of_one_name_set_twice_the_last_line_counts(service: EnvFileService) -> None:
    lines = judged(service, f"OPENAI_API_KEY={OPENAI}\nOPENAI_API_KEY={OPENAI_2}\n")

    assert [lines[1].action, lines[2].action] == ["duplicate", "import"]
    assert "line 2" in lines[1].reason


def test_a_value_that_is_stored_already_is_a_duplicate(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.hold("a", "0123456789abcdef-a")
    vault.hold("b", "0123456789abcdef-b")
    vault.hold("openai", OPENAI, "openai", "https://api.openai.com")
    same_hint = "another-key-" + OPENAI[-4:]

    lines = judged(service, f"OPENAI_API_KEY={OPENAI}\nOPENAI_API_KEY_2={same_hint}\n")

    assert [lines[1].action, lines[2].action] == ["duplicate", "import"]
    assert vault.revealed == ["openai.0000000000000002"], "only what has the same hint is decrypted"


def test_a_stored_key_that_cannot_be_decrypted_does_not_stop_the_preview(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.hold("openai", OPENAI, "openai", "https://api.openai.com")
    vault.unreadable = True

    assert judged(service, f"OPENAI_API_KEY={OPENAI}\n")[1].action == "import"


def test_a_key_in_the_place_of_a_name_is_refused_without_showing_it(
    service: EnvFileService,
) -> None:
    line = judged(service, f"{OPENAI}=\n")[1]

    assert (line.action, line.name) == ("refuse", None)


def test_a_comment_that_holds_a_key_is_said(service: EnvFileService) -> None:
    lines = judged(service, f"# OPENAI_API_KEY={OPENAI}\n# a plain comment\n")

    assert "looks like a key" in lines[1].reason
    assert "looks like a key" not in lines[2].reason
    assert lines[1].action == lines[2].action == "keep"


def test_s27_a_preview_of_bad_lines_names_them_and_repeats_no_value(
    service: EnvFileService,
) -> None:
    content = (
        "\ufeffOPENAI_API_KEY='sk-hidden-1\r\n"
        "GITHUB_TOKEN=ghp-hidden-2\0\r\n"
        "hidden-3\r\n"
        f"STRIPE_API_KEY={'hidden-4' * 2000}\r\n"
        "OPENAI_BASE_URL=https://hidden-5.example\r\n"
        "OPENAI_API_KEY=sk-hidden-6\r\n"
    )

    plan = service.plan("ada", content)

    assert [(line.line, line.action) for line in plan.lines] == [
        (1, "refuse"),
        (2, "refuse"),
        (3, "refuse"),
        (4, "refuse"),
        (5, "keep"),
        (6, "refuse"),
    ]
    assert plan.keys == 0
    assert "hidden" not in repr(plan)


PEM = (
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ\n"
    "SecretTailx72EsSfUQUAkNX7LHQ7A==\n"
    "-----END PRIVATE KEY-----\n"
)


@pytest.mark.parametrize("start", ['P="', "P='", "P=", ""])
def test_s27_no_line_of_a_private_key_is_taken_for_a_name_or_kept(
    service: EnvFileService, start: str
) -> None:
    content = f"{start}{PEM}DEBUG=true\n"

    plan = service.plan("ada", content)

    assert [line.name for line in plan.lines] == ["P" if start else None, None, None, None, "DEBUG"]
    assert [line.action for line in plan.lines] == ["refuse"] * 4 + ["keep"]
    exported = service.export("ada", TOKEN, content, None, ADDRESS)
    assert "DEBUG=true\n" in exported
    for answer in (repr(plan), exported):
        assert "SecretTail" not in answer and "MIIE" not in answer


def test_s27_a_key_before_a_quote_that_is_not_closed_is_not_named(service: EnvFileService) -> None:
    (line,) = service.plan("ada", f'{STRIPE}="x').lines
    assert (line.name, line.action) == (None, "refuse")


# -- the import ------------------------------------------------------------------------------------


def test_every_line_of_the_plan_is_stored_in_one_go_with_where_it_came_from(
    service: EnvFileService, vault: FakeVault
) -> None:
    _, plan = service.import_(
        "ada", f"OPENAI_API_KEY={OPENAI}\nA=b\nOPENAI_API_KEY_2={OPENAI_2}\nX={GITHUB}\n"
    )

    assert plan.keys == 3
    assert [(new.secret.reveal(), new.provider, new.description) for new in vault.wanted] == [
        (OPENAI, "openai", "from OPENAI_API_KEY"),
        (OPENAI_2, "openai", "from OPENAI_API_KEY_2"),
        (GITHUB, "github", "from X"),
    ]


def test_more_than_forty_keys_are_refused_with_the_number_and_none_is_stored(
    service: EnvFileService, vault: FakeVault
) -> None:
    content = "".join(f"OPENAI_API_KEY_{number}=sk-number-{number:04}\n" for number in range(41))

    with pytest.raises(Problem) as caught:
        service.import_("ada", content)

    assert (caught.value.code, caught.value.field) == ("invalid_field", "content")
    assert "41" in caught.value.detail
    assert vault.wanted == []


# -- the export ------------------------------------------------------------------------------------


def test_a_file_from_scratch_has_a_token_and_a_base_url_per_api(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.hold("openai", OPENAI, "openai", "https://api.openai.com")
    vault.hold("openai", OPENAI_2, "openai", "https://api.openai.com")
    vault.hold("anthropic", "sk-ant-1", "anthropic", "https://api.anthropic.com")
    vault.hold("github", GITHUB, "github", "https://api.github.com")
    vault.hold("my-weather", "0123456789abcdef")

    content = service.export("ada", TOKEN, "", None, ADDRESS)

    assert variables(content) == {
        "ANTHROPIC_API_KEY": TOKEN,
        "ANTHROPIC_BASE_URL": f"{ADDRESS}/proxy/anthropic",
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_BASE_URL": f"{ADDRESS}/proxy/github",
        "MY_WEATHER_API_KEY": TOKEN,
        "MY_WEATHER_BASE_URL": f"{ADDRESS}/proxy/my-weather",
        "OPENAI_API_KEY": TOKEN,
        "OPENAI_BASE_URL": f"{ADDRESS}/proxy/openai/v1",
    }
    assert content.count("No SDK reads this by itself") == 2
    assert "# OpenAI (openai)\nOPENAI_API_KEY=" in content


def test_without_a_token_a_placeholder_stands_for_it(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.hold("openai", OPENAI, "openai")

    assert variables(service.export("ada", None, "", None, ADDRESS))["OPENAI_API_KEY"] == (
        "<your token>"
    )


def test_only_the_named_apis_are_written_and_an_unknown_one_is_refused(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.hold("openai", OPENAI, "openai")
    vault.hold("github", GITHUB, "github")

    assert "OPENAI" not in service.export("ada", TOKEN, "", ["github"], ADDRESS)
    with pytest.raises(Problem) as caught:
        service.export("ada", TOKEN, "", ["github", "slack"], ADDRESS)
    assert (caught.value.code, caught.value.field) == ("invalid_field", "apis")
    assert "slack" in caught.value.detail


@pytest.mark.parametrize("token", [OPENAI, "apd_a\nB=c", "apd_a b", "", "apd_"])
def test_only_a_token_of_this_dashboard_is_written(service: EnvFileService, token: str) -> None:
    with pytest.raises(Problem) as caught:
        service.export("ada", token, "", None, ADDRESS)

    assert (caught.value.code, caught.value.field) == ("invalid_field", "token")


def test_of_two_apis_of_a_provider_the_one_that_is_called_like_it_has_the_usual_names(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.hold("a-openai", OPENAI, "openai")
    vault.hold("openai", OPENAI_2, "openai")

    written = variables(service.export("ada", TOKEN, "", None, ADDRESS))

    assert written["OPENAI_BASE_URL"] == f"{ADDRESS}/proxy/openai/v1"
    assert written["A_OPENAI_BASE_URL"] == f"{ADDRESS}/proxy/a-openai/v1"


def test_a_key_that_joins_a_pool_is_said_to(service: EnvFileService, vault: FakeVault) -> None:
    vault.hold("openai", "sk-other-0123456789", "openai", "https://api.openai.com")
    line = judged(service, f"OPENAI_API_KEY={OPENAI}\n")[1]
    assert line.action == "import"
    assert line.reason.endswith("It joins the pool of openai (1 key).")


def test_a_key_does_not_join_a_pool_whose_calls_go_to_another_host(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.hold("github", "ghp_enterprise0123456789", "github", "https://ghe.example.com/api/v3")
    content = f"GITHUB_TOKEN={GITHUB}\n"
    line = judged(service, content)[1]
    assert (line.action, line.hint) == ("refuse", None)
    assert line.reason == (
        "Its host is api.github.com, but calls of github go to ghe.example.com: "
        "store it by hand under another name."
    )
    service.import_("ada", content)
    assert vault.wanted == []


@pytest.mark.parametrize(
    ("base_url", "path"),
    [("https://gateway.example", "/v1"), ("https://gateway.example/openai/v1", "")],
)
def test_an_api_of_ones_own_that_is_called_like_a_provider_has_its_names(
    service: EnvFileService, vault: FakeVault, base_url: str, path: str
) -> None:
    vault.hold("openai", OPENAI, None, base_url)

    assert variables(service.export("ada", TOKEN, "", None, ADDRESS)) == {
        "OPENAI_API_KEY": TOKEN,
        "OPENAI_BASE_URL": f"{ADDRESS}/proxy/openai{path}",
    }


def test_comments_order_and_unrelated_variables_of_the_original_are_kept(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.hold("openai", OPENAI, "openai")
    vault.hold("github", GITHUB, "github")
    vault.hold("stripe", STRIPE, "stripe")
    original = (
        "# our settings\n"
        "DEBUG=true   # for now\n"
        "\n"
        f"export OPENAI_API_KEY='{OPENAI}' # the team's\n"
        'MOTD="two\nlines"\n'
        "GITHUB_BASE_URL = https://api.github.com\n"
        f"GITHUB_TOKEN = {GITHUB}\n"
        "LAST=1"
    )

    assert service.export("ada", TOKEN, original, None, ADDRESS) == (
        "# our settings\n"
        "DEBUG=true   # for now\n"
        "\n"
        f"export OPENAI_API_KEY='{TOKEN}' # the team's\n"
        f"export OPENAI_BASE_URL={ADDRESS}/proxy/openai/v1\n"
        'MOTD="two\nlines"\n'
        f"GITHUB_BASE_URL = {ADDRESS}/proxy/github\n"
        f"GITHUB_TOKEN = {TOKEN}\n"
        "LAST=1\n"
        "\n"
        "# Stripe (stripe)\n"
        f"STRIPE_API_KEY={TOKEN}\n"
        "# No SDK reads this by itself: pass it on as the base URL.\n"
        f"STRIPE_BASE_URL={ADDRESS}/proxy/stripe\n"
    )


def test_a_file_with_crlf_and_without_an_end_gets_crlf(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.hold("openai", OPENAI, "openai")

    content = service.export("ada", TOKEN, f"\ufeffA=b\r\nOPENAI_API_KEY={OPENAI}", None, ADDRESS)

    assert content == (
        f"A=b\r\nOPENAI_API_KEY={TOKEN}\r\nOPENAI_BASE_URL={ADDRESS}/proxy/openai/v1\r\n"
    )


def test_an_exported_file_exported_again_gets_the_new_token_and_nothing_twice(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.hold("openai", OPENAI, "openai")
    vault.hold("my-weather", "0123456789abcdef")
    first = service.export("ada", None, "A=b\n", None, ADDRESS)

    second = service.export("ada", TOKEN, first, None, "https://dash.example/")

    assert second == first.replace('"<your token>"', f'"{TOKEN}"').replace(
        ADDRESS, "https://dash.example"
    )


def test_several_keys_of_a_provider_are_all_replaced(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.hold("openai", OPENAI, "openai")

    content = service.export(
        "ada",
        TOKEN,
        f"PROD_OPENAI_API_KEY={OPENAI}\nPROD_OPENAI_BASE_URL=https://api.openai.com/v1\n"
        f"OPENAI_API_KEY_2={OPENAI_2}\nOPENAI_API_KEY=changeme\n",
        None,
        ADDRESS,
    )

    assert variables(content) == {
        "PROD_OPENAI_API_KEY": TOKEN,
        "OPENAI_BASE_URL": f"{ADDRESS}/proxy/openai/v1",
        "PROD_OPENAI_BASE_URL": f"{ADDRESS}/proxy/openai/v1",
        "OPENAI_API_KEY_2": TOKEN,
        "OPENAI_API_KEY": TOKEN,
    }


@pytest.mark.parametrize(
    ("key", "address"),
    [
        ("OPENAI_API_KEY_2", "OPENAI_BASE_URL_2"),
        ("OPENAI_API_KEY_PROD", "OPENAI_BASE_URL_PROD"),
        ("OPENAI_API_KEY_ACME", "OPENAI_BASE_URL_ACME"),
        ("OPENAI_API_KEY_2", "OPENAI_HOST"),
        ("OPENAI_API_KEY", "openai_base_url"),
        ("OPENAI_API_KEY", "OPENAI_ENDPOINT"),
        ("OUR_LLM_KEY", "OUR_LLM_URL"),
        ("MY_WEATHER_KEY", "OPENAI_API_HOST"),
    ],
)
def test_s30_a_token_never_stands_beside_another_hosts_address(
    service: EnvFileService, vault: FakeVault, key: str, address: str
) -> None:
    vault.hold("openai", OPENAI, "openai", "https://api.openai.com")

    written = variables(
        service.export("ada", TOKEN, f"{address}={FOREIGN}\n{key}={OPENAI}\n", None, ADDRESS)
    )

    assert written[key] == TOKEN
    assert written[address] == written["OPENAI_BASE_URL"] == f"{ADDRESS}/proxy/openai/v1"


def test_an_address_without_a_token_beside_it_is_kept(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.hold("github", GITHUB, "github")
    vault.hold("my-weather", "0123456789abcdef")
    original = (
        f"OPENAI_API_KEY_2={OPENAI}\nOPENAI_BASE_URL_2={FOREIGN}\nAIRTABLE_BASE=appXYZ\n"
        "DOCS_GITHUB_URL=https://github.com/a/docs\nMY_WEATHER_HOST=weather.example\n"
    )

    written = variables(service.export("ada", TOKEN, original, None, ADDRESS))

    assert (written["OPENAI_API_KEY_2"], written["OPENAI_BASE_URL_2"]) == ("", FOREIGN)
    assert written["AIRTABLE_BASE"] == "appXYZ"
    assert written["DOCS_GITHUB_URL"] == "https://github.com/a/docs"
    assert written["MY_WEATHER_HOST"] == f"{ADDRESS}/proxy/my-weather"


@pytest.mark.parametrize(
    ("key", "address", "value"),
    [
        ("GITHUB_TOKEN", "GITHUB_URL", "https://github.com/me/repo"),
        ("GITHUB_TOKEN", "GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_TOKEN", "GITHUB_URL", "https://pages.example/me/about"),
        ("GITHUB_TOKEN", "GITHUB_URL", "my-app.example.app"),
        ("GITHUB_TOKEN", "GITHUB_HOST", "uploads.github.com"),
    ],
)
def test_an_address_of_pages_or_of_the_providers_own_domain_is_none_of_a_keys(
    service: EnvFileService, vault: FakeVault, key: str, address: str, value: str
) -> None:
    content = f"{address}={value}\n{key}={GITHUB}\n"
    assert judged(service, content)[2].action == "import"

    vault.hold("github", GITHUB, "github")
    written = variables(service.export("ada", TOKEN, content, None, ADDRESS))

    assert (written[address], written[key]) == (value, TOKEN)


def test_neither_a_key_nor_the_token_stands_for_an_api_that_is_not_exported(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.hold("github", GITHUB, "github")

    content = service.export(
        "ada",
        TOKEN,
        f"OPENAI_API_KEY={OPENAI}\nANTHROPIC_API_KEY={GITHUB}\nREQUIRE_GITHUB_TOKEN=true\n"
        "MISTRAL_API_KEY=changeme\n",
        None,
        ADDRESS,
    )

    written = variables(content)
    assert written["OPENAI_API_KEY"] == written["ANTHROPIC_API_KEY"] == ""
    assert "# OPENAI_API_KEY is left out" in content
    assert written["REQUIRE_GITHUB_TOKEN"] == "true"
    assert written["MISTRAL_API_KEY"] == "changeme"


def test_s30_nothing_of_a_key_is_left_wherever_the_original_had_it(
    service: EnvFileService, vault: FakeVault
) -> None:
    odd = "no-usual-shape-4711"
    stored = "stored-by-hand-0815-abcd"
    vault.hold("openai", OPENAI, "openai")
    vault.hold("github", GITHUB, "github")
    vault.hold("in-house", stored)
    original = (
        f"# old: {OPENAI_2}, and OPENAI_API_KEY={OPENAI_2}\n"
        f"#GITHUB_TOKEN='{GITHUB}'\n"
        f"OPENAI_API_KEY={odd} # {odd}\n"
        f'HEADER="Authorization: Bearer {odd}"\n'
        f"REMOTE=https://me:{GITHUB}@github.com/a/b?key={STRIPE}&x=1\n"
        f'JSON=\'{{"key": "{OPENAI_2}"}}\'\n'
        f"UNKNOWN={stored}\n"
        f"{OPENAI_2}\n"
        f'BROKEN="{OPENAI_2}\n'
        f"{STRIPE}=x\n"
        "KEPT=yes # as it was\n"
    )

    content = service.export("ada", TOKEN, original, None, ADDRESS)

    for secret in (OPENAI, OPENAI_2, GITHUB, STRIPE, odd, stored):
        assert secret not in content
    assert f"OPENAI_API_KEY={TOKEN} # <removed>\n" in content
    assert f"UNKNOWN={TOKEN}\n" in content
    assert "REMOTE=https://me:<removed>@github.com/a/b?key=<removed>&x=1\n" in content
    assert "# Line 8 is left out. There is no equals sign.\n" in content
    assert "KEPT=yes # as it was\n" in content


# -- over HTTP -------------------------------------------------------------------------------------


def text(account: Account, call: str, **members: Any) -> Any:
    answer = account.call("POST", f"/api/env/{call}", members)
    assert answer.status == (201 if call == "import" else 200), answer.body
    return answer.json


def test_nothing_is_stored_before_the_import_and_all_of_it_then(account: Account) -> None:
    content = f"OPENAI_API_KEY={OPENAI}\nA=b\nGITHUB_TOKEN={GITHUB}\nBAD\0={STRIPE}\n"

    plan = text(account, "preview", content=content)

    assert [line["action"] for line in plan["lines"]] == ["import", "keep", "import", "refuse"]
    assert plan["keys"] == 2
    assert account.call("GET", "/api/keys").json["items"] == []

    done = text(account, "import", content=content)

    assert done["lines"] == plan["lines"]
    stored = account.call("GET", "/api/keys").json["items"]
    assert sorted(key["key_id"] for key in stored) == sorted(key["key_id"] for key in done["keys"])
    assert {(key["api_name"], key["description"], key["hint"]) for key in stored} == {
        ("openai", "from OPENAI_API_KEY", hint(OPENAI)),
        ("github", "from GITHUB_TOKEN", hint(GITHUB)),
    }
    again = text(account, "import", content=content)
    assert again["keys"] == []
    assert [line["action"] for line in again["lines"]] == [
        "duplicate",
        "keep",
        "duplicate",
        "refuse",
    ]


def test_a_file_with_everything_wrong_is_judged_line_by_line(account: Account) -> None:
    lines = [
        "\ufeff# made on Windows",
        f"export OPENAI_API_KEY='{OPENAI}'",
        'NOTE="two',
        'lines"',
        f"GITHUB_TOKEN={GITHUB}\0",
        "ANTHROPIC_BASE_URL=https://collector.example.net",
        "ANTHROPIC_API_KEY=sk-ant-api03-" + "Ab3dEf6hIj9kLm2n" * 6,
        f'STRIPE_API_KEY="{STRIPE}',
        "just words",
        "PORT=8080",
    ]
    content = "\r\n".join(lines) + "\r\n"

    plan = text(account, "preview", content=content)

    judged = {line["line"]: (line["action"], line["reason"]) for line in plan["lines"]}
    assert judged[2] == ("import", "A key of OpenAI, by its name and shape.")
    assert judged[3][0] == "keep" and 4 not in judged
    assert judged[5] == ("refuse", "It holds a NUL byte.")
    assert judged[7][0] == "refuse" and "ANTHROPIC_BASE_URL on line 6" in judged[7][1]
    assert judged[8][0] == "refuse" and "is not closed" in judged[8][1]
    assert judged[9] == ("refuse", "There is no equals sign.")
    assert judged[10][0] == "keep"
    done = text(account, "import", content=content)
    assert [key["provider"] for key in done["keys"]] == ["openai"]
    for answer in (repr(plan), repr(done)):
        assert not any(value in answer for value in (OPENAI, GITHUB, STRIPE, "sk-ant-api03"))


def test_forty_keys_are_stored_together_and_forty_one_not_at_all(account: Account) -> None:
    content = "".join(f"OPENAI_API_KEY_{number}=sk-number-{number:04}\n" for number in range(41))

    answer = account.call("POST", "/api/env/import", {"content": content})

    assert "41" in problem(answer, 422, "invalid_field", "content")["detail"]
    assert account.call("GET", "/api/keys").json["items"] == []
    assert len(text(account, "import", content=content.split("\n", 1)[1])["keys"]) == 40


def test_an_export_points_at_this_server_and_its_token_works_there(account: Account) -> None:
    text(account, "import", content=f"OPENAI_API_KEY={OPENAI}\n")
    token = account.token(["openai"])

    content = text(account, "export", token=token, content="# mine\nOPENAI_API_KEY=x\n")["content"]

    assert content == (
        f"# mine\nOPENAI_API_KEY={token}\nOPENAI_BASE_URL={account.client.url}/proxy/openai/v1\n"  # type: ignore[attr-defined]
    )


def test_s23_an_export_knows_nothing_of_other_users_apis(account: Account) -> None:
    text(account, "import", content=f"OPENAI_API_KEY={OPENAI}\n")
    other = Account(account.client)

    assert text(other, "export")["content"] == ""
    answer = other.call("POST", "/api/env/export", {"apis": ["openai"]})
    problem(answer, 422, "invalid_field", "apis")


@pytest.mark.parametrize("call", ["preview", "import"])
@pytest.mark.parametrize(
    ("size", "status", "code"),
    [
        (1_048_577, 422, "invalid_field"),
        (5_000_000, 413, "request_too_large"),
        (10_485_760, 413, "request_too_large"),
    ],
)
def test_a_file_that_is_too_large_is_refused_without_its_text(
    account: Account, call: str, size: int, status: int, code: str
) -> None:
    content = ("OPENAI_API_KEY=sk-hidden\n" * (size // 25 + 1))[:size]

    answer = account.call("POST", f"/api/env/{call}", {"content": content})

    problem(answer, status, code)
    assert b"hidden" not in answer.body


@pytest.mark.parametrize("call", ["preview", "import", "export"])
def test_environment_files_need_a_session(account: Account, call: str) -> None:
    body = {} if call == "export" else {"content": ""}

    answer = account.client.call("POST", f"/api/env/{call}", body)

    problem(answer, 401, "authentication_required")
