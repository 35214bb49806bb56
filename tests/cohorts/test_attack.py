"""Planners try to work out small numbers: all their tables, for many definitions, by sums and differences.

The attacker (`tests/attacker.py`) reads the pages as a manager or an analyst gets them, knows how the numbers
of a page hang together and how they are rounded, and narrows each hidden number until nothing narrows any
more. He has won where a number from 1 to 7 can only be one of fewer than three.
"""

import datetime as dt
from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import partial

import pytest
from sqlalchemy import BigInteger, literal, select, update

from app.cohorts import blur
from app.cohorts.blur import Counted, counted
from app.cohorts.criteria import evaluate
from app.cohorts.dimensions import equity
from app.cohorts.models import Cohort
from app.library.definitions import Definition, read_definition
from app.people.models import Person
from app.suppression import Policy
from tenants.db import Json, db
from tests import attacker
from tests.attacker import SMALL, pinned
from tests.checking import CheckingClient
from tests.cohorts.crowd import ON, crowd
from tests.cohorts.people import CODES, address, define, froze
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


@pytest.mark.parametrize(("who", "on"), [("mandy", ON), ("alan", ON.replace(year=2025))])
def test_no_table_of_a_planner_gives_a_small_number_away(
    client_of: Client, acting: Acting, world: World, number: int, who: str, on: dt.date
) -> None:
    client, hidden = client_of(who), 0
    for rules in definitions():
        definition = tried(acting, number, rules, on)
        caught, small = attacked(page_of(client, number), acting, world, definition, on)
        assert caught == {}, f"{rules} on {on}"
        hidden += small
    assert hidden > 150, "there was hardly anything to attack"


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


def test_both_planners_and_every_visit_get_the_same_numbers(
    client_of: Client, acting: Acting, number: int
) -> None:
    tried(acting, number, [AGE, PRESSURE])
    first = tables_of(page_of(client_of("alan"), number))
    assert tables_of(page_of(client_of("alan"), number)) == first
    assert tables_of(page_of(client_of("mandy"), number)) == first


def test_freezing_gives_no_second_view_to_compare_with_the_first(
    client_of: Client, acting: Acting, number: int
) -> None:
    """The draft's numbers stay for good; only the cohort's size is told, as the list of people tells it."""
    definition = tried(acting, number, [AGE, PRESSURE])
    before = tables_of(page_of(client_of("alan"), number))
    froze(client_of("alan"), number)
    page = page_of(client_of("alan"), number)
    assert tables_of(page) == before
    with acting("dover-town", "alan"):
        size = evaluate(definition, ON).count
    assert f"Cohort: {size} people" in page


def test_the_care_team_sees_the_numbers_as_they_are(
    client_of: Client, acting: Acting, world: World, number: int
) -> None:
    definition = tried(acting, number, [AGE, POOR, LARGE, PRESSURE, LOW])
    with acting("dover-town", "clara"):
        found = evaluate(definition, ON)
    page = page_of(client_of("clara"), number)
    assert "about" not in str(tables_of(page))
    steps = dict(tables_of(page))["Step by step"]
    assert [row[1:] for row in steps[2:]] == [[str(one["lost"]), str(one["left"])] for one in found.attrition]


def test_a_releaser_sees_the_own_practice_exactly_and_no_other(
    client_of: Client, acting: Acting, world: World, number: int
) -> None:
    definition = tried(acting, number, [AGE, PRESSURE])
    froze(client_of("alan"), number)
    with acting("dover-town", "rita"):
        found = evaluate(definition, ON).by_practice
    for table in ("By practice", "Practices and their release"):
        page = client_of("rita").get(address(number, "cohort" if table == "By practice" else "releases")).text
        rows = {row[0]: row[1] for row in dict(tables_of(page))[table][1:]}
        assert rows.pop("Wrenfield practice G82999") == str(found[world.practices["G82999"]])
        assert all(text in ("0", "hidden") or text.startswith("about ") for text in rows.values())


def test_the_releases_with_the_size_of_the_cohort_give_no_practice_away(
    client_of: Client, acting: Acting, world: World, number: int
) -> None:
    """The size of a frozen cohort is known exactly, and with it one more sum."""
    definition = tried(acting, number, [AGE, LARGE])
    froze(client_of("alan"), number)
    with acting("dover-town", "alan"):
        found = evaluate(definition, ON)
    page = client_of("alan").get(address(number, "releases")).text
    rows = {row[0]: row[1] for row in dict(tables_of(page))["Practices and their release"][1:]}
    codes = {code: f"Wrenfield practice {code}" for code in ("G82999", "G82998", "G82997", "Y99996")}
    known: Known = {(code,): attacker.read(rows[name]) for code, name in codes.items()}
    known["all",] = attacker.can_be([found.count])
    true: Known = {(code,): found.by_practice.get(world.practices[code], 0) for code in codes}
    assert any(count in SMALL for count in true.values())
    assert pinned(known, [(("all",), tuple((code,) for code in codes))], true) == {}


def test_no_list_of_a_planner_tells_practices_apart(
    client_of: Client, acting: Acting, world: World, number: int
) -> None:
    tried(acting, number, [AGE, PRESSURE])
    froze(client_of("alan"), number)
    for who in PLANNERS:
        everybody = client_of(who).get(address(number, "participants")).text
        assert "Wrenfield practice" not in everybody
        for code in ("G82999", "Y99996"):
            asked = client_of(who).get(address(number, f"participants?practice={world.practices[code]}")).text
            assert tables_of(asked) == tables_of(everybody), "the list was filtered by practice"


def test_whoever_has_asked_everything_still_only_knows_the_blurred_copy(
    acting: Acting, world: World, number: int
) -> None:
    """Rounding can be taken apart by asking often enough. So give the attacker all the blurred numbers.

    They add up to one copy of the PCN, in which a small number stands for at least three true ones, and often
    is not the true one.
    """
    ages = [AGE | {"from": age, "to": age} for age in range(20, 86)]
    with acting("dover-town", "alan"):
        asked = [
            evaluate(read_definition({"rules": [age, WOMEN]}), ON, weight=blur.weight).count for age in ages
        ]
        whole = [WOMEN, AGE | {"from": 20, "to": 85}]
        together = evaluate(read_definition({"rules": whole}), ON, weight=blur.weight).count
    assert sum(asked) == together, "it is not one copy"
    apart = [counted(one) for one in asked]
    small = [one for one in apart if one.exact in SMALL]
    assert len(small) > 30
    assert any(one.exact != one.blurred for one in small)
    assert abs(sum(one.blurred - one.exact for one in apart)) < 20, "the copy is not the PCN any more"


@pytest.mark.parametrize("blurred", range(9))
def test_a_blurred_number_leaves_three_true_ones_open(blurred: int) -> None:
    """Everybody counts as none, one or two; so any number of people from half of it up can have given it."""
    could_be = [true for true in SMALL if blurred <= 2 * true]
    assert len(could_be) >= 3


def test_another_pcn_is_blurred_otherwise(acting: Acting, number: int) -> None:
    """The key of the copy is the PCN's own, so that nobody learns from one how another is blurred."""
    with acting("dover-town", "alan"):
        ids = list(db.session.scalars(select(Person.id).order_by(Person.id)))
        ours = [db.session.scalar(select(blur.weight(literal(one, BigInteger)))) for one in ids]
    with acting("medway-central", "mo"):
        theirs = [db.session.scalar(select(blur.weight(literal(one, BigInteger)))) for one in ids]
    assert ours != theirs
    assert {one - blur.unblurred(1) for one in ours if one} == {-1, 0, 1}, "none, one or two"
