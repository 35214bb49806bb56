"""How hard a message is to read, as advice: a score never says that people understand it.

Ask people. The NHS aims at a reading age of 9 to 11 and sentences of at most 20 words. Source: NHS service
manual, how we write and health literacy. Formulas: Flesch, 1948 (ease); Kincaid and others, 1975 (grade);
McLaughlin, 1969 (SMOG, for 30 sentences or more).
"""

import math
import re
from dataclasses import dataclass

MOST_WORDS = 20  # in a sentence
ENOUGH_FOR_SMOG = 30  # sentences
HARD = 3  # syllables or more
MANY = 12  # hard words shown, at most
AGE_AT_GRADE_0 = 5  # years
GOAL = 11  # years of age, at most

_FLAG = re.compile(r"\(\([^()?]+\?\?((?:(?!\(\().)*?)\)\)(?!\))", re.DOTALL)
_PLACEHOLDER = re.compile(r"\(\([^()]*\)\)")
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_SUBJECT = re.compile(r"\A\s*subject:", re.IGNORECASE)
_MARKS = re.compile(r"^[^\S\n]*(?:#+|[-*>]|\d+[.)])\s*|[*_`|]", re.MULTILINE)
_WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
_VOWELS = re.compile(r"[aeiouyà-ÿ]+")
_SILENT = re.compile(
    r"(?<![td])(?<![^aeiouy]l)ed$|(?<![sxzgc])(?<![cs]h)(?<![^aeiouy]l)es$|(?<![^aeiouy]l)e$"
)
_END = re.compile(r"[.!?]+(?=\s|$)|\n")


@dataclass(frozen=True)
class ReadingLevel:
    """What the formulas say of one text. `age` is in years; `smog_age` needs 30 sentences."""

    sentences: int
    words: int
    ease: float
    grade: float
    smog_age: float | None
    long_sentences: tuple[str, ...]
    hard_words: tuple[str, ...]

    @property
    def age(self) -> int:
        """The reading age in whole years, never below 5."""
        return max(AGE_AT_GRADE_0, round(self.grade) + AGE_AT_GRADE_0)

    @property
    def is_easy(self) -> bool:
        """Whether it is as easy as the NHS aims for."""
        return self.age <= GOAL and not self.long_sentences


def level_of(body: str) -> ReadingLevel | None:
    """How hard `body` is to read, without its placeholders and links. None where nothing is left to read."""
    sentences = sentences_in(body)
    words = [word for sentence in sentences for word in words_in(sentence)]
    if not words:
        return None
    counts = [syllables_in(word) for word in words]
    per_sentence, per_word = len(words) / len(sentences), sum(counts) / len(words)
    hard = [word for word, count in zip(words, counts, strict=True) if count >= HARD]
    return ReadingLevel(
        len(sentences),
        len(words),
        206.835 - 1.015 * per_sentence - 84.6 * per_word,
        0.39 * per_sentence + 11.8 * per_word - 15.59,
        _smog_age(len(hard), len(sentences)),
        tuple(sentence for sentence in sentences if len(words_in(sentence)) > MOST_WORDS),
        tuple({word.lower(): word.lower() for word in hard})[:MANY],
    )


def _smog_age(hard: int, sentences: int) -> float | None:
    if sentences < ENOUGH_FOR_SMOG:
        return None
    return 1.0430 * math.sqrt(hard * 30 / sentences) + 3.1291 + AGE_AT_GRADE_0


def sentences_in(body: str) -> list[str]:
    """The sentences of `body` as they are read; a heading or an entry of a list is one too."""
    plain = _LINK.sub(" ", _PLACEHOLDER.sub(" ", _FLAG.sub(r" \1 ", _SUBJECT.sub("", body))))
    parts = (" ".join(part.split()) for part in _END.split(_MARKS.sub(" ", plain.replace("\n", "\n\n"))))
    return [part for part in parts if words_in(part)]


def words_in(sentence: str) -> list[str]:
    """The words of a sentence; numbers are none."""
    return _WORD.findall(sentence)


def syllables_in(word: str) -> int:
    """About how many syllables an English word has: runs of vowels, without a silent e or ed at the end.

    >>> [syllables_in(word) for word in ("care", "letter", "support", "information", "table")]
    [1, 2, 2, 4, 2]
    """
    plain = re.sub(r"[^a-zà-ÿ]", "", word.lower())
    return max(1, len(_VOWELS.findall(_SILENT.sub("", plain))))
