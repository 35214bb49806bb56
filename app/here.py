"""Who is here: the signed-in person, the organisation they act for and their roles in it.

Everything is read again on every request, in the same transaction as the work itself, so that a membership
that has ended or a session that was revoked takes effect at once.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

from flask import Flask, Response, current_app, g, request
from flask_login import LoginManager, UserMixin, current_user
from sqlalchemy import select, update
from werkzeug.exceptions import Forbidden, NotFound
from werkzeug.local import LocalProxy

from app import audit, clock
from app.known_organisations import Known, known_organisation
from app.permissions import Access, Permission, check, permissions_of
from tenants import scope
from tenants.db import db
from tenants.models import Account, Membership, Organisation, SignedIn
from tenants.scope import Acting

IDLE = dt.timedelta(minutes=15)
AT_MOST = dt.timedelta(hours=12)
TOUCH_EVERY = dt.timedelta(minutes=1)
UNPROCESSABLE = 422  # a form shown again with what is wrong
# What pages ask for by themselves, with nobody at the keyboard.
QUIET_ENDPOINTS = frozenset(
    {"signin.remaining", "outreach.progress", "network.refresh_work", "people.refresh_import"}
)

login = LoginManager()


@dataclass(frozen=True)
class Place:
    """An organisation that the person belongs to, and their roles there."""

    organisation: Organisation
    roles: frozenset[str]
    practices: frozenset[int]


@dataclass
class Here:
    """What this request knows of who is acting."""

    account: Account | None = None
    session: SignedIn | None = None
    places: list[Place] = field(default_factory=list)
    place: Place | None = None
    permissions: frozenset[Permission] = frozenset()

    @property
    def organisation(self) -> Organisation:
        """The organisation acting; NotFound where the address names none."""
        if self.place is None:
            raise NotFound
        return self.place.organisation

    @property
    def roles(self) -> frozenset[str]:
        """The person's roles in the organisation acting."""
        return self.place.roles if self.place else frozenset()

    @property
    def name(self) -> str:
        """The signed-in person's name."""
        return self.account.name if self.account else ""


here = cast(Here, LocalProxy(lambda: g.here))


class User(UserMixin):  # type: ignore[misc]
    """What Flask-Login carries: the account's id and the session's token, nothing of the person."""

    def __init__(self, account_id: int, token: str) -> None:
        self.account_id = account_id
        self.token = token

    def get_id(self) -> str:
        return f"{self.account_id}.{self.token}"


def can(permission: Permission | str) -> bool:
    """Whether the person here may do `permission` in the organisation acting. For templates and views."""
    wanted = permission if isinstance(permission, Permission) else Permission[permission]
    return wanted in here.permissions


def token_hash(token: str) -> str:
    """How a session token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def init_app(app: Flask) -> None:
    """Read who is here before each request, and commit what it did after it."""
    login.init_app(app)
    login.session_protection = None
    login.user_loader(_user)
    app.url_value_preprocessor(_take_address)
    app.url_defaults(_give_address)
    app.before_request(_arrive)
    app.after_request(_finish)
    app.teardown_request(_leave)
    app.context_processor(lambda: {"here": g.get("here", Here()), "can": can})


def _user(user_id: str) -> User | None:
    account_id, _, token = user_id.partition(".")
    return User(int(account_id), token) if account_id.isdigit() and token else None


def _take_address(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Keep the organisation's slug and kind out of the views: they ask `here`, never the address."""
    values = values if values is not None else {}
    g.slug = values.pop("slug", None)
    g.kind = values.pop("kind", request.path.split("/", 2)[1])


def _give_address(endpoint: str, values: dict[str, Any]) -> None:
    """Addresses lead to the organisation that is acting unless they name another."""
    place = g.here.place if "here" in g else None
    if place is None:
        return
    for name, value in (("slug", place.organisation.slug), ("kind", place.organisation.kind)):
        if name not in values and _expects(endpoint, name):
            values[name] = value


@cache
def _expects(endpoint: str, name: str) -> bool:
    """Whether addresses of `endpoint` hold `name`. Remembered: a page asks some sixty times."""
    return current_app.url_map.is_endpoint_expecting(endpoint, name)


