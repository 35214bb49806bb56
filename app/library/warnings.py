"""What a message may get wrong without being refused: shown to its writer, and ticked by its approver.

Source: NHS service manual, writing NHS messages; NHS England, Accessible Information Standard (DAPB1605).
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import yaml

from app.fonts import cannot_print
from app.library.rules import placeholders_of

WORDS = Path(__file__).with_name("reference") / "words.yaml"
# Each pattern looks only so far, so that no body of 50,000 characters, whatever is in it, takes long.
_LINK = re.compile(
    r"(?:https?://|www\.)\S+|(?<![a-z0-9-])[a-z0-9-]{1,63}\.(?:com|ly|gl|gd|co|at|cc|in|do|mp|gy)/\S+",
    re.IGNORECASE,
)
_SENDERS = frozenset({"sender name", "pcn", "practice"})
_SENDING = re.compile(r"\b(?:practice|surgery|PCN|NHS|(?:health|medical) centre)\b", re.IGNORECASE)
_STOP = re.compile(
    r"\b(?:stop|opt(?:ing)? out|unsubscribe|no thank you|(?:do not|don.t|no longer) (?:want|wish))\b",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"\(\([^()?]+\)\)")


def warnings_in(kind: str, body: str) -> list[str]:
    """What to look at again in a message of `kind`, each in one sentence; empty for other items."""
    return [warning for check in CHECKS.get(kind, ()) for warning in check(body)]


def conditions_in(body: str) -> list[str]:
    """The conditions that `body` names, as it names them, each once. Placeholders are not looked into."""
    return _each_once(_conditions().findall(_PLACEHOLDER.sub(" ", body)))


def short_links_in(body: str) -> list[str]:
    """The shortened links in `body`, each once."""
    return _each_once([link for link in _links(body) if _host(link) in _words()["short_links"]])


def _links(body: str) -> list[str]:
    return [found.rstrip(".,;:!?)") for found in _LINK.findall(body)]


def _host(link: str) -> str:
    return link.split("://")[-1].split("/")[0].lower().removeprefix("www.")


def _each_once(words: list[str]) -> list[str]:
    return list({word.lower(): word for word in reversed(words)}.values())[::-1]


@cache
def _words() -> dict[str, list[str]]:
    found: dict[str, list[str]] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return found


@cache
def _conditions() -> re.Pattern[str]:
    listed = sorted(_words()["conditions"], key=len, reverse=True)
    either = "|".join(re.escape(word).replace("'", "['’]").replace(r"\ ", r"\s+") for word in listed)
    return re.compile(rf"(?<![\w-])(?:{either})(?:s|es)?(?![\w-])", re.IGNORECASE)


def _names_condition(body: str) -> list[str]:
    found = conditions_in(body)
    named = ", ".join(f"“{word}”" for word in found)
    return [f"It names a condition: {named}. Others may see the phone it arrives on"] if found else []


def _shortens(body: str) -> list[str]:
    return [f"{link} is a shortened link: people cannot see where it leads" for link in short_links_in(body)]


def _insecure(body: str) -> list[str]:
    found = [link for link in _links(body) if link.lower().startswith("http://")]
    return [f"{link} starts with http: use the address that starts with https" for link in _each_once(found)]


def _about_person(body: str) -> list[str]:
    found = re.findall(r"https?://\S{0,300}?\(\(", body)
    return ["It puts something about the person into a link. Use ((reply link))"] if found else []


def _says_sender(body: str) -> list[str]:
    said = placeholders_of(body) & _SENDERS or _SENDING.search(_PLACEHOLDER.sub(" ", body))
    return [] if said else ["It does not say who writes: use ((sender name))"]


def _says_stop(body: str) -> list[str]:
    return [] if _STOP.search(body) else ["It does not say how to stop these messages"]


def _one_of(pattern: str) -> Callable[[str], bool]:
    looked_for = re.compile(pattern, re.IGNORECASE)
    return lambda body: looked_for.search(body) is not None


# What an invitation by letter holds. Source: NHS service manual, writing NHS messages.
LETTER_LINES: Mapping[str, Callable[[str], bool]] = {
    "a number to ring: ((sender phone))": _one_of(r"\(\(\s*sender phone\s*\)\)"),
    "how to say no": lambda body: _STOP.search(body) is not None,
    "that saying no changes nothing in the person’s care": _one_of(
        r"\bcare\b[^.]{0,200}\b(?:same|chang|affect)|\b(?:chang|affect)\w*\b[^.]{0,200}\bcare\b"
    ),
    "how to get it in another format, such as large print": _one_of(
        r"large print|easy read|braille|another (?:format|way)|other format"
    ),
    "how to get it in another language": _one_of(r"another language|other language|interpreter"),
    "Relay UK (18001) for people who cannot hear or speak on the phone": _one_of(r"relay uk|\b18001\b"),
    "where to read how their information is used: ((privacy address))": _one_of(
        r"\(\(\s*privacy address\s*\)\)"
    ),
}  # fmt: skip


def _no_subject(body: str) -> list[str]:
    if re.match(r"\s*subject:[^\S\n]*\S", body, re.IGNORECASE):
        return []
    return ["It has no subject: write “Subject:” and the subject on the first line"]


def _unprintable(body: str) -> list[str]:
    missing = " ".join(sorted(cannot_print(body)))
    return [f"Our typefaces cannot print: {missing}"] if missing else []


def _lacks_lines(body: str) -> list[str]:
    return [f"It does not say {line}" for line, has in LETTER_LINES.items() if not has(body)]


_LINKS = (_shortens, _insecure, _about_person)
CHECKS: Mapping[str, tuple[Callable[[str], list[str]], ...]] = {
    "text": (_names_condition, *_LINKS, _says_sender, _says_stop),
    "e-mail": (_no_subject, _names_condition, *_LINKS, _says_sender, _says_stop),
    "letter": (*_LINKS, _says_sender, _lacks_lines, _unprintable),
    "call script": (_says_sender,),
}
