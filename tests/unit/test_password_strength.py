"""Which new passwords are refused, and with which reason (S20)."""

from __future__ import annotations

import secrets
import string
import unicodedata

import pytest

from api.services.accounts.password_strength import weakness
from api.services.accounts.passwords import hash_password, verify_password

USERNAME = "ada.lovelace"
EMAIL = "a.byron@analytical.example"
COMMON = """
letmein123 letmein1 letmein! LetMeIn2024 1letmein1 l3tm31n123 letmein_99 passw0rd P@ssw0rd1
Password1! password123! pa$$word2 p455w0rd! password2026 12password34 qwerty123 Qwerty!23
iloveyou2 iloveyou! admin123 Adm1n123! administrator1 welcome1 Welcome01! w3lc0me1 changeme1
changeme! ChangeMe123 dragon123 Dr4g0n99 monkey12 monkey2024! shadow777 master123 football7
f00tball1 baseball! sunshine1 princess99 superman!! batman2000 trustno1 trustno1! starwars7
summer2024 Summer2024! winter19 autumn2025! january2026 monday123 test1234 test2024! test-1234
testtest1 hello123 hello-world1 secret123 s3cr3t123 access14 login123 guest1234 root1234 default1
michael1985 jessica1 charlie99! jordan23 ashley2001 abc12345 abcd1234 computer1 internet9 mustang!
pokemon25 freedom7 whatever1 cheese123 killer666 soccer10 hunter22 google12 liverpool1 chelsea1905
arsenal14 mountain7 elephant22 chocolate3 butterfly1 123password 2024summer !!letmein!!
...password... pass.word1
"""
REPEATED = """
aaaaaaaa AAAAAAAA aaaaaaaaaaaaaaaaaaaaaaaa abababab ababababa abcabcabc 123123123 xyxyxyxy1
aAaAaAaA 1212121212 ........ letmeinletmein passwordpassword testtesttest adminadmin1 qwertyqwerty
11111111 $$$$$$$$ zzzzzzzz9
"""
SEQUENCES = """
12345678 123456789 1234567890 87654321 0987654321 01234567 abcdefgh abcdefghijkl hgfedcba ABCDEFGH
qwertyui qwertyuiop asdfghjkl zxcvbnm123 poiuytrewq qwertz123 azertyuiop 1qaz2wsx 1q2w3e4r
q1w2e3r4 qazwsxedc zaq12wsx 1234qwer qwer1234 asdf1234 aaaabbbb 11112222 aaaa1111 1234abcd!
abc123456 12345678! 123456789a 1234-5678 abcd-efgh 147258369 !@#$%^&* qwerty123456 111222333
12344321 123qweasd
"""
OWN_NAMES = """
ada.lovelace adalovelace AdaLovelace ada_lovelace ada-lovelace ADA.LOVELACE
ada.lovelaceada.lovelace adalovelaceadalovelace ecalevol.ada ecalevolada ada.lovelace1
ada.lovelace123 ada.lovelace2024! 123ada.lovelace 4d4l0v3lac3 Ad4L0vel4ce! lovelace1 lovelace1815
lovelace12345678 lovelacelovelace adalovelacepassword lovelaceletmein lovelace-ada adaadaada
adaada11 adaada99 a.byron@analytical.example abyron2024 a.byron123 analytical1 lovelace!!!!
!lovelace? xlovelacex
"""
PRODUCT = """
personalapidashboard PersonalApiDashboard personal-api-dashboard personal_api_dashboard
personalapidashboard1 apidashboard apidashboard1 api-dashboard api-dashboard! api.dashboard
ApiDashboard2026 @p1d4shb04rd apidashboardapidashboard dashboard dashboard1 dashboard2024
mydashboard apidashboardpassword dashboard12345678 thedashboard 1apidashboard1 dashboardapi
personal1 personalapi1 d4shb0ard! my-api-dashboard
"""
GOOD = [
    "correct horse battery staple",
    "a long enough passphrase",
    "another long passphrase",
    "eightch!",
    "purple monkey dishwasher 9",
    "all lower case words",
    "passphrase number 3",
    "  spaces around  ",
    "0123456789" * 6 + "abcd",
    "a long line " * 85,
    "nul \x00 inside it",
    "tr0ub4dor&3",
    "x7Gq2mPz",
    "blue-kettle-42-river",
    "the dashboard my sister built",
    "my personal diary is boring",
    "ada and charles drink tea",
    "password managers are useful things",
    "letmein to the secret garden",
    "rapidfirewater",
    "adamantine-rocks",
    "qwerty is a keyboard layout",
    "k9#mW2$vL",
    "gXw4-tRq9",
    "Ein Männlein steht im Walde",
    "čtyři malé kočky",
    "Съешь ещё этих мягких",
    "夏の夜は短くて暑い",
    "密码密码密码密砂",
    "😀😁😂😃😄😅😆😇",
    "مرحبا بالعالم الجميل",
    "f0rty-tw0 purple geese",
    "9.80665 m/s2 of g",
    "summer rain on tin roofs",
    "2 cats 1 dog 0 fish",
    "monkeys eat bananas",
    "dragonfly-lantern",
    "ab3$" * 16,
    "Aa1!" * 16,
    "horse-staple",
    "wintermelon soup",
    "lovelace never met my grandmother",
]


