"""A forgotten password, from the question to the next sign-in."""

import datetime as dt
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app import audit, clock, outbox, security
from app.mail import CapturedMail
from app.signin import passwords, resets
from app.signin.models import PasswordReset
from tenants import scope
from tenants.db import db
from tenants.models import Account, Credential, Membership
from tests.checking import CheckingClient
from tests.signin.conftest import People, code, credential_of, give_password, rows_of
from tests.world import World

ClientOf = Callable[..., CheckingClient]
NEW = "orange window kettle"
CHOSEN = {"new": NEW, "again": NEW}
ASK = "/forgotten-password"


def asked(client: CheckingClient, email: str) -> Any:
    """Ask for a mail."""
    return client.post(ASK, data={"email": email})


def rows(app: Flask, world: World, slug: str, model: Any) -> list[Any]:
    """What the organisation holds."""
    with app.app_context(), scope.as_acting(world.acting(slug)):
        return list(db.session.scalars(select(model).order_by(model.id)))


def links(app: Flask, world: World, slug: str = "dover-town") -> list[str]:
    """The paths of the links in mail that has yet to be sent, the oldest first."""
    bodies = [work.payload.get("body", "") for work in rows(app, world, slug, outbox.Outbox)]
    return [path for body in bodies for path in re.findall(r"http://localhost(/reset/\S+)", body)]


def events(app: Flask, world: World, slug: str = "dover-town") -> list[tuple[str, str, str]]:
    """Who did what in the organisation."""
    found = rows(app, world, slug, audit.AuditEvent)
    return [(event.actor, event.action, event.subject) for event in found]


@pytest.fixture
def mailed(app: Flask, world: World, client_of: ClientOf, ready: People) -> Callable[[], str]:
    """Mandy, who can sign in, is mailed a link; returns its path."""
    ready("mandy")

    def ask() -> str:
        asked(client_of(None), "Mandy@example.test")
        return links(app, world)[-1]

    return ask


def test_the_sign_in_page_leads_to_a_mail_a_new_password_and_the_second_factor_still(
    app: Flask, world: World, client_of: ClientOf, mailed: Callable[[], str]
) -> None:
    client = client_of(None)
    assert f'href="{ASK}"' in client.get("/sign-in").text
    assert "I have forgotten my password" in client.get(ASK).text
    path = mailed()
    assert "mandy@example.test" in client.get(path).text
    done = client.post(path, data=CHOSEN)
    assert (done.status_code, done.location) == (303, "/sign-in")
    assert "Your password has changed" in client.get("/sign-in").text
    assert client.get("/account").status_code == 302, "the link signs nobody in"
    assert give_password(client, "mandy@example.test").status_code == 422, "the old password"
    assert give_password(client, "mandy@example.test", NEW).location == "/sign-in/code"
    assert client.post("/sign-in/code", data={"code": code()}).status_code == 303
    assert client.get("/account").status_code == 200
    assert events(app, world) == [
        ("Somebody at the sign-in page", "asked for", "new password"),
        ("Mandy", "chose", "new password"),
    ]


def test_the_mail_says_what_to_do_and_only_a_hash_is_kept(
    app: Flask, world: World, mailed: Callable[[], str], moved: Callable[..., None]
) -> None:
    moved(dt.datetime(2027, 3, 14, 15, 9, tzinfo=clock.LONDON))
    path = mailed()
    (work,) = rows(app, world, "dover-town", outbox.Outbox)
    assert work.payload["to"] == "mandy@example.test"
    for words in ("Hello Mandy", "14 March 2027 at 4:09pm", "If it was not you, do nothing"):
        assert words in work.payload["body"]
    with app.app_context(), scope.as_acting(world.acting("dover-town", "mandy")):
        (row,) = db.session.scalars(select(PasswordReset))
    number, _, secret = path.removeprefix("/reset/").partition("-")
    assert int(number) == row.account_id == world.accounts["mandy"]
    assert secret not in row.token_hash
    assert row.expires_at - row.created_at == dt.timedelta(hours=1)


