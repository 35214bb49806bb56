"""The practices' patient list: how a line becomes a person, and how people are weighed and saved as sets.

Source of the reasons: the refused rows in app/demo/data/dover-town/expected.json.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial

from app.people import roll, rules
from app.people.columns import PEOPLE
from app.people.packing import NULL, Memo, Packer, clean, copied
from app.people.understanding import REFUSED, Bulk, Cells, Kind, Refusal, Row, Surroundings
from tenants.db import Json

BAD_CHECK_DIGIT = "bad check digit"
TWICE = ("refused", "same NHS number twice")
AT_ONCE = 20_000

# What is taken over as read, by column of the file (which is the column of the row too).
_READ: dict[str, Callable[[str], str | bool]] = {
    "given_name": rules.given,
    "family_name": rules.given,
    "sex": rules.sex_of,
    "ethnicity": rules.given,
    "house": rules.given,
    "street": rules.given,
    "town": rules.given,
    "postcode": rules.postcode_of,
    "lsoa": rules.lsoa_of,
    "mobile": rules.mobile_of,
    "home_phone": rules.phone_of,
    "email": rules.email_of,
    "preferred_contact": rules.given,
    "language": rules.given,
    "interpreter": rules.is_flagged,
    "information_format": rules.given,
    "type1_opt_out": rules.is_flagged,
    "sensitive": rules.is_flagged,
}
_DATES = {"registered_on": "date of registration", "left_on": "date of leaving", "died_on": "date of death"}

FLAGS = ("interpreter", "type1_opt_out", "sensitive")
# What waits as other than text.
_TYPES = {
    "practice": "bigint",
    "born": "date",
    **dict.fromkeys(_DATES, "date"),
    **dict.fromkeys(FLAGS, "boolean"),
}
MOST_REMEMBERED = 5_000  # different cells of each column


def understand(cells: Cells, around: Surroundings) -> Row:
    """Why the line is refused, with its NHS number where that is not why: so the person is in the list.

    A plain line is not asked for here: see `packer`.
    """
    data: Json = {}
    try:
        data["nhs_number"] = number_in(cells)
        practice_in(cells["practice"], around)
        born_in(cells["born"], around.today)
        for name in _DATES:
            date_in(name, cells.get(name, ""), around.today)
    except Refusal as refusal:
        return Row(REFUSED, str(refusal), data=data)
    return Row(data=data)


def number_in(cells: Cells) -> str:
    """The line's NHS number; raises Refusal with the reason where there is no valid one."""
    try:
        number = rules.nhs_number_of(cells["nhs_number"])
    except rules.Unreadable:
        raise Refusal("NHS number is not ten digits") from None
    if not number:
        raise Refusal("no NHS number")
    if not rules.has_check_digit(number):
        raise Refusal(BAD_CHECK_DIGIT)
    return number


def number_of(cell: str) -> str:
    """The NHS number in a cell, as plain ones are found at once; raises Refusal."""
    digits = cell.replace(" ", "").replace("-", "")
    if (
        len(digits) == rules.NHS_DIGITS
        and digits.isascii()
        and digits.isdigit()
        and rules.has_check_digit(digits)
    ):
        return digits
    return number_in({"nhs_number": clean(cell)})


def practice_in(cell: str, around: Surroundings) -> int:
    """The practice's id by its code; raises Refusal."""
    practice = around.practices.get(cell.strip().upper())
    if practice is None:
        raise Refusal("unknown practice")
    return practice


def born_in(cell: str, today: dt.date) -> str:
    """The date of birth; raises Refusal."""
    try:
        born = rules.date_of(cell, today)
    except rules.Unreadable:
        raise Refusal("date of birth cannot be read") from None
    if born is None:
        raise Refusal("no date of birth")
    if born > today:
        raise Refusal("date of birth in the future")
    return born.isoformat()


def date_in(name: str, cell: str, today: dt.date) -> str | None:
    """A date that decides about contact: one that cannot be read must not pass for none. Raises Refusal."""
    try:
        found = rules.date_of(cell, today)
    except rules.Unreadable:
        raise Refusal(f"{_DATES[name]} cannot be read") from None
    return found.isoformat() if found else None


def packer(places: Mapping[str, int], width: int, around: Surroundings) -> Packer:
    """What packs a plain line; raises Refusal for any other. Names are found by their letters and digits."""
    given = {name: _memo(read) for name, read in _readers(around).items() if name in places}
    columns = [(places[name], memo) for name, memo in given.items()]
    number, first, last = places["nhs_number"], places["given_name"], places["family_name"]
    keys = Memo(lambda cell: rules.name_key(rules.given(clean(cell))), MOST_REMEMBERED)
    landline = _landline(places)

    def pack(line: int, cells: list[str]) -> str:
        key = f"{keys[cells[first]]} {keys[cells[last]]}".strip()
        values = "\t".join([memo[cells[place]] for place, memo in columns])
        phone = landline(cells)
        return f"{line}\t{number_of(cells[number])}\t{key}\t{phone}\t{values}\n"

    found = {"line": "bigint", "nhs_number": "text", "name_key": "text", "landline": "text"}
    return Packer(found | dict(map(_column, given)), width, pack)


def _readers(around: Surroundings) -> dict[str, Callable[[str], str | bool | None]]:
    """What reads the cells of each column."""
    today = around.today
    return {
        "practice": lambda cell: str(practice_in(cell, around)),
        "born": lambda cell: born_in(cell, today),
        **_READ,
        **{name: partial(date_in, name, today=today) for name in _DATES},
    }


def _landline(places: Mapping[str, int]) -> Callable[[list[str]], str]:
    """Finds the landline in the mobile column, which is a home phone where no other is given."""
    mobile, home = places.get("mobile"), places.get("home_phone")
    landlines = Memo(lambda cell: rules.phone_of(clean(cell)), MOST_REMEMBERED)

    def landline(cells: list[str]) -> str:
        found = landlines[cells[mobile]] if mobile is not None else ""
        if not found or found.startswith("07") or (home is not None and rules.phone_of(cells[home])):
            return NULL
        return str(found)

    return landline


def _column(name: str) -> tuple[str, str]:
    """A column of the file as it waits: its name there, and its type."""
    return "practice_id" if name == "practice" else name, _TYPES.get(name, "text")


def _memo(read: Callable[[str], str | bool | None]) -> Memo:
    return Memo(lambda cell: copied(read(clean(cell))), MOST_REMEMBERED)


BULK = Bulk("staged_person", AT_ONCE, packer, roll.stage, roll.settle, roll.save)
KIND = Kind(
    "Practices’ patient list", ("person", "people"), PEOPLE, understand, roll.WEIGH, TWICE, bulk=BULK,
    finish=roll.finish, gone=roll.gone, against=("people",), dates=("born", *_DATES),
)  # fmt: skip