def reason(password: str) -> str:
    return weakness(password, USERNAME, EMAIL) or ""


@pytest.mark.parametrize("password", [*COMMON.split(), "pass word 1", "let me in 1", "i love you"])
def test_s20_common_passwords_are_refused(password: str) -> None:
    assert reason(password)


@pytest.mark.parametrize("password", ["letmein123", "P@ssw0rd1", "summer2024!", "changeme"])
def test_s20_the_reason_names_common_words(password: str) -> None:
    assert "common" in reason(password)


@pytest.mark.parametrize("password", REPEATED.split())
def test_s20_repetitions_are_refused(password: str) -> None:
    assert "repeats" in reason(password)


@pytest.mark.parametrize("password", SEQUENCES.split())
def test_s20_sequences_are_refused(password: str) -> None:
    assert reason(password)


@pytest.mark.parametrize("password", OWN_NAMES.split())
def test_s20_the_users_names_are_refused(password: str) -> None:
    assert "username" in reason(password)


@pytest.mark.parametrize(
    "name", ["ada", "bo", "x", "u12ab9", "1234", "robert_paulson", "a-b-c-d", "me.too"]
)
@pytest.mark.parametrize(
    "form", ["{0}", "{0}{0}", "{0}{0}{0}{0}", "{0}-{0}", "{0}123", "{0}2024!", "1{0}1"]
)
def test_s20_a_name_of_any_form_is_refused(name: str, form: str) -> None:
    for text in (name, name.upper(), name[::-1]):
        password = form.format(text)
        if len(password) >= 8 and (
            len(name) > 2 or password == text * (len(password) // len(text))
        ):
            assert weakness(password, name, "x@y.example"), password


@pytest.mark.parametrize("password", PRODUCT.split())
def test_s20_the_products_name_is_refused(password: str) -> None:
    assert "product" in reason(password)


@pytest.mark.parametrize("password", GOOD)
def test_s20_good_passwords_are_accepted(password: str) -> None:
    assert weakness(password, USERNAME, EMAIL) is None


def test_s20_random_passwords_are_accepted() -> None:
    alphabet = string.ascii_letters + string.digits + "!$-_"
    refused = [
        password
        for password in ("".join(secrets.choice(alphabet) for _ in range(12)) for _ in range(300))
        if weakness(password, USERNAME, EMAIL)
    ]
    assert len(refused) <= 1, refused


def test_s20_the_length_counts_characters_after_normalisation() -> None:
    assert "short" in reason("e\u0301" * 7)
    assert "short" in reason("k9mW2vL")
    assert "long" in reason("\ufdfa" * 60)
    assert weakness("k9mW2vL4" * 8, USERNAME, EMAIL) is None


@pytest.mark.parametrize(
    "password",
    ["p\u0430ssphrase of m\u00e9lodie", "\uff4cong full width", "\u212bngstr\u00f6m units"],
)
def test_s20_a_password_matches_in_every_normal_form(password: str) -> None:
    hashed = hash_password(password)
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert verify_password(unicodedata.normalize(form, password), hashed)
    assert not verify_password(password + "x", hashed)


def test_a_hash_of_an_older_version_still_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    password = "caf\u0065\u0301 au lait"
    with monkeypatch.context() as patch:
        patch.setattr("api.services.accounts.passwords._normalised", str)
        hashed = hash_password(password)
    assert verify_password(password, hashed)
