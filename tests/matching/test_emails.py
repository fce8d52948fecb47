"""E-mail addresses reach each platform in its normal form; what is no address is refused, not hashed."""

from __future__ import annotations

import pytest

from tests.matching.asking import answer, normal, reason, sha256

BOTH = pytest.mark.parametrize("platform", ["meta", "google"])


@BOTH
@pytest.mark.parametrize(
    "written",
    [
        "Ann.Lee@Example.com",
        "\tann.lee@example.com\r\n",
        "\ufeffann.lee@example.com",
        "ann.lee@exam\u00adple.com",
        "ann.\u200blee@example.com\u200e",
        "\u00a0ann.lee@example.com\u3000",
        "'ann.lee@example.com",
        '"ann.lee@example.com"',
        '="ann.lee@example.com"',
        "ａｎｎ．ｌｅｅ＠ｅｘａｍｐｌｅ．ｃｏｍ",
        "mailto:ann.lee@example.com",
        "MAILTO: Ann.Lee@example.com",
        "Ann Lee <ann.lee@example.com>",
        '"Lee, Ann" <ann.lee@example.com>',
        "<ann.lee@example.com>",
        "ann.lee@example.com.",
        "ann.lee@example.com,",
        "ann.lee@example.com;",
    ],
)
def test_what_surrounds_an_address_is_taken_off(platform, written):
    assert answer(platform, "email", written) == {
        "normalized": "ann.lee@example.com",
        "sha256": sha256("ann.lee@example.com"),
    }


@pytest.mark.parametrize(
    ("written", "for_google"),
    [
        ("ann.b.lee@gmail.com", "annblee@gmail.com"),
        ("ann.lee+shop@gmail.com", "annlee@gmail.com"),
        ("a.n.n+x+y.z@GoogleMail.com", "ann@googlemail.com"),
        ("ann.lee+shop@example.com", "ann.lee+shop@example.com"),
        ("ann.lee+shop@gmail.com.example.com", "ann.lee+shop@gmail.com.example.com"),
        ("ann.lee@notgmail.com", "ann.lee@notgmail.com"),
        ("ann.lee@mail.gmail.com", "ann.lee@mail.gmail.com"),
    ],
)
def test_dots_and_suffixes_go_for_google_and_its_own_mail_domains_only(written, for_google):
    assert normal("google", "email", written) == for_google
    assert normal("meta", "email", written) == written.lower()


@BOTH
@pytest.mark.parametrize(
    "written",
    [
        "böb@exämple.de",
        "用户@例子.公司",
        "bob@xn--exmple-cua.com",
        "o'hara@example.com",
        "a_b-c%d@sub-domain.example.org",
    ],
)
def test_addresses_of_any_script_are_addresses(platform, written):
    assert normal(platform, "email", written) == written


@BOTH
@pytest.mark.parametrize(
    "written",
    [
        "ann",
        "ann@",
        "@example.com",
        "ann@example",
        "ann@example.c",
        "ann@example.123",
        "ann@192.0.2.1",
        "ann @example.com",
        "ann@exam ple.com",
        "ann@@example.com",
        "ann@example..com",
        "ann@-example.com",
        "ann@example-.com",
        "ann@example.com (work)",
        "ann(work)@example.com",
        "...@example.com",
        "a" * 65 + "@example.com",
        "ann@" + "e" * 250 + ".com",
        "https://example.com/ann",
    ],
)
def test_what_is_no_address_is_refused(platform, written):
    assert normal(platform, "email", written) is None


def test_two_addresses_in_one_field_are_refused_as_two():
    assert "more than one @" in reason("meta", "email", "ann@example.com; bob@example.com")


def test_a_gmail_address_that_is_all_suffix_is_refused_for_google():
    assert normal("google", "email", "+shop@gmail.com") is None


@BOTH
def test_an_address_is_lower_case_in_any_script(platform):
    assert normal(platform, "email", "JOSÉ@EXÄMPLE.DE") == "josé@exämple.de"
    assert normal(platform, "email", "ΑΛΕΞΗΣ@ΠΑΡΑΔΕΙΓΜΑ.ΕΛ") == "αλεξης@παραδειγμα.ελ"


@BOTH
def test_what_is_longer_than_mail_allows_is_refused(platform):
    domain = ".".join(["example" * 8] * 3) + ".com"
    assert normal(platform, "email", f"{'a' * 64}@{domain}") is not None
    assert normal(platform, "email", f"{'a' * 65}@{domain}") is None
