"""Everybody accounted for: the sums hold, equal the rows, and each number has its list."""

import csv
import datetime as dt
import io
import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from app.outreach import accounted, choices, turns
from app.outreach.gateways import Captured, Message, Refused
from app.outreach.models import CONTACT_STATES, DELIVERY, Batch, Contact, Step
from app.outreach.reckoning import reckon
from app.people.models import Person
from app.programmes.models import Participant, Programme
from tenants import scope
from tenants.db import db
from tests.outreach import seeding
from tests.outreach.conftest import BASE, Outreach
from tests.outreach.crowds import crowd

MIXED = [
    {},
    {"mobile": "none"},
    {"information_format": "Braille"},
    {"sensitive": True},
    {},
    {},
    {"mobile": "none", "house": ""},
    {"died_on": dt.date(2026, 10, 1)},
    {},
]


def _words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def _sum_on(page: str) -> tuple[int, list[int]]:
    """The people of the first reckoning on a page, and the numbers that it says they are the sum of."""
    found = re.search(r'<p class="oast-reckoning">(.*?)</p>', page, re.S)
    assert found is not None
    people, _, rest = re.sub(r"<[^>]+>", "", found[1]).partition("=")
    return int(re.findall(r"\d+", people)[0]), [int(re.findall(r"\d+", part)[0]) for part in rest.split("+")]


def _mixed(outreach: Outreach) -> list[int]:
    """People in nearly every place: sent, refused, answered, opted out, unreachable, dead, not yet asked."""
    people = outreach.start(*MIXED)
    batch_id = outreach.build()
    outreach.approve(batch_id)
    outreach.work()
    client = outreach.client_of(None)
    client.post(outreach.links()[0], data={"answer": "yes, call me"})
    client.post(outreach.links()[1], data={"answer": "no thank you"})
    outreach.build(2)
    return people


def _placed(outreach: Outreach) -> list[turns.Placed]:
    with outreach.acting("dover-town"):
        programme = db.session.get_one(Programme, (scope.current().tenant, outreach.programme_id))
        return turns.everybody(programme, list(db.session.scalars(select(Step).order_by(Step.position))))


def test_each_person_is_in_one_place_and_the_page_adds_up(outreach: Outreach) -> None:
    people = _mixed(outreach)
    placed = _placed(outreach)
    assert sorted(one.participant_id for one, _ in placed) == people
    page = outreach.client_of("cora").get(f"{outreach.page}/everybody").text
    total, parts = _sum_on(page)
    assert total == len(people) == sum(parts)
    words = _words(page)
    for said in ("Step 2: Letter 1", "Wants a call 1", "Opted out 1", "Has died 1", "Sensitive record 1"):
        assert said in words, words


def test_every_number_leads_to_a_list_of_as_many_people(outreach: Outreach) -> None:
    _mixed(outreach)
    cora = outreach.client_of("cora")
    page = cora.get(f"{outreach.page}/everybody").text
    links = re.findall(r'<a href="([^"]*/everybody/people[^"]*)">([\d,]+)<', page)
    assert len(links) > 10
    for address, number in links:
        listed = cora.get(address.replace("&amp;", "&")).text
        assert f"<p>{number} {'person' if number == '1' else 'people'}.</p>" in listed, address
        assert listed.count('<tr role="row" class="nhsuk-table__row">') == int(number), address


def test_planners_see_how_many_are_held_back_and_not_for_what_in_their_record(outreach: Outreach) -> None:
    _mixed(outreach)
    mandy = outreach.client_of("mandy")
    page = mandy.get(f"{outreach.page}/everybody").text
    total, parts = _sum_on(page)
    assert total == len(MIXED) == sum(parts)
    assert "Has died 1" not in _words(page)
    assert "has died" in page
    address = f"{outreach.page}/everybody/people"
    assert mandy.get(f"{address}?place=held").status_code == 200
    assert mandy.get(f"{address}?place=held:has+died").status_code == 404
    assert "Ada" not in mandy.get(f"{address}?place=held").text


@pytest.mark.parametrize("place", ["nowhere", "held:no such reason", "due:99", "step"])
def test_a_place_that_nobody_is_in_has_no_list(outreach: Outreach, place: str) -> None:
    outreach.start({})
    answer = outreach.client_of("cora").get(
        f"{outreach.page}/everybody/people", query_string={"place": place}
    )
    assert answer.status_code == 404
    assert "1 person" not in answer.text


def test_keys_of_places_never_overlap(outreach: Outreach) -> None:
    _mixed(outreach)
    placed = _placed(outreach)
    keys = Counter(accounted.key_of(one) for one in placed)
    for key, number in keys.items():
        assert len(accounted.in_place(placed, key)) == number
    groups = {key.partition(":")[0] for key in keys}
    assert sorted(one for group in groups for one in accounted.in_place(placed, group)) == sorted(
        one.participant_id for one, _ in placed
    )


ROW = st.tuples(
    st.sampled_from(CONTACT_STATES),
    st.sampled_from((None, "has died", "no usable mobile number", "not a number in use")),
    st.sampled_from(DELIVERY),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, max_size=30))
