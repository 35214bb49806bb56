"""The guided conversation: sections saved on their own, one holder at a time, and an end with conditions."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from app.care.instruments import needs_assessment_today, read
from app.care.models import Conversation, Measurement
from app.programmes.models import Milestone
from tenants.db import db
from tests.care.conftest import BASE
from tests.conftest import Acting

WHO = {"who-name": "y", "who-born": "y"}
CONSENT = {"consent-talk": "yes", "consent-measure": "yes"}
MATTERS = {"matters-what_matters": "I want to play with my grandson."}
TODAY = {
    "measurements-taken_on-day": "3",
    "measurements-taken_on-month": "11",
    "measurements-taken_on-year": "2025",
}
VALUES = {
    "measurements-weight": "98.5",
    "measurements-systolic": "142",
    "measurements-diastolic": "88",
    "measurements-HbA1c": "44",
    "measurements-unit": "mmol/mol",
}
ALL = WHO | CONSENT | MATTERS | TODAY | VALUES


@pytest.fixture
def address(client_of, ada) -> str:
    """The address of a conversation that Cora has started."""
    client_of("cora").post(f"{BASE}/{ada}/conversation/start")
    return f"{BASE}/{ada}/conversation"


@pytest.fixture
def row(acting: Acting):
    """Read the conversation as it stands in the database."""

    def read_row() -> Conversation:
        with acting("dover-town", "cora"):
            found = db.session.scalars(select(Conversation)).one()
            db.session.expunge(found)
        return found

    return read_row


@pytest.fixture
def measured(acting: Acting):
    """The measured values, by instrument."""

    def read_rows() -> dict[str, Any]:
        with acting("dover-town", "cora"):
            return {
                one.instrument: (one.value, one.unit, one.occasion)
                for one in db.session.scalars(select(Measurement))
            }

    return read_rows


def test_started_twice_it_is_one_conversation(client_of, ada, address, row):
    client_of("lena").post(f"{BASE}/{ada}/conversation/start")
    assert row().held_by == "Cora"


def test_each_section_is_saved_on_its_own_with_who_and_when(client_of, address, row):
    page = client_of("cora").sent(address, **MATTERS, do="matters")
    assert "Saved by Cora on" in page.text
    assert row().what_matters == "I want to play with my grandson."
    assert set(row().steps) == {"matters"}


def test_what_was_typed_in_another_section_is_saved_too(client_of, address, row):
    client_of("cora").post(address, data=MATTERS | {"life-work": "Nights at the port", "do": "matters"})
    assert row().determinants == {"work": "Nights at the port"}


def test_permission_is_asked_before_weight(client_of, address):
    page = client_of("cora").get(address)
    assert "Ask before you talk about or measure weight (NICE NG246)" in page.text
    assert page.text.index("NG246") < page.text.index("measurements-weight")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"measurements-weight": "985"}, "Weight must be between 25 and 350 kg"),
        ({"measurements-weight": "heavy"}, "Weight must be a number, like 72.5"),
        ({"measurements-weight": "nan"}, "Weight must be a number, like 72.5"),
        ({"measurements-diastolic": "142"}, "Diastolic blood pressure must be lower than systolic"),
        ({"measurements-diastolic": ""}, "Enter the diastolic blood pressure too"),
        ({"measurements-HbA1c": "6.5"}, "If the result is in %, select %"),
        ({"measurements-HbA1c": "44", "measurements-unit": "%"}, "Check the HbA1c: 44% cannot be right"),
        ({"measurements-taken_on-year": "2125"}, "The date must be today or in the past"),
        ({"measurements-taken_on-month": "13"}, "must be a real date"),
    ],
)
def test_a_value_that_cannot_be_true_is_said_at_its_field_and_nothing_is_lost(
    client_of, address, measured, row, wrong, said
):
    page = client_of("cora").post(address, data=MATTERS | TODAY | VALUES | wrong | {"do": "measurements"})
    assert page.status_code == 422
    assert page.text.count(said) == 2
    assert "98.5" in page.text or "measurements-weight" in wrong
    assert measured() == {}
    assert row().what_matters == "I want to play with my grandson.", "what was right is saved"


def test_values_are_kept_in_their_units_as_the_baseline(client_of, address, measured):
    client_of("cora").post(address, data=TODAY | VALUES | {"do": "measurements"})
    assert measured() == {
        "weight": (Decimal("98.50"), "kg", "baseline"),
        "systolic": (Decimal("142.00"), "mmHg", "baseline"),
        "diastolic": (Decimal("88.00"), "mmHg", "baseline"),
        "HbA1c": (Decimal("44.00"), "mmol/mol", "baseline"),
    }


def test_hba1c_in_percent_is_kept_in_mmol_per_mol(client_of, address, measured):
    typed = {"measurements-HbA1c": "6,5", "measurements-unit": "%", "do": "measurements"}
    client_of("cora").post(address, data=TODAY | typed)
    assert measured()["HbA1c"] == (Decimal("48.00"), "mmol/mol", "baseline")
    assert read("HbA1c", Decimal("7.5"), "%") == 58


def test_a_corrected_value_replaces_the_first(client_of, address, measured):
    client = client_of("cora")
    client.post(address, data=TODAY | VALUES | {"do": "measurements"})
    client.post(address, data=TODAY | VALUES | {"measurements-weight": "89.5", "do": "measurements"})
    assert measured()["weight"][0] == Decimal("89.50")


@pytest.mark.parametrize(
    ("systolic", "diastolic", "today"),
    [(179, 119, False), (180, 80, True), (150, 120, True), (None, None, False)],
)
def test_180_over_120_in_either_part_is_for_the_same_day(systolic, diastolic, today):
    values = [None if value is None else Decimal(value) for value in (systolic, diastolic)]
    assert needs_assessment_today(*values) is today


HIGH = {"measurements-systolic": "185", "measurements-diastolic": "95"}


def test_a_red_flag_must_be_acknowledged_before_the_end(client_of, address, row):
    client = client_of("cora")
    page = client.sent(address, **(ALL | HIGH), do="measurements")
    assert "Blood pressure 185/95 needs a clinical assessment today" in page.text
    page = client.post(address, data=ALL | HIGH | {"do": "finish"})
    assert page.status_code == 422
    assert "Tell a clinician about the blood pressure today" in page.text

    client.post(address, data=ALL | HIGH | {"flag-told": "Dr Patel, seen at 3pm", "do": "finish"})
    assert row().state == "finished"
    assert row().steps["flag"]["told"] == "Dr Patel, seen at 3pm"


def test_another_high_pressure_must_be_acknowledged_again(client_of, address):
    client = client_of("cora")
    client.post(address, data=ALL | HIGH | {"do": "measurements"})
    client.post(address, data=ALL | HIGH | {"flag-told": "Dr Patel", "do": "flag"})
    higher = HIGH | {"measurements-systolic": "195"}
    page = client.post(address, data=ALL | higher | {"flag-told": "Dr Patel", "do": "finish"})
    assert page.status_code == 422


def test_it_ends_only_when_the_measures_are_there_or_it_is_said_why_not(client_of, address, row, acting):
    client = client_of("cora")
    without = ALL | {"measurements-HbA1c": ""}
    page = client.post(address, data=without | {"do": "finish"})
    assert page.status_code == 422
    assert "Enter the HbA1c, or say why it was not done" in page.text
    assert row().state == "open"

    client.post(address, data=without | {"measurements-not_done_HbA1c": "not suitable today", "do": "finish"})
    assert row().state == "finished"
    with acting("dover-town", "cora"):
        kinds = set(db.session.scalars(select(Milestone.kind)))
    assert {"engaged", "conversation held"} <= kinds


def test_who_no_one_may_measure_can_still_finish(client_of, address, row):
    client = client_of("cora")
    client.post(
        address, data=WHO | MATTERS | {"consent-talk": "yes", "consent-measure": "no", "do": "finish"}
    )
    assert row().state == "finished"


def test_without_a_yes_to_talk_there_is_no_end(client_of, address, row):
    page = client_of("cora").post(
        address, data=WHO | MATTERS | {"consent-talk": "no", "consent-measure": "no", "do": "finish"}
    )
    assert page.status_code == 422
    assert "Pause the conversation" in page.text
    assert row().state == "open"


def test_somebody_else_sees_who_uses_it_and_takes_over_explicitly(client_of, address, row):
    page = client_of("lena").get(address)
    assert "Cora has been using this conversation since" in page.text
    client_of("lena").post(address, data={"do": "take over"})
    assert row().held_by == "Lena"


def test_who_was_taken_over_from_is_told_and_loses_nothing(client_of, address, row):
    client_of("lena").post(address, data={"do": "take over"})
    page = client_of("cora").post(address, data=MATTERS | {"do": "matters"})
    assert page.status_code == 422
    assert "Lena has taken over this conversation" in page.text
    assert "I want to play with my grandson." in page.text
    assert row().what_matters == ""

    client_of("cora").post(address, data=MATTERS | {"do": "take over"})
    assert row().what_matters == "I want to play with my grandson."
    assert row().held_by == "Cora"


def test_paused_it_is_open_to_anybody_with_all_that_was_entered(client_of, address, row):
    client_of("cora").post(address, data=MATTERS | {"do": "pause"})
    assert row().state == "paused"
    client_of("lena").post(address, data={"do": "resume"})
    assert (row().state, row().held_by) == ("open", "Lena")
    assert row().what_matters == "I want to play with my grandson."


def test_the_menu_of_support_keeps_each_answer(client_of, address, row):
    client_of("cora").post(
        address, data={"support-offer_0": "wants", "support-offer_1": "not now", "do": "support"}
    )
    assert row().offered == [
        {"name": "A course", "answer": "wants"},
        {"name": "Walking group", "answer": "not now"},
    ]


def test_the_block_alone_is_the_answer_to_htmx(client_of, address):
    part = client_of("cora").get(address, headers={"HX-Request": "true", "HX-Target": "conversation_page"})
    assert ' – Oast</title><div id="conversation_page">' in part.text


def test_finished_it_is_not_changed(client_of, address, row):
    client = client_of("cora")
    client.post(address, data=ALL | {"do": "finish"})
    client.post(address, data={"matters-what_matters": "Something else", "do": "matters"})
    assert row().what_matters == "I want to play with my grandson."


def test_somebody_without_the_permission_may_not(client_of, address):
    assert client_of("mandy").post(address, data={"do": "save"}).status_code == 403
    assert client_of("cass").post(address, data={"do": "save"}).status_code == 404
