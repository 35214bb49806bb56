"""Reading a description (YAML, or a form) into typed entries, with every fault named by its place.

An entry is a frozen dataclass whose fields say how they are read: `code: str = told(matching(…))`. Places
count from one, as people do: `practices[2].code` is the code of the second practice.
"""

import dataclasses
import datetime as dt
import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import yaml
from email_validator import EmailNotValidError, validate_email

T = TypeVar("T")
Entry = TypeVar("Entry")
Reader = Callable[[Any, str, "Faults"], Any]
LONGEST = 1024 * 1024  # bytes of a file


@dataclass(frozen=True)
class Fault:
    """What is wrong, where, and (for a file) on which line."""

    place: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        where = ", ".join(([f"line {self.line}"] if self.line else []) + ([self.place] if self.place else []))
        return f"{where}: {self.message}" if where else self.message


class Wrong(ValueError):
    """Raised by the reader of one value with an instruction for whoever wrote it."""


class Faults:
    """The faults found so far, and the line that each place of the file stands on."""

    def __init__(self, lines: dict[str, int] | None = None) -> None:
        self.found: list[Fault] = []
        self.lines = lines or {}

    def add(self, place: str, message: str) -> None:
        """Note that `message` holds at `place`."""
        self.found.append(Fault(place, message, self.line_of(place)))

    def line_of(self, place: str) -> int | None:
        """The line of `place`, or of the nearest thing around it that stands in the file."""
        while place and place not in self.lines:
            place = re.sub(r"(\.[^.\[]*|\[\d+\])$", "", place) if re.search(r"[.\[]", place) else ""
        return self.lines.get(place)


def told(reader: Reader, default: Any = dataclasses.MISSING) -> Any:
    """A field of an entry: how it is read, and what stands where it is left out (nothing: it is needed)."""
    given: dict[str, Any] = {"default_factory": list} if default == [] else {"default": default}
    return dataclasses.field(metadata={"read": reader}, **given)


def value(read: Callable[[Any], T]) -> Reader:
    """The reader of one value; what `read` raises as Wrong becomes a fault at its place."""

    def reader(raw: Any, place: str, faults: Faults) -> T | None:
        try:
            return read(raw)
        except Wrong as wrong:
            faults.add(place, str(wrong))
            return None

    return reader


def one(kind: type[Entry]) -> Reader:
    """The reader of one entry."""
    return lambda raw, place, faults: read_entry(kind, raw, place, faults)


def many(kind: type[Entry]) -> Reader:
    """The reader of a list of entries; one that cannot be read at all is None in the answer."""

    def reader(raw: Any, place: str, faults: Faults) -> list[Entry | None]:
        if not isinstance(raw, list):
            faults.add(place, "Write a list, each entry starting with a dash")
            return []
        return [read_entry(kind, each, f"{place}[{n}]", faults) for n, each in enumerate(raw, 1)]

    return reader


