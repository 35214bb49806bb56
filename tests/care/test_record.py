"""The page of a person's values: where each came from, what is not used, and nothing of a restricted one."""

import datetime as dt
from typing import Any

import pytest

from app import clock
from app.care.models import Measurement
from app.people import deprivation
from app.people.import_models import ImportFile, Source
from app.people.linking_models import SourceEntry
from app.people.models import CodedEvent, SetAsideValue
from app.programmes.models import Participant
from app.referrals.models import Consent, Referral
from tenants.db import db
from tests.care.conftest import BASE
from tests.care.seeding import participant
from tests.conftest import Acting
from tests.rows import make, person
from tests.world import World

BMI, SYSTOLIC, DIASTOLIC, HBA1C = "60621009", "271649006", "271650006", "999791000000106"
ADDRESS = ("07700900123", "07700 900123", "High Street", "CT16 1AA", "E01024198", "ada@example.test")


class Record:
    """A participant with the care team's view of them, and rows put into their record."""

    def __init__(self, world: World, acting: Acting, **given: Any) -> None:
        self.acting = acting
        with acting("dover-town", "cora"):
            row = participant(world, **given)
            self.participant, self.person = row.id, row.person_id
            self.events = make(
                ImportFile, kind="events", source="Coded events", state="done",
                data_date=dt.date(2026, 11, 2), finished_at=dt.datetime(2026, 11, 4, 9, tzinfo=dt.UTC),
            ).id  # fmt: skip
            db.session.commit()

    def add(self, model: Any, **values: Any) -> int:
        with self.acting("dover-town", "cora"):
            made = make(model, **values)
            db.session.commit()
            return int(made.id)

    def entry(self, code: str, on: dt.date, value: Any = None, **more: Any) -> int:
        given = {"unit": "", "original": None, "term": f"Term of {code}"} | more
        return self.add(
            CodedEvent, person_id=self.person, code=code, on=on, value=value, import_id=self.events, **given
        )

    def aside(self, **values: Any) -> int:
        return self.add(SetAsideValue, person_id=self.person, import_id=self.events, **values)

    def knows(self, **values: Any) -> int:
        given = {"person_id": self.person, "state": "linked", "data_date": dt.date(2026, 10, 1)}
        return self.add(SourceEntry, **(given | values))

    def page(self, client_of: Any, page: str = "/values") -> str:
        answer = client_of("cora").get(f"{BASE}/{self.participant}{page}")
        assert answer.status_code == 200
        return str(answer.text)


@pytest.fixture
def ada(world: World, acting: Acting) -> Record:
    return Record(world, acting)


def test_a_value_stands_with_its_source_its_day_and_when_it_came(client_of, ada):
    ada.entry(BMI, dt.date(2026, 3, 4), "31.4", unit="kg/m2")
    page = ada.page(client_of)
    assert "31.4 kg/m2" in page
    assert "4 March 2026" in page
    assert "Coded events, extract of 2 November 2026" in page
    assert "came 4 November 2026" in page


def test_the_latest_value_is_first_and_the_original_stands_beside_a_converted_one(client_of, ada):
    ada.entry(HBA1C, dt.date(2025, 1, 1), 44, unit="mmol/mol")
    ada.entry(HBA1C, dt.date(2026, 1, 1), 48, unit="mmol/mol", original="6.5 %")
    page = ada.page(client_of)
    assert page.index("48 mmol/mol") < page.index("came as 6.5 %") < page.index("44 mmol/mol")
    assert "Earlier: HbA1c (1)" in page


def test_what_was_measured_in_the_conversation_stands_among_the_values(client_of, ada):
    ada.entry("27113001", dt.date(2026, 1, 1), 92, unit="kg")
    ada.add(
        Measurement, participant_id=ada.participant, conversation_id=None, instrument="weight", value=88,
        unit="kg", occasion="baseline", taken_on=dt.date(2026, 11, 20), taken_by="Cora",
    )  # fmt: skip
    page = ada.page(client_of)
    assert page.index("88 kg") < page.index("Measured in this programme by Cora") < page.index("92 kg")


