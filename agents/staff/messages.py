"""The message catalogues: `python -m agents.staff.messages` takes up new messages and compiles what is translated.

Pages are written in English; `translations/ru/LC_MESSAGES/messages.po` has the Russian, which people read first.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from agents.staff.languages import TRANSLATIONS

_AGENTS: Final = Path(__file__).resolve().parents[1]
_METHODS: Final = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
_KEYWORDS: Final = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
}
RUSSIAN: Final = TRANSLATIONS / "ru" / "LC_MESSAGES" / "messages.po"


def extracted() -> Catalog:
    """Every message of the pages as they are now."""
    catalog = Catalog(project="Pult", version="", charset="utf-8")
    options = {"**/templates/**.html": {"trimmed": "true", "silent": "false"}}
    for name, line, message, comments, context in extract_from_dir(_AGENTS, _METHODS, options, _KEYWORDS):
        catalog.add(message, None, [(f"agents/{name}", line)], auto_comments=comments, context=context)
    return catalog


def kept() -> Catalog:
    """The catalogue as it is committed."""
    with RUSSIAN.open("rb") as file:
        return read_po(file, locale="ru", domain="messages")


def findings() -> Iterator[str]:
    """What is wrong with the committed catalogue: missing, untranslated, doubtful or stale messages, one line each."""
    now, then = extracted(), kept()
    for message in now:
        if message.id and message.id not in then:
            yield f"missing: {message.id!r}"
    for message in then:
        if message.id and message.id not in now:
            yield f"stale: {message.id!r}"
        elif message.id and (message.fuzzy or not _is_translated(message.string)):
            yield f"untranslated: {message.id!r}"
    yield from (f"stale: {message!r}" for message in then.obsolete)
    if not _is_compiled(then):
        yield "not compiled: run `python -m agents.staff.messages`"


def renew() -> None:
    """Take new messages up, drop what is gone, and compile."""
    catalog = kept() if RUSSIAN.exists() else Catalog(locale="ru", project="Pult", version="", charset="utf-8")
    catalog.update(extracted(), no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    RUSSIAN.parent.mkdir(parents=True, exist_ok=True)
    with RUSSIAN.open("wb") as file:
        write_po(file, catalog, width=110, omit_header=False, include_lineno=False, sort_output=True)
    with RUSSIAN.with_suffix(".mo").open("wb") as file:
        write_mo(file, kept())


def _is_translated(text: str | tuple[str, ...] | list[str] | None) -> bool:
    return bool(text) if text is None or isinstance(text, str) else bool(text) and all(text)


def _is_compiled(catalog: Catalog) -> bool:
    fresh = BytesIO()
    write_mo(fresh, catalog)
    compiled = RUSSIAN.with_suffix(".mo")
    return compiled.exists() and compiled.read_bytes() == fresh.getvalue()


if __name__ == "__main__":
    renew()
    for finding in findings():
        print(finding)