def read_entry(kind: type[Entry], raw: Any, place: str, faults: Faults) -> Entry | None:
    """`raw` as an entry of `kind`. Unknown, missing and wrong fields are noted as faults.

    What could not be read is None in the entry, whatever its type says, so that the rest can be checked too:
    use the entry only where no fault was found. None where `raw` has no fields at all.
    """
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    if not isinstance(raw, dict):
        faults.add(place, f"Write {' and '.join(list(fields)[:2])} here, each on a line of its own")
        return None
    for key in raw:
        if key not in fields:
            faults.add(_below(place, str(key)), f"“{key}” is not known here.{_nearest(str(key), fields)}")
    read: dict[str, Any] = {}
    for name, field in fields.items():
        if raw.get(name) is not None:
            read[name] = field.metadata["read"](raw[name], _below(place, name), faults)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            read[name] = None
            faults.add(_below(place, name), f"Add “{name}”")
    return kind(**read)


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _nearest(key: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(key, list(known), 1)
    return f" Did you mean “{near[0]}”?" if near else f" Known here: {', '.join(known)}"


# How single values are read.


def text(raw: Any, longest: int = 1000) -> str:
    """Some words on one or several lines."""
    if not isinstance(raw, str) or not raw.strip():
        raise Wrong("Write some text, in quotes if it looks like a number or a date")
    if len(raw) > longest:
        raise Wrong(f"Write no more than {longest:,} characters")
    return raw.strip()


def matching(pattern: str, instruction: str) -> Callable[[Any], str]:
    """Text of a certain shape; `instruction` says which."""

    def read(raw: Any) -> str:
        if not isinstance(raw, str) or not re.fullmatch(pattern, raw.strip()):
            raise Wrong(instruction)
        return raw.strip()

    return read


def one_of(choices: Iterable[str]) -> Callable[[Any], str]:
    """One of a few words."""
    listed = list(choices)

    def read(raw: Any) -> str:
        if raw not in listed:
            raise Wrong(f"“{raw}” is not known here.{_nearest(str(raw), listed)}")
        return str(raw)

    return read


def some_of(choices: Iterable[str]) -> Callable[[Any], list[str]]:
    """A list of one or more of a few words."""
    read_one = one_of(choices)

    def read(raw: Any) -> list[str]:
        if not isinstance(raw, list) or not raw:
            raise Wrong("Write a list with at least one entry")
        return list(dict.fromkeys(read_one(each) for each in raw))

    return read


def email(raw: Any) -> str:
    """An e-mail address, in small letters. Whether it receives mail is not asked."""
    try:
        checked = validate_email(str(raw), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise Wrong("Write an e-mail address in the right form, like name@example.nhs.uk") from None
    return checked.normalized.lower()


def day(raw: Any) -> dt.date:
    """A date, written as year-month-day."""
    if isinstance(raw, dt.date) and not isinstance(raw, dt.datetime):
        return raw
    try:
        return dt.date.fromisoformat(str(raw))
    except ValueError:
        raise Wrong("Write a real date as year-month-day, like 2027-03-14") from None


def time_of_day(raw: Any) -> dt.time:
    """A time on the 24-hour clock. Some YAML readers turn 18:00 into 1080 minutes: both are taken."""
    if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw < 24 * 60:
        return dt.time(raw // 60, raw % 60)
    try:
        hour, minute = str(raw).split(":")
        return dt.time(int(hour), int(minute))
    except ValueError:
        raise Wrong("Write a time on the 24-hour clock, like 09:00") from None


def whole_number(least: int, most: int) -> Callable[[Any], int]:
    """A whole number between `least` and `most`, both included."""

    def read(raw: Any) -> int:
        if not isinstance(raw, int) or isinstance(raw, bool) or not least <= raw <= most:
            raise Wrong(f"Write a whole number from {least} to {most}")
        return raw

    return read


def yes_or_no(raw: Any) -> bool:
    """True or false."""
    if not isinstance(raw, bool):
        raise Wrong("Write true or false")
    return raw


# YAML with the line of each place.


def load(source: str) -> tuple[Any, Faults]:
    """What stands in a YAML file, and its faults so far (one, where it cannot be read), with the lines."""
    faults = Faults()
    if len(source.encode()) > LONGEST:
        faults.add("", "The file is longer than 1 MB: split it by PCN")
        return None, faults
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(source)):
            faults.add("", "Write everything out: “*” references are not taken here")
            return None, faults
        node = yaml.compose(source, PlainLoader)
        document = yaml.load(source, PlainLoader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        faults.found.append(Fault("", _not_yaml(error), mark.line + 1 if mark else None))
        return None, faults
    if node is None:
        faults.add("", "The file is empty")
    else:
        _note_lines(node, "", faults)
    return document, faults


class PlainLoader(yaml.SafeLoader):
    """Takes only true, false, null and whole numbers for anything but text.

    Dates, times and telephone numbers stay as written, to be read by those who know what they are.
    """

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]


for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"~|null|", ["~", "n", ""]),
    ("int", r"0|[1-9][0-9]*", "0123456789"),
):
    PlainLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), list(_first)
    )


def _not_yaml(error: Exception) -> str:
    problem = getattr(error, "problem", None) or "it is nested too deeply"
    return f"This is not YAML ({problem}). Check the spaces at the start of the line and the colons"


def _note_lines(node: yaml.Node, place: str, faults: Faults) -> None:
    faults.lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for number, each in enumerate(node.value, 1):
            _note_lines(each, f"{place}[{number}]", faults)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, below in node.value:
            name = _below(place, str(key.value))
            if name in seen:
                faults.found.append(Fault(name, "This stands here twice", key.start_mark.line + 1))
            seen.add(name)
            faults.lines[name] = key.start_mark.line + 1
            _note_lines(below, name, faults)