def test_the_latest_value_counts_wherever_it_was_measured(client_of, ada):
    ada.entry(SYSTOLIC, dt.date(2026, 10, 1), 185, unit="mmHg")
    ada.add(
        Measurement, participant_id=ada.participant, conversation_id=None, instrument="systolic", value=131,
        unit="mmHg", occasion="baseline", taken_on=dt.date(2026, 11, 20), taken_by="Cora",
    )  # fmt: skip
    for page in ("", "/values"):
        text = ada.page(client_of, page)
        assert "131" in text
        assert "Values to look at first" not in text


def test_only_the_newest_twenty_values_of_a_code_are_shown_and_it_is_said(client_of, ada):
    for day in range(1, 24):
        ada.entry(BMI, dt.date(2026, 1, day), f"30.{day:02d}", unit="kg/m2")
    page = ada.page(client_of)
    assert "There are 3 older ones, which are not shown." in page
    assert "30.23 kg/m2" in page
    assert "30.03 kg/m2" not in page


def test_a_condition_stands_with_its_first_and_its_newest_entry(client_of, ada):
    ada.entry("59621000", dt.date(2012, 5, 3))  # both codes are hypertension
    ada.entry("38341003", dt.date(2026, 2, 1))
    ada.entry("11111007", dt.date(2026, 2, 2), term="Some other entry")
    page = ada.page(client_of)
    assert page.index("Hypertension") < page.index("3 May 2012") < page.index("1 February 2026")
    assert "Other entries in the record (1)" in page
    assert "Some other entry" in page


@pytest.mark.parametrize(
    ("code", "on", "value", "reason"),
    [
        (BMI, dt.date(2026, 1, 1), 312, "Implausible BMI"),
        (BMI, dt.date(2099, 1, 1), 31, "Date in the future"),
    ],
)
def test_what_cannot_be_true_is_apart_even_where_it_is_in_the_record(client_of, ada, code, on, value, reason):
    ada.entry(BMI, dt.date(2020, 1, 1), 33, unit="kg/m2")
    ada.entry(code, on, value, unit="kg/m2")
    page = ada.page(client_of)
    latest, apart = page.split("Set aside, not used (1)")
    assert "33 kg/m2" in latest
    assert f"{value} kg/m2" not in latest
    assert f"{value} kg/m2" in apart
    assert reason in apart


def test_what_was_set_aside_stands_as_it_came_with_the_reason(client_of, ada):
    ada.aside(
        on=dt.date(2026, 1, 1), code="27113001", term="Body weight", value="12.4", unit="st",
        reason="weight in an unknown unit",
    )  # fmt: skip
    page = ada.page(client_of)
    apart = page.split("Set aside, not used (1)")[1]
    assert "12.4 st" in apart
    assert "Weight in an unknown unit" in apart
    assert "No measured values have come" in page


def test_red_flags_stand_out_on_the_first_page_and_on_the_values(client_of, ada):
    ada.entry(SYSTOLIC, dt.date(2026, 10, 1), 185, unit="mmHg")
    for page in ("", "/values"):
        assert "Values to look at first" in ada.page(client_of, page)


def test_what_other_services_know_says_from_whom_and_how_it_was_linked(client_of, ada):
    source = ada.add(Source, kind="service", name="Community services", controller="Kent Community Health")
    ada.knows(
        source_id=source, fields={"Since": "2026-03-04", "Service": "Health visiting"}, how="NHS number"
    )
    ada.knows(source_id=source, fields={"Service": "Stop smoking"}, how="x", state="waiting", person_id=None)
    gone = dt.date(2026, 11, 1)
    ada.knows(source_id=source, fields={"Service": "Podiatry"}, how="decided by Clara", missing_since=gone)
    page = ada.page(client_of)
    assert page.index("Health visiting") < page.index("4 March 2026")
    assert "From Kent Community Health, extract of 1 October 2026" in page
    assert "Linked by NHS number." in page
    assert "Linked: decided by Clara. They are not in the newest list, of 1 November 2026." in page
    assert "Stop smoking" not in page
    assert page.count("Not this person?") == 1  # an NHS number is not doubted


