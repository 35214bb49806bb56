"""Whom the second starter's cohort finds: each of its rules decides."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from app.cohorts.criteria import evaluate
from app.library.setup import read_setup
from app.library.starter import STARTERS
from app.people.import_models import Source
from app.people.linking_models import SourceEntry
from app.people.models import CodedEvent
from tests.cohorts.people import CODES
from tests.conftest import Acting
from tests.rows import make, person
from tests.world import World

DAY = dt.date(2026, 11, 2)
RECORD: dict[str, Any] = {"bmi": "31", "hba1c": "44", "hypertension": None}
RAISED_GLUCOSE = "700449008"


@pytest.mark.parametrize(
    ("record", "given", "source", "found"),
    [
        (RECORD, {}, "Job centre", True),
        (RECORD, {}, "Children’s centre", True),
        (RECORD, {}, "Library", False),
        (RECORD, {"born": dt.date(1980, 1, 1)}, "Job centre", False),
        (RECORD, {"born": dt.date(2007, 1, 1)}, "Job centre", False),
        (RECORD | {"bmi": "28"}, {}, "Job centre", False),
        (RECORD | {"bmi": "28"}, {"ethnicity": "H"}, "Job centre", True),
        (RECORD | {"hba1c": "48"}, {}, "Job centre", False),
        (RECORD | {"hba1c": "41"}, {}, "Job centre", False),
        ({"bmi": "31", "hypertension": None, RAISED_GLUCOSE: None}, {}, "Job centre", True),
        ({"bmi": "31", "hba1c": "44"}, {}, "Job centre", False),
    ],
)
def test_the_second_starter_finds_whom_it_says(
    acting: Acting, world: World, record: dict[str, Any], given: dict[str, Any], source: str, found: bool
) -> None:
    cohort = read_setup((STARTERS / "medway" / "setup.yaml").read_text()).cohort
    with acting("medway-central", "mo"):
        ada = person(world.practices["G82989"], 6000, **({"born": dt.date(1996, 5, 4)} | given))
        for what, value in record.items():
            number = None if value is None else Decimal(value)
            make(
                CodedEvent, person_id=ada.id, import_id=ada.import_id, code=CODES.get(what, what), term="",
                value=number, unit="", on=dt.date(2026, 10, 1),
            )  # fmt: skip
        make(SourceEntry, person_id=ada.id, source_id=make(Source, name=source).id, state="linked")
        assert (evaluate(cohort, DAY).members == [ada.id]) == found
