"""How many parts a text has and what it costs.

Source: GSM 03.38 character set; GOV.UK Notify's rules for parts and for characters that are replaced.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
TWICE = frozenset("^{}\\[~]|€")
UNSEEN = "\u180e\u200b\u200c\u2028\u2029\u2060\ufeff"  # of no width; they come along when words are pasted
PLAIN = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "‚": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "–": "-",
        "—": "-",
        "−": "-",
        "\u2011": "-",  # a hyphen at which no line ends
        "…": "...",
        "\u00a0": " ",
        "\u202f": " ",
        "\t": " ",
    }
    | dict.fromkeys(UNSEEN, "")
)
MOST_PARTS = 6


@dataclass(frozen=True)
class Price:
    """Pence for one part of a text or one letter, without VAT; where that is said, and since when."""

    pence: Decimal
    source: str
    read_on: dt.date


PRICES = {
    "text": Price(Decimal("2.4"), "NHS Notify pricing, text messages", dt.date(2026, 8, 20)),
    "letter": Price(Decimal("76"), "NHS Notify pricing, standard letters", dt.date(2026, 8, 20)),
}


def plain(text: str) -> str:
    """`text` with typographic quotes, dashes, dots and spaces as the plain ones that every phone has."""
    return text.translate(PLAIN)


def parts_of(text: str) -> int:
    """How many parts `text` is sent and charged as.

    One part holds 160 characters of the GSM set (some count twice), several hold 153 each. One character from
    outside it makes that 70 and 67, counted in UTF-16 units.
    """
    written = plain(text)
    if all(char in GSM or char in TWICE for char in written):
        size = sum(2 if char in TWICE else 1 for char in written)
        return _parts(size, 160, 153)
    return _parts(len(written.encode("utf-16-be")) // 2, 70, 67)


def outside(text: str) -> tuple[str, ...]:
    """The characters of `text` that make its parts shorter, each once, in order."""
    return tuple(dict.fromkeys(char for char in plain(text) if char not in GSM and char not in TWICE))


def _parts(size: int, alone: int, joined: int) -> int:
    return 1 if size <= alone else -(-size // joined)


def cost(channel: str, units: int) -> Decimal:
    """Pounds for `units` parts or letters, without VAT, in whole pence."""
    price = PRICES.get(channel)
    return (price.pence * units / 100).quantize(Decimal("0.01")) if price else Decimal(0)
