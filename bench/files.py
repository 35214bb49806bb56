"""Made-up files to bring in, with the dirt of real ones. NHS numbers are of the range never issued."""

import datetime as dt
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.rows import nhs_number

SEED = 20260101
PEOPLE_TITLES = (
    "NHS Number,Practice Code,Given Name,Family Name,Date of Birth,Gender,Ethnic Category,House,Street,Town,"
    "Postcode,LSOA,Mobile,Home Phone,Email,Preferred Contact,Language,Interpreter,Information Format,"
    "Registered,Deducted,Date of Death,Type 1 Opt Out,Sensitive"
)
EVENT_TITLES = "NHS Number,Date,SNOMED Code,Term,Value,Units"
GIVEN = ("Ada", "Ben", "Chloe", "David", "Esi", "Farah", "George", "Hana", "Imran", "Zoë", "Xiu-Ying", "Seán")
FAMILY = ("Ash", "Beck", "Cob", "Dun", "Elm", "Fern", "Gor", "O’Hart", "Ing", "Kel", "Lang", "Müller-Mar")
ENDS = ("bourne", "bury", "den", "field", "ford", "ham", "hurst", "ley", "man", "ton", "well")
STREETS = ("High Street", "Castle Road", "Harbour View", '"The Old Brewery, Unit 3"')
# Code, term, unit, the least and the most of its value; a condition has none.
ENTRIES = (
    ("27113001", "Body weight", "kg", 50, 140),
    ("60621009", "Body mass index", "kg/m2", 17, 50),
    ("999791000000106", "HbA1c", "mmol/mol", 25, 110),
    ("271649006", "Systolic blood pressure", "mmHg", 90, 190),
    ("271650006", "Diastolic blood pressure", "mmHg", 50, 110),
    ("38341003", "Hypertensive disorder", "", None, None),
    ("35489007", "Depressive disorder", "", None, None),
)
FIRST_DAY, DAYS = dt.date(2010, 1, 1), 6_100
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def numbers(count: int) -> list[str]:
    """So many different NHS numbers."""
    found: dict[str, None] = {}
    stem = 0
    while len(found) < count:
        number = nhs_number(stem)
        found[number] = None
        stem = int(number[3:9]) + 1
    return list(found)


def write_people(path: Path, count: int) -> None:
    """A practices' list of so many people, 24 columns."""
    chance = random.Random(SEED)
    _write(path, PEOPLE_TITLES, (_person(chance, number, n) for n, number in enumerate(numbers(count))))


def write_events(path: Path, count: int, people: int) -> None:
    """So many coded events of so many people."""
    chance, known = random.Random(SEED), numbers(people)
    _write(path, EVENT_TITLES, (_event(chance, chance.choice(known)) for _ in range(count)))


def _write(path: Path, titles: str, lines: Iterator[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"{titles}\r\n")
        for line in lines:
            file.write(f"{line}\r\n")


def _person(chance: random.Random, number: str, n: int) -> str:
    born = dt.date(1930, 1, 1) + dt.timedelta(chance.randrange(29_000))  # before FIRST_DAY of the events
    since = dt.date(2000, 1, 1) + dt.timedelta(chance.randrange(9_000))
    mobile = f"{chance.choice(('07700 ', '+447700', '0044 7700 '))}900{chance.randrange(1000):03d}"
    family = chance.choice(FAMILY) + chance.choice(ENDS)
    postcode = f"CT1{chance.randrange(10)} {chance.randrange(1, 9)}{''.join(chance.choices('ABDEFGHJ', k=2))}"
    cells = (
        _written(chance, number), f"G92{n % 4}", chance.choice(GIVEN), family, _date(chance, born),
        chance.choice(("Male", "Female")), chance.choice("ABCDEFGH"), str(chance.randrange(200)),
        chance.choice(STREETS), "Dover", postcode, f"E0102{chance.randrange(1000, 5000)}", mobile, "", "",
        "SMS", "en", "", "", _date(chance, since), "", "", chance.choice(("N", "", "N", "Y")), "",
    )  # fmt: skip
    return ",".join(cells)


def _event(chance: random.Random, number: str) -> str:
    code, term, unit, least, most = chance.choice(ENTRIES)
    value = ""
    if least is not None and most is not None:
        value = f"{chance.uniform(least, most):.1f}"
        if code == "999791000000106" and chance.random() < 0.3:
            value, unit = f"{chance.uniform(4.5, 11):.1f}", "%"
        if chance.random() < 0.003:
            value = "999"
    day = FIRST_DAY + dt.timedelta(chance.randrange(DAYS))
    return ",".join((_written(chance, number), _dirty(chance, day), code, term, value, unit))


def _written(chance: random.Random, number: str) -> str:
    """With the spaces and hyphens that people put into it."""
    spaced = f"{number[:3]} {number[3:6]} {number[6:]}"
    ways: tuple[Callable[[], str], ...] = (
        lambda: number, lambda: number, lambda: spaced, lambda: f" {number} ",
        lambda: spaced.replace(" ", "-"),
    )  # fmt: skip
    return chance.choice(ways)()


def _date(chance: random.Random, day: dt.date) -> str:
    if chance.random() < 0.1:
        return f"{day.day:02d}-{MONTHS[day.month - 1]}-{day.year}"
    return day.isoformat() if chance.random() < 0.4 else f"{day:%d/%m/%Y}"


def _dirty(chance: random.Random, day: dt.date) -> str:
    """Now and then a day in the future, or one that does not exist."""
    odd = chance.random()
    return "14/03/2199" if odd < 0.002 else "31/02/2021" if odd < 0.003 else _date(chance, day)
