"""The user name, host and secret of one API in one file become one key."""

from __future__ import annotations

import pytest

from api.services.env_files.service import EnvFileService
from tests.product.env_files.fake_vault import FakeVault
from tests.product.env_files.samples import UNUSUAL, plan_lines

HEX = "0f3c5a7b9d1e2f4a6c8b0d2e4f6a8c1b"
JIRA = "ATATT3" + UNUSUAL * 9


@pytest.mark.parametrize(
    ("content", "key", "provider", "base_url", "username"),
    [
        (
            f"TWILIO_ACCOUNT_SID=AC{HEX}\nTWILIO_AUTH_TOKEN={HEX}\n",
            "TWILIO_AUTH_TOKEN", "twilio", None, f"AC{HEX}",
        ),
        (
            f"TWILIO_API_KEY=SK{HEX}\nTWILIO_API_SECRET={UNUSUAL}\n",
            "TWILIO_API_SECRET", "twilio", None, f"SK{HEX}",
        ),
        (
            f"JIRA_BASE_URL=https://acme.atlassian.net\nJIRA_EMAIL=a@acme.io\nJIRA_API_TOKEN={JIRA}\n",
            "JIRA_API_TOKEN", "jira", "https://acme.atlassian.net", "a@acme.io",
        ),
        (
            f"ATLASSIAN_SITE=acme\nATLASSIAN_EMAIL=a@acme.io\nATLASSIAN_API_TOKEN={JIRA}\n",
            "ATLASSIAN_API_TOKEN", "jira", "https://acme.atlassian.net", "a@acme.io",
        ),
        (
            f"CONFLUENCE_URL=https://acme.atlassian.net\nCONFLUENCE_USERNAME=a@acme.io\n"
            f"CONFLUENCE_API_TOKEN={JIRA}\n",
            "CONFLUENCE_API_TOKEN", "confluence", "https://acme.atlassian.net/wiki", "a@acme.io",
        ),
        (
            f"SHOPIFY_SHOP=acme-shop\nSHOPIFY_ACCESS_TOKEN=shpat_{HEX}\n",
            "SHOPIFY_ACCESS_TOKEN", "shopify", "https://acme-shop.myshopify.com", None,
        ),
        (
            f"NEXT_PUBLIC_SHOPIFY_STORE_DOMAIN=acme.myshopify.com\n"
            f"SHOPIFY_ADMIN_ACCESS_TOKEN=shpat_{HEX}\n",
            "SHOPIFY_ADMIN_ACCESS_TOKEN", "shopify", "https://acme.myshopify.com", None,
        ),
        (
            f"ZENDESK_SUBDOMAIN=acme\nZENDESK_EMAIL=a@acme.io\nZENDESK_API_TOKEN={UNUSUAL}\n",
            "ZENDESK_API_TOKEN", "zendesk", "https://acme.zendesk.com", "a@acme.io/token",
        ),
        (
            f"FRESHDESK_DOMAIN=acme.freshdesk.com\nFRESHDESK_API_KEY={UNUSUAL}\n",
            "FRESHDESK_API_KEY", "freshdesk", "https://acme.freshdesk.com", None,
        ),
        (
            f"WOOCOMMERCE_URL=https://shop.acme.io\nWOOCOMMERCE_CONSUMER_KEY=ck_{HEX}01234567\n"
            f"WOOCOMMERCE_CONSUMER_SECRET=cs_{HEX}01234567\n",
            "WOOCOMMERCE_CONSUMER_SECRET", "woocommerce", "https://shop.acme.io",
            f"ck_{HEX}01234567",
        ),
        (
            f"MAILCHIMP_API_KEY={HEX}-us21\n",
            "MAILCHIMP_API_KEY", "mailchimp", "https://us21.api.mailchimp.com", None,
        ),
        (
            f"NEXT_PUBLIC_SUPABASE_URL=https://abcdefghijklmnopqrst.supabase.co\n"
            f"SUPABASE_SERVICE_ROLE_KEY=sb_secret_{UNUSUAL}aa\n",
            "SUPABASE_SERVICE_ROLE_KEY", "supabase",
            "https://abcdefghijklmnopqrst.supabase.co", None,
        ),
        (
            f"AZURE_OPENAI_API_INSTANCE_NAME=acme\nAZURE_OPENAI_API_KEY={HEX}\n",
            "AZURE_OPENAI_API_KEY", "azure-openai", "https://acme.openai.azure.com", None,
        ),
        (
            f"ALGOLIA_APP_ID=B1G2GM9NG0\nALGOLIA_ADMIN_KEY={HEX}\n",
            "ALGOLIA_ADMIN_KEY", "algolia", "https://b1g2gm9ng0.algolia.net", None,
        ),
        (
            f"OKTA_DOMAIN=acme.okta.com\nOKTA_API_TOKEN=00{UNUSUAL}{UNUSUAL}\n",
            "OKTA_API_TOKEN", "okta", "https://acme.okta.com", None,
        ),
        (
            f"DD_SITE=datadoghq.eu\nDD_API_KEY={HEX}\n",
            "DD_API_KEY", "datadog-eu", None, None,
        ),
    ],
)  # fmt: skip
def test_what_belongs_to_a_key_is_found_in_other_variables(
    service: EnvFileService,
    vault: FakeVault,
    content: str,
    key: str,
    provider: str,
    base_url: str | None,
    username: str | None,
) -> None:
    _, plan = service.import_keys("ada", content)

    (new,) = vault.created
    assert (new.description, new.provider, new.base_url) == (f"from {key}", provider, base_url)
    assert (new.auth.username if new.auth is not None else None) == username
    assert [line.action for line in plan.lines if line.name != key] == ["keep"] * (
        len(plan.lines) - 1
    )


