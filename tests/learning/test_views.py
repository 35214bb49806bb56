"""A learning page from its first words to a neighbour who reads it, and what nobody may see."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from app import clock, outbox
from app.cohorts.models import Cohort
from app.learning.models import PublishedFigures, PublishedLearning
from app.library.models import LibraryItem, PublishedItem
from app.outbox import Outbox
from app.programmes import reporting
from app.programmes.milestones import reach_many
from app.programmes.models import Milestone, Participant, Programme
from tenants.db import db
from tests import rows
from tests.checking import CheckingClient
from tests.conftest import Acting
from tests.world import World

ClientOf = Callable[..., CheckingClient]
WRITTEN = {
    "title": "What Dover learnt",
    "aim": "To be well",
    "did": "1. A text\n2. A letter",
    "results": "((contacted)) were contacted and ((referred)) were referred.",
    "learning": "Start early.",
}


@pytest.fixture
def programme(acting: Acting, world: World) -> int:
    """A live programme of Dover with 20 people, 12 contacted and 3 referred."""
    with acting("dover-town", "mandy"):
        made = rows.make(Programme, name="Dover Town", state="live", setup={})
        people = [
            rows.person(world.practices["G82999"], 50 + 10 * stem, family_name=f"Example{stem}")
            for stem in range(20)
        ]
        here = [
            rows.make(
                Participant, programme_id=made.id, person_id=person.id, practice_id=person.practice_id,
                status="identified",
            ).id
            for person in people
        ]  # fmt: skip
        reach_many(here, "identified")
        reach_many(here[:12], "contacted")
        reach_many(here[:3], "referred")
        steps = [{"label": "died", "lost": 3, "left": 20}]
        rows.make(Cohort, programme_id=made.id, state="frozen", attrition=steps, definition={})
        db.session.commit()
        return int(made.id)


def address(programme: int, rest: str = "") -> str:
    return f"/pcn/dover-town/programmes/{programme}/learning{rest}"


def write(client: CheckingClient, programme: int, **changes: str) -> Any:
    return client.post(address(programme, "/edit"), data=WRITTEN | {"was": "new"} | changes)


@pytest.fixture
def shared(client_of: ClientOf, programme: int) -> int:
    """The programme's page, shared."""
    client = client_of("mandy")
    assert write(client, programme).status_code == 303
    return int(client.post(address(programme, "/publish")).location.rsplit("/", 1)[1])


def test_a_page_that_nobody_began_says_who_writes_it(client_of: ClientOf, programme: int) -> None:
    assert "Write the page" in client_of("mandy").get(address(programme)).text
    cora = client_of("cora")
    assert "The PCN manager writes this page" in cora.get(address(programme)).text
    assert cora.get(address(programme, "/edit")).status_code == 403
    assert cora.post(address(programme, "/publish")).status_code == 403


def test_figures_come_from_the_programme_with_small_numbers_hidden(
    client_of: ClientOf, programme: int
) -> None:
    client = client_of("mandy")
    write(client, programme)
    page = client.get(address(programme)).text
    assert "10 were contacted and fewer than 8 were referred." in page
    assert "50% of 20 identified" in page


def test_nothing_can_be_shared_before_what_matters_is_written(client_of: ClientOf, programme: int) -> None:
    client = client_of("mandy")
    assert "Write the page before you share it" in client.post(address(programme, "/publish")).text
    write(client, programme, learning="")
    answer = client.post(address(programme, "/publish"))
    assert answer.status_code == 422
    assert "Write something under “What we learnt”" in answer.text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("We rang 999 005 1062", "looks like an NHS number"),
        ("Ada Example4 was glad", "it is the name of somebody in this programme"),
        ("((peopel)) came", "there is no figure of that name"),
        ("Three people came", "so few could be recognised"),
    ],
)
def test_a_person_in_the_text_is_refused_where_it_stands(
    client_of: ClientOf, programme: int, text: str, says: str
) -> None:
    answer = write(client_of("mandy"), programme, learning=text)
    assert answer.status_code == 422
    assert 'href="#learning"' in answer.text
    assert says in answer.text
    assert "To be well" in answer.text


def test_somebody_who_joined_later_is_still_kept_out(
    client_of: ClientOf, programme: int, acting: Acting, world: World
) -> None:
    client = client_of("mandy")
    write(client, programme, learning="Thanks to Bo Late.")
    with acting("dover-town"):
        late = rows.person(world.practices["G82999"], 900, given_name="Bo", family_name="Late")
        rows.make(
            Participant, programme_id=programme, person_id=late.id, practice_id=late.practice_id,
            status="identified",
        )  # fmt: skip
        db.session.commit()
    assert "“Bo Late”" in client.post(address(programme, "/publish")).text


def test_two_who_write_at_once_do_not_overwrite_each_other(client_of: ClientOf, programme: int) -> None:
    write(client_of("mandy"), programme)
    late = write(client_of("max"), programme, aim="Something else")
    assert late.status_code == 422
    assert "Mandy saved this page while you were writing" in late.text
    assert "Something else" in late.text


