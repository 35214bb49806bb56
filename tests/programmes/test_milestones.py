"""The way of a participant in rows: reached once, taken back, and the status that follows."""

import datetime as dt
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import NoResultFound

from app.programmes.funnel import funnel_of, funnels_of, places_of
from app.programmes.milestones import reach, reach_many, withdraw
from app.programmes.models import MILESTONES, Milestone, Participant
from app.programmes.rules import SPINE, status_of
from tenants.db import db
from tests.conftest import Acting
from tests.programmes.people import participants, programme
from tests.world import World

Moved = Callable[[dt.datetime], None]


def live(participant_id: int) -> frozenset[str]:
    return frozenset(
        db.session.scalars(
            select(Milestone.kind).where(
                Milestone.participant_id == participant_id, Milestone.withdrawn_at.is_(None)
            )
        )
    )


def test_a_milestone_is_reached_once_and_the_status_moves_with_it(
    acting: Acting, world: World, moved: Moved
) -> None:
    moved(dt.datetime(2026, 11, 2, 9, 0, tzinfo=dt.UTC))
    with acting("dover-town", "mandy"):
        ada = participants(programme().id, world.practices["G82999"], 1)[0].id
        db.session.commit()
    moved(dt.datetime(2026, 11, 3, 9, 0, tzinfo=dt.UTC))
    with acting("dover-town", "mandy"):
        assert reach(ada, "contacted") is True
        db.session.commit()
    moved(dt.datetime(2026, 11, 4, 9, 0, tzinfo=dt.UTC))
    with acting("dover-town", "mandy"):
        assert reach(ada, "contacted") is False
        row = db.session.get_one(Participant, (world.organisations["dover-town"], ada))
        assert row.status == "contacted"
        assert row.status_since == dt.datetime(2026, 11, 3, 9, 0, tzinfo=dt.UTC)
        assert live(ada) == {"identified", "contacted"}


def test_a_milestone_taken_back_stays_as_a_row_and_gives_the_status_before(
    acting: Acting, world: World
) -> None:
    with acting("dover-town", "mandy"):
        ada = participants(programme().id, world.practices["G82999"], 1)[0]
        reach(ada.id, "contacted")
        reach(ada.id, "opted out", reason="asked by text")
        assert ada.status == "opted out"
        assert withdraw(ada.id, "opted out") is True
        assert withdraw(ada.id, "opted out") is False
        assert ada.status == "contacted"
        kept = select(Milestone).where(Milestone.kind == "opted out", Milestone.participant_id == ada.id)
        assert db.session.scalars(kept).one().reason == "asked by text"
        assert reach(ada.id, "opted out") is True


def test_an_answer_replaces_the_answer_before(acting: Acting, world: World) -> None:
    with acting("dover-town", "mandy"):
        ada = participants(programme().id, world.practices["G82999"], 1)[0]
        for answer in ("not now", "wants a call", "not reached", "wants another way"):
            reach(ada.id, answer)
            assert ada.status == answer
        assert live(ada.id) == {"identified", "wants another way"}


def test_what_is_not_a_milestone_and_who_is_not_ours_are_refused(acting: Acting, world: World) -> None:
    with acting("medway-central", "mo"):
        theirs = participants(programme().id, world.practices["G82989"], 1)[0].id
        db.session.commit()
    with acting("dover-town", "mandy"):
        ours = participants(programme().id, world.practices["G82999"], 1)[0]
        with pytest.raises(ValueError, match="not a milestone"):
            reach(ours.id, "abducted")
        with pytest.raises(NoResultFound):
            reach(theirs, "contacted")
        assert reach_many([theirs], "contacted") == 0
        assert reach_many([], "contacted") == 0


def test_many_reach_a_milestone_at_once_and_only_new_ones_count(acting: Acting, world: World) -> None:
    with acting("dover-town", "mandy"):
        row = programme()
        people = participants(row.id, world.practices["G82999"], 5)
        reach(people[0].id, "contacted")
        reach(people[1].id, "opted out")
        assert reach_many([one.id for one in people], "contacted") == 4
        assert places_of(row.id) == {"contacted": 4, "opted out": 1}


def test_the_funnel_equals_the_rows_and_says_who_was_lost_between(acting: Acting, world: World) -> None:
    with acting("dover-town", "mandy"):
        row, other = programme(), programme(name="Another")
        people = [one.id for one in participants(row.id, world.practices["G82999"], 6)]
        reach_many(people[:4], "contacted")
        reach_many(people[2:5], "engaged")
        reach(people[2], "conversation held")
        withdraw(people[3], "engaged")
        found = {stage.kind: (stage.count, stage.lost) for stage in funnel_of(row.id)}
        assert found["identified"] == (6, 0)
        assert found["contacted"] == (4, 2)
        assert found["engaged"] == (2, 3)
        assert found["conversation held"] == (1, 1)
        assert found["referral accepted"] == (0, 0)
        both = funnels_of([row.id, other.id])
        assert both[row.id] == funnel_of(row.id)
        assert [stage.count for stage in both[other.id]] == [0] * len(SPINE)


steps = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(MILESTONES), st.booleans()), min_size=1, max_size=12
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_whatever_happens_the_places_add_up_to_the_cohort_and_follow_from_the_rows(
    acting: Acting, world: World, happened: list[tuple[int, str, bool]]
) -> None:
    with acting("dover-town", "mandy"):
        row = programme()
        people = participants(row.id, world.practices["G82999"], 4)
        for who, kind, forward in happened:
            (reach if forward else withdraw)(people[who].id, kind)
        assert sum(places_of(row.id).values()) == len(people)
        for one in people:
            assert one.status == status_of(live(one.id))
        for stage in funnel_of(row.id):
            has_it = [one for one in people if stage.kind in live(one.id)]
            assert stage.count == len(has_it)
        db.session.rollback()


def test_nothing_of_another_pcn_is_counted(acting: Acting, world: World) -> None:
    with acting("medway-central", "mo"):
        theirs = programme().id
        participants(theirs, world.practices["G82989"], 2)
        db.session.commit()
    with acting("dover-town", "mandy"):
        assert places_of(theirs) == {}
        assert [stage.count for stage in funnel_of(theirs)] == [0] * len(SPINE)
        assert db.session.scalar(select(func.count()).select_from(Participant)) == 0
