"""Who the rules miss, against everybody else, in numbers that may be shown."""

from collections.abc import Callable
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cohorts.comparing import ratio
from app.cohorts.equity import Group
from app.cohorts.showing import Count
from app.library.definitions import read_definition
from tenants.db import Json, db
from tests.checking import CheckingClient
from tests.cohorts.crowd import ON, crowd
from tests.cohorts.people import CODES, address, define
from tests.cohorts.reading import tables_of
from tests.conftest import Acting
from tests.programmes.people import programme
from tests.world import World

Client = Callable[[str | None], CheckingClient]
AGE: Json = {"kind": "age", "from": 40, "to": 69}
PRESSURE: Json = {"kind": "condition", "name": "hypertension", "codes": [CODES["hypertension"]]}


def test_a_ratio_has_the_interval_of_the_textbook() -> None:
    """20 of 100 against 10 of 100: twice as often, 0.99 to 4.05 (log method, worked out by hand)."""
    found = ratio(20, 100, 10, 100)
    assert found is not None
    assert isclose(found.times, 2.0)
    assert (round(found.low, 2), round(found.high, 2)) == (0.99, 4.05)
    assert found.words == "2.0 times (1.0 to 4.1)"
    assert found.verdict == "no clear difference"


@pytest.mark.parametrize(
    ("numbers", "verdict"),
    [((300, 1000, 100, 1000), "more often than others"), ((10, 1000, 300, 1000), "less often than others")],
)
def test_a_clear_difference_is_said_in_words(numbers: tuple[int, int, int, int], verdict: str) -> None:
    found = ratio(*numbers)
    assert found is not None
    assert found.verdict == verdict


def test_there_is_no_ratio_of_nobody() -> None:
    assert ratio(0, 0, 5, 10) is None
    assert ratio(5, 10, 0, 0) is None
    assert ratio(0, 10, 0, 10) is None
    nobody = ratio(0, 10, 5, 10)
    assert nobody is not None
    assert nobody.low < nobody.times < 1


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_the_ratio_lies_in_its_interval_and_turns_round_with_the_groups(
    a: int, more: int, c: int, others: int
) -> None:
    found, turned = ratio(a, a + more, c, c + others), ratio(c, c + others, a, a + more)
    assert (found is None) == (turned is None)
    if found and turned:
        assert found.low <= found.times <= found.high
        assert isclose(found.times * turned.times, 1)


def test_what_is_hidden_has_no_share_and_no_ratio() -> None:
    hidden = Group("Mixed", Count(285, exact=False), Count(None), None)
    assert (hidden.share, hidden.ratio, hidden.verdict) == ("too few to say", "too few to say", "")
    nobody = Group("Indeterminate", Count(0), Count(0), None)
    assert (nobody.share, nobody.ratio) == ("nobody", "–")
    some = Group("Asian", Count(2020, exact=False), Count(20, exact=False), ratio(20, 2020, 110, 13025))
    assert (some.share, some.ratio) == ("1.0%", "1.2 times (0.7 to 1.9)")


@pytest.mark.parametrize(
    ("count", "words", "people"),
    [
        (Count(131), "131", "131 people"),
        (Count(1), "1", "1 person"),
        (Count(0), "0", "0 people"),
        (Count(1130, exact=False), "about 1,130", "about 1,130 people"),
        (Count(None), "hidden", "fewer than 8 people"),
    ],
)
def test_a_count_is_written_as_what_it_is(count: Count, words: str, people: str) -> None:
    assert (count.words, count.people) == (words, people)
    assert bool(count) == (count.value != 0), "hidden is not zero"


@pytest.fixture
def number(acting: Acting, world: World) -> int:
    """A programme for people of 40 to 69 with hypertension, among the crowd."""
    with acting("dover-town", "mandy"):
        crowd(world)
        made = programme()
        define(made, read_definition({"rules": [AGE, PRESSURE]}), ON)
        db.session.commit()
        return int(made.id)


def test_a_table_by_which_the_rules_choose_shows_no_gradient_and_says_so(
    client_of: Client, number: int
) -> None:
    page = client_of("clara").get(address(number, "cohort")).text
    tables = dict(tables_of(page))
    assert tables["By age"][0] == ["Group", "In the PCN", "In the cohort", "Share of the group"]
    assert tables["By sex"][0][-1] == "Against others"
    assert page.count("cannot show whom the rules miss") == 1


def test_the_groups_of_the_care_team_add_up_and_those_of_planners_are_made_safe(
    client_of: Client, number: int
) -> None:
    exact = dict(tables_of(client_of("clara").get(address(number, "cohort")).text))
    left = {row[0]: int(row[-1]) for row in exact["Step by step"][1:]}
    for caption in ("By deprivation fifth (IMD 2025)", "By ethnic group", "By age", "By sex"):
        rows = exact[caption][1:]
        assert sum(int(row[1]) for row in rows) == left["Leave out: Type 1 opt-out"]
        assert sum(int(row[2]) for row in rows) == left["Keep: hypertension"]
    for who in ("mandy", "alan"):
        shown = dict(tables_of(client_of(who).get(address(number, "cohort")).text))
        cells = [cell for row in shown["By ethnic group"][1:] for cell in row[1:3]]
        assert all(cell in ("0", "hidden") or cell.startswith("about ") for cell in cells)
        assert "hidden" in cells


def test_nobody_of_a_small_cohort_is_broken_down(
    client_of: Client, acting: Acting, world: World, number: int
) -> None:
    with acting("dover-town", "mandy"):
        small = programme(name="Few")
        define(small, read_definition({"rules": [AGE | {"from": 69}, PRESSURE]}), ON)
        db.session.commit()
        few = small.id
    page = client_of("alan").get(address(few, "cohort")).text
    assert "Cohort: fewer than 8 people" in page
    assert "it is not broken down" in page
    assert "they are not counted by practice" in page
    assert not {"By sex", "By practice"} & dict(tables_of(page)).keys()
