"""Settings, read from the environment once at start. `docs/running.md` lists each, held to it by a test."""

import base64
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SETTINGS: dict[str, str] = {
    "DATABASE_URL": "PostgreSQL as the role `app`, which the web and the workers use",
    "OWNER_DATABASE_URL": "PostgreSQL as the role `app_owner`, for migrations only",
    "RELAY_DATABASE_URL": "PostgreSQL as the role `app_relay`, for the relay only",
    "REDIS_URL": "Redis or Valkey, for the queue; it may be emptied at any time",
    "SECRET_KEY": "signs cookies and links; at least 32 characters",
    "SECRET_KEY_FALLBACKS": "earlier secret keys that still verify, separated by commas",
    "FILE_KEY": "32 bytes in URL-safe base64 that encrypt stored files and second-factor secrets",
    "OAST_ENV": "`production`, `development` or `test`",
    "OAST_DEMONSTRATION": "`1` shows the demonstration's personas and captured mail; refused in production",
    "OAST_CLOCK_FILE": "a file with an offset in seconds that moves the clock; ignored in production",
    "NOTIFY_URL": "where GOV.UK Notify is asked; another address only for the stand-in",
    "BASE_URL": "the address that links in messages start with",
    "TRUSTED_HOSTS": "host names that requests may be addressed to, separated by commas",
    "PROXIES": "how many proxies stand in front of the web process",
}

VAR = Path(__file__).resolve().parent.parent / "var"
MEGABYTE = 1024 * 1024


class BadSettings(RuntimeError):
    """The environment is not one that the service may start in."""


def from_environment(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Flask's configuration from `environ`; raises BadSettings with one sentence where something is wrong."""
    env = environ.get("OAST_ENV", "development")
    production = env == "production"
    demonstration = environ.get("OAST_DEMONSTRATION") == "1"
    if production and demonstration:
        raise BadSettings("OAST_DEMONSTRATION must not be set in production: it lets anybody sign in.")
    base_url = environ.get("BASE_URL", "http://localhost:8000").rstrip("/")
    if production and not base_url.startswith("https://"):
        raise BadSettings("BASE_URL must start with https:// in production.")
    return {
        "OAST_ENV": env,
        "OAST_DEMONSTRATION": demonstration,
        "BASE_URL": base_url,
        "TESTING": env == "test",
        "SECRET_KEY": _secret(environ, "SECRET_KEY", production),
        "SECRET_KEY_FALLBACKS": [key for key in environ.get("SECRET_KEY_FALLBACKS", "").split(",") if key],
        "FILE_KEY": base64.urlsafe_b64decode(_secret(environ, "FILE_KEY", production)),
        "SQLALCHEMY_DATABASE_URI": _needed(environ, "DATABASE_URL"),
        "SQLALCHEMY_ENGINE_OPTIONS": {"pool_pre_ping": False, "pool_size": 8, "max_overflow": 4},
        "OWNER_DATABASE_URL": environ.get("OWNER_DATABASE_URL"),
        "RELAY_DATABASE_URL": environ.get("RELAY_DATABASE_URL"),
        "REDIS_URL": environ.get("REDIS_URL"),
        "NOTIFY_URL": environ.get("NOTIFY_URL", "https://api.notifications.service.gov.uk").rstrip("/"),
        "MAX_CONTENT_LENGTH": 2 * MEGABYTE,
        "UPLOAD_LIMIT": 100 * MEGABYTE,
        "MAX_FORM_MEMORY_SIZE": MEGABYTE,
        "TRUSTED_HOSTS": [host for host in environ.get("TRUSTED_HOSTS", "").split(",") if host] or None,
        "PROXIES": int(environ.get("PROXIES", "0")),
        "SESSION_COOKIE_NAME": "__Host-oast" if base_url.startswith("https://") else "oast",
        "SESSION_COOKIE_SECURE": base_url.startswith("https://"),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_REFRESH_EACH_REQUEST": False,
        "WTF_CSRF_TIME_LIMIT": None,
        "SEND_FILE_MAX_AGE_DEFAULT": 300,
    }


def _needed(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name)
    if not value:
        raise BadSettings(f"{name} is not set: {SETTINGS[name]}. `make run` sets it for you.")
    return value


def _secret(environ: Mapping[str, str], name: str, production: bool) -> str:
    value = environ.get(name, "")
    if production and len(value) < 32:
        raise BadSettings(f"{name} must be set in production: {SETTINGS[name]}.")
    return value or base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
