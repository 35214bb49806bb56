"""How what stands in a cell is read: NHS numbers, dates, phone numbers, names, flags. Pure."""

import datetime as dt
import re
import unicodedata

NOT_GIVEN = frozenset({"", "n/a", "na", "null", "none", "nil", "-", "unknown", "not known", "not recorded"})
NO = frozenset({"n", "no", "0", "false", "f"})
NHS_DIGITS = 10
ZERO = ord("0")
EARLIEST = dt.date(1900, 1, 1)
SERIAL_FROM = dt.date(1899, 12, 30)  # day 0 of Excel's dates that are shown as numbers

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_DAY_FIRST = re.compile(rf"(\d{{1,2}})[/.\- ](\d{{1,2}})[/.\- ](\d{{2}}|\d{{4}}){_TIME}")
_YEAR_FIRST = re.compile(rf"(\d{{4}})[/.\-](\d{{1,2}})[/.\-](\d{{1,2}}){_TIME}Z?")
_TOGETHER = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_NAMED_MONTH = re.compile(
    rf"(\d{{1,2}})(?:st|nd|rd|th)?[/.\- ]([a-z]{{3,9}})\.?[/.\- ,]+(\d{{2}}|\d{{4}}){_TIME}", re.I
)
_POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}")
_LSOA = re.compile(r"E01\d{6}")
_MOBILE = re.compile(r"07(?:[1-57-9]\d{8}|624\d{6})")
_LANDLINE = re.compile(r"0[123]\d{8,9}")
_TITLES = frozenset({"mr", "mrs", "miss", "ms", "mx", "dr", "prof", "rev", "sir"})
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"}
)


class Unreadable(ValueError):
    """Something stands there, and it is not what it should be."""


def given(text: str) -> str:
    """The text without outer blanks; empty where it only says that there is nothing ("n/a", "NULL")."""
    stripped = " ".join(text.split())
    return "" if stripped.lower() in NOT_GIVEN else stripped


def nhs_number_of(text: str) -> str:
    """The ten digits of an NHS number written with any spaces or hyphens; empty where none is given.

    Raises Unreadable for anything else. The check digit is not looked at: see `has_check_digit`.
    """
    digits = text.replace(" ", "").replace("-", "")
    if not (len(digits) == NHS_DIGITS and digits.isascii() and digits.isdigit()):
        digits = re.sub(r"[\s\-‐‑–]", "", given(text))
    if digits and not (len(digits) == NHS_DIGITS and digits.isascii() and digits.isdigit()):
        raise Unreadable
    return digits


def has_check_digit(number: str) -> bool:
    """Whether the tenth digit is the check digit of the first nine, by modulus 11; 10 is invalid.

    Source: NHS Data Model and Dictionary, NHS NUMBER (domain.md 2.1).
    """
    a, b, c, d, e, f, g, h, i, check = number.encode()
    total = 10 * a + 9 * b + 8 * c + 7 * d + 6 * e + 5 * f + 4 * g + 3 * h + 2 * i - 54 * ZERO
    return (11 - total % 11) % 11 == check - ZERO


def date_of(text: str, today: dt.date) -> dt.date | None:
    """The date in one of the forms used in the UK, day first; None where none is given.

    A year of two digits is the latest one that does not lie after `today`. A number of five digits is a day
    as Excel counts them. Raises Unreadable for a date that does not exist, lies before 1900, or is none.
    """
    if plain := _plain_date(text):
        return plain
    text = given(text)
    if not text:
        return None
    if serial := _SERIAL.fullmatch(text):
        return SERIAL_FROM + dt.timedelta(days=int(serial[1]))
    day, month, year = _parts_of(text)
    try:
        if len(year) == 2:
            return _latest(int(year), int(month), int(day), today)
        found = dt.date(int(year), int(month), int(day))
    except ValueError as error:
        raise Unreadable from error
    if found < EARLIEST:
        raise Unreadable
    return found


def _plain_date(text: str) -> dt.date | None:
    """A date written like 03/04/2025 or 2025-04-03, which most are, at once; None for any other."""
    if len(text) != len("2025-04-03"):
        return None
    if text[2] == text[5] == "/":
        text = f"{text[6:]}-{text[3:5]}-{text[:2]}"
    try:
        found = dt.date.fromisoformat(text) if text[4] == text[7] == "-" else EARLIEST
    except ValueError:
        return None
    return found if found > EARLIEST else None


