"""Random people and random definitions, small enough to meet often: what hypothesis draws from."""

import datetime as dt
import random
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.cohorts.plainly import GROUPS

Json = dict[str, Any]
DAYS = [dt.date(2026, 11, 2), dt.date(2025, 2, 28), dt.date(2024, 2, 29), dt.date(2026, 3, 31)]
BMI, HBA1C, HBA1C_TOO, HYPERTENSION, PAIN = (
    "60621009",
    "999791000000106",
    "1049321000000109",
    "38341003",
    "22253000",
)
BASELINE_BMI = "846931000000101"
CODES = [BMI, BASELINE_BMI, HBA1C, HBA1C_TOO, HYPERTENSION, PAIN]
PRACTICES = ["G82999", "G82998"]
SOURCES = ["Job centre", "Children’s centre"]
PROGRAMMES = ["Walking", "Talking"]
# Area → decile by release.
AREAS: dict[str, dict[int, int]] = {
    "E01000001": {2025: 1, 2019: 2},
    "E01000002": {2025: 2},
    "E01000003": {2019: 9},
    "": {},
}
ETHNICITIES = ["A", "C1", "D", "G", "H", "j", "N", "R", "S", "Z", "99", "", "White British", "X"]
VALUES = [None, 5, 23, 27.4, 27.5, 29.99, 30, 35, 40, 42, 47, 48, 90, 312]
STATUSES = ["identified", "referred", "left out", "opted out"]
SEXES = ["Female", "Male", "", "unknown", "Indeterminate", "Non-binary"]


def people(day: dt.date, seed: int, count: int) -> list[Json]:
    """So many people with what is known of them, the same for the same seed.

    Not drawn one by one: it takes many people for a mistake to show, and the first few are as good as any to
    be told of.
    """
    return [_person(random.Random(f"{seed} {number}"), day) for number in range(count)]


def _near(chance: random.Random, day: dt.date) -> dt.date:
    """Days around the edges: today, tomorrow, a month and a year ago, and any."""
    back = [-1, 0, 1, 27, 28, 29, 30, 31, 32, 180, 181, 182, 183, 184, 364, 365, 366, 367, 730, 731]
    return day - dt.timedelta(days=chance.choice(back))


def _born(chance: random.Random, day: dt.date) -> dt.date:
    """Birthdays today, yesterday, tomorrow and on 29 February, of several ages."""
    if chance.random() < 0.1:
        return chance.choice([dt.date(1984, 2, 29), dt.date(1956, 2, 29), dt.date(2000, 2, 29)])
    years = chance.choice([0, 17, 18, 39, 40, 41, 69, 70, 71, 100])
    birthday = dt.date(day.year - years, day.month, min(day.day, 28))
    return min(birthday + dt.timedelta(days=chance.choice([-1, 0, 1, 2, 3])), day)


def _person(chance: random.Random, day: dt.date) -> Json:
    def rarely(share: float = 0.1) -> dt.date | None:
        edge = day + dt.timedelta(days=chance.choice([-1, 0, 1]))
        return edge if chance.random() < share else None

    events = {_event(chance, day) for _ in range(chance.choice([0, 1, 2, 4, 8]))}
    return {
        "born": _born(chance, day),
        "sex": chance.choice(SEXES),
        "ethnicity": chance.choice(ETHNICITIES),
        "lsoa": chance.choice(list(AREAS)),
        "practice": chance.choice(PRACTICES),
        "language": chance.choice(["en", "pl", ""]),
        "interpreter": chance.random() < 0.5,
        "information_format": chance.choice(["", "Braille", "Easy read"]),
        "died_on": rarely(),
        "left_on": rarely(),
        "missing_since": rarely(),
        "type1_opt_out": chance.random() < 0.1,
        "merged": chance.random() < 0.1,
        "events": [
            dict(zip(("code", "on", "value"), event, strict=True)) for event in sorted(events, key=str)
        ],
        "entries": [_entry(chance, rarely(0.4)) for _ in range(chance.choice([0, 0, 1, 2]))],
        "programmes": [(name, chance.choice(STATUSES)) for name in PROGRAMMES if chance.random() < 0.3],
    }


