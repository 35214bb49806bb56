"""The English Indices of Deprivation, releases 2025 and 2019, as reference data, and those of one area.

Source: Ministry of Housing, Communities and Local Government, English Indices of Deprivation 2025 (LSOAs of
2021) and 2019 (LSOAs of 2011), Open Government Licence v3.0; ranks and deciles only. Decile 1 is the most
deprived tenth. Releases do not compare, so the release stands beside every value.
"""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, func, select

from app.people.models import Deprivation
from app.people.staging import copy_in
from tenants.db import db

FOLDER = Path(__file__).resolve().parent / "reference"
CITED = "Source: MHCLG, English Indices of Deprivation {release}, Open Government Licence v3.0."
_COPY = "COPY deprivation (release, lsoa, rank, decile) FROM STDIN"


@dataclass(frozen=True)
class Release:
    """One release: its year, the census year of the areas (LSOAs) that it is for, and how many they are."""

    year: int
    areas_of: int
    areas: int

    @property
    def file(self) -> Path:
        """Where its ranks and deciles are."""
        return FOLDER / f"imd{self.year}.csv.gz"

    @property
    def cited(self) -> str:
        """Where it comes from and under which licence, as a sentence."""
        return CITED.format(release=self.year)


# Newest first. Source of the counts: domain.md 2.3.
RELEASES = (Release(2025, 2021, 33_755), Release(2019, 2011, 32_844))


def load() -> dict[int, int]:
    """Put in place every release that is not there whole; returns how many areas each has, by its year."""
    counted = select(Deprivation.release, func.count()).group_by(Deprivation.release)
    there = {year: count for year, count in db.session.execute(counted)}
    for release in RELEASES:
        if there.get(release.year) != release.areas:
            db.session.execute(delete(Deprivation).where(Deprivation.release == release.year))
            copy_in(_COPY, _areas(release))
    return {release.year: release.areas for release in RELEASES}


def _areas(release: Release) -> Iterator[tuple[int, str, str, str]]:
    with gzip.open(release.file, "rt", encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        next(rows)
        for lsoa, rank, decile in rows:
            yield release.year, lsoa, rank, decile


@dataclass(frozen=True)
class Standing:
    """What one release says of an area; None where the area is not one of that release's."""

    release: Release
    decile: int | None

    @property
    def fifth(self) -> int | None:
        """1 to 5, 1 the most deprived: two deciles each."""
        return -(-self.decile // 2) if self.decile else None


def standing_of(lsoa: str) -> list[Standing]:
    """What each release says of the area, newest first; nothing where no release knows it."""
    said = select(Deprivation.release, Deprivation.decile).where(Deprivation.lsoa == lsoa)
    deciles = {year: decile for year, decile in db.session.execute(said)}
    return [Standing(release, deciles.get(release.year)) for release in RELEASES] if deciles else []
