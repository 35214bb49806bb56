"""What is answered where nobody is signed in any more, and where whoever signs in again goes on.

A form that was sent is neither kept nor sent again: they are back on the page that holds it, and are told.
"""

from urllib.parse import unquote, urlsplit

from flask import Response, current_app, flash, g, make_response, redirect, request, url_for

from app.here import SignInNeeded
from app.render import htmx
from app.signin.rules import local_path

ENDED = "You were signed out to keep people's information safe."
NOT_SAVED = "What you sent was not saved, because you were signed out. Enter it again."


def sign_in_first(_error: SignInNeeded) -> Response:
    """To the sign-in page, which knows what was wanted and whether something was lost."""
    lost = request.method not in ("GET", "HEAD")
    if said := _said(lost=lost):
        flash(said, "info")
    address = url_for("signin.enter", next=_page_wanted() or None, lost="yes" if lost else None)
    if htmx:
        return make_response("", 401, {"HX-Redirect": address})
    return make_response(redirect(address))


def say_what_was_lost(*, lost: bool) -> None:
    """Tell whoever is back that what they had sent is to be entered again, where it is."""
    if lost:
        flash(NOT_SAVED, "info")


def _said(*, lost: bool) -> str:
    """What the sign-in page says first; nothing to somebody who has only just come."""
    ended = ENDED if g.get("session_ended") else ""
    if lost:
        return f"{ended} What you sent was not saved. Sign in, then enter it again.".strip()
    return f"{ended} Sign in again to carry on." if ended else ""


def _page_wanted() -> str:
    """The path of the page that was asked for, or that holds the form or the part; empty for none."""
    own, seen = request.full_path.rstrip("?"), _page_seen()
    read = request.method == "GET"
    if read and not (htmx and seen and urlsplit(seen).path != request.path):
        return own
    return next((page for page in (seen, own) if _can_be_opened(page)), "")


def _page_seen() -> str:
    """The path of the page that the browser says it sent the request from; empty where that is not ours."""
    said = (htmx.current_url if htmx else None) or request.referrer or ""
    try:
        parts = urlsplit(said)
    except ValueError:
        return ""
    ours = parts.scheme in ("http", "https") and parts.netloc == request.host
    return local_path(parts._replace(scheme="", netloc="", fragment="").geturl()) if ours else ""


def _can_be_opened(page: str) -> bool:
    """Whether `page` is a path that answers when it is asked for, and not only when a form is sent."""
    ours = current_app.url_map.bind(request.host)
    return bool(page) and ours.test(unquote(urlsplit(page).path), "GET")
