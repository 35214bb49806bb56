"""What only the demonstration has: signing in without a password, captured mail, data files to bring in."""

import gzip
import re
from pathlib import Path

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.demo import personas as people
from app.mail import CapturedMail
from app.pages import home_of
from app.permissions import public
from app.render import render
from app.signin import sessions
from app.signin.needed import say_what_was_lost
from app.signin.rules import local_path
from tenants import scope
from tenants.db import db
from tenants.models import Organisation
from tenants.scope import Acting

bp = Blueprint("demo", __name__, url_prefix="/demonstration")

DATA = Path(__file__).resolve().parent / "data" / "dover-town"
SHOWN = 100
MADE_UP = "everything here is made up, and it does not exist unless the demonstration is on"


@bp.get("")
@public(MADE_UP)
def personas() -> ResponseReturnValue:
    """The people one can be."""
    return render("demo/personas.jinja", icbs=people.by_icb(), onward_of=_onward_of, files=_files())


def _onward_of(organisation: Organisation) -> str:
    """Where its staff go on: the page that was wanted where it is of theirs, or else their first page."""
    home, wanted = home_of(organisation), local_path(request.args.get("next", ""))
    return wanted if wanted.startswith(f"{home.rsplit('/', 1)[0]}/") else home


@bp.post("/become/<int:account_id>")
@public(MADE_UP)
def become(account_id: int) -> ResponseReturnValue:
    """Sign in as one of them, without a password; 404 for anybody else."""
    if not people.is_one(account_id):
        abort(404)
    sessions.end_present()
    scope.begin(Acting(account=account_id))
    sessions.start(account_id)
    say_what_was_lost(lost="lost" in request.args)
    return redirect(local_path(request.args.get("next", "")) or url_for("pages.index"), 303)


@bp.get("/mail")
@public(MADE_UP)
def mail() -> ResponseReturnValue:
    """Mail to the demonstration's staff, the newest first."""
    letters = []
    for organisation in people.organisations():
        with scope.as_acting(organisation.acting()):
            statement = select(CapturedMail).order_by(CapturedMail.at.desc()).limit(SHOWN)
            letters += [(organisation, letter) for letter in db.session.scalars(statement)]
    letters.sort(key=lambda pair: pair[1].at, reverse=True)
    return render("demo/mail.jinja", letters=letters[:SHOWN], shown=SHOWN)


@bp.get("/data/<name>")
@public(MADE_UP)
def data(name: str) -> ResponseReturnValue:
    """One of the files to bring in, as the PCN would get it."""
    if name not in _files():
        abort(404)
    content = gzip.decompress((DATA / f"{name}.gz").read_bytes())
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype="text/csv", headers=headers)


def _files() -> list[str]:
    return sorted(path.name.removesuffix(".gz") for path in DATA.glob("*.csv.gz"))


@bp.app_template_filter("linked")
def linked(text: str) -> list[list[tuple[str, bool]]]:
    """The paragraphs of a mail, each as pieces that are a link or are not."""
    return [
        [(piece, piece.startswith("http")) for piece in re.split(r"(https?://\S+)", part) if piece]
        for part in text.split("\n\n")
    ]
