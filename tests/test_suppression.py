"""Small numbers stay hidden, also from somebody who can add up, and from one who knows how we hide."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from itertools import accumulate, pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.disclosure import Range, Sum, bounds
from app.suppression import INSIDE, OUTSIDE, Policy, Shown, words
from tests.attacker import SMALL, can_be, pinned, read

counts = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 60), min_size=1)
NAIVE = Policy(secondary=False)


@pytest.mark.parametrize("policy", [INSIDE, OUTSIDE])
@pytest.mark.parametrize(
    ("count", "shown"), [(0, 0), (1, None), (7, None), (8, 10), (12, 10), (13, 15), (131, 130), (1002, 1000)]
)
def test_small_counts_are_hidden_zero_is_shown_and_the_rest_is_rounded(
    policy: Policy, count: int, shown: int | None
) -> None:
    assert policy.shown(count) == shown


def test_a_second_cell_is_hidden_where_one_alone_would_be() -> None:
    found = INSIDE.table({"A": 3, "B": 40, "C": 12, "D": 0})
    assert found.cells == {"A": None, "B": 40, "C": None, "D": 0}
    assert found.total == 55


def test_rounding_alone_does_not_hide() -> None:
    """13 and 13 are written 15, the total of 27 is written 25: what is left can only be 1."""
    table = {"A": 13, "B": 13, "C": 1}
    assert NAIVE.table(table) == Shown({"A": 15, "B": 15, "C": None}, 25)
    assert caught(NAIVE, table) == {"C": {1}}
    assert caught(INSIDE, table) == {}


def test_two_hidden_cells_are_not_enough_where_their_sum_says_what_they_are() -> None:
    assert INSIDE.table({"A": 3, "B": 4, "C": 12}).cells == {"A": None, "B": None, "C": 10}
    assert INSIDE.table({"A": 7, "B": 7}).total is None


def test_nothing_is_hidden_where_nothing_is_small() -> None:
    assert INSIDE.table({"A": 30, "B": 40, "C": 0}) == Shown({"A": 30, "B": 40, "C": 0}, 70)


def test_what_the_reader_knows_exactly_is_shown_and_reckoned_with() -> None:
    """A releaser knows the own practice's count, and everybody the size of the cohort."""
    table = {"whole": 29, "own": 20, "A": 6, "B": 3}
    found = INSIDE.protected(table, [Sum("whole", ("own", "A", "B"))], told=("whole", "own"))
    assert found == {"whole": 29, "own": 20, "A": None, "B": None}
    alone = INSIDE.protected({"whole": 24, "own": 20, "A": 4, "B": 0}, [Sum("whole", ("own", "A", "B"))],
                             told=("whole", "own"))  # fmt: skip
    assert alone["A"] is None
    assert alone["B"] is None, "a zero beside it would say that all four are of A"


def test_a_hidden_count_is_never_written_as_a_number() -> None:
    assert words(None) == "hidden"
    assert words(0) == "0"
    assert words(1234) == "1,234"


def test_ranges_narrow_until_nothing_can_be() -> None:
    """Contradictions, as blurred numbers may hold, end the reckoning and do not go on for ever."""
    found = bounds({"a": Range(10, 10), "b": Range(8, 9), "c": Range(1, 7)}, [Sum("a", ("b", "c"))])
    assert (found["b"], found["c"]) == (Range(8, 9), Range(1, 2))
    assert any(
        one.size == 0
        for one in bounds({"a": Range(3, 3), "b": Range(8, 9)}, [Sum("a", ("b",)), Sum("b", ("a",))]).values()
    )


def written(value: int | None) -> str:
    return words(value) if not value else f"about {words(value)}"


def caught(policy: Policy, table: Mapping[str, int]) -> dict[Hashable, set[int]]:
    """The small cells of which the attacker can say that they are one of fewer than three values."""
    found = policy.table(table)
    known: dict[Hashable, int] = {cell: read(written(shown)) for cell, shown in found.cells.items()}
    known["total"] = read(written(found.total))
    truth: dict[Hashable, int] = {cell: count for cell, count in table.items()}
    truth["total"] = sum(table.values())
    return pinned(known, [("total", tuple(table))], truth)


@given(counts)
def test_nobody_can_work_out_a_small_count_by_adding_up(table: dict[str, int]) -> None:
    found = INSIDE.table(table)
    assert all(found.cells[cell] is None for cell, count in table.items() if count in SMALL)
    assert caught(INSIDE, table) == {}


