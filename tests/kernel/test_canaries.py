"""Each organisation's own words turn up nowhere else: not in rows that others reach, files, messages or logs.

The checking client looks for them in every answer of every test; this looks at what lies behind.
"""

import logging
import re

import pytest
from flask import Flask
from sqlalchemy import select, text

from tenants import scope
from tenants.db import Base, db
from tenants.models import Account, Membership
from tests.checking import words_of
from tests.conftest import signed_in_client
from tests.kernel.samples import values_for
from tests.kernel.test_routes import MEMBERS, OWN, _address
from tests.world import CANARIES, World

OTHERS = (
    "medway-central",
    "sowe-valley",
    "kent-and-medway",
    "coventry-and-warwickshire",
    "one-you-kent",
    "aspire",
)


@pytest.mark.parametrize("slug", OTHERS)
def test_all_that_an_organisation_can_read_holds_no_word_of_another(
    app: Flask, world: World, slug: str
) -> None:
    values_for(app, world)
    with app.app_context(), scope.as_acting(world.acting(slug)):
        read = "\n".join(
            str(row)
            for table in Base.metadata.sorted_tables
            for row in db.session.execute(text(f'SELECT * FROM "{table.name}"'))
        )
    foreign = {word for home, word in CANARIES.items() if home != slug}
    assert not [word for word in foreign if word in read]


def test_dover_town_reads_its_own_word(app: Flask, world: World) -> None:
    values_for(app, world)
    with app.app_context(), scope.as_acting(world.acting("dover-town")):
        names = db.session.execute(text("SELECT family_name FROM person")).scalars().all()
    assert "Wrenfield" in names


def test_pages_with_people_write_nobody_into_the_log(
    app: Flask, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    values = values_for(app, world)
    client = signed_in_client(app, world, "dora")
    with caplog.at_level(logging.DEBUG):
        page = client.get(f"/pcn/dover-town/people/{values['participant_id']}")
        client.get("/pcn/dover-town/people?q=Wrenfield")
        client.get(f"/pcn/dover-town/calls/{values['call_id']}")
    assert "Wrenfield" in page.text
    said = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith("sqlalchemy")
    )
    assert "Wrenfield" not in said
    assert "999700" not in said.replace(" ", "")


ADDRESS = re.compile(r"[\w.+-]+@example\.test")


@pytest.mark.parametrize(("slug", "who"), [(slug, who) for slug, who in OWN.values()])
def test_no_page_shows_the_e_mail_address_of_somebody_of_another_organisation(
    app: Flask, world: World, slug: str, who: str
) -> None:
    values = values_for(app, world)
    kind = world.kinds[slug]
    values |= {} if kind == "pcn" else values_for(app, world, kind)
    with app.app_context(), scope.as_acting(world.acting(slug)):
        staff = select(Account.email).join(Membership, Membership.account_id == Account.id)
        own = set(db.session.scalars(staff.where(Membership.org_id == world.organisations[slug])))
    client = signed_in_client(app, world, who)
    for rule, at, method in (case.values for case in MEMBERS):
        if at == kind and method == "GET":
            address = _address(app, rule, kind, slug, values)
            assert set(ADDRESS.findall(words_of(client.get(address)))) <= own, address
