"""What may be a password, where sign-in may lead, and what a mailed link still allows. Pure decisions."""

import datetime as dt
import unicodedata
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

SHORTEST = 12
LONGEST = 200
FEWEST_DIFFERENT = 5
COMMON = Path(__file__).resolve().parent / "common_passwords.txt"


def password_fault(password: str, email: str) -> str | None:
    """What is wrong with `password` for the account of `email`, as an instruction; None where nothing is.

    Source: NCSC, "Password policy: updating your approach": long, not common, no rules on characters.
    """
    plain = plain_password(password).casefold()
    if len(plain) < SHORTEST:
        return f"Password must have at least {SHORTEST} characters. Three random words make a good one"
    if len(plain) > LONGEST:
        return f"Password must have {LONGEST} characters or fewer"
    address = email.casefold()
    if address in plain or plain in address:
        return "Password must not be your email address"
    if len(set(plain)) < FEWEST_DIFFERENT or _is_common(plain):
        return "Choose a password that is harder to guess. Three random words make a good one"
    return None


def plain_password(password: str) -> str:
    """The password in one form, however a keyboard puts accents together.

    Source: NIST SP 800-63B-4, 3.1.1.2.
    """
    return unicodedata.normalize("NFKC", password)


def _is_common(plain: str) -> bool:
    letters = "".join(character for character in plain if character.isalnum())
    return bool({plain, letters, letters.rstrip("0123456789")} & common_passwords())


@cache
def common_passwords() -> frozenset[str]:
    """Passwords of twelve characters or more, and stems of such, that guessers try first."""
    lines = COMMON.read_text().splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def local_path(address: str) -> str:
    """`address` where it is a path of this service; empty where it could lead anywhere else."""
    odd = "\\" in address or any(ord(character) < 33 or ord(character) == 127 for character in address)
    if odd or not address.startswith("/") or address.startswith("//"):
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return "" if parts.scheme or parts.netloc else address


def link_parts(token: str) -> tuple[int, str]:
    """The number that a mailed token begins with (0, which nothing has, for none) and the secret after it."""
    number, _, secret = token.partition("-")
    numbered = number.isascii() and number.isdigit() and len(number) < 19
    return (int(number) if numbered else 0), secret


def link_state(used_at: dt.datetime | None, expires_at: dt.datetime, moment: dt.datetime) -> str:
    """Whether a link that works once is "used", "expired" or "open" at `moment`."""
    if used_at is not None:
        return "used"
    return "expired" if expires_at <= moment else "open"
