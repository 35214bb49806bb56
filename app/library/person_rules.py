"""Rules about who somebody is and where they live: age, sex, ethnicity, practice, deprivation, needs.

Each rule reads itself from its parts, says itself in short (`label`) and as what people do (`aloud`, to
follow "people who"), and gives its dictionary back (`as_json`).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from app.languages import LANGUAGES
from app.library.rule_parts import BadRule, Parts, both, either, is_whole

OLDEST = 120
DECILES = range(1, 11)
RELEASES = (2019, 2025)

# Source: NHS Data Model and Dictionary, PERSON STATED GENDER CODE 1, 2, 9 and X (domain.md 2.4).
SEXES = ("Female", "Male", "Indeterminate", "Not known")

# The letters of the 16+1 categories in five groups, as in the Census of 2001: Chinese (R) stands with Other.
# Source: NHS Data Model and Dictionary, ETHNIC CATEGORY (domain.md 2.4).
ETHNIC_GROUPS = {"White": "ABC", "Mixed": "DEFG", "Asian": "HJKL", "Black": "MNP", "Other": "RS"}
NOT_STATED, NOT_KNOWN = "Not stated", "Not known"
ETHNICITIES = (*ETHNIC_GROUPS, NOT_STATED, NOT_KNOWN)


@dataclass(frozen=True)
class Age:
    """Aged `start` to `end` whole years on the day, both included."""

    KIND: ClassVar = "age"
    NEEDED: ClassVar = {"from", "to"}
    MAY: ClassVar[set[str]] = set()

    start: int
    end: int

    @classmethod
    def read(cls, parts: Parts) -> "Age":
        """From its parts. Raises BadRule."""
        start, end = parts.data["from"], parts.data["to"]
        if not is_whole(start) or not is_whole(end) or not 0 <= start <= end <= OLDEST:
            raise BadRule(f"Write from and to as whole years, from not above to, and to at most {OLDEST}")
        return cls(start, end)

    @property
    def label(self) -> str:
        return f"age {self._years}"

    @property
    def aloud(self) -> str:
        return f"are aged {self._years}"

    @property
    def _years(self) -> str:
        return f"{self.start} to {self.end}" if self.start < self.end else str(self.start)

    @property
    def as_json(self) -> dict[str, Any]:
        return {"kind": "age", "from": self.start, "to": self.end}


@dataclass(frozen=True)
class Sex:
    """Recorded as one of `sexes` (of SEXES). Not known is a missing value unless it is asked for."""

    KIND: ClassVar = "sex"
    NEEDED: ClassVar = {"sexes"}
    MAY: ClassVar[set[str]] = set()

    sexes: tuple[str, ...]

    @classmethod
    def read(cls, parts: Parts) -> "Sex":
        """From its parts. Raises BadRule."""
        return cls(parts.listed("sexes", SEXES))

    @property
    def label(self) -> str:
        return f"sex {either(self.sexes).lower()}"

    @property
    def aloud(self) -> str:
        return f"are recorded with the sex {either(self.sexes).lower()}"

    @property
    def as_json(self) -> dict[str, Any]:
        return {"kind": "sex", "sexes": list(self.sexes)}


@dataclass(frozen=True)
class Ethnicity:
    """Of one of `groups` (of ETHNICITIES). Not stated and not known are missing unless they are asked for."""

    KIND: ClassVar = "ethnicity"
    NEEDED: ClassVar = {"groups"}
    MAY: ClassVar[set[str]] = set()

    groups: tuple[str, ...]

    @classmethod
    def read(cls, parts: Parts) -> "Ethnicity":
        """From its parts. Raises BadRule."""
        return cls(parts.listed("groups", ETHNICITIES))

    @property
    def label(self) -> str:
        return f"ethnic group {self._listed}"

    @property
    def aloud(self) -> str:
        return f"are recorded with the ethnic group {self._listed}"

    @property
    def _listed(self) -> str:
        return either(group if group in ETHNIC_GROUPS else group.lower() for group in self.groups)

    @property
    def as_json(self) -> dict[str, Any]:
        return {"kind": "ethnicity", "groups": list(self.groups)}


@dataclass(frozen=True)
class AtPractice:
    """On the list of one of the practices with these codes."""

    KIND: ClassVar = "practice"
    NEEDED: ClassVar = {"codes"}
    MAY: ClassVar[set[str]] = set()

    codes: tuple[str, ...]

    @classmethod
    def read(cls, parts: Parts) -> "AtPractice":
        """From its parts. Raises BadRule."""
        codes = parts.listed("codes")
        if not all(code.isascii() and code.isalnum() and len(code) <= 10 for code in codes):
            raise BadRule("Write codes as the codes of practices, like G82999")
        return cls(tuple(sorted({code.upper() for code in codes})))

    @property
    def label(self) -> str:
        return f"practice {either(self.codes)}"

    @property
    def aloud(self) -> str:
        return f"are on the list of practice {either(self.codes)}"

    @property
    def as_json(self) -> dict[str, Any]:
        return {"kind": "practice", "codes": list(self.codes)}


@dataclass(frozen=True)
class Deprivation:
    """Living in a small area of these deciles of one release of the English Indices of Deprivation.

    Decile 1 is the most deprived; a fifth is two deciles. Missing where the area is not in the release.
    """

    KIND: ClassVar = "deprivation"
    NEEDED: ClassVar = {"release", "deciles"}
    MAY: ClassVar[set[str]] = set()

    release: int
    deciles: tuple[int, ...]

    @classmethod
    def read(cls, parts: Parts) -> "Deprivation":
        """From its parts. Raises BadRule."""
        release, deciles = parts.data["release"], parts.data["deciles"]
        if not is_whole(release) or release not in RELEASES:
            raise BadRule("Write release: 2025 or 2019, the release of the deprivation index")
        if (
            not isinstance(deciles, list)
            or not deciles
            or not all(is_whole(d) and d in DECILES for d in deciles)
        ):
            raise BadRule("Write deciles as a list of numbers from 1, the most deprived, to 10")
        return cls(release, tuple(sorted(set(deciles))))

    @property
    def label(self) -> str:
        return f"{self._part} (IMD decile {self._listed})" if self._part else f"IMD decile {self._listed}"

    @property
    def aloud(self) -> str:
        part = f"in the {self._part} of areas" if self._part else "in areas"
        return f"live {part} (IMD {self.release}, decile {self._listed})"

    @property
    def _listed(self) -> str:
        return either(str(decile) for decile in self.deciles)

    @property
    def _part(self) -> str | None:
        return {(1,): "most deprived tenth", (1, 2): "most deprived fifth"}.get(self.deciles)

    @property
    def as_json(self) -> dict[str, Any]:
        return {"kind": "deprivation", "release": self.release, "deciles": list(self.deciles)}


@dataclass(frozen=True)
class Needs:
    """With all of what is given: one of these languages, one of these formats, an interpreter or none.

    A language that is not recorded is missing; a format or interpreter that is not recorded is not needed.
    """

    KIND: ClassVar = "needs"
    NEEDED: ClassVar[set[str]] = set()
    MAY: ClassVar = {"languages", "formats", "interpreter"}

    languages: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    interpreter: bool | None = None

    @classmethod
    def read(cls, parts: Parts) -> "Needs":
        """From its parts. Raises BadRule."""
        if not any(parts.has(name) for name in cls.MAY):
            raise BadRule("Add languages, formats or interpreter to the needs rule")
        return cls(
            parts.listed("languages") if parts.has("languages") else (),
            parts.listed("formats") if parts.has("formats") else (),
            parts.yes("interpreter", False) if parts.has("interpreter") else None,
        )

    @property
    def label(self) -> str:
        said = [f"language {self._languages}"] if self.languages else []
        said += [f"format {either(self.formats)}"] if self.formats else []
        if self.interpreter is not None:
            said.append("interpreter" if self.interpreter else "no interpreter")
        return ", ".join(said)

    @property
    def aloud(self) -> str:
        said = [f"have {self._languages} as their language"] if self.languages else []
        said += [f"need information in {either(self.formats)}"] if self.formats else []
        if self.interpreter is not None:
            said.append("need an interpreter" if self.interpreter else "need no interpreter")
        return said[0] if len(said) == 1 else f"({both(said)})"

    @property
    def _languages(self) -> str:
        return either(LANGUAGES.get(code, code) for code in self.languages)

    @property
    def as_json(self) -> dict[str, Any]:
        given: dict[str, Any] = {"kind": "needs"}
        given |= {"languages": list(self.languages)} if self.languages else {}
        given |= {"formats": list(self.formats)} if self.formats else {}
        return given | ({} if self.interpreter is None else {"interpreter": self.interpreter})
