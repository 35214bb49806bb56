"""Small numbers stay hidden, also from somebody who can add up."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.suppression import INSIDE, OUTSIDE, Policy, words

counts = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 20), min_size=1)


@pytest.mark.parametrize(
    ("count", "inside", "outside"),
    [(0, 0, 0), (1, None, None), (7, None, None), (8, 8, 10), (12, 12, 10), (13, 13, 15), (131, 131, 130)],
)
def test_small_counts_are_hidden_zero_is_shown_and_the_rest_is_rounded_outside(
    count: int, inside: int | None, outside: int | None
) -> None:
    assert INSIDE.shown(count) == inside
    assert OUTSIDE.shown(count) == outside


def test_a_second_cell_is_hidden_where_the_total_would_give_the_first_away() -> None:
    found = INSIDE.table({"A": 3, "B": 40, "C": 12, "D": 0})
    assert found.cells == {"A": None, "B": 40, "C": None, "D": 0}
    assert found.total == 55
    assert found.any_hidden


def test_two_hidden_cells_are_enough_unless_their_sum_says_what_they_are() -> None:
    assert INSIDE.table({"A": 3, "B": 4, "C": 12}).cells == {"A": None, "B": None, "C": 12}
    assert INSIDE.table({"A": 1, "B": 1, "C": 12}).cells == {"A": None, "B": None, "C": None}
    assert INSIDE.table({"A": 7, "B": 7, "C": 12}).cells["C"] is None


def test_the_total_is_hidden_where_there_is_nothing_else_to_hide() -> None:
    assert INSIDE.table({"A": 3, "B": 0}).total is None
    assert INSIDE.table({"A": 7, "B": 7}).total is None
    assert INSIDE.table({"A": 3, "B": 4}).total is None
    assert INSIDE.table({"A": 0, "B": 0}).total == 0


def test_nothing_is_hidden_where_nothing_is_small() -> None:
    found = INSIDE.table({"A": 30, "B": 40, "C": 0})
    assert (found.cells, found.total, found.any_hidden) == ({"A": 30, "B": 40, "C": 0}, 70, False)


def test_without_secondary_suppression_only_small_cells_are_hidden() -> None:
    assert Policy(secondary=False).table({"A": 3, "B": 40}).cells == {"A": None, "B": 40}


def test_a_hidden_count_is_never_written_as_a_number() -> None:
    assert words(None) == "hidden"
    assert words(0) == "0"
    assert words(1234) == "1,234"


@given(counts)
def test_nobody_can_work_out_a_small_count_by_adding_up(table: dict[str, int]) -> None:
    found = INSIDE.table(table)
    small = [cell for cell, count in table.items() if INSIDE.hides(count)]
    assert all(found.cells[cell] is None for cell in small)
    if found.total is None:
        return
    unknown = [cell for cell, count in found.cells.items() if count is None]
    rest = found.total - sum(count for count in found.cells.values() if count is not None)
    could_be = (
        [
            values
            for values in product(range(1, 22), repeat=len(unknown) - 1)
            if 1 <= rest - sum(values) <= rest
        ]
        if unknown
        else []
    )
    whole = [(*values, rest - sum(values)) for values in could_be]
    for cell in small:
        assert len({values[unknown.index(cell)] for values in whole}) > 1


@given(counts)
def test_what_leaves_the_pcn_is_a_multiple_of_five_or_hidden(table: dict[str, int]) -> None:
    found = OUTSIDE.table(table)
    assert all(count is None or count % 5 == 0 for count in [*found.cells.values(), found.total])
