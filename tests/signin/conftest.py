"""People with a password and an authenticator app."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.signin import credentials, passwords
from tenants import scope
from tenants.db import db
from tenants.models import Credential, SignedIn
from tenants.scope import Acting
from tests.checking import CheckingClient
from tests.world import World

PASSWORD = "purple ladder teapot"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
HASH = passwords.hashed(PASSWORD)

START = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)

People = Callable[[str], str]


@pytest.fixture
def ready(app: Flask, world: World) -> People:
    """`ready("mandy")` gives her a password and an authenticator app; returns her address."""

    def give(who: str, *, confirmed: bool = True) -> str:
        return give_credential(app, world, who, confirmed=confirmed)

    return give


@pytest.fixture
def mandy(client_of: Callable[..., CheckingClient], ready: People, moved: Any) -> CheckingClient:
    """Mandy, signed in at START."""
    moved(START, stay=False)
    client = client_of(None)
    assert sign_in(client, ready("mandy")).location == "/account"
    return client


def give_credential(app: Flask, world: World, who: str, *, confirmed: bool = True) -> str:
    """Give `who` PASSWORD and, where confirmed, SECRET; returns their address."""
    account_id = world.accounts[who]
    with app.app_context(), scope.as_acting(Acting(account=account_id)):
        db.session.get_one(Credential, account_id).password_hash = HASH
        db.session.commit()
        if confirmed:
            credentials.set_second_factor(account_id, SECRET, 0, replace=True)
            db.session.commit()
    return f"{who}@example.test"


def code(after: int = 0, secret: str = SECRET) -> str:
    """What the authenticator app shows now, or `after` seconds later."""
    return pyotp.TOTP(secret).at(clock.now() + dt.timedelta(seconds=after))


def give_password(
    client: CheckingClient, email: str, password: str = PASSWORD, path: str = "/sign-in"
) -> Any:
    """Send the sign-in form."""
    return client.post(path, data={"email": email, "password": password})


def sign_in(client: CheckingClient, email: str, path: str = "/sign-in?next=/account") -> Any:
    """Password, then code; returns the answer to the code."""
    assert give_password(client, email, path=path).location == "/sign-in/code"
    return client.post("/sign-in/code", data={"code": code()})


def rows_of(app: Flask, world: World, who: str) -> list[SignedIn]:
    """The sessions of `who`, the oldest first."""
    with app.app_context(), scope.as_acting(Acting(account=world.accounts[who])):
        return list(db.session.scalars(select(SignedIn).order_by(SignedIn.id)))


def credential_of(app: Flask, world: World, who: str) -> Credential:
    """What `who` signs in with."""
    with app.app_context(), scope.as_acting(Acting(account=world.accounts[who])):
        return db.session.get_one(Credential, world.accounts[who])