def day_first(text: str) -> bool:
    """Whether a date is read day first and could be meant month first, like 03/04/25 but not 31/12/25.

    >>> day_first("03/04/25"), day_first("31/12/25"), day_first("4/4/25"), day_first("2025-04-03")
    (True, False, False, False)
    """
    found = _DAY_FIRST.fullmatch(text.strip())
    return found is not None and int(found[1]) != int(found[2]) and max(int(found[1]), int(found[2])) <= 12


def _parts_of(text: str) -> tuple[str, str, str]:
    if found := _DAY_FIRST.fullmatch(text):
        return found[1], found[2], found[3]
    if found := _YEAR_FIRST.fullmatch(text) or _TOGETHER.fullmatch(text):
        return found[3], found[2], found[1]
    if (found := _NAMED_MONTH.fullmatch(text)) and found[2][:3].lower() in _MONTHS:
        return found[1], str(_MONTHS.index(found[2][:3].lower()) + 1), found[3]
    raise Unreadable


def _latest(year: int, month: int, day: int, today: dt.date) -> dt.date:
    century = today.year - today.year % 100
    for base in (century, century - 100):
        try:
            found = dt.date(base + year, month, day)
        except ValueError:
            continue
        if found <= today:
            return found
    return dt.date(century + year, month, day)


def phone_of(text: str) -> str:
    """A UK number as 0…, whatever spaces, brackets or country code it came with; empty where it is none.

    The 0 that a spreadsheet takes from the front is put back.
    """
    digits = re.sub(r"\(0\)|[^\d+]", "", given(text))
    national = re.sub(r"^(?:\+44|0044|44(?=[1237]\d{9}$)|(?=[1237]\d{9}$))0?", "0", digits)
    return national if _MOBILE.fullmatch(national) or _LANDLINE.fullmatch(national) else ""


def mobile_of(text: str) -> str:
    """A UK mobile number as 07700900123, ready for texting; empty where it is none.

    Personal numbers (070) and pagers (076, except the Isle of Man's 07624) are none.
    Source: Ofcom, National Telephone Numbering Plan.
    """
    number = phone_of(text)
    return number if number.startswith("07") else ""


def postcode_of(text: str) -> str:
    """A postcode with its one space, in capitals; what is no postcode stays as it is, in capitals."""
    upper = given(text).upper()
    close = upper.replace(" ", "")
    return f"{close[:-3]} {close[-3:]}" if _POSTCODE.fullmatch(close) else upper


def lsoa_of(text: str) -> str:
    """The code of an English Lower layer Super Output Area; empty where it is none."""
    code = given(text).upper()
    return code if _LSOA.fullmatch(code) else ""


def is_flagged(text: str) -> bool:
    """Whether a flag is set. Whatever does not plainly say no or nothing counts as yes, to protect people."""
    return given(text).lower() not in NO | {""}


def sex_of(text: str) -> str:
    """Female or Male where that is meant, else the text as given. Source: domain.md 2.4."""
    meant = {"m": "Male", "1": "Male", "male": "Male", "f": "Female", "2": "Female", "female": "Female"}
    return meant.get(given(text).lower(), given(text))


def email_of(text: str) -> str:
    """An e-mail address; empty where it cannot be one."""
    address = given(text)
    name, _, domain = address.partition("@")
    return address if name and "." in domain and " " not in address else ""


def name_key(*parts: str) -> str:
    """Names as they are searched: small letters without accents, apostrophes or hyphens."""
    plain = unicodedata.normalize("NFKD", " ".join(parts).lower().translate(_LETTERS))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", re.sub(r"['’‘`´]", "", letters)).split())


def names_in(whole: str) -> tuple[str, str]:
    """Given and family name of a whole name, with or without a title, also with the family name first.

    >>> names_in("Mrs Susan Brown"), names_in("de Souza, Jack"), names_in("Brown")
    (('Susan', 'Brown'), ('Jack', 'de Souza'), ('', 'Brown'))
    """
    if "," in whole:
        family, _, given = (part.strip() for part in whole.partition(","))
        return given, family
    words = whole.split()
    if words and words[0].lower().rstrip(".") in _TITLES:
        words = words[1:]
    return (words[0], " ".join(words[1:])) if len(words) > 1 else ("", " ".join(words))


def formula_safe(cell: str) -> str:
    """The cell as a spreadsheet will show it rather than run it.

    Source: OWASP, CSV injection: a cell that starts with = + - @, a tab or a return may be run as a formula.
    """
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
