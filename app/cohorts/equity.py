"""Who the rules miss: each deprivation fifth, ethnic group, age and sex in the cohort, against the PCN.

Shares and ratios come from the numbers as they are shown, so that they say nothing that these do not say.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

from app.cohorts import blur
from app.cohorts.blur import counted
from app.cohorts.comparing import Ratio, ratio
from app.cohorts.definition import definition_of
from app.cohorts.dimensions import Equity as Counts
from app.cohorts.dimensions import Part, equity
from app.cohorts.models import Cohort
from app.cohorts.showing import Count, as_shown, sees_exactly
from app.disclosure import Sum
from app.library.cohort_rules import Age, BodyMassIndex, Deprivation, Ethnicity, Sex
from app.library.definitions import Definition
from app.suppression import INSIDE
from tenants.db import Json

TOTAL = -1
# By what each table is made up, in the order of the page: its caption, and the rules that choose by it.
TABLES = (
    ("deprivation fifth", "By deprivation fifth", (Deprivation,)),
    ("ethnic group", "By ethnic group", (Ethnicity, BodyMassIndex)),
    ("age", "By age", (Age,)),
    ("sex", "By sex", (Sex,)),
)
FIFTHS = {"1": "1, most deprived", "5": "5, least deprived"}


@dataclass(frozen=True)
class Group:
    """One group: how many of it are in the PCN and in the cohort, and how often against everybody else."""

    name: str
    people: Count
    members: Count
    others: Ratio | None

    @property
    def share(self) -> str:
        """How many in a hundred of the group are in the cohort."""
        if self.people.value is None or self.members.value is None:
            return "too few to say"
        if not self.people.value:
            return "nobody"
        return f"{min(100.0, 100 * self.members.value / self.people.value):.1f}%"

    @property
    def ratio(self) -> str:
        """The ratio with its interval, or why there is none."""
        if self.members.hidden or self.people.hidden:
            return "too few to say"
        return self.others.words if self.others and self.members else "–"

    @property
    def verdict(self) -> str:
        """What the ratio says in plain words; empty where there is none."""
        return self.others.verdict if self.others else ""


@dataclass(frozen=True)
class Breakdown:
    """The groups of one table. `chosen`: the rules choose by it, so that it shows nobody missed. `too_few`:
    there are so few in the cohort that it may not be broken down."""

    caption: str
    groups: list[Group]
    chosen: bool
    too_few: bool


@dataclass(frozen=True)
class Equity:
    """Who is in the cohort against who is in the PCN and not excluded; no tables where that is too few."""

    tables: list[Breakdown]
    release: int
    exact: bool

    @property
    def hidden(self) -> bool:
        """Whether something is hidden, and the page has to say so."""
        return any(g.people.hidden or g.members.hidden for one in self.tables for g in one.groups)


def equity_of(definition: Definition, on: dt.date) -> Equity:
    """Whom the definition takes in on that day and whom it misses, as the person here may see it."""
    exact = sees_exactly()
    return _equity(definition, equity(definition, on, weight=None if exact else blur.weight), exact=exact)


def equity_of_cohort(cohort: Cohort) -> Equity | None:
    """The same of a cohort, as it was kept when it was frozen; None where nothing was kept then."""
    if cohort.state != "frozen":
        return equity_of(definition_of(cohort), cohort.on_date)
    kept, exact = cohort.figures.get("equity"), sees_exactly()
    if kept is None:
        return None
    return _equity(definition_of(cohort), _from_json(kept["exact" if exact else "planned"]), exact=exact)


def kept(definition: Definition, on: dt.date) -> Json:
    """What is kept of a frozen cohort: the counts for the care team, and sums of weights for who plans."""
    return {
        "exact": _as_json(equity(definition, on)),
        "planned": _as_json(equity(definition, on, weight=blur.weight)),
    }


def _as_json(found: Counts) -> Json:
    dimensions = {name: [astuple(part) for part in found.dimensions[name]] for name, _, _ in TABLES}
    return {"release": found.release, "dimensions": dimensions}


def _from_json(kept: Json) -> Counts:
    dimensions = {name: [Part(*part) for part in parts] for name, parts in kept["dimensions"].items()}
    return Counts(kept["release"], dimensions)


def _equity(definition: Definition, found: Counts, *, exact: bool) -> Equity:
    rules = list(definition.every_rule)
    tables = [
        _table(caption, found.dimensions[name], any(isinstance(rule, by) for rule in rules), exact=exact)
        for name, caption, by in TABLES
    ]
    too_few = any(group.too_few for group in tables)
    return Equity([] if too_few else tables, found.release, exact)


def _table(caption: str, parts: Sequence[Part], chosen: bool, *, exact: bool) -> Breakdown:
    people = _column({i: part.kept for i, part in enumerate(parts)}, exact=exact)
    # Of a group in which there is nobody, nobody is in the cohort, as everybody knows.
    members = {i: Count(0) for i in range(len(parts)) if not people[i]}
    members |= _column({i: part.members for i, part in enumerate(parts) if i not in members}, exact=exact)
    groups = [
        Group(FIFTHS.get(part.name, part.name), people[i], members[i], _against(i, people, members))
        for i, part in enumerate(parts)
    ]
    return Breakdown(caption, groups, chosen, too_few=members[TOTAL].hidden)


def _column(totals: Mapping[int, int], *, exact: bool) -> dict[int, Count]:
    """One column of a table with its total, which stands elsewhere on the page, as it may be shown."""
    numbers = {**totals, TOTAL: sum(totals.values())}
    if exact:
        return {cell: Count(total) for cell, total in numbers.items()}
    apart = {cell: counted(total) for cell, total in numbers.items()}
    values = INSIDE.protected(
        {cell: one.blurred for cell, one in apart.items()},
        [Sum(TOTAL, tuple(totals))],
        small={cell for cell, one in apart.items() if INSIDE.hides(one.exact)},
        elsewhere={TOTAL},
    )
    return {cell: as_shown(value) for cell, value in values.items()}


def _against(group: int, people: dict[int, Count], members: dict[int, Count]) -> Ratio | None:
    """The group against everybody else, from what is shown; None where something of it is hidden."""
    mine, those = members[group].value, people[group].value
    all_members, everybody = members[TOTAL].value, people[TOTAL].value
    if mine is None or those is None or all_members is None or everybody is None:
        return None
    return ratio(min(mine, those), those, max(0, all_members - mine), everybody - those)