def test_the_lines_of_a_user_name_and_a_host_say_which_key_they_belong_to(
    service: EnvFileService,
) -> None:
    lines = plan_lines(
        service,
        f"JIRA_API_TOKEN={JIRA}\nJIRA_EMAIL=a@acme.io\nJIRA_HOST=acme.atlassian.net\n",
    )

    assert "user name is in JIRA_EMAIL on line 2" in lines[1].reason
    assert lines[1].username == "a@acme.io"
    assert lines[2].reason == "It is the user name of the key on line 1."
    assert lines[3].reason == "It is the host of the key on line 1."


def test_a_key_uses_the_user_name_of_its_own_variant(
    service: EnvFileService, vault: FakeVault
) -> None:
    service.import_keys(
        "ada",
        f"TWILIO_ACCOUNT_SID=AC{HEX}\nTWILIO_ACCOUNT_SID_PROD=ACprod{HEX[:28]}\n"
        f"TWILIO_AUTH_TOKEN={HEX}\nTWILIO_AUTH_TOKEN_PROD={UNUSUAL}\n",
    )

    assert [new.auth.username for new in vault.created if new.auth] == [
        f"AC{HEX}",
        f"ACprod{HEX[:28]}",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"TWILIO_AUTH_TOKEN={HEX}\n", "such as TWILIO_ACCOUNT_SID"),
        (f"TWILIO_ACCOUNT_SID=your_account_sid\nTWILIO_AUTH_TOKEN={HEX}\n", "placeholder"),
        (f"JIRA_EMAIL=a@acme.io\nJIRA_API_TOKEN={JIRA}\n", "own base URL"),
        (
            f"AZURE_OPENAI_ENDPOINT=https://your-resource.openai.azure.com\nAZURE_OPENAI_API_KEY={HEX}\n",
            "own base URL",
        ),
    ],
)
def test_a_key_without_what_belongs_to_it_is_kept_with_the_reason(
    service: EnvFileService, content: str, words: str
) -> None:
    line = service.plan("ada", content).lines[-1]

    assert line.action == "keep"
    assert words in line.reason


def test_the_second_secret_of_an_api_joins_its_key(
    service: EnvFileService, vault: FakeVault
) -> None:
    _, plan = service.import_keys("ada", f"DD_API_KEY={HEX}\nDD_APP_KEY={HEX}01234567\n")

    (new,) = vault.created
    assert [
        (header.name, header.secret and header.secret.reveal()) for header in new.extra_headers
    ] == [("DD-APPLICATION-KEY", f"{HEX}01234567")]
    assert plan.lines[1].reason == "It is a further secret of the key on line 1."
