"""What changed from one definition to another, in words."""

import json
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher

from app.cohorts.builder import LISTS, is_group
from tenants.db import Json

Words = Callable[[Json], str]
WHERE = {"rules": "", "leave_out": "Left out: "}


def differences(before: Json, after: Json, words: Words) -> list[str]:
    """One line for each rule that was added, taken out, changed or moved; empty where nothing differs.

    `words` says a rule or group in words.
    """
    return [
        f"{WHERE[part]}{line}" if WHERE[part] else line[0].upper() + line[1:]
        for part in LISTS
        for line in _between(before.get(part, []), after.get(part, []), words)
    ]


def _between(before: Sequence[Json], after: Sequence[Json], words: Words) -> Iterator[str]:
    was, now = _keys(before), _keys(after)
    if sorted(was) == sorted(now) and was != now:
        yield f"the order changed: {', then '.join(words(node) for node in after)}"
        return
    matcher = SequenceMatcher(a=was, b=now, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind != "equal":
            yield from _replaced(before[a:b], after[c:d], words)


def _keys(nodes: Sequence[Json]) -> list[str]:
    return [json.dumps(node, sort_keys=True) for node in nodes]


def _replaced(gone: Sequence[Json], new: Sequence[Json], words: Words) -> Iterator[str]:
    """What stood together and what stands there now; rules of one kind are one rule changed."""
    left = list(new)
    for node in gone:
        same = next((one for one in left if one.get("kind") == node.get("kind")), None)
        if same is None:
            yield f"taken out: {words(node)}"
            continue
        left.remove(same)
        yield from _changed(node, same, words)
    yield from (f"added: {words(node)}" for node in left)


def _changed(before: Json, after: Json, words: Words) -> Iterator[str]:
    inside = list(_between(before["rules"], after["rules"], words)) if is_group(before) else []
    named = before.get("name") == after.get("name")
    if inside and named:
        yield from (f"in the group “{before['kind']}”: {line}" for line in inside)
    else:
        yield f"changed: {words(before)} → {words(after)}"
