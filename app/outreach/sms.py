"""How many parts a text has and what it costs: the library counts them where a text is written."""

from app.library.sms import (
    GSM,
    MOST_CHARACTERS,
    PLAIN,
    PRICES,
    TWICE,
    Price,
    cost,
    parts_of,
    plain,
)

__all__ = ["GSM", "MOST_CHARACTERS", "PLAIN", "PRICES", "TWICE", "Price", "cost", "parts_of", "plain"]
