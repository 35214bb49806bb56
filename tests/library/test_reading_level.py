"""How hard a text is to read, held to sums done by hand."""

import pytest

from app.library.reading_level import level_of, sentences_in, syllables_in


@pytest.mark.parametrize(
    ("word", "syllables"),
    [("care", 1), ("the", 1), ("letter", 2), ("table", 2), ("support", 2), ("worked", 1), ("wanted", 2),
     ("information", 4), ("organisation", 5), ("nurses", 2), ("practice", 2), ("people", 2), ("changes", 2),
     ("idea", 2), ("We", 1), ("Łukasz", 2)],
)  # fmt: skip
def test_syllables_are_about_right(word: str, syllables: int) -> None:
    assert syllables_in(word) == syllables


def test_the_formulas_are_those_published() -> None:
    level = level_of("The cat sat on the mat. It was a good cat.")  # 11 words, 11 syllables, 2 sentences
    assert level is not None
    assert (level.sentences, level.words) == (2, 11)
    assert level.ease == pytest.approx(206.835 - 1.015 * 5.5 - 84.6)
    assert level.grade == pytest.approx(0.39 * 5.5 + 11.8 - 15.59)
    assert level.age == 5  # never younger
    assert level.smog_age is None
    assert level.is_easy


def test_smog_is_given_for_thirty_sentences() -> None:
    level = level_of("We meet. " * 29 + "Information helps everybody.")  # 2 words of three syllables or more
    assert level is not None
    assert level.smog_age == pytest.approx(1.0430 * 2**0.5 + 3.1291 + 5)


def test_placeholders_links_and_marks_are_not_read() -> None:
    body = "# Help\n\nDear ((full name))\n\n- Ring ((sender phone)) or see https://www.example.nhs.uk/organisation."
    assert sentences_in(body) == ["Help", "Dear", "Ring or see"]


def test_the_words_of_a_flag_are_read() -> None:
    assert sentences_in("((interpreter??We can find an interpreter.))") == ["We can find an interpreter"]


def test_long_sentences_and_long_words_are_listed() -> None:
    level = level_of(" ".join(["word"] * 21) + ". An appointment.")
    assert level is not None
    assert len(level.long_sentences) == 1
    assert level.hard_words == ("appointment",)
    assert not level.is_easy


def test_twenty_words_are_not_too_long() -> None:
    level = level_of(" ".join(["word"] * 20) + ".")
    assert level is not None
    assert level.long_sentences == ()


def test_nothing_to_read_has_no_level() -> None:
    assert level_of("((reply link))\n\nhttps://www.nhs.uk") is None
