"""Who gets which member of a family of messages."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.library.family import FORMATS, NoMember, choose, members_of
from app.library.models import LibraryItem
from tests import rows
from tests.conftest import Acting

LANGUAGES = ("en", "pl", "ro")
EVERY = list(itertools.product(LANGUAGES, FORMATS))


def member(language: str, format: str, version: int = 1) -> LibraryItem:
    """A member that stands in no database."""
    return LibraryItem(language=language, format=format, version=version)


@pytest.mark.parametrize(
    ("there", "asked", "given"),
    [
        ([("en", "standard"), ("en", "large print")], ("en", "large print"), ("en", "large print")),
        ([("en", "standard"), ("en", "large print")], ("", ""), ("en", "standard")),
        ([("en", "standard"), ("pl", "standard")], ("pl", "large print"), ("pl", "standard")),
        ([("en", "large print"), ("pl", "standard")], ("pl", "large print"), ("pl", "standard")),
        ([("en", "standard"), ("en", "easy read")], ("ro", "easy read"), ("en", "easy read")),
        ([("en", "standard"), ("pl", "standard")], ("ro", ""), ("en", "standard")),
        ([("en", "standard")], ("en", "Braille"), ("en", "standard")),
        ([("en", "standard"), ("en", "large print")], ("EN", " Large print"), ("en", "large print")),
    ],
)  # fmt: skip
def test_a_person_is_given_what_suits_them_best(
    there: list[tuple[str, str]], asked: tuple[str, str], given: tuple[str, str]
) -> None:
    chosen = choose([member(*each) for each in there], *asked)
    assert (chosen.language, chosen.format) == given


def test_without_english_in_the_standard_format_nothing_is_guessed() -> None:
    with pytest.raises(NoMember):
        choose([member("pl", "standard")], "ro", "large print")


@given(
    there=st.lists(st.sampled_from(EVERY), unique=True),
    language=st.sampled_from(LANGUAGES),
    format=st.sampled_from(FORMATS),
)
def test_nobody_is_given_a_language_or_a_format_that_they_did_not_ask_for_unless_english_or_standard(
    there: list[tuple[str, str]], language: str, format: str
) -> None:
    chosen = choose([member("en", "standard"), *(member(*each) for each in there)], language, format)
    assert chosen.language in (language, "en")
    assert chosen.format in (format, "standard")
    if (language, format) in there:
        assert (chosen.language, chosen.format) == (language, format)


def test_of_two_versions_of_one_member_the_newer_counts() -> None:
    assert choose([member("en", "standard", 2), member("en", "standard", 1)], "en", "").version == 2


def test_only_the_newest_approved_version_of_each_member_is_there(acting: Acting) -> None:
    with acting("dover-town"):
        for language, format, version, state in (
            ("en", "standard", 1, "approved"),
            ("en", "standard", 2, "approved"),
            ("en", "standard", 3, "draft"),
            ("en", "large print", 1, "approved"),
            ("pl", "standard", 1, "read"),
        ):
            rows.make(
                LibraryItem, kind="letter", name="Ours", language=language, format=format,
                version=version, state=state,
            )  # fmt: skip
        rows.make(LibraryItem, kind="letter", name="Theirs", state="approved")
        found = {(one.language, one.format, one.version) for one in members_of("letter", "Ours")}
        assert found == {("en", "standard", 2), ("en", "large print", 1)}
        assert [one.name for one in members_of("letter", "Theirs")] == ["Theirs"]
        assert members_of("text", "Ours") == []
    with acting("medway-central"):
        assert members_of("letter", "Ours") == []
