"""The English Indices of Deprivation 2025, as reference data.

Source: Ministry of Housing, Communities and Local Government, English Indices of Deprivation 2025
(2021 LSOAs), Open Government Licence v3.0. Releases do not compare, so the release stands beside every value.
"""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import delete, func, select

from app.people.models import Deprivation
from app.people.staging import copy_in
from tenants.db import db

RELEASE = 2025
FILE = Path(__file__).resolve().parent.parent / "demo" / "data" / "imd2025.csv.gz"
CITED = "Source: MHCLG, English Indices of Deprivation 2025, Open Government Licence v3.0."
_COPY = "COPY deprivation (release, lsoa, rank, decile) FROM STDIN"


def load(file: Path = FILE) -> int:
    """Put the areas of `file` in place of the release's, unless they are there; returns how many."""
    areas = list(_areas(file))
    there = db.session.scalar(
        select(func.count()).select_from(Deprivation).where(Deprivation.release == RELEASE)
    )
    if there != len(areas):
        db.session.execute(delete(Deprivation).where(Deprivation.release == RELEASE))
        copy_in(_COPY, areas)
    return len(areas)


def _areas(file: Path) -> Iterator[tuple[int, str, int, int]]:
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield RELEASE, row["lsoa21_code"], int(row["imd_rank"]), int(row["imd_decile"])
