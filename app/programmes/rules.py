"""Where somebody is on the way, decided from the points they have come to."""

from app.programmes.models import MILESTONES

SPINE = MILESTONES[:7]

# The first of these that a participant has come to is where they are now: first the ways out, then as far
# along as they have got, then what they answered, then how far we have got with reaching them.
PRECEDENCE = (
    "left out",
    "opted out",
    "referral accepted",
    "referral declined",
    "referred",
    "plan agreed",
    "conversation held",
    "not now",
    "wants a call",
    "wants another way",
    "engaged",
    "not reached",
    "contacted",
    "identified",
)

# Only the latest of these answers counts: coming to one takes back the others.
ANSWERS = frozenset({"not now", "wants a call", "wants another way", "not reached"})

WAYS_OUT = frozenset({"left out", "opted out"})


def status_of(milestones: frozenset[str]) -> str:
    """Where a participant is, from the kinds of their live milestones.

    Everybody is in exactly one place. Somebody who left or opted out is there however far they had come;
    somebody without any milestone yet is "identified".
    """
    return next((kind for kind in PRECEDENCE if kind in milestones), "identified")


def replaced_by(kind: str) -> frozenset[str]:
    """The milestones that stop being true when a participant comes to `kind`.

    >>> sorted(replaced_by("wants a call"))
    ['not now', 'not reached', 'wants another way']
    """
    if kind in ANSWERS:
        return ANSWERS - {kind}
    return frozenset({"not reached"}) if kind in ("engaged", "conversation held") else frozenset()
