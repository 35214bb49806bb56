"""Values from file to record: converted with the original kept, or set aside; twice changes nothing."""

import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.people import imports
from app.people.import_models import ImportFile
from app.people.models import CodedEvent, SetAsideValue
from tenants.db import db
from tests.people.files import ADA, events, people, person
from tests.people.sources import source

TAKEN = dt.date(2026, 11, 2)
WEIGHT, HEIGHT, BMI, HBA1C, PAIR = "27113001", "50373000", "60621009", "999791000000106", "75367002"
DEPRESSION = "35489007"
SYSTOLIC, DIASTOLIC = "271649006", "271650006"


def brought(kind: str, text: bytes) -> ImportFile:
    return imports.bring_in(source(kind), text, "list.csv", TAKEN, "Alan", save=True)


def line(code: str, value: str, unit: str = "", on: str = "05/01/2026") -> str:
    quoted = '"' + value.replace('"', '""') + '"'
    return f"{ADA},{on},{code},Something,{quoted},{unit}"


def held() -> set[tuple[str, Decimal | None, str, str | None]]:
    columns = (CodedEvent.code, CodedEvent.value, CodedEvent.unit, CodedEvent.original)
    return {tuple(row) for row in db.session.execute(select(*columns))}


def aside() -> set[tuple[str, str, str, str]]:
    columns = (SetAsideValue.code, SetAsideValue.value, SetAsideValue.unit, SetAsideValue.reason)
    return {tuple(row) for row in db.session.execute(select(*columns))}


@pytest.fixture
def ada(acting):
    """Dover Town acts, and Ada is in its list."""
    with acting("dover-town", "alan"):
        brought("people", people(person(ADA)))
        db.session.commit()
        yield


def test_values_are_kept_in_one_unit_with_what_they_came_as(ada):
    file = events(
        line(WEIGHT, "12st 4lb"),
        line(WEIGHT, "172.5", "lb"),
        line(HEIGHT, "5'10\"", "ft in"),
        line(HBA1C, "6.5", "%"),
        line(BMI, "31,4", "kg/m2"),
    )
    brought("events", file)
    assert held() == {
        (WEIGHT, Decimal("78.02"), "kg", "12st 4lb"),
        (WEIGHT, Decimal("78.24"), "kg", "172.5 lb"),
        (HEIGHT, Decimal("177.80"), "cm", "5'10\""),
        (HBA1C, Decimal("48.00"), "mmol/mol", "6.5 %"),
        (BMI, Decimal("31.40"), "kg/m2", None),
    }


def test_a_pair_becomes_two_values_and_the_same_file_again_changes_nothing(ada):
    file = events(line(PAIR, "140/90", "mmHg"))
    brought("events", file)
    both = {
        (SYSTOLIC, Decimal("140.00"), "mmHg", "140/90 mmHg"),
        (DIASTOLIC, Decimal("90.00"), "mmHg", "140/90 mmHg"),
    }
    assert held() == both
    again = brought("events", file)
    assert held() == both
    assert (again.counts["new"], again.counts["unchanged"]) == (0, 1)


def test_what_is_of_a_day_before_the_person_was_born_is_set_aside_as_it_came(ada):
    before, born = "31/01/1970", "01/02/1970"  # Ada was born on 1 February 1970
    file = events(
        line(BMI, "31", "kg/m2", on=before),
        line(WEIGHT, "172.5", "lb", on=before),
        line(PAIR, "140/90", "mmHg", on=before),
        line(DEPRESSION, "", on=before),
        line(HEIGHT, "150", "cm", on=born),
    )
    for _ in range(2):
        found = brought("events", file)
        assert found.counts["reasons"]["set aside"] == {"date before the person was born": 4}
        assert (found.rows, found.counts["new"] + found.counts["unchanged"]) == (5, 1)
        assert held() == {(HEIGHT, Decimal("150.00"), "cm", None)}
        assert {(code, value, unit) for code, value, unit, _ in aside()} == {
            (BMI, "31", "kg/m2"),
            (WEIGHT, "172.5 lb", ""),
            (SYSTOLIC, "140/90 mmHg", ""),
            (DEPRESSION, "", ""),
        }


def test_what_cannot_be_true_is_set_aside_as_it_came_and_once(ada):
    file = events(
        line(BMI, "312", "kg/m2"),
        line(WEIGHT, "12.4", "st"),
        line(PAIR, "90/140", "mmHg"),
        line(HBA1C, "48", "mmol/mol", on="05/01/2099"),
        line(BMI, "about 30"),
    )
    for _ in range(2):
        found = brought("events", file)
        assert found.counts["set aside"] == 5
        assert held() == set()
        assert aside() == {
            (BMI, "312", "kg/m2", "implausible BMI"),
            (WEIGHT, "12.4", "st", "weight in an unknown unit"),
            (PAIR, "90/140", "mmHg", "diastolic blood pressure is not below the systolic"),
            (HBA1C, "48", "mmol/mol", "date in the future"),
            (BMI, "about 30", "", "value is not a number"),
        }
