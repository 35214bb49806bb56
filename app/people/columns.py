"""Which columns each kind of file has, under which names they come, and which it cannot do without."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

MOST_COLUMNS = 100
NO_ROWS = "The file has column names and no rows. Export it again and bring in the new one."


class WrongFile(ValueError):
    """The whole file cannot be used; the message says why, for the person who brought it."""


class NeedsMapping(WrongFile):
    """Some of the needed columns are there under a known name and some are not: somebody has to say which."""


Mapped = Mapping[str, str]  # our column → its title in the files of one source; "" where they have none


@dataclass(frozen=True)
class Column:
    """A column: the name we give it, the name to ask for it by, other names that it comes under."""

    name: str
    title: str
    also: tuple[str, ...] = ()
    needed: bool = False


def _needed(name: str, title: str, *also: str) -> Column:
    return Column(name, title, also, needed=True)


# Who must not be contacted is needed too: a file without it would make everybody look contactable.
PEOPLE: tuple[Column, ...] = (
    _needed("nhs_number", "NHS Number", "NHS No", "NHS"),
    _needed("practice", "Practice Code", "Practice", "GP Practice Code", "ODS Code", "Organisation Code"),
    _needed("given_name", "Given Name", "First Name", "Forename", "Forenames", "Given Names"),
    _needed("family_name", "Family Name", "Surname", "Last Name"),
    _needed("born", "Date of Birth", "DOB", "Birth Date"),
    _needed("left_on", "Deducted", "Date of Deduction", "Deduction Date", "Deregistered"),
    _needed("died_on", "Date of Death", "DOD", "Death Date", "Deceased Date"),
    _needed("type1_opt_out", "Type 1 Opt Out", "Type 1 Objection", "Type 1", "Type1"),
    Column("sensitive", "Sensitive", ("S Flag", "Restricted")),
    Column("sex", "Gender", ("Sex",)),
    Column("ethnicity", "Ethnic Category", ("Ethnicity", "Ethnic Group")),
    Column("house", "House", ("House Name or Number", "House Number", "Address 1", "Address Line 1")),
    Column("street", "Street", ("Road", "Address 2", "Address Line 2")),
    Column("town", "Town", ("City", "Town or City", "Post Town")),
    Column("postcode", "Postcode", ("Post Code",)),
    Column("lsoa", "LSOA", ("LSOA Code", "LSOA 2021", "LSOA21CD")),
    Column("mobile", "Mobile", ("Mobile Phone", "Mobile Number", "Mobile Telephone")),
    Column("home_phone", "Home Phone", ("Telephone", "Phone", "Home Telephone")),
    Column("email", "Email", ("E-mail Address", "Email Address")),
    Column("preferred_contact", "Preferred Contact", ("Preferred Contact Method",)),
    Column("language", "Language", ("Main Language", "Preferred Language")),
    Column("interpreter", "Interpreter", ("Interpreter Needed", "Interpreter Required")),
    Column("information_format", "Information Format", ("Format", "Accessible Format")),
    Column("registered_on", "Registered", ("Date Registered", "Registration Date")),
)

EVENTS: tuple[Column, ...] = (
    _needed("nhs_number", "NHS Number", "NHS No", "NHS"),
    _needed("on", "Date", "Event Date", "Date Recorded", "Effective Date"),
    _needed("code", "SNOMED Code", "SNOMED CT Code", "SNOMED", "Concept ID", "SNOMED Concept ID", "Code"),
    _needed("value", "Value", "Numeric Value", "Result"),
    _needed("unit", "Units", "Unit", "Unit of Measure"),
    Column("term", "Term", ("Description", "Code Term", "Rubric")),
)


# Who a row of a list is about. With an NHS number the rest only speaks against it where it differs.
_WHO: tuple[Column, ...] = (
    Column("given_name", "Given Name", ("First Name", "Forename", "Forenames", "Given Names")),
    Column("family_name", "Family Name", ("Surname", "Last Name")),
    Column("born", "Date of Birth", ("DOB", "Birth Date", "D.O.B.")),
    Column("postcode", "Postcode", ("Post Code",)),
)
_NUMBER = ("NHS Number", "NHS No", "NHS")
_SINCE = ("Date", "Start Date", "Joined", "Date Joined", "Referral Date", "Date of Referral", "Referred")

SERVICE: tuple[Column, ...] = (
    _needed("nhs_number", *_NUMBER),
    *_WHO,
    Column("service", "Service", ("Team", "Clinic", "Service Name", "Group")),
    Column("since", "Since", _SINCE),
)
# A list may have whole names in one column: its mapping says so, once.
NAMED: tuple[Column, ...] = (
    _WHO[0],
    replace(_WHO[1], title="Family Name or Full Name", also=("Family Name", *_WHO[1].also), needed=True),
    *_WHO[2:],
    Column("nhs_number", _NUMBER[0], _NUMBER[1:]),
    Column("service", "Group", ("Service", "Activity", "Club")),
    Column("since", "Since", _SINCE),
)
COUNCIL: tuple[Column, ...] = (
    _needed("nhs_number", *_NUMBER),
    *_WHO,
    Column("service", "Agreed to help with", ("Helps with", "Agreed", "Role")),
    Column("since", "Since", _SINCE),
)

OTHER = "other: "  # before the title of a column that is none of ours, where lines are understood


def others(titles: Sequence[str], places: Mapping[str, int]) -> dict[str, int]:
    """Where the columns stand that are none of ours, by `OTHER` and their title; without one, left out."""
    ours = set(places.values())
    left = ((title.strip(), position) for position, title in enumerate(titles) if position not in ours)
    return {OTHER + title: position for title, position in left if title}


def plain(title: str) -> str:
    """A column's title without what people write differently: case, blanks, punctuation."""
    return re.sub(r"[^a-z0-9]", "", title.lower())


