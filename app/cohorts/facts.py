"""What a definition asks of the tables beside `person`: each fact once, joined to the people.

A fact is a column with at most one row a person. Only what can be used counts: on or before the day asked
for, within the months looked back on, and with a value that can be true.
"""

import calendar
import datetime as dt
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, not_, or_, select, true
from sqlalchemy.dialects.postgresql import distinct_on

from app.library.rule_parts import BadRule, CodeListName
from app.people.code_lists import UnknownCodeList, code_list
from app.people.codes import MEASURES
from app.people.import_models import Source
from app.people.linking_models import SourceEntry
from app.people.models import CodedEvent, Deprivation, Person
from app.programmes.models import Participant, Programme
from app.programmes.rules import WAYS_OUT

Column = ColumnElement[Any]
BMI_CODES = tuple(code for code, measure in MEASURES.items() if measure.name == "BMI")


class Facts:
    """The facts of one definition on the day `on`. Asking for the same fact twice joins it once.

    `person` holds the columns of the PCN's people; records that were merged into another are none.
    """

    def __init__(self, on: dt.date) -> None:
        self.on = on
        self._people = select(Person).where(Person.merged_into.is_(None)).subquery("people")
        self.person = self._people.c
        self._joined: dict[Hashable, Subquery] = {}

    def decile(self, release: int) -> Column:
        """The deprivation decile of the person's area in that release; null where the area is not in it."""
        areas: Any = select(Deprivation.lsoa, Deprivation.decile).where(Deprivation.release == release)
        return self._fact(("decile", release), lambda: areas).c.decile

    def latest(self, codes: Sequence[str], months: int | None) -> Column:
        """The latest usable value of the codes; null where there is none.

        Of several on one day the highest counts. So the order in which files came does not matter, and the
        index answers alone.
        """
        return self._fact(("latest", *codes, months), lambda: self._latest(codes, months)).c.value

    def found(self, codes: Sequence[str], months: int | None) -> Column:
        """Whether any of the codes is in the record; null where none is."""
        wanted = select(CodedEvent.person_id).where(*self._events(codes, months)).distinct()
        return self._fact(("found", *codes, months), lambda: wanted).c.person_id

    def listed(self, source: str, field: str | None, value: str | None) -> Column:
        """Whether the source knows the person, with that value in that field; null where it does not."""
        return self._fact(("listed", source, field, value), lambda: self._listed(source, field, value)).c[0]

    def taking_part(self, programme: str) -> Column:
        """Whether the person is in the programme of that name; null where not."""
        inside = (
            select(Participant.person_id)
            .join(Programme, _same(Participant.programme_id, Programme))
            .where(Programme.name == programme, Participant.status.not_in(WAYS_OUT))
        )
        return self._fact(("taking part", programme), lambda: inside).c.person_id

    @property
    def joined(self) -> Any:
        """The people with every fact that was asked for beside them, and rows that are of nobody.

        Full joins, because they cannot be done by nested loops: right after an import the planner knows
        nothing of the new rows, takes them for a handful, and would go through all of them for each person.
        Areas have a key to look them up by, which is good enough at any time.
        """
        people: Any = self._people
        for key, rows in self._joined.items():
            of_area = isinstance(key, tuple) and key[0] == "decile"
            same = rows.c.lsoa == self.person.lsoa if of_area else rows.c.person_id == self.person.id
            people = people.outerjoin(rows, same, full=not of_area)
        return people

    def _fact(self, key: Hashable, rows: Callable[[], Select[Any]]) -> Subquery:
        if key not in self._joined:
            self._joined[key] = rows().subquery(f"fact_{len(self._joined)}")
        return self._joined[key]

    def _events(self, codes: Sequence[str], months: int | None) -> list[ColumnElement[bool]]:
        wanted = [CodedEvent.code.in_(codes) if len(codes) > 1 else CodedEvent.code == codes[0]]
        after = [] if months is None else [CodedEvent.on > months_before(self.on, months)]
        return [*wanted, *after, CodedEvent.on <= self.on]

    def _latest(self, codes: Sequence[str], months: int | None) -> Select[Any]:
        # In the order of the index, read backwards.
        order = (CodedEvent.person_id.desc(), CodedEvent.on.desc(), CodedEvent.value.desc())
        usable = (*self._events(codes, months), CodedEvent.value.is_not(None), _can_be_true(codes))
        values: Any = select(CodedEvent.person_id, CodedEvent.value).where(*usable).order_by(*order)
        latest: Select[Any] = values.ext(distinct_on(CodedEvent.person_id))
        return latest

    def _listed(self, source: str, field: str | None, value: str | None) -> Select[Any]:
        entries = (
            select(SourceEntry.person_id)
            .join(Source, _same(SourceEntry.source_id, Source))
            .where(
                Source.name == source,
                SourceEntry.state == "linked",
                or_(SourceEntry.missing_since.is_(None), SourceEntry.missing_since > self.on),
            )
            .distinct()
        )
        if field is None or value is None:
            return entries
        said = func.lower(func.btrim(SourceEntry.fields[field].as_string()))
        return entries.where(said == func.lower(value))


def _same(column: Any, parent: Any) -> ColumnElement[bool]:
    return and_(column.class_.tenant_id == parent.tenant_id, column == parent.id)


def _can_be_true(codes: Sequence[str]) -> ColumnElement[bool]:
    """That the value is within the limits of its measure, where its code is one of a measure.

    Within CASE, because the planner knows nothing of numbers under a policy (their comparison is not
    leakproof): it would take two limits for one person in 200, and this for every other one.
    """
    limits = {code: MEASURES[code] for code in codes if code in MEASURES}
    if not limits:
        return true()
    if len({*limits.values()}) == 1 and len(limits) == len(codes):
        measure = limits[codes[0]]
        return case((CodedEvent.value.between(measure.lowest, measure.highest), true()))
    each = [
        (and_(CodedEvent.code == code, not_(CodedEvent.value.between(one.lowest, one.highest))), False)
        for code, one in limits.items()
    ]
    return case(*each, else_=True)


def codes_of(codes: tuple[str, ...], listed: CodeListName | None) -> tuple[str, ...]:
    """The codes themselves, or those of the named version of a list. Raises BadRule where there is none."""
    if listed is None:
        return codes
    try:
        return code_list(listed.name, listed.version).codes
    except UnknownCodeList as unknown:
        raise BadRule(str(unknown)) from None


def years_before(day: dt.date, years: int) -> dt.date:
    """The last date of birth of somebody who is `years` old on `day`.

    Who was born on 29 February turns a year older on 1 March of a year without one.
    """
    return months_before(day, years * 12)


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day so many months before; the last of that month where it is shorter.

    The first of all days where it would be before that: everything known is after it.
    """
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    if year < dt.MINYEAR:
        return dt.date.min
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))
