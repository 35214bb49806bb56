"""What may stand in a library item: placeholders, and how they are filled in.

A placeholder is written `((name))`; `((flag??words))` shows its words only where the flag holds. This is the
convention of GOV.UK Notify, so that letters and texts can move between the two. Names ignore case and extra
blanks. Filling goes over the body once: what a value holds is never read as a placeholder.
"""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches

Value = str | bool

KNOWN: dict[str, str] = {
    "first name": "the person's given name",
    "full name": "the person's given and family name",
    "address block": "name and postal address, one line each",
    "nhs number": "the person's NHS number as 3, 3 and 4 digits",
    "practice": "the name of the person's GP practice",
    "pcn": "the name of your PCN",
    "programme": "the name of the programme",
    "sender name": "who messages come from, as in your settings",
    "sender phone": "the number people can ring, as in your settings",
    "sender address": "your postal address, as in your settings",
    "reply link": "the person's own address for answering, as full readable text",
    "letter date": "the day the letter is made",
    "privacy address": "the address of your privacy notice, as in your settings",
    "colleague": "the name of whoever makes the call",
    "interpreter": "a flag: the person needs an interpreter",
    "large print": "a flag: the person needs large print",
    "follow-up": "a flag: the person was sent something before",
    "can be rung": "a flag: the person has a usable phone number and has not asked us not to ring",
}
FLAGS = frozenset({"interpreter", "large print", "follow-up", "can be rung"})

_OURS = frozenset({"pcn", "programme", "sender name", "sender phone", "sender address", "privacy address"})
ALLOWED: dict[str, frozenset[str]] = {
    "programme set-up": frozenset(),
    "cohort definition": frozenset(),
    "SOP": _OURS,
    # A text can be read on a shared phone, so it names no number, address or programme.
    "text": frozenset({"first name", "practice", "pcn", "sender name", "sender phone", "reply link"}) | FLAGS,
    "e-mail": frozenset({"first name", "full name", "practice", "reply link"}) | _OURS | FLAGS,
    "letter": frozenset(KNOWN) - {"colleague"},
    "call script": frozenset(KNOWN) - {"address block", "reply link", "letter date", "nhs number"},
}

_PLACEHOLDER = re.compile(r"\(\((?P<name>[^()?]+?)(?:\?\?(?P<words>(?:(?!\(\().)*?))?\)\)(?!\))", re.DOTALL)


class MissingValue(ValueError):
    """A body asks for something that there is no value for."""


def key_of(name: str) -> str:
    """The name of a placeholder without regard to case and extra blanks."""
    return " ".join(name.lower().split())


def placeholders_of(body: str) -> set[str]:
    """The names of all placeholders and flags in `body`, in lower case."""
    return {key_of(found["name"]) for found in _PLACEHOLDER.finditer(body)}


def each_placeholder(body: str, written: Callable[[str], str]) -> str:
    """`body` with each whole placeholder, brackets included, written as `written` says."""
    return _PLACEHOLDER.sub(lambda found: written(found.group()), body)


def fill(body: str, values: Mapping[str, Value]) -> str:
    """`body` with each placeholder replaced by its value, for messages in plain text.

    Values go in as they are, without doubled brackets, and are not looked at again. A document in Markdown
    is rendered first and then filled by `documents.fill_html`. Raises MissingValue where a value is missing.
    """
    return replaced(body, values, str)


def replaced(body: str, values: Mapping[str, Value], written: Callable[[str], str]) -> str:
    """`body` with each value put in as `written` writes it. Raises MissingValue."""
    known = {key_of(name): value for name, value in values.items()}

    def put(found: re.Match[str]) -> str:
        value = _value_of(found["name"], known)
        if found["words"] is not None:
            return found["words"] if holds(value) else ""
        return written(plain(value))

    return _PLACEHOLDER.sub(put, body)


def _value_of(name: str, known: Mapping[str, Value]) -> Value:
    try:
        return known[key_of(name)]
    except KeyError:
        raise MissingValue(f"There is nothing to put in place of (({name})).") from None


def holds(value: Value) -> bool:
    """Whether a flag's value says yes. Files say it in words."""
    return value.strip().lower() not in {"", "no", "false", "0"} if isinstance(value, str) else value


def plain(value: Value) -> str:
    """A value as it goes into a text: without control characters and the brackets of a placeholder."""
    words = str(value) if not isinstance(value, bool) else ("yes" if value else "no")
    kept = "".join(char for char in words if char == "\n" or char.isprintable())
    return re.sub(r"\({2,}", "(", re.sub(r"\){2,}", ")", kept))


def faults_in(body: str, kind: str) -> list[str]:
    """What must be put right in `body` before an item of `kind` can be saved; each fault an instruction."""
    faults = [_unknown(name, kind) for name in sorted(placeholders_of(body) - ALLOWED[kind])]
    faults += _misused_flags(body)
    rest = _PLACEHOLDER.sub("", body)
    if "((" in rest or "))" in rest:
        faults.append(
            "Close each placeholder: it starts with (( and ends with )), with no other placeholder inside"
        )
    return faults


def _unknown(name: str, kind: str) -> str:
    if name in KNOWN:
        return f"Take out (({name})): it cannot be used in a {kind}"
    if not ALLOWED[kind]:
        return f"Take out (({name})): a {kind} has no placeholders"
    near = get_close_matches(name, sorted(ALLOWED[kind]), 1)
    meant = f"Did you mean (({near[0]}))?" if near else "Choose one from the list above the content"
    return f"Change (({name})): there is no placeholder of that name. {meant}"


def _misused_flags(body: str) -> list[str]:
    bare = {key_of(found["name"]) for found in _PLACEHOLDER.finditer(body) if found["words"] is None}
    return [f"Write (({name}??words)): {name} is a flag and needs its words" for name in sorted(bare & FLAGS)]


# What is said or sent to people is read by the patient council and a second person before it is used.
SECOND_PERSON = frozenset({"text", "e-mail", "letter", "call script"})


def why_not_read(kind: str, made_by_id: int | None, account_id: int | None) -> str:
    """Why the person may not read a version for the patient council; empty where they may."""
    if kind not in SECOND_PERSON:
        return (
            "The patient council reads what is sent or said to people: texts, e-mails, letters and scripts."
        )
    if made_by_id is not None and made_by_id == account_id:
        return "You wrote this version, so ask another member of the patient council to read it."
    return ""


def why_not_approve(kind: str, made_by_id: int | None, account_id: int | None) -> str:
    """Why the person may not approve a version made by `made_by_id`; empty where they may.

    An unchanged copy of a neighbour's item has no author here (`made_by_id` None).
    """
    if kind in SECOND_PERSON and made_by_id is not None and made_by_id == account_id:
        return f"You wrote this version, so ask somebody else to approve it. A {kind} needs a second person."
    return ""
