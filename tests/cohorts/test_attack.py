"""Planners try to work out small numbers: all their tables, for many definitions, by sums and differences.

The attacker (`tests/attacker.py`) reads the pages as a manager or an analyst gets them, knows how the numbers
of a page hang together and how they are rounded, and narrows each hidden number until nothing narrows any
more. He has won where a number from 1 to 7 can only be one of fewer than three.
"""

import datetime as dt
from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import partial

import pytest
from sqlalchemy import update

from app.cohorts import blur
from app.cohorts.blur import Counted, counted
from app.cohorts.criteria import evaluate
from app.cohorts.definition import define
from app.cohorts.dimensions import equity
from app.cohorts.models import Cohort
from app.library.definitions import Definition, read_definition
from app.suppression import Policy
from tenants.db import Json, db
from tests import attacker
from tests.attacker import SMALL, pinned
from tests.checking import CheckingClient
from tests.cohorts.crowd import ON, crowd
from tests.cohorts.people import CODES, address
from tests.cohorts.reading import tables_of
from tests.conftest import Acting
from tests.programmes.people import programme
from tests.world import World

Client = Callable[[str | None], CheckingClient]
Cell = tuple[Hashable, ...]
Sums = list[tuple[Cell, tuple[Cell, ...]]]
Known = dict[Cell, int]

AGE: Json = {"kind": "age", "from": 40, "to": 69}
POOR: Json = {"kind": "deprivation", "release": 2025, "deciles": [1, 2]}
LARGE: Json = {"kind": "latest value", "code": CODES["bmi"], "name": "BMI", "at_least": 30}
PRESSURE: Json = {"kind": "condition", "name": "hypertension", "codes": [CODES["hypertension"]]}
LOW: Json = {"kind": "condition", "name": "depression", "codes": ["35489007"]}
WOMEN: Json = {"kind": "sex", "sexes": ["Female"]}
PLANNERS = ("mandy", "alan")
EQUITY = ("deprivation fifth", "ethnic group", "age", "sex")


def definitions() -> Iterator[list[Json]]:
    """Definitions that a patient planner would try: rules dropped, edges moved by one, one group alone."""
    rules = [AGE, POOR, LARGE, PRESSURE, LOW]
    yield from ([rule for rule in rules if rule is not dropped] for dropped in rules)
    yield from (rules[:length] for length in range(1, 6))
    yield from ([AGE | {"to": to}, LARGE] for to in (66, 67, 68, 70))
    yield from ([AGE, LARGE | {"at_least": least}, PRESSURE] for least in (29, 31))
    yield from ([{"kind": "practice", "codes": [code]}, AGE, PRESSURE] for code in ("G82997", "Y99996"))
    yield [WOMEN, AGE, {"kind": "any of", "rules": [PRESSURE, LOW]}]
    yield [{"kind": "ethnicity", "groups": ["Black"]}, AGE]
    yield [AGE | {"from": 68}, WOMEN]


@pytest.fixture
def number(acting: Acting, world: World) -> int:
    """A programme whose cohort is still a draft, among the crowd."""
    with acting("dover-town", "mandy"):
        crowd(world)
        made = programme()
        define(made, read_definition({"rules": [AGE]}), ON)
        db.session.commit()
        return int(made.id)


def tried(acting: Acting, number: int, rules: list[Json], on: dt.date = ON) -> Definition:
    """Make these the rules of the cohort; the definition."""
    with acting("dover-town", "alan"):
        values = {"definition": {"rules": rules}, "on_date": on}
        db.session.execute(update(Cohort).where(Cohort.programme_id == number).values(**values))
        db.session.commit()
    return read_definition({"rules": rules})


def shown(page: str, half: int = 2) -> tuple[Known, Sums]:
    """What the cohort's page says of each number, rounded by up to `half`, and how these hang together."""
    read = partial(attacker.read, half=half)
    tables = {caption.split(" (")[0].lower(): rows[1:] for caption, rows in tables_of(page)}
    known: Known = {}
    for i, row in enumerate(tables["step by step"], -1):
        known |= {("lost", i): read(row[-2])} if i >= 0 else {}
        known["left", i] = read(row[-1])
    steps = i + 1
    known |= {("gain", i): read(row[1]) for i, row in enumerate(tables["rule by rule"])}
    for i, row in enumerate(tables.get("not known", [])):
        known |= {("no value", i): read(row[1]), ("only", i): read(row[2])}
    known |= {("in all", i): read(row[1]) for i, row in enumerate(tables["whom it leaves out"])}
    known |= {("practice", i): read(row[1]) for i, row in enumerate(tables.get("by practice", []))}
    for name in EQUITY:
        for i, row in enumerate(tables.get(f"by {name}", [])):
            known |= {(name, "kept", i): read(row[1]), (name, "members", i): read(row[2])}
    return known, list(_sums(known, steps))