def test_deprivation_stands_beside_its_release(client_of, ada):
    assert "No release has their area, E01024198." in ada.page(client_of)
    with ada.acting("dover-town", "cora"):
        deprivation.load()
        db.session.commit()
    page = ada.page(client_of)
    for release, areas in ((2025, 2021), (2019, 2011)):
        assert f"IMD {release}: <strong>decile" in page
        assert f"Small areas of {areas}." in page
    assert "not comparable" in page


def test_an_area_of_one_release_only_says_why_the_other_has_nothing(client_of, world, acting):
    known = Record(world, acting, lsoa="E01033769")
    with acting("dover-town", "cora"):
        deprivation.load()
        db.session.commit()
    page = known.page(client_of)
    assert "IMD 2025: <strong>decile" in page
    assert "IMD 2019: not known, because their area is not among the small areas of 2011." in page


def test_contact_details_and_needs_say_where_each_came_from(client_of, world, acting):
    with acting("dover-town", "cora"):
        newer = make(
            ImportFile, kind="people", source="Corrections", state="done", data_date=dt.date(2026, 11, 10)
        ).id
        db.session.commit()
    ada = Record(
        world,
        acting,
        information_format="Large print",
        came={"mobile": {"import": newer, "on": "2026-11-10"}},
    )
    page = ada.page(client_of).split("Contact details and needs", 1)[1]
    assert "Corrections, extract of 10 November 2026" in page
    assert page.index("07700 900123") < page.index("Corrections")
    assert "Large print" in page


def test_nothing_of_a_restricted_person_says_where_they_live(client_of, world, acting):
    ada = Record(world, acting, sensitive=True, email="ada@example.test")
    source = ada.add(Source, kind="service", name="Community services", controller="Kent")
    fields = {"Service": "Podiatry", "Home address": "1 High Street", "Tel": "07700 900123"}
    ada.knows(source_id=source, fields=fields, how="NHS number")
    for page in ("", "/values", "/looks"):
        text = ada.page(client_of, page)
        assert not [word for word in ADDRESS if word in text], page
    values = ada.page(client_of)
    assert "Podiatry" in values
    assert "Not shown: this person&#39;s record is restricted." in values


@pytest.mark.parametrize(("withdrawn", "said"), [(None, "to Cora."), (clock.now(), "Withdrawn on")])
def test_consent_to_share_stands_on_the_page_with_who_took_it(client_of, world, ada, withdrawn, said):
    of = {
        "person_id": ada.person, "participant_id": ada.participant,
        "partner_id": world.organisations["one-you-kent"],
    }  # fmt: skip
    consent = ada.add(
        Consent, **of, mode="spoken", taken_by="Cora", data_classes=["contact details", "needs"],
        withdrawn_at=withdrawn,
    )  # fmt: skip
    ada.add(Referral, **of, consent_id=consent, service_name="Healthy weight")
    page = ada.page(client_of, "").split("Consent to share")[1]
    assert "Contact details, needs, with One You Kent: spoken, on" in page
    assert said in page


def test_a_merged_record_is_found_by_its_number_as_the_one_that_was_kept(client_of, world, ada):
    with ada.acting("dover-town", "cora"):
        merged = person(world.practices["G82999"], 7100, merged_into=ada.person, given_name="Adda")
        programme = db.session.get_one(
            Participant, (world.organisations["dover-town"], ada.participant)
        ).programme_id
        make(
            Participant, programme_id=programme, person_id=merged.id, status="left out",
            practice_id=world.practices["G82999"],
        )  # fmt: skip
        number = merged.nhs_number
        db.session.commit()
    page = client_of("cora").get(BASE, query_string={"q": number}).text
    assert "1 person found" in page
    assert "Ada Example" in page
    assert "0 people found" in client_of("cora").get(BASE, query_string={"q": "adda"}).text


@pytest.mark.parametrize("who", ["mandy", "alan", "rita"])
def test_who_may_not_see_people_sees_no_values(client_of, ada, who):
    assert "Ada" in ada.page(client_of)
    assert client_of(who).get(f"{BASE}/{ada.participant}/values").status_code == 403
