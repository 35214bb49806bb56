"""Random people and random definitions, small enough to meet often: what hypothesis draws from."""

import datetime as dt
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
CODES = [BMI, HBA1C, HBA1C_TOO, HYPERTENSION, PAIN]
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
SEXES = ["Female", "Male", "", "unknown", "Indeterminate", "Non-binary"]


def near(day: dt.date) -> st.SearchStrategy[dt.date]:
    """Days around the edges: today, tomorrow, a month and a year ago, and any."""
    back = [-1, 0, 1, 27, 28, 29, 30, 31, 32, 180, 364, 365, 366, 367, 730]
    return st.sampled_from([day - dt.timedelta(days=days) for days in back])


def births(day: dt.date) -> st.SearchStrategy[dt.date]:
    """Birthdays today, yesterday, tomorrow and on 29 February, of several ages."""
    around = [
        dt.date(day.year - years - (day.month == 2 and day.day == 29) * (years % 4), 3, 1)
        if day.month == 2
        else day.replace(year=day.year - years)
        for years in (0, 17, 18, 39, 40, 41, 69, 70, 71, 100)
    ]
    edges = [born + dt.timedelta(days=days) for born in around for days in (-2, -1, 0, 1) if born < day]
    return st.sampled_from([*edges, dt.date(1984, 2, 29), dt.date(1956, 2, 29), dt.date(2000, 2, 29)])


def people(day: dt.date) -> st.SearchStrategy[Json]:
    """A person with what is known of them."""
    rarely = st.one_of(st.none(), st.none(), st.none(), near(day))
    value = st.sampled_from([None, 5, 23, 27.4, 27.5, 29.99, 30, 35, 40, 42, 47, 48, 90, 312])
    event = st.fixed_dictionaries({
        "code": st.sampled_from(CODES), "on": near(day), "value": value.map(lambda n: n and Decimal(str(n)))
    })  # fmt: skip
    entry = st.fixed_dictionaries({
        "source": st.sampled_from(SOURCES), "state": st.sampled_from(["linked", "linked", "nobody"]),
        "missing_since": rarely,
        "fields": st.sampled_from([{}, {"Status": "DNA"}, {"Status": " dna "}, {"Status": "seen", "X": "DNA"}]),
    })  # fmt: skip
    statuses = st.sampled_from(["identified", "referred", "left out", "opted out"])
    taking_part = st.dictionaries(st.sampled_from(PROGRAMMES), statuses).map(
        lambda found: list(found.items())
    )
    return st.fixed_dictionaries({
        "born": births(day), "sex": st.sampled_from(SEXES), "ethnicity": st.sampled_from(ETHNICITIES),
        "lsoa": st.sampled_from(list(AREAS)), "practice": st.sampled_from(PRACTICES),
        "language": st.sampled_from(["en", "pl", ""]), "interpreter": st.booleans(),
        "information_format": st.sampled_from(["", "Braille", "Easy read"]),
        "died_on": rarely, "left_on": rarely, "missing_since": rarely,
        "type1_opt_out": st.sampled_from([False, False, False, True]),
        "merged": st.sampled_from([False, False, False, False, True]),
        "events": st.lists(event, max_size=5, unique_by=lambda e: (e["code"], e["on"], e["value"])),
        "entries": st.lists(entry, max_size=2), "programmes": taking_part,
    })  # fmt: skip


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