def _sums(known: Known, steps: int) -> Iterator[tuple[Cell, tuple[Cell, ...]]]:
    def all_of(*start: Hashable) -> tuple[Cell, ...]:
        return tuple(cell for cell in known if cell[:-1] == start)

    count, kept = ("left", steps - 1), ("left", len(all_of("in all")) - 1)
    for i in range(steps):
        yield ("left", i - 1), (("left", i), ("lost", i))
    yield ("in all", 0), (("lost", 0),)
    yield ("gain", len(all_of("gain")) - 1), (("lost", steps - 1),)
    if not all_of("practice"):
        return
    yield count, all_of("practice")
    for name in EQUITY:
        yield kept, all_of(name, "kept")
        yield count, all_of(name, "members")


def truth(definition: Definition, on: dt.date, practices: list[int]) -> dict[Cell, Counted]:
    """Each number of the page, exact and blurred, counted beside the page."""
    found, groups = evaluate(definition, on, weight=blur.weight), equity(definition, on, weight=blur.weight)
    numbers: dict[Cell, int] = {("left", -1): found.people}
    for i, step in enumerate(found.attrition):
        numbers |= {("lost", i): step["lost"], ("left", i): step["left"]}
    numbers |= {("gain", i): more for i, more in enumerate(found.gain.values())}
    numbers |= {("in all", i): one["in_all"] for i, one in enumerate(found.exclusions)}
    for i, one in enumerate(found.missing):
        numbers |= {("no value", i): one["without"], ("only", i): one["only"]}
    numbers |= {("practice", i): found.by_practice.get(one, 0) for i, one in enumerate(practices)}
    for name in EQUITY:
        for i, part in enumerate(groups.dimensions[name]):
            numbers |= {(name, "kept", i): part.kept, (name, "members", i): part.members}
    return {cell: counted(number) for cell, number in numbers.items()}


def small_in(numbers: Mapping[Cell, Counted]) -> set[Cell]:
    """What has to be hidden: what is small as it is, or in the blurred copy."""
    return {cell for cell, one in numbers.items() if one.exact in SMALL or one.blurred in SMALL}


def page_of(client: CheckingClient, number: int) -> str:
    """The cohort's page as the client gets it."""
    return str(client.get(address(number, "cohort")).text)


def attacked(
    page: str, acting: Acting, world: World, definition: Definition, on: dt.date = ON, half: int = 2
) -> tuple[dict[Cell, set[int]], int]:
    """What the attacker pins down on the page of a definition, and how much had to be hidden there."""
    known, sums = shown(page, half)
    with acting("dover-town", "alan"):
        codes = ("G82997", "G82998", "G82999", "Y99996")  # as the page has them, by name
        numbers = truth(definition, on, [world.practices[code] for code in codes])
    small = small_in(numbers)
    if ("left", len(definition.labels) + 2) in small:
        numbers = {cell: one for cell, one in numbers.items() if cell[0] not in ("practice", *EQUITY)}
    assert known.keys() == numbers.keys(), "the page shows a number that is not attacked, or the other way"
    small &= numbers.keys()
    assert all(known[cell].bit_count() > 5 for cell in small), "a small number is shown"
    assert all(known[cell] == 1 for cell, one in numbers.items() if not one.exact and known[cell] & 1)
    blurred = {cell: one.blurred for cell, one in numbers.items()}
    return pinned(known, sums, blurred, blurred=True), len(small)


@pytest.mark.parametrize("who", PLANNERS)
def test_no_table_of_a_planner_gives_a_small_number_away(
    client_of: Client, acting: Acting, world: World, number: int, who: str
) -> None:
    client, hidden = client_of(who), 0
    for rules in definitions():
        for on in (ON, ON.replace(year=2025)):
            definition = tried(acting, number, rules, on)
            caught, small = attacked(page_of(client, number), acting, world, definition, on)
            assert caught == {}, f"{rules} on {on}"
            hidden += small
    assert hidden > 300, "there was hardly anything to attack"


def test_the_same_attack_wins_where_only_small_numbers_are_hidden(
    client_of: Client, acting: Acting, world: World, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is usually done: 1 to 7 are starred, and everything else stands there as it is."""
    for module in ("plans", "equity"):
        monkeypatch.setattr(f"app.cohorts.{module}.INSIDE", Policy(round_to=1, secondary=False))
    caught: dict[Cell, set[int]] = {}
    for rules in definitions():
        definition = tried(acting, number, rules)
        caught |= attacked(page_of(client_of("alan"), number), acting, world, definition, half=0)[0]
    assert len(caught) > 5
    assert any(cell[0] == "lost" for cell in caught)
    assert any(cell[0] in EQUITY for cell in caught)