def test_every_session_of_the_account_ends_and_only_those(
    app: Flask, world: World, client_of: ClientOf, mailed: Callable[[], str]
) -> None:
    elsewhere = client_of("mandy")
    assert client_of(None).post(mailed(), data=CHOSEN).status_code == 303
    assert elsewhere.get("/account").status_code == 302
    assert all(row.ended_at for row in rows_of(app, world, "mandy"))
    assert client_of("clara").get("/account").status_code == 200


def test_a_link_opened_where_somebody_else_is_signed_in_ends_their_session_too(
    client_of: ClientOf, mailed: Callable[[], str]
) -> None:
    clara = client_of("clara")
    assert clara.post(mailed(), data=CHOSEN).location == "/sign-in"
    assert clara.get("/sign-in").status_code == 200


@pytest.mark.parametrize("who", ["mandy", "nobody", "nora", "disabled", "without a password"])
def test_the_answer_is_the_same_whoever_it_is(
    app: Flask, world: World, client_of: ClientOf, ready: People, who: str
) -> None:
    if who not in ("nobody", "without a password"):
        ready("clara" if who == "disabled" else who)
    with app.app_context(), scope.as_acting(world.acting("dover-town", "clara")):
        if who == "disabled":
            db.session.get_one(Account, world.accounts["clara"]).disabled_at = clock.now()
        if who == "without a password":
            db.session.delete(db.session.get_one(Credential, world.accounts["clara"]))
        db.session.commit()
    name = "clara" if who in ("disabled", "without a password") else who
    client = client_of(None)
    answer = asked(client, f"{name}@example.test")
    assert (answer.status_code, answer.location) == (303, f"{ASK}/sent")
    assert "If there is an account for that email address" in client.get(answer.location).text
    assert len(links(app, world)) == (1 if who == "mandy" else 0)


def test_up_to_what_is_written_an_unknown_address_takes_the_same_statements(
    client_of: ClientOf, ready: People
) -> None:
    from tests.checking import counted

    kinds = []
    for email in (ready("nora"), "nobody@example.test"):
        with counted() as statements:
            asked(client_of(None), email)
        kinds.append([statement.split(" ", 1)[0] for statement in statements])
    assert kinds[0] == kinds[1]


def test_the_mail_goes_out_as_the_organisation_joined_first_and_is_recorded_there(
    app: Flask, world: World, client_of: ClientOf, ready: People, acting: Callable[..., Any]
) -> None:
    with acting("dover-town"):
        joined = update(Membership).where(Membership.account_id == world.accounts["both"])
        db.session.execute(joined.values(created_at=clock.now() + dt.timedelta(days=1)))
        db.session.commit()
    asked(client_of(None), ready("both"))
    assert links(app, world, "dover-town") == []
    (path,) = links(app, world, "one-you-kent")
    with acting("one-you-kent"):
        joined = update(Membership).where(Membership.account_id == world.accounts["both"])
        db.session.execute(joined.values(ended_at=clock.now()))
        db.session.commit()
    asked(client_of(None), "both@example.test")
    assert len(links(app, world, "dover-town")) == 1, "an organisation that was left mails nothing"
    assert client_of(None).post(path, data=CHOSEN).status_code == 410


def test_a_link_works_once(app: Flask, world: World, client_of: ClientOf, mailed: Callable[[], str]) -> None:
    path = mailed()
    assert client_of(None).post(path, data=CHOSEN).status_code == 303
    other = {"new": "another three words", "again": "another three words"}
    for again in (client_of(None).get(path), client_of(None).post(path, data=other)):
        assert again.status_code == 410
        assert "This link has been used" in again.text
    assert passwords.matches(credential_of(app, world, "mandy").password_hash, NEW)


def test_a_link_ends_after_an_hour(
    client_of: ClientOf, mailed: Callable[[], str], moved: Callable[..., None]
) -> None:
    start = clock.now()
    moved(start)
    path = mailed()
    moved(start + dt.timedelta(minutes=59))
    assert client_of(None).get(path).status_code == 200
    moved(start + dt.timedelta(minutes=60))
    for late in (client_of(None).get(path), client_of(None).post(path, data=CHOSEN)):
        assert late.status_code == 410
        assert "ask for a new link" in late.text


