"""What stands in people's way: by deprivation and ethnicity, most heard first, small numbers hidden."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from app import clock
from app.outreach.barriers import CHANGES, DIMENSIONS
from app.outreach.call_models import BARRIERS, Call, CallAttempt
from app.people.models import Deprivation
from tenants.db import db
from tests import attacker
from tests.cohorts.reading import tables_of
from tests.outreach.calling import listed, ring
from tests.outreach.conftest import BASE, Outreach
from tests.rows import make

POOR, RICH = "E01000001", "E01000002"


def _page(outreach: Outreach, who: str) -> str:
    return str(outreach.client_of(who).get(f"{outreach.page}/barriers").text)


def _rows(page: str, caption: str) -> dict[str, dict[str, str]]:
    """The table of that caption: row → column → what is shown, without the headings of small screens."""
    rows = dict(tables_of(page))[caption]
    heads = rows[0]
    return {
        _bare(row[0], heads[0]): {
            head: _bare(cell, head) for head, cell in zip(heads[1:], row[1:], strict=True)
        }
        for row in rows[1:]
    }


def _bare(cell: str, head: str) -> str:
    return cell.removeprefix(head).strip()


@pytest.fixture
def heard(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> Outreach:
    """Of 40 people 12 named work, 9 of them from poor places; 10 named transport, 9 of them white; 1 cost."""
    people = [
        {"lsoa": POOR if number % 4 else RICH, "ethnicity": "H" if number % 10 == 0 else "A"}
        for number in range(40)
    ]
    listed(outreach, monkeypatch, *people)

    def said() -> None:
        for lsoa, decile in ((POOR, 2), (RICH, 9)):
            make(Deprivation, release=2025, lsoa=lsoa, rank=decile, decile=decile)
        for call in db.session.scalars(select(Call).order_by(Call.id)).all():
            number = outreach.people.index(call.participant_id)
            named = ["work"] * (number < 12) + ["transport"] * (number < 10) + ["cost"] * (number == 0)
            for barrier in [*named, named[0] if named else None]:
                outcome = "spoke: declined" if barrier else "spoke: accepted"
                make(
                    CallAttempt, call_id=call.id, participant_id=call.participant_id, outcome=outcome,
                    barrier=barrier, identity=[], at=clock.now(),
                )  # fmt: skip

    outreach.change(said)
    return outreach


def test_the_care_team_sees_how_many_of_whom_said_what(heard: Outreach) -> None:
    page = _page(heard, "cora")
    fifths = _rows(page, "By deprivation fifth")
    assert list(fifths) == ["People spoken to", "Work", "Transport", "Cost"]
    assert fifths["People spoken to"] == {"1, most deprived": "30", "5, least deprived": "10", "All": "40"}
    assert fifths["Work"] == {"1, most deprived": "9", "5, least deprived": "3", "All": "12"}
    assert _rows(page, "By ethnic group")["Transport"] == {"White": "9", "Asian": "1", "All": "10"}
    assert "%" not in "".join(cell for _, rows in tables_of(page) for row in rows for cell in row)


def test_each_barrier_heard_leads_to_where_it_is_changed(heard: Outreach) -> None:
    page = _page(heard, "cora")
    ideas = page[page.index("What to change") : page.index("By deprivation fifth")]
    assert ideas.index("Work") < ideas.index("Transport") < ideas.index("Cost")
    assert f'href="{heard.page}/steps"' in ideas
    assert f'href="{BASE}/library"' in ideas
    assert "Mistrust" not in ideas


def test_every_barrier_has_an_idea_of_what_to_change() -> None:
    assert set(CHANGES) == set(BARRIERS)


@pytest.mark.parametrize("who", ["mandy", "alan"])
def test_planners_cannot_work_out_a_small_number(heard: Outreach, who: str) -> None:
    page = _page(heard, who)
    assert "Hidden is not zero." in page
    for row in ("Work", "Transport", "Cost"):
        known, sums = _known(page, row)
        truth, _ = _known(_page(heard, "cora"), row)
        exact = {cell: attacker.values_of(bits).pop() for cell, bits in truth.items()}
        assert not attacker.pinned(known, sums, exact, blurred=True), row


def _known(page: str, row: str) -> tuple[dict[Any, int], Any]:
    """What a page says of each number of a row, and how these add up."""
    known: dict[Any, int] = {}
    sums = []
    for name in DIMENSIONS:
        cells = _rows(page, f"By {name}")[row]
        known |= {
            (name, head) if head != "All" else head: attacker.read(cell) for head, cell in cells.items()
        }
        sums.append(("All", tuple((name, head) for head in cells if head != "All")))
    return known, sums


def test_nothing_is_shown_before_something_was_said(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(outreach, monkeypatch, {}, {"given_name": "Ben"})
    assert "Nothing yet. It comes from the calls" in _page(outreach, "lena")
    ring(outreach, "no answer", identity=[])
    assert "Nothing yet." in _page(outreach, "lena")
    ring(outreach, "spoke: declined", 1, barrier="work", never="no")
    assert _rows(_page(outreach, "lena"), "By ethnic group")["Work"] == {"White": "1", "All": "1"}


def test_barriers_are_for_those_who_see_outreach(heard: Outreach) -> None:
    for who in ("rita", "pat"):
        assert heard.client_of(who).get(f"{heard.page}/barriers").status_code == 403
    other = re.sub("dover-town", "medway-central", heard.page)
    assert heard.client_of("cass").get(f"{other}/barriers").status_code == 404
