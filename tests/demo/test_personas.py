"""What only the demonstration has, and that it has it only there."""

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, update

from app import clock, config, create_app
from app.config import BadSettings
from app.demo import personas
from app.demo.views import DATA
from app.mail import CapturedMail
from app.permissions import ROLES
from tenants.db import db
from tenants.models import Organisation
from tests.checking import CheckingClient
from tests.conftest import settings
from tests.world import World

ClientOf = Callable[..., CheckingClient]


def test_each_role_of_each_organisation_is_there_with_what_it_does(client_of: ClientOf) -> None:
    page = client_of(None).get("/demonstration").text
    for words in (
        "Kent and Medway ICB",
        "Dover Town PCN",
        "One You Kent",
        "Mandy",
        "Olu",
        "practice releaser",
    ):
        assert words in page
    assert (
        page.index("Coventry and Warwickshire ICB")
        < page.index("Sowe Valley PCN")
        < page.index("Kent and Medway")
    )


def test_every_role_has_a_sentence_that_says_what_it_does() -> None:
    assert set(personas.DOES) == {role for roles in ROLES.values() for role in roles}


def test_one_press_signs_in_and_a_second_one_changes_who_one_is(client_of: ClientOf, world: World) -> None:
    client = client_of(None)
    for who in ("mandy", "olu"):
        answer = client.post(f"/demonstration/become/{world.accounts[who]}?next=/account")
        assert (answer.status_code, answer.location) == (303, "/account")
        assert f"{who}@example.test" in client.get("/account").text


def test_becoming_leads_nowhere_else(client_of: ClientOf, world: World) -> None:
    answer = client_of(None).post(f"/demonstration/become/{world.accounts['mandy']}?next=//elsewhere.test")
    assert answer.location == "/"


def test_only_the_demonstrations_own_staff_can_be_become(live: Flask, world: World) -> None:
    client = live.test_client()
    assert client.post(f"/demonstration/become/{world.accounts['nora']}").status_code == 404
    owner = create_engine(live.config["OWNER_DATABASE_URL"])
    with owner.begin() as connection:
        connection.execute(update(Organisation).values(demonstration=False))
    owner.dispose()
    assert client.post(f"/demonstration/become/{world.accounts['mandy']}").status_code == 404
    assert "There is no demonstration in this database yet" in client.get("/demonstration").text


def test_mail_of_every_organisation_is_shown_newest_first_with_its_links(
    client_of: ClientOf, acting: Callable[..., Any]
) -> None:
    assert "There is none yet" in client_of(None).get("/demonstration/mail").text
    for number, slug in enumerate(("dover-town", "one-you-kent")):
        with acting(slug):
            body = f"Hello <b>\n\nhttp://localhost/invitation/{number}-abc"
            db.session.add(
                CapturedMail(reference="r", to="a@b.test", subject=f"Mail {slug}", body=body, at=clock.now())
            )
            db.session.commit()
    page = client_of(None).get("/demonstration/mail").text
    assert page.index("Mail one-you-kent") < page.index("Mail dover-town")
    assert 'href="http://localhost/invitation/0-abc"' in page
    assert "Hello &lt;b&gt;" in page


def test_the_data_files_come_unpacked(client_of: ClientOf) -> None:
    answer = client_of(None).get("/demonstration/data/gp_patients.csv")
    assert answer.mimetype == "text/csv"
    assert answer.data == gzip.decompress((DATA / "gp_patients.csv.gz").read_bytes())
    for other in ("expected.json", "nothing.csv", "..%2f__init__.py"):
        assert client_of(None).get(f"/demonstration/data/{other}").status_code == 404


def test_without_the_setting_the_demonstration_does_not_exist(run_database: str) -> None:
    environ = settings(run_database) | {"OAST_DEMONSTRATION": ""}
    plain = create_app(config.from_environment(environ))
    assert not [rule for rule in plain.url_map.iter_rules() if rule.endpoint.startswith("demo.")]
    client = plain.test_client()
    assert client.get("/demonstration").status_code == 404
    assert "demonstration" not in client.get("/sign-in").text.lower()
    with plain.app_context():
        db.engine.dispose()


def test_in_production_it_refuses_to_start(run_database: str) -> None:
    environ = settings(run_database) | {"OAST_ENV": "production", "BASE_URL": "https://oast.test"}
    with pytest.raises(BadSettings):
        config.from_environment(environ)
    with pytest.raises(BadSettings):
        create_app(
            config.from_environment(environ | {"OAST_DEMONSTRATION": ""}) | {"OAST_DEMONSTRATION": True}
        )