def _arrive() -> None:
    g.here = Here()
    scope.begin(scope.NOBODY)
    audit.set_actor(None)
    if request.endpoint in (None, "static", "assets"):
        return
    organisation = _addressed()
    _recognise(organisation)
    _admit(organisation, access_of(request.endpoint or ""))


def access_of(endpoint: str) -> Access:
    """What the endpoint declares; a route that declares nothing is for nobody."""
    view: Any = current_app.view_functions[endpoint]
    access = getattr(view, "access", None)
    if access is None:
        raise Forbidden("This page has not said who may see it.")
    return cast(Access, access)


def _addressed() -> Known | None:
    return known_organisation(g.kind, g.slug) if g.slug is not None else None


def _recognise(organisation: Known | None) -> None:
    user = current_user._get_current_object()
    if not isinstance(user, User):
        return
    claimed = Acting(account=user.account_id)
    scope.begin(organisation.acting(user.account_id) if organisation else claimed)
    found = db.session.execute(
        select(SignedIn, Account)
        .join(Account, Account.id == SignedIn.account_id)
        .where(
            SignedIn.account_id == user.account_id,
            SignedIn.token_hash == token_hash(user.token),
            SignedIn.ended_at.is_(None),
            Account.disabled_at.is_(None),
        )
    ).one_or_none()
    if found is None or _expired(found[0]):
        scope.begin(scope.NOBODY)
        g.session_ended = True
        return
    g.here.session, g.here.account = found
    _touch(found[0])
    g.here.places = _places(user.account_id)


def _expired(session: SignedIn) -> bool:
    moment = clock.now()
    return moment - session.seen_at > IDLE or moment - session.created_at > AT_MOST


def _touch(session: SignedIn) -> None:
    if request.endpoint not in QUIET_ENDPOINTS and clock.now() - session.seen_at > TOUCH_EVERY:
        session.seen_at = clock.now()
        mine = SignedIn.account_id == session.account_id, SignedIn.id == session.id
        g.touch = update(SignedIn).where(*mine).values(seen_at=session.seen_at)


def _touch_again() -> None:
    """Somebody who is told what is wrong with a form is not idle, although what they sent was rolled back."""
    if "touch" in g:
        db.session.execute(g.touch)


def _places(account_id: int) -> list[Place]:
    rows = db.session.execute(
        select(Organisation, Membership.role, Membership.practice_id)
        .join(Membership, Membership.org_id == Organisation.id)
        .where(Membership.account_id == account_id, Membership.ended_at.is_(None))
        .order_by(Organisation.name, Membership.role)
    ).all()
    organisations = {row[0].id: row[0] for row in rows}
    return [
        Place(
            organisation,
            frozenset(role for org, role, _ in rows if org.id == organisation.id),
            frozenset(practice for org, _, practice in rows if org.id == organisation.id and practice),
        )
        for organisation in organisations.values()
    ]


def _admit(organisation: Known | None, access: Access) -> None:
    if access.kind == "public":
        _act_for(None)
        return
    if here.account is None:
        raise SignInNeeded
    _act_for(organisation)
    if access.kind == "member":
        if here.place is None:
            raise NotFound
        check(here.permissions, cast(Permission, access.permission))


def _act_for(organisation: Known | None) -> None:
    account = here.account
    if account is None:
        return
    if organisation is not None:
        here.place = next((p for p in here.places if p.organisation.id == organisation.id), None)
    if here.place is None:
        scope.begin(Acting(account=account.id))
        audit.set_actor(audit.Actor(account.name, "no role here", account.id))
        return
    here.permissions = permissions_of(here.place.roles)
    audit.set_actor(audit.Actor(account.name, ", ".join(sorted(here.place.roles)), account.id))


class SignInNeeded(Exception):
    """Nobody is signed in and the page is not public."""


def _finish(response: Response) -> Response:
    if response.status_code < 400:
        db.session.commit()
    else:
        db.session.rollback()
    if response.status_code == UNPROCESSABLE and ("looks" in g or "touch" in g):
        audit.add_looks_again()
        _touch_again()
        db.session.commit()
    return response


def _leave(error: BaseException | None) -> None:
    db.session.rollback()
    scope.begin(scope.NOBODY)
    audit.set_actor(None)
