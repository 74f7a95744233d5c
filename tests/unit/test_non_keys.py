"""Stand-ins, placeholders and references are told from keys; random text from words."""

from __future__ import annotations

import random
import string
from collections.abc import Callable

import pytest

from api.services.keys.non_keys import (
    ENCRYPTED,
    PLACEHOLDER,
    REFERENCE,
    STAND_IN,
    may_be_key,
    non_key_reason,
)
from api.services.keys.randomness import looks_random

STAND_INS = """user_provided|EMPTY|empty|test|sk-test|dummy|dummy-key|sk-fake|n/a|N/A
unset|not-needed|not_set|not-required|sk-no-key-required|no-key|ollama|lm-studio|default
anything|keyless|managed-identity|-|?|***"""
REFERENCES = """${OTHER}|$OTHER_KEY|$(cat /run/key)|{{ secrets.openai }}
${{ secrets.OPENAI_API_KEY }}|%OPENAI_KEY%|op://vault/item/field
arn:aws:secretsmanager:us-east-1:123456789012:secret:x|arn:aws:ssm:eu-west-1:1:parameter/x
vault:secret/data/openai#key|ref+awsssm://prod/openai|ref+vault://a/b#c|file:/run/secrets/x
sm://project/secret|gcp-sm:openai|projects/x/secrets/y/versions/latest|doppler://x|infisical
keyring:openai|bw://item|akv://vault/x
@Microsoft.KeyVault(SecretUri=https://x.vault.azure.net/secrets/y)|secretref:openai-key
!secret openai|pass:llm/openai|{{resolve:secretsmanager:MySecret:SecretString:key}}
aws:ssm:/prod/openai|ssm:/prod/openai|1password://x/y|os.environ/OPENAI_API_KEY
process.env.OPENAI_API_KEY|env:OPENAI_API_KEY|__OPENAI_KEY__|#{OpenAIKey}|`cat key`"""
ENCRYPTED_VALUES = """encrypted:BDqDBibm4wsYqMpCjTQ6BsDHmMadg9K3dAt+Z9HPMfLEIRVz50hmLXPXRuDBXaJi
ENC[AES256_GCM,data:abc=,iv:x=,tag:y==,type:str]|ENC(G6N718UuyPE5bHyWKyuLQSm02auQPUtm)
{cipher}AQA6EDFo0b1d|AQICAHhwm0YaISJeRtJm5n1G6uqeekXuoXXPe5UFce9Rq8x14wEAAAAQ
U2FsdGVkX1+4kq5mOZsX0yhT"""
PLACEHOLDERS = """changeme|your-key-here|<your key>|<OPENAI_API_KEY>|[YOUR_KEY]|xxx|sk-...
sk-xxxx|sk-ant-...|TODO|replace_me|REPLACE_WITH_64_HEX_CHARS|your_openai_api_key_here
YOUR_API_KEY|yourapikey|YourApiKey|xxx-xxx-xxx|sk-proj-your-openai-api-key-goes-here
sk-proj-xxxxxxxxxxxxxxxxxxxxxxxxxxxx|github_pat_your_personal_access_token_here|fc-YOUR_API_KEY
phc_yourKeyHere|xapp-...|123456789:ABC...|hf_xxxxxxxx|gsk_your_key|my-openrouter-key|sk-example
insert-your-key|PUT_YOUR_KEY_HERE|example-mistral-ai-api-key|sk-1234567890abcdef
sk-1234567890abcdef1234567890abcdef|sk-ant-0123456789abcdef0123456789abcdef|co_abcd1234abcd1234abcd1234
sk-lf-1234567890|aaaaaaaaaaaaaaaa|ghp_1234567890abcdefghijklmnopqrstuvwxyz
ACxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx|00000000-0000-0000-0000-000000000000|A123456789
ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx|sk-or-v1-...|\u4f60\u7684\u5bc6\u94a5"""
OTHERS = """https://api.openai.com/v1|postgres://me:pw@localhost/db|ada@example.com
/run/secrets/groq|./key.json|~/keys/openai|C:\\keys\\openai.txt|api.openai.com|localhost:11434
{"type": "service_account"}|-----BEGIN PRIVATE KEY-----|$2b$12$abcdefghijklmnopqrstuv
base64:c2stYWJj|true|8192"""
WORDS = """hunter2|secret|password123|my-dog-has-7-fleas|an-unusual-one-4711|sk-123abc
sk-abc|key-123|KEY|gpt-4o-mini|us-east-1|lemonade-api-key|from-vault|see-1password|dev-api-key
gsk_abcxyz|deine-api-key|tu_api_key|admin123|correct horse battery|openssl rand -hex 32
emulate-google-secret"""


