"""The typefaces of printed documents, which letters each of them has, and which of them a text needs.

Atkinson Hyperlegible, made for reading, has the Latin letters; Noto Sans has the other scripts that are read
in Kent. Both come with package-lock.json (licence OFL), so a letter looks the same on every machine.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

VENDOR = Path(__file__).resolve().parent / "static" / "vendor"
PRINTABLE = frozenset(map(chr, range(0x20, 0x7F)))
NO_PICTURE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})  # spaces, and marks that say how to join letters


@dataclass(frozen=True)
class Typeface:
    """One font family as documents name it, and the files of its weights and slopes.

    A family has one file for each weight and slope: two files of one family and weight get mixed up in the
    PDF, and a Łukasz is printed as a hukasz.
    """

    family: str
    stem: str
    slopes: tuple[str, ...] = ("normal",)

    def file(self, weight: str, slope: str) -> Path:
        """Where that weight and slope is kept."""
        return VENDOR / f"{self.stem}-{weight}-{slope}.woff2"

    def faces(self, slopes: Iterable[str]) -> Iterable[str]:
        """The CSS that names its files."""
        for slope in slopes:
            for weight in ("400", "700"):
                yield (
                    f'@font-face {{ font-family: "{self.family}"; font-weight: {weight}; '
                    f'font-style: {slope}; src: url("{self.file(weight, slope).as_uri()}") }}'
                )


_ATKINSON, _NOTO = "atkinson-hyperlegible/atkinson-hyperlegible", "noto-sans/noto-sans"
_SLOPES = ("normal", "italic")
# In the order in which a letter is looked for.
TYPEFACES = (
    Typeface("Atkinson Hyperlegible", f"{_ATKINSON}-latin", _SLOPES),
    Typeface("Atkinson Hyperlegible Extended", f"{_ATKINSON}-latin-ext", _SLOPES),
    Typeface("Noto Sans Latin", f"{_NOTO}-latin-ext"),
    Typeface("Noto Sans Vietnamese", f"{_NOTO}-vietnamese"),
    Typeface("Noto Sans Cyrillic", f"{_NOTO}-cyrillic"),
    Typeface("Noto Sans Cyrillic Extended", f"{_NOTO}-cyrillic-ext"),
    Typeface("Noto Sans Greek", f"{_NOTO}-greek"),
    Typeface("Noto Sans Arabic", f"{_NOTO}-arabic-arabic"),
    Typeface("Noto Sans Bengali", f"{_NOTO}-bengali-bengali"),
    Typeface("Noto Sans Devanagari", f"{_NOTO}-devanagari"),
    Typeface("Noto Sans Gujarati", f"{_NOTO}-gujarati-gujarati"),
    Typeface("Noto Sans Gurmukhi", f"{_NOTO}-gurmukhi-gurmukhi"),
    Typeface("Noto Sans Tamil", f"{_NOTO}-tamil-tamil"),
)
STACK = ", ".join(f'"{typeface.family}"' for typeface in TYPEFACES) + ", Arial, sans-serif"


def faces_for(text: str) -> str:
    """The CSS that names the font files that `text`, a whole document, needs: slopes only where it slopes."""
    slopes = _SLOPES if any(tag in text for tag in ("<em", "<i>", "italic")) else _SLOPES[:1]
    needed = {TYPEFACES[0]} | {found for letter in _unusual(text) if (found := _typeface_of(letter))}
    return "\n".join(
        face
        for typeface in TYPEFACES
        if typeface in needed
        for face in typeface.faces(slope for slope in slopes if slope in typeface.slopes)
    )


def cannot_print(text: str) -> set[str]:
    """The letters in `text` that none of our typefaces has."""
    return {letter for letter in _unusual(unicodedata.normalize("NFC", text)) if _typeface_of(letter) is None}


def _unusual(text: str) -> set[str]:
    """What is no plain English letter, digit or mark, and leaves ink on paper."""
    others = set() if text.isascii() else set(text) - PRINTABLE
    return {letter for letter in others if unicodedata.category(letter) not in NO_PICTURE}


@cache
def _typeface_of(letter: str) -> Typeface | None:
    return next((typeface for typeface in TYPEFACES if ord(letter) in _letters_of(typeface)), None)


@cache
def _letters_of(typeface: Typeface) -> frozenset[int]:
    """The code points that a typeface has a picture for."""
    from fontTools.ttLib import TTFont  # only now: most processes never ask

    with TTFont(typeface.file("400", "normal"), lazy=True) as font:
        return frozenset(font.getBestCmap())