def test_medway_reads_the_page_and_sees_no_person(
    client_of: ClientOf, shared: int, acting: Acting, programme: int
) -> None:
    mo = client_of("mo")
    root = "/pcn/medway-central"
    assert "What Dover learnt" in mo.get(f"{root}/learning?words=dover").text
    page = mo.get(f"{root}/learning/{shared}").text
    assert "fewer than 8 were referred" in page
    assert "Example" not in page
    assert mo.get(f"{root}/programmes/{programme}/learning").status_code == 404
    with acting("medway-central", "mo"):
        kept = db.session.scalars(select(PublishedLearning)).one()
        assert not any(word in str((kept.title, kept.sections, kept.figures)) for word in ("Example", "999"))
        assert "'count': 3" not in str(kept.figures)
        assert "'lost': 'hidden'" in str(kept.figures)


def test_partners_and_the_icb_read_it_too(client_of: ClientOf, shared: int) -> None:
    assert client_of("olu").get(f"/partner/one-you-kent/learning/{shared}").status_code == 200
    assert client_of("ivy").get(f"/icb/kent-and-medway/learning/{shared}").status_code == 200


def test_sowe_valley_sees_nothing_of_it(client_of: ClientOf, shared: int, acting: Acting) -> None:
    sam = client_of("sam")
    assert "What Dover learnt" not in sam.get("/pcn/sowe-valley/learning").text
    assert sam.get(f"/pcn/sowe-valley/learning/{shared}").status_code == 404
    with acting("sowe-valley", "sam"):
        for table in (PublishedLearning, PublishedFigures, PublishedItem):
            assert db.session.scalars(select(table)).all() == []


def test_sharing_again_replaces_and_withdrawing_takes_away(
    client_of: ClientOf, shared: int, programme: int
) -> None:
    client = client_of("mandy")
    again = client.post(address(programme, "/publish"))
    assert again.location.endswith(f"/learning/{shared}")
    assert "no longer shared" in client.sent(address(programme, "/withdraw")).text
    assert "was not shared" in client.sent(address(programme, "/withdraw")).text
    assert client_of("mo").get(f"/pcn/medway-central/learning/{shared}").status_code == 404


def test_sharing_leaves_the_figures_to_a_job_once_an_hour(
    client_of: ClientOf, shared: int, programme: int, acting: Acting, world: World
) -> None:
    client_of("mandy").post(address(programme, "/publish"))
    with acting("dover-town"):
        left = db.session.scalars(
            select(Outbox).where(Outbox.kind == reporting.JOB).order_by(Outbox.run_after)
        ).all()
        assert len(left) == 2, "at once, and when the hour is over"
        number = left[0].id
    with acting("dover-town", audited=True):
        outbox.HANDLERS[reporting.JOB]({"programme_id": programme})
        outbox.HANDLERS[reporting.JOB]({"programme_id": programme})
        db.session.commit()
    assert number
    with acting("dover-town"):
        last = db.session.scalars(
            select(Outbox).where(Outbox.kind == reporting.JOB).order_by(Outbox.id)
        ).all()[-1]
        assert len(db.session.scalars(select(Outbox).where(Outbox.kind == reporting.JOB)).all()) == 3
        assert clock.local(last.run_after).hour == 6, "a live programme's figures are renewed every morning"
    with acting("kent-and-medway", "ivy"):
        kept = db.session.scalars(select(PublishedFigures)).one()
        assert (kept.programme_name, kept.origin_name) == ("Dover Town", "Dover Town PCN")
        assert {stage["kind"]: stage["count"] for stage in kept.funnel}["contacted"] == 10
        assert {stage["kind"]: stage["count"] for stage in kept.funnel}["referred"] is None
        assert db.session.scalars(select(Participant)).all() == []


def test_a_programme_that_is_gone_is_said_in_plain_words(acting: Acting, app: object) -> None:
    with acting("dover-town"), pytest.raises(outbox.WorkCannotBeDone, match="no longer there"):
        outbox.HANDLERS[reporting.JOB]({"programme_id": 0})


def test_the_next_step_is_to_publish_once_somebody_has_talked(
    client_of: ClientOf, programme: int, acting: Acting
) -> None:
    from app.learning.offers import _published, _talked

    with acting("dover-town"):
        asked = select(_published(programme), _talked(programme))
        assert tuple(db.session.execute(asked).one()) == (False, False)
        first = db.session.scalars(select(Milestone.participant_id).limit(1)).one()
        reach_many([first], "conversation held")
        assert tuple(db.session.execute(asked).one()) == (False, True)


def test_the_programme_page_asks_for_the_learning_and_its_library_items_know_their_use(
    client_of: ClientOf, programme: int, acting: Acting
) -> None:
    from app.outreach.models import Step

    mandy = client_of("mandy")
    with acting("dover-town"):
        letter = rows.make(LibraryItem, kind="letter", name="Our letter", state="approved", version=1)
        rows.make(Step, programme_id=programme, channel="letter", template_name="Our letter", position=1)
        reach_many([db.session.scalars(select(Milestone.participant_id).limit(1)).one()], "conversation held")
        db.session.commit()
    assert "Publish what you learnt" in mandy.get(f"/pcn/dover-town/programmes/{programme}").text
    assert (
        "Publish what you learnt" not in client_of("cora").get(f"/pcn/dover-town/programmes/{programme}").text
    )
    assert (
        f'/programmes/{programme}">Dover Town</a>' in mandy.get(f"/pcn/dover-town/library/{letter.id}").text
    )