@given(counts)
def test_what_is_shown_is_a_multiple_of_five(table: dict[str, int]) -> None:
    found = OUTSIDE.table(table)
    assert all(count is None or count % 5 == 0 for count in [*found.cells.values(), found.total])


@pytest.mark.parametrize(("cells", "most"), [(2, 40), (3, 24), (4, 13)])
def test_whoever_knows_the_rule_and_tries_every_table_cannot_tell_either(cells: int, most: int) -> None:
    """For each answer, all the tables that would have given it: each small cell has three values among them.

    Stronger than adding up: it also uses why something was hidden. Answers at the edge of what was tried are
    left out, because other tables give them too.
    """
    assert _told(INSIDE, cells, most) == []


@pytest.mark.parametrize(("cells", "most"), [(2, 25), (3, 15)])
def test_who_is_told_the_exact_total_afterwards_cannot_tell_the_parts(cells: int, most: int) -> None:
    """A refresh shows the reasons, and the list of people then has one line for each who joined."""
    won: dict[tuple[int, ...], object] = {}
    for counts in product(range(1, most + 1), repeat=cells):  # a reason of nobody is not shown
        shown = INSIDE.parts_of_told(dict(enumerate(counts)))
        if sum(counts) < 8 or list(counts) != sorted(counts):  # fewer are not broken down at all
            continue
        known: dict[Hashable, int] = {(i,): read(written(value)) for i, value in shown.cells.items()}
        known["all",] = can_be([sum(counts)])
        truth: dict[Hashable, int] = {(i,): count for i, count in enumerate(counts)}
        if found := pinned(known, [(("all",), tuple(truth))], truth):
            won[counts] = found
    assert won == {}
    table = INSIDE.table({0: 1, 1: 1, 2: 8})
    assert table.cells[2] == 10, "where the total is only shown rounded, less is hidden"


def test_that_attack_succeeds_where_only_small_cells_are_hidden() -> None:
    assert _told(NAIVE, 2, 40)


def _told(policy: Policy, cells: int, most: int) -> list[tuple[Hashable, set[int]]]:
    tables: dict[Hashable, list[tuple[int, ...]]] = defaultdict(list)
    for table in product(range(most), repeat=cells):
        found = policy.table(dict(enumerate(table)))
        tables[(*found.cells.values(), found.total)].append(table)
    return [
        (answer, left)
        for answer, given_by in tables.items()
        if max(map(sum, given_by)) < most - 6
        for place in range(cells)
        if any(table[place] in SMALL for table in given_by)
        and len(left := {table[place] for table in given_by}) < 3
    ]


@given(st.integers(0, 80), st.lists(st.integers(0, 30), min_size=1, max_size=7))
def test_a_step_that_loses_few_is_not_given_away_by_what_is_left_before_and_after(
    members: int, lost: list[int]
) -> None:
    """Every step of an attrition is a sum of its own, and they hang together in a chain."""
    lefts = [*accumulate(reversed(lost), initial=members)][::-1]
    truth: dict[Hashable, int] = {("left", i): left for i, left in enumerate(lefts)}
    truth |= {("lost", i): one for i, one in enumerate(lost)}
    chain = [(("left", i), (("left", i + 1), ("lost", i))) for i in range(len(lost))]
    shown = _attrition(INSIDE, truth, chain)
    assert all(shown[cell] is None for cell, count in truth.items() if count in SMALL)
    assert pinned({cell: read(written(value)) for cell, value in shown.items()}, chain, truth) == {}
    assert all(before >= after for before, after in pairwise(lefts))


def test_a_step_is_given_away_where_only_small_numbers_are_hidden() -> None:
    """768 before and 761 after are written 770 and 760: only 6 or 7 can lie between them."""
    truth: dict[Hashable, int] = {("left", 0): 768, ("left", 1): 761, ("lost", 0): 7}
    chain: list[tuple[Hashable, tuple[Hashable, ...]]] = [(("left", 0), (("left", 1), ("lost", 0)))]

    def attack(policy: Policy) -> dict[Hashable, set[int]]:
        shown = _attrition(policy, truth, chain)
        return pinned({cell: read(written(value)) for cell, value in shown.items()}, chain, truth)

    assert attack(NAIVE) == {("lost", 0): {6, 7}}
    assert attack(INSIDE) == {}


def _attrition(
    policy: Policy,
    truth: Mapping[Hashable, int],
    chain: Sequence[tuple[Hashable, tuple[Hashable, ...]]],
) -> dict[Hashable, int | None]:
    sums = [Sum(whole, parts, alone=True) for whole, parts in chain]
    return policy.protected(truth, sums, keep=[chain[0][0], chain[-1][1][0]])
