"""Which dump and which documents a language is read from, and whether they are still those that were read."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from charkha.core.errors import RecipeError, SourceError
from charkha.core.ids import digest
from charkha.core.recipe import Documents, Recipe
from charkha.corpus.documents import Terms
from charkha.corpus.folder import Survey, survey
from charkha.corpus.interwiki import LANGUAGES
from charkha.corpus.links import clean_title
from charkha.corpus.normal import nfc
from charkha.corpus.rows import Columns
from charkha.languages import Language, load
from charkha.stages.wiki_files import Files, sql_beside, sql_files

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
                f"cannot read the dump {str(path)!r}: {error.strerror}. Check the path (in a recipe: source.dumps)."
            ) from error
    return f"{'+'.join(map(str, sizes))}:{hashed.hexdigest()}"


@dataclass(frozen=True)
class Own:
    """Documents of one's own: files and folders, and what the user says of all of them."""

    paths: tuple[Path, ...]
    terms: Terms = Terms()

    @classmethod
    def of(cls, given: Documents, licence: str = "") -> Own:
        """As a recipe or the command line names them; without a name their source is the folder's."""
        paths = tuple(given.path) if isinstance(given.path, list) else (given.path,)
        if not paths:
            raise SourceError("source.documents names no path. Name a folder or a file.")
        first = paths[0].absolute()
        source = given.source or (first if first.is_dir() else first.parent).name
        columns = Columns(given.text, given.title, given.url, given.id, given.licence_column)
        return cls(paths, Terms(nfc(given.licence or licence), nfc(source), columns))

    def survey(self) -> Survey:
        """Looks at all of them.

        Raises:
            SourceError: a path that is not there.
        """
        return survey(self.paths)

    @property
    def mark(self) -> str:
        """The same for the same names and contents under the same terms."""
        return digest([self.survey().mark, asdict(self.terms)])[:24]


@dataclass(frozen=True)
class Dump:
    """A wiki's dump, one file or several parts, or documents of one's own, or both.

    `licence` and `date` are the user's word where the dump's files give none. `sql` is read with the dump, for Wikidata ids and links to other
    languages; a dump that was read without is not read again for it.
    """

    paths: tuple[Path, ...]
    licence: str = ""
    date: str = ""
    own: Own | None = None
    sql: Mapping[str, Path] = field(default_factory=dict)  # table -> SQL dump of the wiki

    @property
    def name(self) -> str:
        """As it is told: the file, or the first and the number of the others."""
        names = [f"{paths[0].name}{_more(len(paths) - 1)}" for paths in (self.paths, self.own.paths if self.own else ()) if paths]
        return " and ".join(names)

    @property
    def places(self) -> tuple[Path, ...]:
        """All that it is read from."""
        return (*self.paths, *(self.own.paths if self.own else ()))

    @property
    def mark(self) -> str:
        """The same as long as what is read is the same."""
        marks = [fingerprint(*self.paths)] if self.paths else []
        return "+".join([*marks, *([f"documents:{self.own.mark}"] if self.own else [])])


def _more(number: int) -> str:
    return f" and {number} more" if number else ""


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
                f"language {language.wiki!r} in {recipe.where('languages', at)} has no dump and no documents. "
                f"Add it: source: {{dumps: {{{language.wiki}: PATH}}}}"
            )
    return languages


def dumps_of(recipe: Recipe) -> dict[str, Dump]:
    """The dumps and documents by Wikipedia code, whichever kind of code the recipe used."""

    def wiki(key: str, name: str) -> str:
        return load(name, recipe.where("source", key, name)).wiki

    licences = {wiki("licences", name): licence for name, licence in recipe.source.licences.items()}
    found: dict[str, Dump] = {}
    sql = sql_of(recipe)
    for name in recipe.source.dumps:
        code = wiki("dumps", name)
        paths = tuple(_dump_files(recipe, name))
        if not paths:
            raise SourceError(f"{recipe.where('source', 'dumps', name)} names no file. Name the dump of {code!r}.")
        found[code] = Dump(paths, licences.get(code, ""), sql=sql.get(code, {}))
    for name, documents in recipe.source.documents.items():
        code = wiki("documents", name)
        wanted = "" if code in found else licences.get(code, "")  # beside a dump that licence is the dump's
        found[code] = replace(found.get(code, Dump(())), own=Own.of(documents, wanted))
    return found


def _dump_files(recipe: Recipe, name: str) -> list[Path]:
    """The files of a dump that a recipe names; of a folder, such as `charkha download` fills, those of its newest dump.

    Raises:
        SourceError: a folder that holds no dump.
    """
    given, where = recipe.source.dumps[name], recipe.where("source", "dumps", name)
    if isinstance(given, list) or not given.is_dir():
        return given if isinstance(given, list) else [given]
    if not (found := newest_dump(given, load(name, where))):
        raise SourceError(f"{str(given)!r} in {where} is a folder without a dump. Name a file, or fetch one: charkha download {name}")
    return found


def sql_of(recipe: Recipe) -> Files:
    """The SQL dumps of every edition: those that the recipe names, else those that lie beside its dumps.

    Raises:
        SourceError: a path that is not there or does not tell what it is.
    """
    found: Files = {}
    for name in recipe.source.dumps:
        code = load(name, recipe.where("source", "dumps", name)).wiki
        tables = sql_beside(code, _dump_files(recipe, name))
        found.update({code: tables} if tables else {})
    for name, given in recipe.source.sql.items():
        code = wiki_of(name, recipe.where("source", "sql", name))
        files = sql_files(given if isinstance(given, list) else [given])
        if code not in files:
            raise SourceError(
                f"{recipe.where('source', 'sql', name)} names no SQL dump of {code!r}. They are named as {code}wiki-20261101-page.sql.gz is."
            )
        found[code] = files[code]
    return found


