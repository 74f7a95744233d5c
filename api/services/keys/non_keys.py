"""Recognise texts that are not secrets: stand-ins, placeholders, references to secret stores."""

from __future__ import annotations

import re

from api.services.keys.randomness import (
    is_counter,
    is_wordlike,
    looks_random,
    unexplained_length,
    without_repeats,
)

STAND_IN = "It stands in for a key."
PLACEHOLDER = "It is a placeholder."
REFERENCE = "It refers to a value that is stored elsewhere."
ENCRYPTED = "It is an encrypted value."

_STAND_IN = re.compile(
    r"user[-_ ]?provided|(?:is[-_ ])?empty|(?:sk[-_ ])?no(?:[-_ ]?api)?[-_ ]?key"
    r"(?:[-_ ]?(?:required|needed))?"
    r"|not?[-_ ]?(?:set|needed|required|used|necessary|applicable|configured|available|defined)"
    r"|n[/.]?a\.?|unset|unused|ignored?|optional|required|missing|blank|void|default|auto|skip"
    r"|any(?:thing)?"
    r"|key[-_ ]?less|no[-_ ]?auth(?:entication)?|anonymous|guest|public|local(?:host)?|ollama"
    r"|lm[-_ ]?studio|vllm|llama\.?cpp|litellm|managed[-_ ]?identity|aad|iam|oauth|adc"
    r"|(?:sk[-_ ])?(?:testing|(?:test|dummy|fake|mock)(?:[-_ ]?key)?)"
    r"|demo(?:[-_ ]?key)?|foo(?:bar)?|bar|baz|abc|hello|asdf|qwerty|bogus|stub|noop|nothing"
    r"|[-_*?.@#]+",
    re.IGNORECASE,
)
_PLAIN_SETTING = re.compile(
    r"true|false|yes|no|on|off|none|null|nil|undefined|enabled?|disabled?|[0-9.,]{0,8}",
    re.IGNORECASE,
)

