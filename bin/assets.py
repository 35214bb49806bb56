"""Copies the browser files that Oast serves out of node_modules.

Into app/static/vendor/ (made, not committed):

    nhsuk/nhsuk-frontend.min.css, nhsuk/nhsuk-frontend.min.js
    nhsuk/assets/            the style sheet asks for these at /assets/
    htmx/htmx.min.js
    atkinson-hyperlegible/   *.woff2, latin and latin-ext
    noto-sans/               *.woff2, the other scripts that letters are printed in

and into var/axe/axe.min.js, when it was installed, the accessibility checker that only the tests use.
"""

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "app" / "static" / "vendor"

THIRD_PARTY_FONT = re.compile(r"@font-face\s*\{[^}]*url\(\s*[\"']?(?:https?:)?//[^}]*\}")
# Packages of Noto Sans, and which of its scripts come from each. app/fonts.py says what they are used for.
NOTO = {
    "noto-sans": ("latin-ext", "vietnamese", "cyrillic", "cyrillic-ext", "greek", "devanagari"),
    "noto-sans-arabic": ("arabic",),
    "noto-sans-bengali": ("bengali",),
    "noto-sans-gujarati": ("gujarati",),
    "noto-sans-gurmukhi": ("gurmukhi",),
    "noto-sans-tamil": ("tamil",),
}
SOURCE_MAP = re.compile(r"(?:/\*|//)# sourceMappingURL=.*")


def copy_assets() -> None:
    """Make app/static/vendor/ anew from node_modules. Raises RuntimeError should a third party remain."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    _copy_nhsuk(MODULES / "nhsuk-frontend" / "dist" / "nhsuk", VENDOR / "nhsuk")
    _copy_htmx(MODULES / "htmx.org" / "dist", VENDOR / "htmx")
    _copy_fonts(MODULES / "@fontsource" / "atkinson-hyperlegible", VENDOR / "atkinson-hyperlegible")
    _copy_noto(MODULES / "@fontsource", VENDOR / "noto-sans")
    _copy_axe(MODULES / "axe-core", ROOT / "var" / "axe")


def without_third_parties(css: str) -> str:
    """Return the style sheet less the fonts that it would fetch from another host."""
    kept = THIRD_PARTY_FONT.sub("", css)
    if re.search(r"url\(\s*[\"']?(?:https?:)?//", kept):
        raise RuntimeError("the NHS.UK style sheet names another host: teach bin/assets.py to remove it")
    return kept


def _copy_nhsuk(source: Path, target: Path) -> None:
    shutil.copytree(source / "assets", target / "assets")
    for name in ("nhsuk-frontend.min.css", "nhsuk-frontend.min.js"):
        text = SOURCE_MAP.sub("", (source / name).read_text(encoding="utf-8"))
        cleaned = without_third_parties(text) if name.endswith(".css") else text
        (target / name).write_text(cleaned, encoding="utf-8")


def _copy_htmx(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    shutil.copy(source / "htmx.min.js", target)


def _copy_fonts(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for font in (source / "files").glob("*.woff2"):
        shutil.copy(font, target)
    shutil.copy(source / "LICENSE", target)


def _copy_noto(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for package, scripts in NOTO.items():
        for script in scripts:
            for font in (source / package / "files").glob(f"{package}-{script}-[47]00-normal.woff2"):
                shutil.copy(font, target)
    shutil.copy(source / "noto-sans" / "LICENSE", target)


def _copy_axe(source: Path, target: Path) -> None:
    if source.exists():
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / "axe.min.js", target)


if __name__ == "__main__":
    copy_assets()
