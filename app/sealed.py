"""Sealing what must not be read in the database: pieces of files, and second-factor secrets.

AES-256-GCM under FILE_KEY. Each sealed value is bound to its place ("second factor of account 7"), so that it
cannot be put in the place of another.
"""

import base64
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app

NONCE = 12


class NotOurs(ValueError):
    """What was to be opened was not sealed here, not with this key, or not for this place."""


def seal(plain: bytes, place: str) -> bytes:
    """`plain` encrypted, openable only for the same `place`."""
    nonce = os.urandom(NONCE)
    return nonce + _cipher().encrypt(nonce, plain, place.encode())


def unseal(sealed: bytes, place: str) -> bytes:
    """What was sealed for `place`; raises NotOurs where it was not."""
    try:
        return _cipher().decrypt(sealed[:NONCE], sealed[NONCE:], place.encode())
    except (InvalidTag, ValueError) as error:
        raise NotOurs from error


def seal_text(plain: str, place: str) -> str:
    """`plain` encrypted, as text for a column or a cookie."""
    return base64.urlsafe_b64encode(seal(plain.encode(), place)).decode()


def unseal_text(sealed: str, place: str) -> str:
    """What `seal_text` sealed for `place`; raises NotOurs where it was not."""
    try:
        return unseal(base64.urlsafe_b64decode(sealed), place).decode()
    except ValueError as error:
        raise NotOurs from error


def fingerprint(plain: str, place: str) -> str:
    """A keyed hash by which `plain` is known again and from which it cannot be guessed without FILE_KEY."""
    key = hmac.new(current_app.config["FILE_KEY"], b"fingerprint", hashlib.sha256).digest()
    return hmac.new(key, f"{place}:{plain}".encode(), hashlib.sha256).hexdigest()


def _cipher() -> AESGCM:
    return AESGCM(current_app.config["FILE_KEY"])
