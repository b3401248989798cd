"""Which dump a language is read from, and whether it is still the one that was read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from charkha.core.errors import RecipeError, SourceError
from charkha.core.recipe import Recipe
from charkha.languages import Language, load

EDGE = 1 << 20  # bytes hashed at either end; a dump of 25 GB must not be read twice to be recognised


def fingerprint(*paths: Path) -> str:
    """Size and BLAKE2b of the first and last MiB of a file; of several files, all their sizes and one hash.

    Raises:
        SourceError: there is no such file.
    """
    hashed = hashlib.blake2b(digest_size=12)
    sizes = []
    for path in paths:
        try:
            sizes.append(path.stat().st_size)
            with path.open("rb") as handle:
                hashed.update(handle.read(EDGE))
                handle.seek(max(0, sizes[-1] - EDGE))
                hashed.update(handle.read(EDGE))
        except OSError as error:
            raise SourceError(
                f"cannot read the dump {str(path)!r}: {error.strerror}. Check source.dumps in the recipe."
            ) from error
    return f"{'+'.join(map(str, sizes))}:{hashed.hexdigest()}"


@dataclass(frozen=True)
class Dump:
    """A wiki's dump: one file or several parts; `licence` and `date` are the user's word where the files give none."""

    paths: tuple[Path, ...]
    licence: str = ""
    date: str = ""

    @property
    def name(self) -> str:
        """As it is told: the file, or the first and the number of the others."""
        more = f" and {len(self.paths) - 1} more" if len(self.paths) > 1 else ""
        return f"{self.paths[0].name}{more}"


def languages_of(recipe: Recipe) -> list[Language]:
    """The recipe's languages; every one must have a source.

    Raises:
        SourceError: a language without a dump. RecipeError: an unknown language.
    """
    languages = [load(name, recipe.where("languages", at)) for at, name in enumerate(recipe.languages)]
    seen: set[str] = set()
    for at, language in enumerate(languages):
        if language.wiki in seen:
            raise RecipeError(
                f"language {language.wiki!r} stands twice in {recipe.where('languages', at)}. Take one out."
            )
        seen.add(language.wiki)
    dumps = dumps_of(recipe)
    for at, language in enumerate(languages):
        if language.wiki not in dumps:
            raise SourceError(
                f"language {language.wiki!r} in {recipe.where('languages', at)} has no dump. "
                f"Add it: source: {{dumps: {{{language.wiki}: PATH}}}}"
            )
    return languages


def dumps_of(recipe: Recipe) -> dict[str, Dump]:
    """The dumps by Wikipedia code, whichever kind of code the recipe used."""

    def wiki(key: str, name: str) -> str:
        return load(name, recipe.where("source", key, name)).wiki

    licences = {wiki("licences", name): licence for name, licence in recipe.source.licences.items()}
    found: dict[str, Dump] = {}
    for name, given in recipe.source.dumps.items():
        code = wiki("dumps", name)
        paths = tuple(given) if isinstance(given, list) else (given,)
        if not paths:
            raise SourceError(f"{recipe.where('source', 'dumps', name)} names no file. Name the dump of {code!r}.")
        found[code] = Dump(paths, licences.get(code, ""))
    return found


@dataclass
class Blocklist:
    """Pages that must never be used, mostly because benchmarks are made of them; `hits` counts per entry."""

    ids: dict[tuple[str, str], str] = field(default_factory=dict)
    hits: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, paths: list[Path]) -> Blocklist:
        """Reads JSONL files of {lang, title | page_id} or {wikidata_id}.

        Raises:
            SourceError: a line that is no such entry, with file and line.
        """
        found = cls()
        for path in paths:
            try:
                lines = path.read_text(encoding="utf-8").splitlines()
            except (OSError, UnicodeDecodeError) as error:
                raise SourceError(
                    f"cannot read the blocklist {str(path)!r}: {error}. It must be a JSONL file in UTF-8."
                ) from error
            for number, line in enumerate(lines, 1):
                if line.strip():
                    found._add(line, f"{path}:{number}")
        return found

    def _add(self, line: str, where: str) -> None:
        try:
            entry = json.loads(line)
            lang = load(entry["lang"], where).wiki if "lang" in entry else ""
            keys = [(lang, f"{key}={entry[key]}") for key in ("title", "page_id", "wikidata_id") if key in entry]
        except (ValueError, TypeError, KeyError) as error:
            raise SourceError(f'{where} is no blocklist entry. Write {{"lang": "hi", "title": "..."}}.') from error
        if not keys:
            raise SourceError(f"{where} names no title, page_id or wikidata_id. Write one of them.")
        self.hits.setdefault(where, 0)
        for key_lang, key in keys:
            self.ids["" if key.startswith("wikidata") else key_lang, key] = where

    def blocks(self, lang: str, title: str, page_id: int, wikidata_id: str) -> bool:
        """True, and counted, when a page is on the list."""
        for key in ((lang, f"title={title}"), (lang, f"page_id={page_id}"), ("", f"wikidata_id={wikidata_id}")):
            if key in self.ids:
                self.hits[self.ids[key]] += 1
                return True
        return False
