"""A link long after the message: "no" is heard for two years, all else ends with the programme."""

import datetime as dt

import pytest
from sqlalchemy import select, update

from app.library.reading_level import level_of
from app.outreach.call_models import Call
from app.outreach.choice_models import ContactChoice
from app.outreach.models import Reply
from app.programmes.models import Programme
from tenants.db import db
from tests.outreach import seeding
from tests.outreach.conftest import Outreach
from tests.outreach.test_reply_words import sentences


@pytest.fixture
def ended(outreach: Outreach, link: str) -> str:
    """Ada's link a year later, in a programme that was closed."""
    outreach.change(lambda: db.session.execute(update(Programme).values(state="closed")))
    outreach.moved(seeding.MONDAY + dt.timedelta(days=365))
    return link


def _opted_out(outreach: Outreach) -> list[str]:
    with outreach.acting("dover-town"):
        return list(db.session.scalars(select(ContactChoice.source)))


def _answers(outreach: Outreach) -> list[str]:
    with outreach.acting("dover-town"):
        return list(db.session.scalars(select(Reply.answer).order_by(Reply.id)))


@pytest.mark.parametrize(("days", "works"), [(400, True), (729, True), (731, False)])
def test_a_no_is_heard_for_two_years(outreach: Outreach, link: str, days: int, works: bool) -> None:
    outreach.moved(seeding.MONDAY + dt.timedelta(days=days))
    answer = outreach.client_of(None).post(link, data={"answer": "no thank you"})
    assert answer.status_code == (303 if works else 404)
    assert _opted_out(outreach) == (["reply link"] if works else [])


def test_after_the_end_the_page_says_so_and_takes_a_no(outreach: Outreach, ended: str) -> None:
    client = outreach.client_of(None)
    page = client.get(ended).text
    assert "What it was about has come to an end." in page
    assert "01304 555 000" in page
    assert "Yes, call me" not in page
    done = client.sent(ended, answer="no thank you")
    assert "We will not write or ring about this again." in done.text
    assert _opted_out(outreach) == ["reply link"]
    page = client.get(ended).text
    assert "You told us not to write or ring about this again. We will not." in page
    assert "<form" not in page


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", {"answer": "yes, call me"}),
        ("", {"answer": "not now"}),
        ("", {}),
        ("/times", {"times": "in the morning"}),
        ("/another-way", {"ways": "large print"}),
        ("/later", {"months": "3"}),
    ],
)
def test_after_the_end_nothing_else_is_taken_or_promised(
    outreach: Outreach, ended: str, path: str, said: dict[str, str]
) -> None:
    client = outreach.client_of(None)
    for page in (client.get(f"{ended}{path}", follow_redirects=True), client.sent(f"{ended}{path}", **said)):
        assert "What it was about has come to an end." in page.text
    assert _answers(outreach) == []
    with outreach.acting("dover-town"):
        assert list(db.session.scalars(select(Call.id))) == []


def test_after_the_end_a_mail_program_can_unsubscribe(outreach: Outreach, ended: str) -> None:
    assert outreach.client_of(None).post(f"{ended}/unsubscribe").status_code == 204
    assert _opted_out(outreach) == ["reply link"]


def test_the_page_after_the_end_is_read_at_11_and_names_no_more_than_a_first_name(
    outreach: Outreach, ended: str
) -> None:
    page = outreach.client_of(None).get(ended).text
    level = level_of("\n".join(sentences(page)))
    assert level is not None
    assert level.is_easy, level
    for word in ("Example", "health", "Healthier", "practice", "NHS number"):
        assert word not in page, word