Key = tuple[str, str, str]  # kind ("title", "page_id", "wikidata_id"), Wikipedia code (empty for Wikidata), value


@dataclass
class Blocklist:
    """Pages that must never be used, mostly because benchmarks are made of them, and their counterparts in other languages.

    ids: what names a page -> the entries that do, each as "file:line". hits: pages blocked, per entry.
    """

    ids: dict[Key, list[str]] = field(default_factory=dict)
    hits: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, paths: list[Path]) -> Blocklist:
        """Reads JSONL files of {lang, title | page_id} or {wikidata_id}; a page may stand there more than once.

        Raises:
            SourceError: a line that is no such entry, with file and line. RecipeError: an unknown language.
        """
        found = cls()
        for path in paths:
            try:
                with path.open(encoding="utf-8-sig") as lines:
                    for number, line in enumerate(lines, 1):
                        if line.strip():
                            found._add(line, f"{path}:{number}")
            except (OSError, UnicodeDecodeError) as error:
                raise SourceError(
                    f"cannot read the blocklist {str(path)!r}: {error}. It must be a JSONL file in UTF-8."
                ) from error
        return found

    @property
    def mark(self) -> str:
        """The same for lists that name the same pages; empty for a list that names none."""
        return digest(sorted(map(list, self.ids)))[:12] if self.ids else ""

    def _add(self, line: str, where: str) -> None:
        try:
            entry = json.loads(line)
            named = {kind: _value(kind, entry[kind]) for kind in ("title", "page_id", "wikidata_id") if entry.get(kind)}
            lang = wiki_of(str(entry["lang"]), where) if entry.get("lang") else ""
        except (ValueError, TypeError, AttributeError) as error:
            raise SourceError(f'{where} is no blocklist entry. Write {{"lang": "hi", "title": "..."}}.') from error
        if not named:
            raise SourceError(f"{where} names no title, page_id or wikidata_id. Write one of them.")
        if not lang and set(named) != {"wikidata_id"}:
            raise SourceError(f'{where} says not of which wiki. Write {{"lang": "hi", "title": "..."}}.')
        self.hits.setdefault(where, 0)
        for kind, value in named.items():
            self.ids.setdefault((kind, "" if kind == "wikidata_id" else lang, value), []).append(where)

    def naming(
        self, lang: str, title: str, page_id: int, wikidata_id: str, langlinks: Mapping[str, str] | None = None
    ) -> list[str]:
        """The entries that name a page, or a page that it links to as its counterpart (Wikipedia code -> title)."""
        if not self.ids:
            return []
        keys = [("title", lang, title), ("page_id", lang, str(page_id)), ("wikidata_id", "", wikidata_id)]
        keys += [("title", code, name) for code, name in (langlinks or {}).items()]
        return list(dict.fromkeys(entry for key in keys for entry in self.ids.get(key, ())))

    def blocks(
        self, lang: str, title: str, page_id: int, wikidata_id: str, langlinks: Mapping[str, str] | None = None
    ) -> bool:
        """True, and counted for every entry that names it, when a page is on the list."""
        entries = self.naming(lang, title, page_id, wikidata_id, langlinks)
        self.count(entries)
        return bool(entries)

    def count(self, entries: Iterable[str]) -> None:
        """Counts a blocked page for its entries."""
        for entry in entries:
            self.hits[entry] += 1


def wiki_of(name: str, where: str = "") -> str:
    """The Wikipedia code of a language that we speak, by any of its names for `load`, or of another edition by its code.

    Raises:
        RecipeError: neither.
    """
    return name if name in LANGUAGES else load(name, where).wiki


def _value(kind: str, given: object) -> str:
    """What an entry says, in the form in which pages have it."""
    if kind == "page_id" and isinstance(given, int) and not isinstance(given, bool):
        return str(given)
    if not isinstance(given, str) or not (value := clean_title(nfc(" ".join(given.split())))):
        raise ValueError(f"{given!r} is no {kind}")
    return value


_DUMP_FILE = re.compile(r"([a-z_]+wiki)-(\d{4}-?\d\d-?\d\d|latest)-pages-articles(-multistream)?(\d*)\.xml(?:-[p0-9]+)?(?:\.(?:bz2|gz|xz|zst))?")


def newest_dump(folder: Path, language: Language) -> list[Path]:
    """The files of the newest dump in a folder of dumps, those of the language's wiki first; none in a folder of anything else.

    The whole file before its parts, and the multistream one before the other: it can be read by many processes.
    """
    found: dict[tuple[bool, str], list[tuple[tuple[bool, bool], int, Path]]] = {}
    own = f"{language.wiki.replace('-', '_')}wiki"
    for path in sorted(folder.iterdir(), key=lambda path: [int(part) if part.isdecimal() else 0 for part in re.split(r"(\d+)", path.name)]):
        if match := _DUMP_FILE.fullmatch(path.name):
            kind = (not match[4], bool(match[3]))
            found.setdefault((match[1] == own, match[2].replace("-", "")), []).append((kind, int(match[4] or 0), path))
    if not found:
        return []
    newest = found[max(found)]
    best = max(kind for kind, _, _ in newest)
    return [path for kind, _, path in sorted(newest, key=lambda item: item[1]) if kind == best]
