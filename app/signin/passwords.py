"""How a password is kept and compared: Argon2id with the parameters of argon2-cffi (RFC 9106, low memory)."""

import base64

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.signin.rules import plain_password

hasher = PasswordHasher()


def hashed(password: str) -> str:
    """How `password` is kept."""
    return hasher.hash(plain_password(password))


def matches(kept: str, password: str) -> bool:
    """Whether `password` is the one kept as `kept`."""
    try:
        return hasher.verify(kept, plain_password(password))
    except (VerificationError, InvalidHashError):
        return False


def outdated(kept: str) -> bool:
    """Whether `kept` was made with other parameters than are used now."""
    return hasher.check_needs_rehash(kept)


def unmatchable() -> str:
    """A hash that no password matches and that takes as long to compare as a real one."""
    salt = base64.b64encode(bytes(hasher.salt_len)).decode().rstrip("=")
    digest = base64.b64encode(bytes(hasher.hash_len)).decode().rstrip("=")
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"