def test_the_reckoning_equals_the_rows_whatever_they_are(outreach: Outreach, rows: list[Any]) -> None:
    """Each part is the sum of its own parts, and equal to what a list filtered by it counts."""
    if not outreach.programme_id:
        outreach.start(*({} for _ in range(30)))
        outreach.build()
    with outreach.acting("dover-town"):
        batch = db.session.scalars(select(Batch)).one()
        contacts = list(db.session.scalars(select(Contact.id).order_by(Contact.id)))
        db.session.execute(update(Contact).values(state="cancelled", reason=None, delivery="not known"))
        for number, (state, reason, delivery) in zip(contacts, rows, strict=False):
            values = {"state": state, "reason": reason, "delivery": delivery}
            db.session.execute(update(Contact).where(Contact.id == number).values(**values))
        found = reckon(batch.id)
        total = db.session.scalar(select(func.count()).where(Contact.batch_id == batch.id))
        assert found.people == total == len(contacts)
        assert sum(found.reasons.values()) == found.held_back
        assert sum(found.failures.values()) == found.failed
        assert sum(found.deliveries.values()) == found.sent
        counted = Counter(state for state, _, _ in rows)
        assert found.waiting == counted["waiting"] + counted["sending"]
        assert found.failed == counted["failed"]
        db.session.rollback()


def _refuse_all(self: Captured, message: Message) -> str:
    raise Refused("=not a number in use")


@pytest.fixture
def failed(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> int:
    """A batch of three of which every message failed; one has opted out since."""
    outreach.start({}, {}, {"family_name": "=Example"})
    batch_id = outreach.build()
    outreach.approve(batch_id)
    monkeypatch.setattr(Captured, "send", _refuse_all)
    outreach.work()
    outreach.change(lambda: choices.opt_out(_first(), outreach.programme_id, source="x", entered_by="y"))
    return batch_id


def _first() -> int:
    return int(db.session.scalar(select(Participant.person_id).order_by(Participant.id).limit(1)) or 0)


CARE = "Direct care of these people"


def _file(
    outreach: Outreach, who: str, batch: int | None = None, purpose: str = CARE
) -> list[dict[str, str]]:
    address = f"{outreach.page}/failures" + (f"?batch={batch}" if batch else "")
    answer = outreach.client_of(who).post(address, data={"purpose": purpose})
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_failures_are_a_file_for_staff_that_says_who_may_be_rung(outreach: Outreach, failed: int) -> None:
    rows = _file(outreach, "cora", failed)
    assert [row["May they be rung now?"] for row in rows] == ["No: opted out of the programme", "Yes", "Yes"]
    assert {row["Why it failed"] for row in rows} == {"'=not a number in use"}
    assert rows[2]["Name"] == "Ada =Example"
    assert not any("07700" in cell for row in rows for cell in row.values())
    assert _file(outreach, "cora") == rows


def test_planners_get_pseudonyms_and_unreleased_people_are_not_named(outreach: Outreach, failed: int) -> None:
    planners = _file(outreach, "mandy")
    assert set(planners[0]) == {"Pseudonym", "Step", "Tried on", "Why it failed"}
    assert not any("opted out" in cell for row in planners for cell in row.values())
    withdraw = "update release set withdrawn_at = now(), withdrawn_by = 'x', withdrawn_reason = 'x'"
    outreach.change(lambda: db.session.connection().exec_driver_sql(withdraw))
    assert {row["Name"] for row in _file(outreach, "cora")} == {""}


def test_who_opted_out_of_the_use_of_their_data_is_named_for_direct_care_only(
    outreach: Outreach, failed: int
) -> None:
    whose = update(Person).where(Person.family_name == "=Example").values(type1_opt_out=True)
    outreach.change(lambda: db.session.execute(whose))
    assert [bool(row["Name"]) for row in _file(outreach, "cora")] == [True, True, True]
    checking = _file(outreach, "cora", purpose="Checking the data")
    assert [bool(row["Name"]) for row in checking] == [True, True, False]


def test_the_file_needs_a_purpose_and_is_recorded(outreach: Outreach, failed: int) -> None:
    address = f"{outreach.page}/failures?batch={failed}"
    assert outreach.client_of("cora").post(address).status_code == 422
    assert outreach.client_of("rita").get(address).status_code == 403
    assert outreach.client_of("cora").get(f"{outreach.page}/failures?batch=999999").status_code == 404
    _file(outreach, "cora", failed)
    with outreach.acting("dover-town", "cora"):
        from app.audit import AuditEvent

        event = db.session.scalars(select(AuditEvent).where(AuditEvent.subject == "failed messages")).one()
        assert (event.action, event.purpose, event.count) == ("exported", CARE, 3)


def test_the_page_of_a_batch_lists_failures_by_reason(outreach: Outreach, failed: int) -> None:
    address = f"{BASE}/outreach/batches/{failed}"
    page = outreach.client_of("cora").get(address).text
    assert "Failed, by reason" in page
    only = outreach.client_of("cora").get(f"{address}?state=failed&reason=%3Dnot+a+number+in+use")
    assert "3 people failed: =not a number in use" in _words(only.text)


def test_pages_of_many_people_take_no_more_statements_than_those_of_few(outreach: Outreach) -> None:
    """The client counts the statements of each page; here 300 people are in one batch."""
    outreach.moved(seeding.MONDAY)
    with outreach.acting("dover-town"):
        outreach.programme_id = crowd(outreach.world, 300)
        db.session.commit()
    cora = outreach.client_of("cora")
    assert "300 people are due" in _words(cora.get(f"{BASE}/outreach/due").text)
    batch = f"{BASE}/outreach/batches/{outreach.build()}"
    assert "300 people" in cora.get(batch).text
    last = cora.get(f"{batch}?state=waiting&page=12").text
    assert last.count('<tr role="row" class="nhsuk-table__row">') == 25
    assert "Send 300 texts now?" in outreach.client_of("clara").get(f"{batch}/approve").text
    assert _sum_on(cora.get(f"{outreach.page}/everybody").text) == (300, [300])
    assert "300 people." in cora.get(f"{outreach.page}/everybody/people?place=waiting&page=3").text
