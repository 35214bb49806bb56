"""What changed from one definition to another, in words."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from app.cohorts.builder import LISTS, is_group
from tenants.db import Json

Words = Callable[[Json], str]
# What is said of a rule that keeps people in, and of one that leaves them out.
SAID: dict[str, dict[str, str]] = {
    "rules": {
        "new": "Added: {}",
        "gone": "Taken out: {}",
        "other": "Changed: {} → {}",
        "order": "In another order: {}",
    },
    "leave_out": {
        "new": "Now left out too: {}",
        "gone": "No longer left out: {}",
        "other": "Left out, changed: {} → {}",
        "order": "Left out, in another order: {}",
    },
}


def differences(before: Json, after: Json, words: Words) -> list[str]:
    """One line for each rule that was added, taken out, changed or moved; empty where nothing differs.

    `words` says a rule or group in words.
    """
    return [
        line
        for part in LISTS
        for line in _Lines(words, SAID[part]).between(before.get(part, []), after.get(part, []))
    ]


@dataclass(frozen=True)
class _Lines:
    """Says in `words` and by the sentences of `said` what differs between two lists of rules."""

    words: Words
    said: dict[str, str]

    def between(self, before: Sequence[Json], after: Sequence[Json]) -> Iterator[str]:
        """A line for each difference, in order."""
        was, now = _keys(before), _keys(after)
        if sorted(was) == sorted(now) and was != now:
            yield self.said["order"].format(", then ".join(self.words(node) for node in after))
            return
        matcher = SequenceMatcher(a=was, b=now, autojunk=False)
        for kind, a, b, c, d in matcher.get_opcodes():
            if kind != "equal":
                yield from self._replaced(before[a:b], after[c:d])

    def _replaced(self, gone: Sequence[Json], new: Sequence[Json]) -> Iterator[str]:
        """What stood together and what stands there now; rules of one kind are one rule changed."""
        left = list(new)
        for node in gone:
            same = next((one for one in left if one.get("kind") == node.get("kind")), None)
            if same is None:
                yield self.said["gone"].format(self.words(node))
                continue
            left.remove(same)
            yield from self._changed(node, same)
        yield from (self.said["new"].format(self.words(node)) for node in left)

    def _changed(self, before: Json, after: Json) -> Iterator[str]:
        named = before.get("name") == after.get("name")
        inside = list(self.between(before["rules"], after["rules"])) if is_group(before) and named else []
        if inside:
            called = before.get("name") or before["kind"]
            yield from (f"In the group “{called}”: {line[0].lower()}{line[1:]}" for line in inside)
        else:
            yield self.said["other"].format(self.words(before), self.words(after))


def _keys(nodes: Sequence[Json]) -> list[str]:
    return [json.dumps(node, sort_keys=True) for node in nodes]
