"""Definitions of cohorts as library items: what of one is only about one PCN, and what in it is words."""

from app.library.cohort_rules import AtPractice, BadRule, InProgramme, KnownTo
from app.library.definitions import Definition, Group, Node, read_definition_file

KIND = "cohort definition"
LOCAL = (AtPractice, KnownTo, InProgramme)  # rules that name what only one PCN has


def local_parts(definition: Definition) -> list[str]:
    """The rules that name a practice, source or programme of one PCN, in short, in order, each once."""
    return list(dict.fromkeys(rule.label for rule in definition.every_rule if isinstance(rule, LOCAL)))


def without_local_parts(definition: Definition) -> Definition:
    """The definition without them; a group that has nothing else goes too."""
    return Definition(_kept(definition.rules), _kept(definition.leave_out))


def _kept(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    found = (_without(node) for node in nodes if not isinstance(node, LOCAL))
    return tuple(node for node in found if node is not None)


def _without(node: Node) -> Node | None:
    if not isinstance(node, Group):
        return node
    rules = _kept(node.rules)
    return Group(node.kind, rules, node.name) if rules else None


def definition_in(body: str) -> Definition | None:
    """The definition that an item's body holds, or None where it cannot be read."""
    try:
        return read_definition_file(body)
    except BadRule:
        return None


def faults_in_definition(body: str) -> list[str]:
    """What must be put right in `body` before it can be saved as a definition; empty when nothing."""
    try:
        read_definition_file(body)
    except BadRule as bad:
        return bad.faults
    return []


def words_in(definition: Definition) -> str:
    """All that somebody wrote in words, one to a line: identifiers are looked for there.

    Codes are left out, because one of ten digits can look like an NHS number.
    """
    groups = [node.name for node in _groups((*definition.rules, *definition.leave_out))]
    return "\n".join([*groups, *(rule.label for rule in definition.every_rule)])


def searched(kind: str, body: str) -> str:
    """What of an item's body identifiers are looked for in: all of it, and of a definition its words."""
    found = definition_in(body) if kind == KIND else None
    return words_in(found) if found is not None else body


def _groups(nodes: tuple[Node, ...]) -> list[Group]:
    found = [node for node in nodes if isinstance(node, Group)]
    return [group for node in found for group in (node, *_groups(node.rules))]


__all__ = [
    "KIND", "LOCAL", "definition_in", "faults_in_definition", "local_parts", "searched",
    "without_local_parts", "words_in",
]  # fmt: skip
