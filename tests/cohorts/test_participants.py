"""The people of a programme as a list, and as a file."""

from sqlalchemy import func, select

from app.audit import AuditEvent
from app.programmes.funnel import funnel_of
from app.programmes.milestones import reach, reach_many, withdraw
from app.programmes.models import Milestone, Participant
from tenants.db import db
from tests.cohorts.people import Client, address, froze
from tests.conftest import Acting
from tests.world import World


def test_the_list_has_pages_filters_that_stay_and_is_recorded(
    client_of: Client, acting: Acting, world: World, number: int
) -> None:
    froze(client_of("alan"), number)
    with acting("dover-town", "mandy"):
        ids = list(db.session.scalars(select(Participant.id).order_by(Participant.id)))
        reach_many(ids[:28], "contacted")
        reach(ids[0], "engaged")
        db.session.commit()
    alan, listed = client_of("alan"), address(number, "participants")
    first = alan.get(f"{listed}?reached=contacted").text
    assert "28 people" in first
    assert "of 30 in" in first
    assert "reached=contacted&amp;page=2" in first
    assert "Clear filters" in first
    second = alan.get(f"{listed}?reached=contacted&page=2&sort=since").text
    assert second.count("<tr") == 1 + 3
    assert "27 people" in alan.get(f"{listed}?reached=contacted&without=engaged").text
    assert "1 person" in alan.get(f"{listed}?status=engaged").text
    assert "10 people" in client_of("cora").get(f"{listed}?practice={world.practices['G82998']}").text
    assert "Nobody is at this point" in alan.get(f"{listed}?status=referred").text
    assert "30 people" in alan.get(f"{listed}?status=nonsense&page=-1&sort=x&practice=x").text
    assert alan.get(f"{listed}?page=99").status_code == 200
    with acting("dover-town", "alan"):
        seen = db.session.scalars(
            select(AuditEvent).where(AuditEvent.subject == "participant list").order_by(AuditEvent.id)
        ).all()
        assert (seen[0].action, seen[0].count) == ("viewed", 25)
        assert seen[0].detail == {"of": 28, "filter": {"reached": "contacted"}}
        assert seen[0].person_id is None


def test_the_funnel_on_the_page_equals_the_rows_after_reaching_and_taking_back(
    client_of: Client, acting: Acting, number: int
) -> None:
    froze(client_of("alan"), number)
    with acting("dover-town", "mandy"):
        ids = list(db.session.scalars(select(Participant.id).order_by(Participant.id)))
        reach_many(ids[:12], "contacted")
        reach(ids[0], "engaged")
        reach(ids[1], "engaged")
        withdraw(ids[1], "engaged")
        db.session.commit()
        stages = funnel_of(number)
        for stage in stages:
            rows = select(func.count()).where(
                Milestone.kind == stage.kind,
                Milestone.withdrawn_at.is_(None),
                Milestone.participant_id.in_(ids),
            )
            assert db.session.scalar(rows) == stage.count
    for stage in stages:
        page = client_of("alan").get(address(number, f"participants?reached={stage.kind}")).text
        assert f'<h1 class="nhsuk-heading-l">{stage.count} ' in page
