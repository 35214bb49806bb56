"""The front door, the pages that belong to nobody in particular, and what is said when things go wrong."""

import datetime as dt
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_wtf.csrf import CSRFError
from sqlalchemy import text
from werkzeug.exceptions import HTTPException, SecurityError

from app.here import Here, here
from app.outbox import WorkerBeat
from app.permissions import public
from app.render import render
from app.security import WITHIN
from tenants.db import db
from tenants.policies import UNPOLICED

bp = Blueprint("pages", __name__)
FRESH = dt.timedelta(seconds=60)

ERRORS: dict[int, tuple[str, str]] = {
    400: ("We could not read that", "Go back and try again. If you typed the address, check it."),
    403: ("You cannot see this page", "Ask the person who manages your organisation to change your role."),
    404: (
        "Page not found",
        "If you typed the address, check it is correct. If you followed a link, it may be out of date.",
    ),
    405: ("That page cannot be used that way", "Go back and use the buttons on the page."),
    413: ("That file is too big", "Choose a smaller file, or split it into parts."),
    429: ("Too many tries", "Wait 15 minutes and try again."),
    500: ("Sorry, something went wrong", "Nothing you entered before was lost. Try again in a few minutes."),
}


@bp.get("/")
@public("sends each person to where they work, or to sign in")
def index() -> Response:
    """Where the signed-in person works; the sign-in page for everybody else."""
    if here.account is None:
        return redirect(url_for("signin.enter"))  # type: ignore[return-value]
    if len(here.places) == 1:
        return redirect(home_of(here.places[0].organisation))  # type: ignore[return-value]
    return redirect(url_for("signin.choose"))  # type: ignore[return-value]


def home_of(organisation: Any) -> str:
    """The address of the first page of an organisation."""
    endpoint = {"icb": "network.overview", "pcn": "programmes.today", "partner": "referrals.inbox"}
    return url_for(endpoint[organisation.kind], slug=organisation.slug)


@bp.get("/healthz")
@public("says only that the process answers")
def healthz() -> Response:
    """The process answers."""
    return make_response({"ok": True})


@bp.get("/readyz")
@public("says which part is not ready, never what is in it")
def readyz() -> Response:
    """Each thing the service needs, and whether it is there; 503 when one is not."""
    found = {"database": _ready(_role_is_bound), "migrations": _ready(_at_head), "policies": _ready(_forced)}
    found |= {"redis": _ready(_redis), "worker": _ready(_worker)}
    return make_response(found, 200 if all(found.values()) else 503)


def _ready(check: Any) -> bool:
    try:
        return bool(check())
    except Exception:
        db.session.rollback()
        return False


def _role_is_bound() -> bool:
    return not db.session.scalar(
        text(
            "SELECT rolsuper OR rolbypassrls OR EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid "
            "AND relnamespace = 'public'::regnamespace) FROM pg_roles WHERE rolname = current_user"
        )
    )


def _at_head() -> bool:
    from alembic.script import ScriptDirectory

    folder = current_app.extensions["migrate"].directory
    head = ScriptDirectory(folder).get_current_head()
    return bool(db.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == head)


def _forced() -> bool:
    bare = db.session.execute(
        text(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity)"
        )
    ).scalars()
    return set(bare) <= set(UNPOLICED)


def _redis() -> bool:
    import redis

    return bool(redis.Redis.from_url(current_app.config["REDIS_URL"], socket_timeout=2).ping())


def _worker() -> bool:
    newest = db.session.query(db.func.max(WorkerBeat.at)).scalar()
    return newest is not None and dt.datetime.now(dt.UTC) - newest < FRESH


@bp.get("/accessibility")
@public("a statement for everybody")
def accessibility() -> Response:
    """The accessibility statement."""
    return render("pages/accessibility.jinja")


@bp.get("/privacy")
@public("a notice for everybody")
def privacy() -> Response:
    """How people's data is used."""
    return render("pages/privacy.jinja")


@bp.get("/cookies")
@public("a notice for everybody")
def cookies() -> Response:
    """The one cookie and what it is for."""
    return render("pages/cookies.jinja")


def init_app(app: Flask) -> None:
    """Register the pages and what is said when something goes wrong."""
    app.register_blueprint(bp)
    app.register_error_handler(CSRFError, _form_too_old)
    app.register_error_handler(SecurityError, _not_ours)
    app.register_error_handler(HTTPException, _problem)
    app.register_error_handler(Exception, _broken)


def _form_too_old(error: CSRFError) -> Response:
    return _page(400, "This form is too old", "Go back, refresh the page and send the form again.")


def _not_ours(error: SecurityError) -> Response:
    """A host that is not among TRUSTED_HOSTS. No address can be made for it, so the page has none."""
    return make_response(render_template("pages/not_ours.jinja"), 400)


def _problem(error: HTTPException) -> Response:
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    code = error.code or 500
    title, help_text = ERRORS.get(code, ERRORS[500])
    own = (
        error.description
        if code in (403, 409, 413) and error.description != type(error).description
        else None
    )
    answer = _page(code, title, f"{own} {help_text}" if own else help_text)
    if code == 429:
        answer.headers["Retry-After"] = str(int(WITHIN.total_seconds()))
    return answer


def _broken(error: Exception) -> Response:
    if current_app.testing:
        raise error
    current_app.logger.error(
        "unhandled %s at %s", type(error).__name__, request.endpoint, exc_info=_trace(error)
    )
    g.here = Here()  # the page must not need what may be what has failed: the database
    return _page(500, *ERRORS[500])


def _trace(error: Exception) -> Any:
    """The traceback without the message, which may hold what somebody typed."""
    return (
        type(error),
        type(error)("…") if type(error) in (ValueError, KeyError) else None,
        error.__traceback__,
    )


def _page(code: int, title: str, help_text: str) -> Response:
    db.session.rollback()
    return render("pages/problem.jinja", code, title=title, help=help_text, code=code)
