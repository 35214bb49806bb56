"""Headers, cookies, request forgery and limits: what every answer carries."""

import datetime as dt
import hmac

from flask import Flask, Response, current_app, request
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import delete, func, select
from werkzeug.middleware.proxy_fix import ProxyFix

from app import clock
from tenants.db import db
from tenants.models import SigninAttempt

csrf = CSRFProtect()

CSP: dict[str, str] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}

HEADERS: dict[str, str] = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in CSP.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "X-Frame-Options": "DENY",
}

TRIES = 5
WITHIN = dt.timedelta(minutes=15)
FORGOTTEN_AFTER = dt.timedelta(days=1)


def init_app(app: Flask) -> None:
    """Put the headers on every answer and the token check on every form."""
    csrf.init_app(app)
    app.after_request(_headers)
    if app.config["PROXIES"]:
        hops = app.config["PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
    if request.endpoint not in ("static", "assets"):
        response.headers["Cache-Control"] = "no-store"
        response.vary.update(("HX-Request", "HX-Target", "Cookie"))
    return response


def too_many_tries(*keys: str) -> bool:
    """Whether any of `keys` (an address tried, a place tried from) has failed too often lately.

    The tries are rows, so emptying Redis does not open the door. An address locks after 5 in 15 minutes,
    a place after 10 times as many.
    """
    since = clock.now() - WITHIN
    for position, key in enumerate(keys):
        statement = select(func.count()).where(
            SigninAttempt.key_hash == _key_hash(key), SigninAttempt.at > since
        )
        if (db.session.scalar(statement) or 0) >= TRIES * (10 if position else 1):
            return True
    return False


def note_failed_try(*keys: str) -> None:
    """Remember a failed try under each of `keys`, as keyed hashes. Those older than a day are forgotten."""
    old = delete(SigninAttempt).where(SigninAttempt.at < clock.now() - FORGOTTEN_AFTER)
    db.session.execute(old.execution_options(synchronize_session=False))
    for key in keys:
        db.session.add(SigninAttempt(key_hash=_key_hash(key), at=clock.now()))


def _key_hash(key: str) -> str:
    return hmac.new(current_app.config["SECRET_KEY"].encode(), key.lower().encode(), "sha256").hexdigest()