# The schemes and prefixes of secret managers, and of tools that resolve references at start.
_STORES = (
    r"op|1password|onepassword|(?:hashicorp[-_.]?)?vault(?:-kv2?)?|hcv|openbao|bao|ref\+[a-z0-9]+|secretref\+?"
    r"|(?:aws|awssm|aws-?sm|aws-?ssm|awsssm|aws-?secrets?(?:-?manager)?|aws-?kms|ssm|secrets?-?manager|sm)"
    r"|(?:gcp|gcp-?sm|gcp-?secrets?|gcpsecretmanager|gsm|google-?secret-?manager|berglas)"
    r"|(?:akv|azkv|azure-?kv|azure-?key-?vault|azurekeyvault|keyvault|kv)|doppler|infisical|phase|keeper"
    r"|keyring|keychain|security|pass|passage|gopass|password-?store|lpass|lastpass|bw|bws|bitwarden"
    r"|rbw|kdbx|keepass(?:xc)?|conjur|cyberark|akeyless|chamber|credstash|secret-?service|libsecret"
    r"|secrets?|k8s(?:-?secret)?|kubernetes|docker(?:-?secret)?|secret-?key-?ref|env|envvar|fromenv"
    r"|file|exec|cmd|command|shell|sh|http-?secret|config|consul|etcd|dotenv-vault|pulumi|terraform"
    r"|sops|kms|ejson|varlock|esc|teller|summon|valueFrom|dapr"
)
_REFERENCE = re.compile(
    rf"(?:{_STORES}):(?!.*[\s]).+|(?:{_STORES})://.+"
    r"|!(?:secret|vault|ref|sub|getatt|importvalue|env|env_var|var)\b.*"
    r"|\$[A-Za-z_][A-Za-z0-9_]*|\$\$?\{.+\}|\$\(.*\)|\$\{\{.*\}\}|\{\{.*\}\}|\{[^{}\"':]*\}|#\{.*\}"
    r"|\$env:\w+|`[^`]+`|%[A-Za-z_][A-Za-z0-9_]*%|<%.*%>|@@?[A-Za-z_]+@@?|__[A-Za-z0-9_]+__"
    r"|@[A-Za-z.]+\(.*\)|arn:aws[a-z-]*:.*|projects/[^/]+/secrets/.+"
    r"|(?:os\.environ|process\.env|import\.meta\.env|env|secrets|vars|var|local|data|module|steps|inputs)"
    r"[./\[][A-Za-z_\"'][\w.\"'\]/-]*|(?:os\.)?getenv\(.*\)"
    r"|(?:secretsmanager|infisical|doppler|vault|keyring|1password)",
    re.IGNORECASE | re.DOTALL,
)
_ENCRYPTED = re.compile(
    r"encrypted:.*|ENC[\[(].*[\])]|EJ\[.*\]|\{cipher\}.*|\$ANSIBLE_VAULT;.*|age-encryption\.org.*"
    r"|-----BEGIN (?:PGP|AGE ENCRYPTED).*|vault:v[0-9]+:.*|AQICAH.{40,}"
    r"|U2FsdGVkX1.{10,}|gAAAAAB.{60,}",
    re.DOTALL,
)
_PATH = re.compile(
    r"(?:~|\.{1,2})?/[\w.@~-]+(?:/[\w.@ ~-]*)*|[A-Za-z]:\\.*|\\\\.*"
    r"|[\w-]+(?:[/\\][\w-]+)*\.(?:json|pem|key|txt|ya?ml|env|crt|p8|p12)",
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HOST = re.compile(
    r"(?:localhost|(?:[a-z0-9-]+\.)+(?:com|net|org|io|dev|ai|app|cloud|co|local|internal|example|test|sh))"
    r"(?::[0-9]+)?(?:/.*)?",
    re.IGNORECASE,
)
_URL = re.compile(r"[a-z][a-z0-9+.-]*://.*", re.IGNORECASE | re.DOTALL)
_OTHER_TEXTS = (
    (
        re.compile(r"-----BEGIN .*", re.DOTALL),
        "It is a private key or a certificate, not an API key.",
    ),
    (re.compile(r"\$(?:2[abxy]|argon2(?:id?|d)|[156])\$.*"), "It is a password hash, not a key."),
    (re.compile(r"\{\s*\".*\}|\{\s*\}", re.DOTALL), "It is JSON, not a key."),
    (
        re.compile(r"(?:base64|b64|hex):.*", re.IGNORECASE),
        "It is encoded: add the decoded key manually.",
    ),
    (_URL, "It is a URL, not a key."),
    (_EMAIL, "It is an email address, not a key."),
    (_HOST, "It is a host, not a key."),
    (_PATH, "It is the path of a file, not a key."),
)

_BRACKETED = re.compile(r"<[^<>]*>|\[[^\[\]\"',]*\]|\([^()]*\)|«.*»")
_SHORTENED = re.compile(r".*(?:\.{3}|…|\*{3}|•{3}|_{4}).{0,12}", re.DOTALL)
_PLACEHOLDER_WORD = re.compile(
    r"you(?:rs?)?(?:[a-z]{3,})?|my(?:[a-z]*(?:key|token|secret))?|change(?:me|this|it|d)?|replace(?:me|this|with)?"
    r"|placeholders?|insert|todo|fixme|tbd|dummy|fake|mock|redacted|removed|hidden|masked|goes|here"
    r"|fill(?:me|in)?|enter|paste|put|examples?|samples?|demo|x{2,}|notreal|invalid|obtain|provided?"
    r"|generated?|random|whatever|foo|bar|lorem|supply|yourkey|keyhere|tokenhere"
)
_FILLER_WORD = re.compile(
    r"a|access|account|add|admin|ai|an|and|ant|api|apikey|apitoken|app|are|auth|bearer|bot|by|cp|dev|fc|for"
    r"|from|gemini|get|gho|ghp|github|glpat|google|gsk|hex|hf|id|if|in|is|it|key|keys|live|lm|local|me|name"
    r"|needed|not|of|on|only|open|openai|optional|or|org|own|pat|personal|pk|prod|production|proj|project"
    r"|real|secret|server|service|set|sk|some|string|test|that|the|this|to|token|tokens|use|user|value"
    r"|with|xai|xapp|xoxb|xoxp|chars?|characters|bytes?|long|strong|site|v|so|re"
)
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_KEY_PREFIX = re.compile(r"(?:[A-Za-z][A-Za-z0-9]{0,7}[-_.]){1,3}|[A-Za-z]{1,4}(?=[0-9]|(.)\1)")

# A key without a known shape has at least as many letters and digits that belong to no word.
_SHORTEST_UNEXPLAINED = 8
# A longer counter may be an invented key in the usual shape, such as 32 hexadecimal digits.
_LONGEST_COUNTER = 40
_MOST_NAMES = 4


def is_plain_setting(value: str) -> bool:
    """Return whether a value is a plain setting, such as in `REQUIRE_GITHUB_TOKEN=true`."""
    return value != "" and _PLAIN_SETTING.fullmatch(value) is not None


def is_reference(value: str) -> bool:
    """Return whether a value names a secret that is elsewhere: `${OTHER}`, `op://vault/item`."""
    return _REFERENCE.fullmatch(value) is not None


def is_placeholder(value: str) -> bool:
    """Return whether a value is a placeholder for a key: `<key>`, `sk-xxxx`, `your-key-here`."""
    if not value.isascii() or _BRACKETED.fullmatch(value) or _SHORTENED.fullmatch(value):
        return True
    return _is_filled(value) or _has_placeholder_words(value)


def non_key_reason(value: str) -> str | None:
    """Return why a value cannot be a key of any provider, in a sentence, or None."""
    text = value.strip()
    if not text:
        return "It is empty."
    if is_plain_setting(text):
        return "The value is not a key."
    if _STAND_IN.fullmatch(text):
        return STAND_IN
    if _ENCRYPTED.fullmatch(text):
        return ENCRYPTED
    if is_reference(text):
        return REFERENCE
    for pattern, reason in _OTHER_TEXTS:
        if pattern.fullmatch(text) and (pattern not in (_HOST, _PATH) or not looks_random(text)):
            return reason
    return PLACEHOLDER if is_placeholder(text) else None


def may_be_key(value: str, shape_known: bool) -> bool:
    """Return whether a value without the shape of its provider's keys may still be one.

    If the provider's shape is known, the value must look random. Otherwise it must not consist of
    words and short numbers.
    """
    if re.search(r"\s", value):
        return False
    return looks_random(value) or (
        not shape_known and unexplained_length(value) >= _SHORTEST_UNEXPLAINED
    )


def _is_filled(value: str) -> bool:
    """Return whether a value is a counter or one repeated character, after a prefix like `sk-`."""
    prefix = _KEY_PREFIX.match(value)
    for body in {value, value[prefix.end() :] if prefix else value}:
        characters = "".join(filter(str.isalnum, body)).lower()
        if len(characters) > 2 and len(set(characters)) <= 2 and not characters.isdigit():
            return True
        if len(characters) > 5 and len(set(characters)) == 1:
            return True
        if 5 < len(characters) <= _LONGEST_COUNTER and is_counter(characters):
            return True
        if body != value and len(characters) > 5 and is_counter(without_repeats(characters)):
            return True
    return False


def _has_placeholder_words(value: str) -> bool:
    parts = [part.lower() for part in _PART.findall(value)]
    if any(len(part) > 4 for part in parts if part.isdigit()):
        return False
    words = [part for part in parts if part.isalpha()]
    others = [word for word in words if not _PLACEHOLDER_WORD.fullmatch(word)]
    if len(others) == len(words) or looks_random(value):
        return False
    # A placeholder may contain the provider's name: your-openai-key, your_github_token_here.
    names = [word for word in others if not _FILLER_WORD.fullmatch(word)]
    return len(names) <= _MOST_NAMES and all(
        len(name) <= 4 or is_wordlike(name) for name in names if len(names) > 2
    )
