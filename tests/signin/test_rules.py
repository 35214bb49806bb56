"""What may be a password, where sign-in may lead, and what an invitation still allows."""

import datetime as dt

import pytest

from app.signin.codes import in_fours, new_recovery_codes, plain_recovery_code
from app.signin.rules import common_passwords, link_state, local_path, password_fault

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize("password", ["purple ladder teapot", "xkJ3-9!qPz#w", "ばら色の長い長い秘密の合言葉"])
def test_a_long_unusual_password_is_accepted_whatever_it_is_made_of(password: str) -> None:
    assert password_fault(password, "ada@example.test") is None


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("elevenchars", "at least 12"),
        ("x" * 201, "200 characters"),
        ("ADA@example.test", "email address"),
        ("ada@example.test1", "email address"),
        ("ada@example.", "email address"),
        ("aaaaaaaaaaaa", "harder to guess"),
        ("123412341234", "harder to guess"),
        ("Password-2026", "harder to guess"),
        ("Pass word pass word", "harder to guess"),
        ("correct horse battery staple", "harder to guess"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused_with_what_to_do(password: str, said: str) -> None:
    assert said in (password_fault(password, "ada@example.test") or "")


def test_the_list_of_common_passwords_holds_what_can_match() -> None:
    assert all(word == word.casefold() and word.isalnum() for word in common_passwords())


@pytest.mark.parametrize(
    "address", ["/", "/account", "/pcn/dover-town/today?page=2", "/a?next=https://b.test"]
)
def test_a_path_of_this_service_is_kept(address: str) -> None:
    assert local_path(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "account",
        "//b.test",
        "///b.test",
        "/\\b.test",
        "\\/b.test",
        "https://b.test",
        "/\n/b.test",
        " /a",
        "//[b",
        "/a\x7f",
    ],
)
def test_anything_else_is_dropped(address: str) -> None:
    assert local_path(address) == ""


def test_an_invitation_is_open_until_used_or_expired() -> None:
    hour = dt.timedelta(hours=1)
    assert link_state(None, NOW + hour, NOW) == "open"
    assert link_state(None, NOW, NOW) == "expired"
    assert link_state(NOW - hour, NOW - hour, NOW) == "used"


def test_ten_recovery_codes_differ_and_are_read_however_they_are_typed() -> None:
    fresh = new_recovery_codes()
    assert len(set(fresh)) == 10
    assert plain_recovery_code(fresh[0].upper().replace("-", "  ")) == fresh[0].replace("-", "")


def test_the_key_is_shown_in_fours() -> None:
    assert in_fours("ABCDEFGHIJ") == "ABCD EFGH IJ"
