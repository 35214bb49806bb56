"""Small files for the tests of importing, and Dover Town's own."""

import gzip
import json
from pathlib import Path
from typing import Any

from tests.rows import nhs_number

DATA = Path(__file__).resolve().parents[2] / "app" / "demo" / "data" / "dover-town"
EXPECTED: dict[str, Any] = json.loads((DATA / "expected.json").read_text())

TITLES = (
    "NHS Number,Practice Code,Given Name,Family Name,Date of Birth,Postcode,LSOA,Mobile,"
    "Deducted,Date of Death,Type 1 Opt Out"
)
ADA, BEN, CAZ = nhs_number(101), nhs_number(102), nhs_number(103)


def dover(name: str) -> bytes:
    """One of Dover Town's files."""
    return gzip.decompress((DATA / f"{name}.csv.gz").read_bytes())


def person(number: str = ADA, **given: str) -> str:
    """A line of a patient list, `given` laid over a person with nothing wrong."""
    cells = {
        "nhs": number, "practice": "G82999", "given": "Ada", "family": "Lovelady", "born": "01/02/1970",
        "postcode": "CT16 1AA", "lsoa": "E01024198", "mobile": "07700 900123",
        "left": "", "died": "", "type1": "N",
    }  # fmt: skip
    return ",".join((cells | given).values())


def people(*lines: str) -> bytes:
    """A patient list of those lines."""
    return "\r\n".join((TITLES, *lines, "")).encode()


def events(*lines: str) -> bytes:
    """A file of coded events of those lines."""
    return "\r\n".join(("NHS Number,Date,SNOMED Code,Term,Value,Units", *lines, "")).encode()
