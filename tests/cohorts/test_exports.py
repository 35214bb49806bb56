"""The list as a file: for a purpose, safe to open, and saying no more than the role may see."""

import csv
import io

import pytest
from sqlalchemy import select

from app.audit import AuditEvent
from app.cohorts.exports import PURPOSES
from app.people import data_opt_outs
from app.people.models import Person
from app.programmes.milestones import reach
from tenants.db import db
from tests.cohorts.people import Client, address, frozen, who
from tests.conftest import Acting
from tests.world import World

CARE, ANOTHER = PURPOSES[0], PURPOSES[-1]


@pytest.fixture
def number(acting: Acting, world: World) -> int:
    """Ada00 to Ada05 of a practice that has released its people, Bob00 and Bob01 of one that has not."""
    with acting("dover-town", "mandy"):
        made = frozen(world)
        sensitive = db.session.scalars(select(Person).where(Person.given_name == "Ada02")).one()
        sensitive.sensitive, sensitive.mobile, sensitive.street = True, "07700 900777", "Hidden Lane"
        risky = db.session.scalars(select(Person).where(Person.given_name == "Ada03")).one()
        risky.given_name = "=cmd|' /C calc'!A0"
        db.session.commit()
        return made


def file_of(client_of: Client, number: int, name: str, query: str = "") -> list[dict[str, str]]:
    answer = client_of(name).post(
        address(number, f"participants/export{query}"), data={"purpose": CARE, "note": ""}
    )
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("kind", [*data_opt_outs.KINDS, "in the list"])
def test_who_opted_out_of_the_use_of_their_data_is_named_for_direct_care_only(
    client_of: Client, acting: Acting, number: int, kind: str, purpose: str
) -> None:
    with acting("dover-town"):
        ada = db.session.scalars(select(Person).where(Person.given_name == "Ada01")).one()
        if kind == "in the list":
            ada.type1_opt_out = True
        else:
            data_opt_outs.enter(ada.id, kind, source="by phone", entered_by="Cora")
        pseudonym = ada.pseudonym
        db.session.commit()
    data = {"purpose": purpose, "note": "For the board"}
    file = client_of("cora").post(address(number, "participants/export"), data=data)
    rows = {row["Pseudonym"]: row for row in csv.DictReader(io.StringIO(file.data.decode("utf-8-sig")))}
    named = [bool(rows[pseudonym][name]) for name in ("Name", "NHS number", "Date of birth")]
    assert named == [purpose == CARE] * 3
    assert len([row for row in rows.values() if row["Name"]]) == (6 if purpose == CARE else 5)


def test_a_file_is_given_for_a_purpose_that_is_kept(client_of: Client, acting: Acting, number: int) -> None:
    cora = client_of("cora")
    page = cora.get(address(number, "participants")).text
    assert f'/programmes/{number}/participants/export"' in page
    asked = cora.get(address(number, "participants/export?practice=1")).text
    assert "Download 8 people as a file" in cora.get(address(number, "participants/export")).text
    assert "What is the file for?" in asked
    for wrong in ({}, {"purpose": "fun"}, {"purpose": ANOTHER}, {"purpose": CARE, "note": "x" * 301}):
        answer = cora.post(address(number, "participants/export"), data=wrong)
        assert answer.status_code == 422, wrong
        assert "Ada00" not in answer.text
    assert len(file_of(client_of, number, "cora")) == 8
    with acting("dover-town"):
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "exported")).one()
        assert (event.purpose, event.count, event.actor) == (CARE, 8, "Cora")


def test_the_care_team_gets_names_of_released_people_only(client_of: Client, number: int) -> None:
    rows = file_of(client_of, number, "cora")
    by_pseudonym = {row["Pseudonym"]: row for row in rows}
    assert by_pseudonym["P-A00"]["Name"] == "Ada00 Example"
    assert by_pseudonym["P-A00"]["NHS number"]
    assert by_pseudonym["P-B00"]["Name"] == by_pseudonym["P-B00"]["NHS number"] == ""
    assert by_pseudonym["P-B00"]["Date of birth"] == ""


def test_nobodys_address_or_telephone_is_in_it(client_of: Client, number: int) -> None:
    text = client_of("cora").post(address(number, "participants/export"), data={"purpose": CARE}).text
    assert "Ada02" in text
    for private in ("07700", "Hidden Lane", "street", "Biggin"):
        assert private not in text


def test_planners_get_pseudonyms_and_no_practice(client_of: Client, number: int) -> None:
    for name in ("alan", "mandy"):
        rows = file_of(client_of, number, name)
        assert len(rows) == 8
        assert set(rows[0]) == {"Pseudonym", "Status", "Since", "Wave"}
    own = file_of(client_of, number, "rita")
    assert set(own[0]) == {"Practice", "Pseudonym", "Status", "Since", "Wave"}
    assert {row["Practice"] for row in own if row["Pseudonym"].startswith("P-B")} == {""}


def test_no_cell_is_run_as_a_formula(client_of: Client, number: int) -> None:
    names = [row["Name"] for row in file_of(client_of, number, "cora")]
    assert "'=cmd|' /C calc'!A0 Example" in names
    assert not any(name.startswith(("=", "+", "-", "@")) for name in names)


def test_the_file_holds_what_the_list_was_filtered_to(
    client_of: Client, acting: Acting, world: World, number: int
) -> None:
    with acting("dover-town"):
        reach(who("Ada00").id, "contacted")
        who("Ada01").wave = 2
        db.session.commit()
    assert [row["Name"] for row in file_of(client_of, number, "cora", "?status=contacted")] == [
        "Ada00 Example"
    ]
    assert [row["Wave"] for row in file_of(client_of, number, "cora", "?wave=2")] == ["2"]
    theirs = f"?practice={world.practices['G82998']}"
    assert len(file_of(client_of, number, "cora", theirs)) == 2
    assert len(file_of(client_of, number, "alan", theirs)) == 8, "planners cannot single a practice out"


def test_only_those_who_see_programmes_get_a_file(client_of: Client, number: int) -> None:
    assert client_of("pat").post(address(number, "participants/export")).status_code == 403
    assert client_of("mo").post(address(number, "participants/export")).status_code == 404
    assert client_of("ivy").get(address(number, "participants/export")).status_code == 404