def places_of(
    titles: Sequence[str], columns: tuple[Column, ...], mapping: Mapped = MappingProxyType({})
) -> dict[str, int]:
    """Where each known column stands among `titles`, from 0: where `mapping` says, else by its known names.

    Raises WrongFile when it meets one twice.
    """
    places = _said(titles, mapping)
    taken = set(places.values())
    known = {
        plain(title): column
        for column in columns
        if column.name not in places and mapping.get(column.name) != ""
        for title in (column.title, *column.also)
    }
    for position, title in enumerate(titles):
        column = known.get(plain(title))
        if column is None or position in taken:
            continue
        if column.name in places:
            first = titles[places[column.name]].strip()
            raise WrongFile(
                f"Two columns hold the same thing: “{first}” and “{title.strip()}”. Take one out of the file."
            )
        places[column.name] = position
    return places


def _said(titles: Sequence[str], mapping: Mapped) -> dict[str, int]:
    """Where the columns stand that somebody named, as far as the file has those titles."""
    where = {plain(title): position for position, title in reversed(list(enumerate(titles))) if plain(title)}
    return {name: where[plain(title)] for name, title in mapping.items() if plain(title) in where}


# What stands in a record and names no column: a date, a number of nine digits or more, a postcode.
_VALUE = re.compile(
    r"\d{1,4}[/.\- ](\d{1,2}|[a-z]{3,9})[/.\- ]\d{1,4}\b.*"
    r"|[\d+][\d\s()\-]{8,}"
    r"|[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}",
    re.I,
)
NO_TITLES = (
    "The first line of the file holds values, not the names of its columns. "
    "Export it again with the names of the columns in its first line."
)


def are_values(titles: Sequence[str]) -> bool:
    """Whether what stands in the place of column names is about somebody, and so must not be shown."""
    return any(_VALUE.fullmatch(title.strip()) for title in titles)


def check_columns(
    titles: Sequence[str], columns: tuple[Column, ...], mapping: Mapped = MappingProxyType({})
) -> dict[str, int]:
    """Where each known column stands; raises WrongFile naming what is missing and what was found.

    It is NeedsMapping where a third of the needed columns are known: that looks like the right file under
    other names. With fewer it is another file. Of a list that needs one column only, any other speaks for it.
    """
    if len(titles) > MOST_COLUMNS:
        raise WrongFile(f"The file has {len(titles):,} columns. The most it may have is {MOST_COLUMNS}.")
    places = places_of(titles, columns, mapping)
    needed = [column for column in columns if column.needed]
    missing = [column.title for column in needed if column.name not in places]
    if not missing:
        return places
    if not places and are_values(titles):
        raise WrongFile(NO_TITLES)
    known = len(needed) - len(missing) or (len(needed) == 1 and len(places))
    raise (NeedsMapping if 3 * known >= len(needed) else WrongFile)(
        f"The file does not have the columns that are needed. Missing: {listed(missing)}. "
        f"Found: {listed([title.strip() for title in titles if title.strip()])}."
    )


def listed(titles: list[str]) -> str:
    """Some column names in quotation marks, and how many more there are."""
    shown = [f"“{title[:40]}”" for title in titles[:12]]
    more = len(titles) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "") if shown else "no column names"
