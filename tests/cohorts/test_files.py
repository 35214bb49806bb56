"""A definition as a file and as an item of the library: out, in, shared without what only one PCN has."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from app.audit import AuditEvent
from app.cohorts.models import Cohort, CohortVersion
from app.library.definitions import read_definition
from app.library.models import Adoption, LibraryItem, PublishedItem
from app.library.sharing import local_parts, without_local_parts
from tenants.db import db
from tests.checking import CheckingClient
from tests.cohorts.people import address
from tests.cohorts.reading import fields_of, seen
from tests.conftest import Acting
from tests.library.steps import approve
from tests.programmes.people import programme
from tests.rows import make

Client = Callable[[str | None], CheckingClient]
AGE = {"kind": "age", "from": 40, "to": 69}
OTHER: dict[str, Any] = {
    "rules": [{"kind": "age", "from": 20, "to": 39}],
    "leave_out": [{"kind": "condition", "name": "depression", "codes": ["35489007"]}],
}
LOCAL: dict[str, Any] = {
    "rules": [
        {"kind": "age", "from": 20, "to": 39},
        {"kind": "practice", "codes": ["G82999"]},
        {
            "kind": "any of",
            "rules": [{"kind": "known to", "source": "Job centre"}, {"kind": "sex", "sexes": ["Female"]}],
        },
        {"kind": "none of", "rules": [{"kind": "programme", "name": "Stop smoking", "in": True}]},
    ]
}


def read_in(client: CheckingClient, number: int, **data: Any) -> Any:
    at = address(number, "cohort/read-in")
    return client.post(at, data={"seen": seen(client.get(at))} | data, content_type="multipart/form-data")


def definition(acting: Acting) -> Any:
    with acting("dover-town", "alan"):
        return db.session.scalars(select(Cohort)).one().definition


def test_the_definition_goes_out_as_a_file_that_reads_in_again(
    client_of: Client, acting: Acting, number: int
) -> None:
    answer = client_of("rita").get(address(number, "cohort/definition.json"))
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="healthier-lives.json"'
    assert json.loads(answer.text) == {"rules": [AGE]}
    with acting("dover-town", "rita"):
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "exported")).one()
        assert (event.subject, event.actor) == ("cohort definition", "Rita")
    page = read_in(client_of("alan"), number, text=answer.text).text
    assert "says this already" in page


def test_a_version_goes_out_under_its_number(client_of: Client, acting: Acting, number: int) -> None:
    alan = client_of("alan")
    at = address(number, "cohort/versions/save")
    alan.post(at, data={"seen": seen(alan.get(at)), "why": "First"})
    answer = alan.get(address(number, "cohort/definition.json?version=1"))
    assert "healthier-lives-version-1.json" in answer.headers["Content-Disposition"]
    assert alan.get(address(number, "cohort/definition.json?version=2")).status_code == 404


@pytest.mark.parametrize("how", ["file", "text"])
def test_a_file_is_shown_first_and_then_used_and_what_was_there_is_kept(
    client_of: Client, acting: Acting, number: int, how: str
) -> None:
    alan = client_of("alan")
    at = address(number, "cohort/rule?into=rules&kind=sex")
    alan.post(at, data={"seen": seen(alan.get(at)), "sexes": "Female"})
    text = json.dumps(OTHER)
    given: Any = (io.BytesIO(b"\xef\xbb\xbf" + text.encode()), "other.json") if how == "file" else text
    page = read_in(alan, number, **{how: given})
    assert page.status_code == 200
    assert "People who are aged 20 to 39, leaving out" in page.text
    assert "Changed: age 40 to 69 → age 20 to 39" in page.text
    assert "Now left out too: depression" in page.text
    assert definition(acting)["rules"][0] == AGE, "nothing is changed yet"
    used = fields_of(page, "/read-in") | {"intent": ["use"]}
    assert alan.post(address(number, "cohort/read-in"), data=used).status_code == 303
    assert definition(acting) == OTHER
    with acting("dover-town", "alan"):
        kept = db.session.scalars(select(CohortVersion)).one()
        assert kept.definition == {"rules": [AGE, {"kind": "sex", "sexes": ["Female"]}]}


FAULTS = [
    ("", "Choose a file, or paste a definition"),
    ("{", "cannot be read as JSON"),
    ("[]", "Write the definition as rules"),
    ('{"rules": [{"kind": "age", "from": 40}]}', "rule 1: Add to to the age rule"),
    (
        '{"rules": [{"kind": "any of", "rules": [{"kind": "sex", "sexes": ["x"]}]}], "leave_out": 1}',
        "rule 1, rule 1: Write sexes as a list out of",
    ),
    ('{"rules": [], "sql": "drop"}', "sql: Take this out"),
]


@pytest.mark.parametrize(("text", "message"), FAULTS)
def test_what_cannot_be_read_is_said_with_its_place_and_stays_to_be_put_right(
    client_of: Client, number: int, text: str, message: str
) -> None:
    answer = read_in(client_of("alan"), number, text=text)
    assert answer.status_code == 422
    assert message in answer.text
    assert fields_of(answer, "/read-in")["text"] == [text]


def test_a_file_that_is_no_text_is_said(client_of: Client, number: int) -> None:
    answer = read_in(client_of("alan"), number, file=(io.BytesIO(b"\xff\xfe\x00\xd8"), "picture.png"))
    assert answer.status_code == 422
    assert "Choose a file of text" in answer.text


def test_a_definition_changed_meanwhile_is_not_replaced(
    client_of: Client, acting: Acting, number: int
) -> None:
    alan, mandy = client_of("alan"), client_of("mandy")
    page = read_in(alan, number, text=json.dumps(OTHER))
    at = address(number, "cohort/rule?into=rules&kind=sex")
    mandy.post(at, data={"seen": seen(mandy.get(at)), "sexes": "Female"})
    late = alan.post(
        address(number, "cohort/read-in"), data=fields_of(page, "/read-in") | {"intent": ["use"]}
    )
    assert late.status_code == 422
    assert "Mandy changed the definition" in late.text
    assert definition(acting)["rules"][0] == AGE


def test_what_only_one_pcn_has_is_found_and_taken_out_with_its_empty_groups() -> None:
    whole = read_definition(LOCAL)
    assert local_parts(whole) == ["practice G82999", "known to Job centre", "in the programme Stop smoking"]
    assert without_local_parts(whole).as_json == {
        "rules": [LOCAL["rules"][0], {"kind": "any of", "rules": [{"kind": "sex", "sexes": ["Female"]}]}]
    }


def put_into_library(client: CheckingClient, number: int, **data: str) -> Any:
    at = address(number, "cohort/share")
    return client.post(at, data=fields_of(client.get(at), "/share") | data)


@pytest.mark.parametrize(("local", "practices"), [("leave out", False), ("keep", True)])
def test_a_definition_goes_into_the_library_with_or_without_what_only_this_pcn_has(
    client_of: Client, acting: Acting, number: int, local: str, practices: bool
) -> None:
    mandy = client_of("mandy")
    page = read_in(mandy, number, text=json.dumps(LOCAL))
    mandy.post(address(number, "cohort/read-in"), data=fields_of(page, "/read-in") | {"intent": ["use"]})
    shown = mandy.get(address(number, "cohort/share")).text
    assert "practice G82999" in shown
    refused = put_into_library(mandy, number)
    assert refused.status_code == 422
    assert "Choose what becomes of what is only about your PCN" in refused.text
    answer = put_into_library(mandy, number, local=local)
    assert answer.status_code == 303
    with acting("dover-town", "mandy"):
        item = db.session.scalars(select(LibraryItem).where(LibraryItem.kind == "cohort definition")).one()
        assert (item.name, item.state, item.version) == ("Healthier lives", "draft", 1)
        assert ("G82999" in item.body) is practices
    page_of_item = mandy.get(answer.location).text
    assert "are aged 20 to 39" in page_of_item
    assert ("about the PCN that made it" in page_of_item) is practices


def test_an_analyst_asks_the_manager_to_share(client_of: Client, number: int) -> None:
    answer = client_of("alan").get(address(number, "cohort/share"))
    assert answer.status_code == 403
    assert "Ask your PCN manager" in answer.text
    assert client_of("clara").get(address(number, "cohort/share")).status_code == 403


def test_a_neighbour_adopts_a_shared_definition_into_a_programmes_draft(
    client_of: Client, acting: Acting, number: int
) -> None:
    mandy, mo = client_of("mandy"), client_of("mo")
    item = put_into_library(mandy, number).location
    approve(mandy, item)
    shared = mandy.post(f"{item}/publish").location
    assert "are aged 40 to 69" in mandy.get(shared).text
    with acting("medway-central", "mo"):
        theirs = programme(name="Ours", setup={**SETUP_OF_THEIRS}).id
        published = db.session.scalars(select(PublishedItem)).one().id
        db.session.commit()
    at = f"/pcn/medway-central/programmes/{theirs}/cohort/read-in"
    assert "Healthier lives, version 1, shared by Dover Town PCN" in mo.get(at).text
    page = mo.get(f"{at}?shared={published}")
    assert "People who are aged 40 to 69" in page.text
    used = mo.post(f"{at}?shared={published}", data=fields_of(page, "/read-in") | {"intent": ["use"]})
    assert used.status_code == 303
    with acting("medway-central", "mo"):
        assert db.session.scalars(select(Cohort)).one().definition == {"rules": [AGE]}
        assert db.session.scalars(select(Adoption)).one().origin_name == "Medway Central PCN"
        assert db.session.scalars(select(LibraryItem)).one().origin_name == "Dover Town PCN"


SETUP_OF_THEIRS: dict[str, Any] = {"cohort": {"rules": [{"kind": "age", "from": 20, "to": 30}]}}


def test_an_analyst_uses_what_is_approved_here_and_not_what_others_share(
    client_of: Client, acting: Acting, number: int
) -> None:
    with acting("dover-town", "mandy"):
        kind = {"kind": "cohort definition", "body": json.dumps(OTHER), "made_by": "Mandy"}
        ours = make(LibraryItem, name="Younger people", state="approved", version=2, **kind).id
        draft = make(LibraryItem, name="Not ready", state="draft", **kind).id
        other = make(LibraryItem, name="A letter", kind="letter", state="approved", body="Dear").id
        db.session.commit()
    alan, at = client_of("alan"), address(number, "cohort/read-in")
    page = alan.get(at).text
    assert "Younger people, version 2" in page
    assert "Not ready" not in page
    assert "Your PCN manager can also take" in page
    page = alan.get(f"{at}?item={ours}")
    assert "aged 20 to 39" in page.text
    alan.post(f"{at}?item={ours}", data=fields_of(page, "/read-in") | {"intent": ["use"]})
    assert definition(acting) == OTHER
    used = alan.get(f"/pcn/dover-town/library/{ours}").text
    assert f'<a href="{address(number, "cohort")}">Healthier lives</a>' in used
    for item in (other, draft, 10**9):
        assert alan.get(f"{at}?item={item}").status_code == 404


def test_a_code_that_looks_like_an_nhs_number_is_no_reason_to_refuse_a_definition(
    client_of: Client, acting: Acting, number: int
) -> None:
    odd = {"rules": [{"kind": "condition", "name": "something", "codes": ["9990000018"]}]}
    named = {"rules": [{"kind": "condition", "name": "Ada 999 000 0018", "codes": ["38341003"]}]}
    with acting("dover-town", "mandy"):
        made = [
            make(LibraryItem, kind="cohort definition", name=name, state="approved", body=json.dumps(body)).id
            for name, body in (("Codes", odd), ("Names", named))
        ]
        db.session.commit()
    mandy = client_of("mandy")
    assert mandy.post(f"/pcn/dover-town/library/{made[0]}/publish").status_code == 303
    refused = mandy.post(f"/pcn/dover-town/library/{made[1]}/publish")
    assert refused.status_code == 409
    assert "looks like an NHS number" in refused.text
