"""Second-factor codes: the time-based ones of an authenticator app, and the ten recovery codes beside it."""

import base64
import datetime as dt
import secrets

import pyotp
import qrcode
from pyotp.utils import strings_equal
from qrcode.image.svg import SvgPathFillImage

ISSUER = "Oast"
WINDOW = 1  # steps of 30 seconds that a clock may be off, either way
RECOVERY_CODES = 10
# Without letters and digits that are taken for one another.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    """A secret for an authenticator app, 160 bits in base 32. Source: RFC 4226, 4 (R6)."""
    return pyotp.random_base32()


def step_of(secret: str, code: str, moment: dt.datetime) -> int | None:
    """The 30-second step, at most one from `moment`, whose code `code` is; None where it is no such code.

    Source: RFC 6238, 5.2: a step is accepted once, so whoever calls must remember it.
    """
    totp = pyotp.TOTP(secret)
    now = totp.timecode(moment)
    digits = "".join(character for character in code if character.isascii() and character.isdigit())
    steps = (now, *(now + off for n in range(1, WINDOW + 1) for off in (-n, n)))
    return next((step for step in steps if strings_equal(digits, totp.generate_otp(step))), None)


def address_of(secret: str, email: str) -> str:
    """What an authenticator app reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def picture_of(address: str) -> str:
    """`address` as a QR code: an SVG in a data: URI."""
    svg = qrcode.make(address, image_factory=SvgPathFillImage, box_size=10, border=4).to_string()
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode()


def in_fours(secret: str) -> str:
    """The secret in groups of four, for typing."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def new_recovery_codes() -> list[str]:
    """Ten codes of 12 characters (59 bits each), in groups of four."""
    return [
        "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))
        for _ in range(RECOVERY_CODES)
    ]


def plain_recovery_code(typed: str) -> str:
    """The code as it is kept: lower case, nothing but its letters and digits."""
    return "".join(character for character in typed.casefold() if character in ALPHABET)