def _event(chance: random.Random, day: dt.date) -> tuple[str, dt.date, Decimal | None]:
    value = chance.choice(VALUES)
    return chance.choice([*CODES, BMI]), _near(chance, day), None if value is None else Decimal(str(value))


def _entry(chance: random.Random, missing_since: dt.date | None) -> Json:
    fields = [{}, {"Status": "DNA"}, {"Status": " dna "}, {"Status": "seen", "Room": "DNA"}]
    return {
        "source": chance.choice(SOURCES),
        "state": chance.choice(["linked", "linked", "linked", "nobody"]),
        "missing_since": missing_since,
        "fields": chance.choice(fields),
    }


def _some(of: list[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(of), min_size=1, max_size=3, unique=True)


def _rule(kind: str, **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    needed = {name: part for name, part in parts.items() if not name.startswith("may_")}
    may = {name.removeprefix("may_"): part for name, part in parts.items() if name.startswith("may_")}
    return st.fixed_dictionaries({"kind": st.just(kind), **needed}, optional=may)


_MONTHS = st.sampled_from([1, 6, 12, 24])
_LIMITS = st.sampled_from([
    {"at_least": 30}, {"below": 30}, {"at_most": 29.99}, {"at_least": 42, "at_most": 47},
    {"at_least": 0, "below": 48}, {"at_least": 27.5, "below": 35},
])  # fmt: skip

RULES = st.one_of(
    st.tuples(st.sampled_from([0, 18, 40]), st.sampled_from([40, 69, 70, 120])).map(
        lambda ages: {"kind": "age", "from": ages[0], "to": ages[1]}
    ),
    _rule("sex", sexes=_some(["Female", "Male", "Indeterminate", "Not known"])),
    _rule("ethnicity", groups=_some([*GROUPS, "Not stated", "Not known"])),
    _rule("practice", codes=_some([*PRACTICES, "G00000"])),
    _rule("deprivation", release=st.sampled_from([2025, 2019]), deciles=_some([1, 2, 9])),
    _rule(
        "condition", name=st.just("pain"), codes=_some(CODES), may_present=st.booleans(),
        may_within_months=_MONTHS,
    ),
    st.tuples(
        _rule("latest value", name=st.just("value"), codes=_some(CODES), may_within_months=_MONTHS), _LIMITS
    ).map(lambda both: both[0] | both[1]),
    _rule(
        "bmi", at_least=st.sampled_from(["overweight", "obesity", "obesity class 2", "obesity class 3"]),
        by_ethnicity=st.booleans(), may_within_months=_MONTHS,
    ),
    _rule("value missing", name=st.just("value"), codes=_some(CODES), may_within_months=_MONTHS),
    _rule("known to", source=st.sampled_from([*SOURCES, "Nowhere"])),
    _rule(
        "known to", source=st.sampled_from(SOURCES), field=st.just("Status"),
        value=st.sampled_from(["DNA", "seen"]),
    ),
    _rule("programme", name=st.sampled_from([*PROGRAMMES, "None"]), may_in=st.booleans()),
    _rule(
        "needs", may_languages=_some(["en", "pl"]), may_formats=_some(["Braille", "Easy read"]),
        may_interpreter=st.booleans(),
    ).filter(lambda rule: len(rule) > 1),
)  # fmt: skip


def _group(nodes: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return _rule(
        "",
        rules=st.lists(nodes, min_size=1, max_size=3, unique_by=repr),
        may_name=st.sampled_from(["at risk"]),
    ).flatmap(
        lambda node: st.sampled_from(["all of", "any of", "none of"]).map(lambda kind: node | {"kind": kind})
    )


NODES = st.one_of(RULES, _group(st.one_of(RULES, _group(st.one_of(RULES, _group(RULES))))))
DEFINITIONS = st.fixed_dictionaries(
    {"rules": st.lists(NODES, max_size=4, unique_by=repr)},
    optional={"leave_out": st.lists(NODES, min_size=1, max_size=2, unique_by=repr)},
)