def test_a_newer_link_takes_the_place_of_the_earlier(client_of: ClientOf, mailed: Callable[[], str]) -> None:
    first, second = mailed(), mailed()
    assert client_of(None).get(first).status_code == 410
    assert client_of(None).get(second).status_code == 200


@pytest.mark.parametrize("altered", ["{path}x", "/reset/{secret}", "/reset/9{number}-{secret}", "/reset/x"])
def test_an_altered_link_says_what_to_do(
    client_of: ClientOf, mailed: Callable[[], str], altered: str
) -> None:
    path = mailed()
    number, secret = path.removeprefix("/reset/").split("-", 1)
    address = altered.format(path=path, number=number, secret=secret)
    for answer in (client_of(None).get(address), client_of(None).post(address, data=CHOSEN)):
        assert answer.status_code == 404
        assert "ask for a new link" in answer.text


def test_a_link_does_not_open_the_account_of_another(
    world: World, client_of: ClientOf, mailed: Callable[[], str]
) -> None:
    secret = mailed().split("-", 1)[1]
    assert client_of(None).get(f"/reset/{world.accounts['clara']}-{secret}").status_code == 404


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"new": "", "again": ""}, "Choose a new password"),
        ({"new": "short", "again": "short"}, "at least 12 characters"),
        ({"new": "mandy@example.test", "again": "mandy@example.test"}, "must not be your email address"),
        ({"again": "orange window"}, "Both new passwords must be the same"),
    ],
)
def test_what_is_wrong_is_said_and_the_link_still_works(
    client_of: ClientOf, mailed: Callable[[], str], given: dict[str, str], said: str
) -> None:
    path, client = mailed(), client_of(None)
    answer = client.post(path, data=CHOSEN | given)
    assert answer.status_code == 422
    assert said in answer.text
    assert client.post(path, data=CHOSEN).status_code == 303


@pytest.mark.parametrize("email", ["mandy@example.test", "nobody@example.test"])
def test_asking_often_is_refused_whether_there_is_an_account_or_not(
    app: Flask, world: World, client_of: ClientOf, ready: People, email: str
) -> None:
    ready("mandy")
    for _ in range(security.TRIES):
        assert asked(client_of(None), email).status_code == 303
    assert asked(client_of(None), email).status_code == 429
    assert give_password(client_of(None), "mandy@example.test").status_code == 303, "signing in is not closed"
    assert asked(client_of(None), "clara@example.test").status_code == 303


def test_what_is_no_address_is_said_at_the_field(client_of: ClientOf) -> None:
    for email in ("", "mandy"):
        answer = asked(client_of(None), email)
        assert answer.status_code == 422
        assert "Enter" in answer.text


def test_the_worker_sends_the_mail_and_keeps_no_link_in_the_work(
    app: Flask, world: World, mailed: Callable[[], str]
) -> None:
    path = mailed()
    (work,) = rows(app, world, "dover-town", outbox.Outbox)
    with app.app_context():
        assert outbox.run(world.organisations["dover-town"], work.id) == "done"
    (letter,) = rows(app, world, "dover-town", CapturedMail)
    assert path in letter.body
    (work,) = rows(app, world, "dover-town", outbox.Outbox)
    assert work.payload == {}


def test_of_those_who_use_a_link_at_the_same_moment_one_changes_the_password(
    live: Flask, world: World
) -> None:
    with live.app_context(), scope.as_acting(scope.NOBODY), live.test_request_context():
        resets.ask("mandy@example.test")
        db.session.commit()
    (path,) = links(live, world)
    answers, start = [], threading.Barrier(4)

    def use(word: str) -> None:
        client, chosen = live.test_client(), f"orange window {word}"
        start.wait()
        answers.append(client.post(path, data={"new": chosen, "again": chosen}).status_code)

    threads = [threading.Thread(target=use, args=(word,)) for word in ("kettle", "table", "garden", "stairs")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 410, 410, 410]
    with live.app_context(), scope.as_acting(world.acting("dover-town", "mandy")):
        used = select(func.count()).select_from(PasswordReset).where(PasswordReset.used_at.is_not(None))
        assert db.session.scalar(used) == 1
