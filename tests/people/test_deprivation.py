"""The English Indices of Deprivation: both releases are loaded, and neither passes for the other."""

import pytest
from sqlalchemy import delete, func, select

from app.people import deprivation
from app.people.models import Deprivation
from tenants.db import db

LOADED = """\
33,755 areas of 2021. Source: MHCLG, English Indices of Deprivation 2025, Open Government Licence v3.0.
32,844 areas of 2011. Source: MHCLG, English Indices of Deprivation 2019, Open Government Licence v3.0.
"""
IN_BOTH, ONLY_2011, ONLY_2021 = "E01000001", "E01000010", "E01033769"


def load(app) -> str:
    return str(app.test_cli_runner().invoke(args=["people", "load-deprivation"]).output)


def counts() -> dict[int, int]:
    grouped = select(Deprivation.release, func.count()).group_by(Deprivation.release)
    return {year: count for year, count in db.session.execute(grouped)}


def test_both_releases_are_loaded_whole_and_once(app):
    assert load(app) == load(app) == LOADED
    with app.app_context():
        assert counts() == {2025: 33_755, 2019: 32_844}


def test_a_release_that_is_not_there_whole_is_put_right(app):
    load(app)
    with app.app_context():
        db.session.execute(delete(Deprivation).where(Deprivation.release == 2019, Deprivation.decile == 1))
        db.session.commit()
    assert load(app) == LOADED
    with app.app_context():
        assert counts()[2019] == 32_844


@pytest.mark.parametrize("release", deprivation.RELEASES, ids=lambda release: str(release.year))
def test_a_decile_is_a_tenth_of_the_areas_by_rank(app, release):
    load(app)
    with app.app_context():
        rows = db.session.execute(
            select(Deprivation.rank, Deprivation.decile).where(Deprivation.release == release.year)
        ).all()
    assert all(decile == -(-rank * 10 // release.areas) for rank, decile in rows)


def test_what_a_release_says_of_an_area_is_known_by_its_year(app):
    load(app)
    with app.app_context():
        first, second = deprivation.standing_of(IN_BOTH)
        assert (first.release.year, first.release.areas_of, first.decile, first.fifth) == (2025, 2021, 8, 4)
        assert (second.release.year, second.release.areas_of, second.decile, second.fifth) == (
            2019,
            2011,
            9,
            5,
        )


def test_an_area_of_one_geography_has_nothing_from_the_other(app):
    load(app)
    with app.app_context():
        deciles = {
            area: {standing.release.year: standing.decile for standing in deprivation.standing_of(area)}
            for area in (ONLY_2011, ONLY_2021)
        }
        assert deciles[ONLY_2011][2025] is None
        assert deciles[ONLY_2011][2019]
        assert deciles[ONLY_2021][2019] is None
        assert deciles[ONLY_2021][2025]


@pytest.mark.parametrize("lsoa", ["", "E01999999"])
def test_an_area_that_no_release_knows_has_no_deprivation(app, lsoa):
    load(app)
    with app.app_context():
        assert deprivation.standing_of(lsoa) == []