def listed(text: str) -> list[str]:
    return [value for line in text.split("\n") for value in line.split("|")]


@pytest.mark.parametrize(
    ("value", "reason"),
    [(value, STAND_IN) for value in listed(STAND_INS)]
    + [(value, REFERENCE) for value in listed(REFERENCES)]
    + [(value, ENCRYPTED) for value in listed(ENCRYPTED_VALUES)]
    + [(value, PLACEHOLDER) for value in listed(PLACEHOLDERS)],
)
def test_the_reason_says_what_a_text_is_instead_of_a_key(value: str, reason: str) -> None:
    if value in ("-", "?", "***"):
        assert non_key_reason(value) is not None
    else:
        assert non_key_reason(value) == reason


@pytest.mark.parametrize("value", listed(OTHERS))
def test_a_url_path_address_or_setting_is_not_a_key(value: str) -> None:
    assert non_key_reason(value) is not None


@pytest.mark.parametrize("value", listed(WORDS))
def test_words_are_not_a_key_even_if_the_shape_is_not_known(value: str) -> None:
    assert non_key_reason(value) is not None or not may_be_key(value, shape_known=False)


HEX = "0123456789abcdef"
LOWER = string.ascii_lowercase + string.digits
Text = Callable[[str, int], str]
FORMS: dict[str, Callable[[Text], str]] = {
    "32 hexadecimal digits": lambda text: text(HEX, 32),
    "40 hexadecimal digits in capitals": lambda text: text(HEX.upper(), 40),
    "a UUID": lambda text: "-".join(text(HEX, length) for length in (8, 4, 4, 4, 12)),
    "sk- and letters": lambda text: "sk-" + text(string.ascii_letters + string.digits, 32),
    "base64": lambda text: text(string.ascii_letters + string.digits + "+/", 43) + "=",
    "base64url with dots": lambda text: ".".join(
        text(string.ascii_letters + "-_", 30) for _ in "abc"
    ),
    "lowercase": lambda text: text(LOWER, 32),
    "letters only": lambda text: text(string.ascii_letters, 40),
}


@pytest.mark.parametrize("form", FORMS)
def test_random_keys_look_random(form: str) -> None:
    chance = random.Random(form)

    def text(alphabet: str, length: int) -> str:
        return "".join(chance.choices(alphabet, k=length))

    for _ in range(400):
        key = FORMS[form](text)
        assert looks_random(key), key
        assert non_key_reason(key) is None, key
        assert may_be_key(key, shape_known=True), key


@pytest.mark.parametrize(
    "value",
    [
        "correct-horse-battery-staple",
        "meta-llama/Llama-3.3-70B-Instruct-Turbo",
        "claude-3-5-sonnet-20241022",
        "ThisIsMyVerySecretToken2024",
        "deadbeefdeadbeefdeadbeefdeadbeef",
        "1234567890abcdef1234567890abcdef",
        "qwertyuiopasdfghjklzxcvbnm",
        "sk-aaaaaaaaaaaaaaaaaaaaaaaa",
        "testtesttesttesttesttest",
        "AAAABBBBCCCCDDDDEEEEFFFF",
        "change-me-in-production-please",
        "short-9xQ2",
    ],
)
def test_words_counters_and_repetitions_do_not_look_random(value: str) -> None:
    assert not looks_random(value)
