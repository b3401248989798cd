"""artifacts: category trees become a table of what is cultural in them. Finished when `artifacts/artifacts.json` stands, which is written last.

Every edition with SQL dumps, and every language that the run has read, is walked from every root that can be placed in it. Where seeds were drawn
before, the order of passages begins anew for the languages whose artifacts are others now; replies that were bought stay.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from charkha.core.culture import CulturePlan
from charkha.core.errors import RecipeError, RunError, SourceError
from charkha.core.files import write_json
from charkha.core.ids import digest
from charkha.core.records import Artifact
from charkha.core.run import Run
from charkha.core.tables import ARTIFACTS, open_table, read_table, record_writer
from charkha.corpus.artifacts import Gathering
from charkha.corpus.culture import CultureRoot, Signposts, Trace, Wiki, place_roots, roots_of, traces
from charkha.corpus.interwiki import LANGUAGES
from charkha.corpus.page_wiki import PageWiki
from charkha.corpus.sql_wiki import SqlWiki
from charkha.languages import Language, codes, load
from charkha.stages.rounds import renew
from charkha.stages.sources import fingerprint
from charkha.stages.surroundings import artifacts_of, mark_of, woven_with
from charkha.stages.weave import weave
from charkha.stages.wiki_files import Files
from charkha.text.phrases import Phrases, name_words

PAPERS_ROOT = "en:Culture of India"  # where no language of the run names a root
GROUP = 5_000  # artifacts of a row group
Progress = Callable[[str], None]


class NoRoot(SourceError):
    """No culture's root stands in any edition that is here."""


@dataclass
class Harvest:
    """What artifacts.json says: of what it was made, what is in it, what could not be known.

    roots: each with the editions that it was placed in; lost: what the files do not tell, a line each; counts: language ->
    class -> artifacts with a page there that a root of that language leads to; titled: language -> all artifacts with a page
    there; rows: edition -> table -> rows read; by_hand: made by `charkha artifacts`, which `charkha run` does not undo.
    """

    mark: str
    depth: int
    roots: list[dict[str, Any]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    artifacts: int = 0
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    titled: dict[str, int] = field(default_factory=dict)
    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    by_hand: bool = False
    cut: list[str] = field(default_factory=list)  # SQL dumps that end too early, a line each; they stand in `lost` too


def find_artifacts(
    run: Run, languages: Sequence[Language], files: Files, plan: CulturePlan, progress: Progress | None = None
) -> Harvest:  # fmt: skip
    """Makes the run's artifacts, or returns what an earlier call made of the same.

    Args:
        run: an open run.
        languages: whose roots are walked; those that were ingested are read from their pages where they have no SQL dumps.
        files: the SQL dumps there are.
        plan: depth, roots, what to include and exclude.
        progress: told what is being read.

    Raises:
        SourceError: a file that is no dump of its table. NoRoot: no root is found in any edition. RecipeError: a root that names none.
    """
    roots = _roots(languages, plan)
    mark = digest([asdict(root) for root in roots] + [plan.model_dump(mode="json", exclude={"share"}), _marks(run, languages, files)])[:16]
    before = harvest_of(run)
    if before is not None and before.mark == mark and (run.folder / "artifacts" / "artifacts.parquet").exists():
        return before
    tell = progress or (lambda line: None)
    wikis = dict(_wikis(run, languages, files, tell))
    harvest = Harvest(mark, plan.depth, titled=dict.fromkeys(wikis, 0), counts={code: {} for code in wikis})
    reached = _reach(wikis, roots, plan, harvest, tell)
    tell("joining the pages of all languages")
    gathering = Gathering(wikis, reached)
    origins = _Origins(run, gathering.titles)
    _write(run, gathering.artifacts(roots, origins), harvest)
    for code, wiki in wikis.items():
        if isinstance(wiki, SqlWiki):
            harvest.rows[code] = {table: tally.rows for table, tally in wiki.tallies.items()}
            harvest.cut += wiki.cut
    harvest.lost = [*_unused(files), *(line for wiki in wikis.values() for line in wiki.lost), *harvest.lost]
    if plan.include and not harvest.artifacts:
        harvest.lost.append(f"no category on any way is named by {', '.join(map(repr, plan.include))}; titles are in the language of their edition")
    _weave(run, {*run.languages(), *(language.wiki for language in languages)})
    write_json(run.folder / "artifacts" / "artifacts.json", asdict(harvest))
    return harvest


def harvest_of(run: Run) -> Harvest | None:
    """What artifacts.json says; None where there is none.

    Raises:
        RunError: it is damaged.
    """
    path = run.folder / "artifacts" / "artifacts.json"
    if not path.exists():
        return None
    try:
        return Harvest(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise RunError(f"{str(path)!r} is damaged ({error}). Remove it and run `charkha artifacts` again.") from error


def keep(run: Run, harvest: Harvest) -> None:
    """Notes that these artifacts were made by hand."""
    if not harvest.by_hand:
        harvest.by_hand = True
        write_json(run.folder / "artifacts" / "artifacts.json", asdict(harvest))


def _roots(languages: Sequence[Language], plan: CulturePlan) -> list[CultureRoot]:
    langs = tuple(language.wiki for language in languages)
    own = roots_of(languages)
    countries = {(root.wiki, root.category): root.countries for root in own}
    given = [_root(text, langs) for text in plan.roots or ([] if own else [PAPERS_ROOT])]
    return [replace(root, countries=countries.get((root.wiki, root.category), ())) for root in given] or own


def _root(text: str, langs: tuple[str, ...]) -> CultureRoot:
    """`hi:भारतीय संस्कृति`, `Category:Culture of India` or both; English where no edition is named.

    Raises:
        RecipeError: there is no title in it.
    """
    wiki, colon, title = text.partition(":")
    if not colon or wiki.strip() not in LANGUAGES:
        wiki, title = "en", text
    space, colon, rest = title.partition(":")
    if colon and space.strip().casefold() in {name.casefold() for name in _namespace(wiki.strip())}:
        title = rest
    title = " ".join(title.replace("_", " ").split())
    if not title:
        raise RecipeError(f"{text!r} names no category. Write a root as en:Culture of India.")
    return CultureRoot(wiki.strip(), title[0].upper() + title[1:], langs)


def _namespace(wiki: str) -> list[str]:
    """The names of an edition's category namespace."""
    known = load(wiki).mediawiki.namespaces.get(14, []) if wiki in codes() else []
    return [*known, *({"Category"} - set(known))]


def _marks(run: Run, languages: Sequence[Language], files: Files) -> dict[str, Any]:
    """What the trees are read from, so that the same is not read twice."""
    pages = {}
    for code in _codes(run, languages, {}):
        done = run.folder / "pages" / code / "ingest.json"
        if done.exists():
            pages[code] = json.loads(done.read_text(encoding="utf-8"))["fingerprint"]
    sql = {wiki: {table: fingerprint(path) for table, path in sorted(tables.items())} for wiki, tables in sorted(files.items())}
    return {"pages": pages, "sql": sql}


def _codes(run: Run, languages: Sequence[Language], files: Files) -> list[str]:
    """The editions that there may be: with SQL dumps, asked for, or read before."""
    return sorted({*files, *run.languages(), *(language.wiki for language in languages)})


def _unused(files: Files) -> Iterator[str]:
    """What SQL dumps cannot tell without the table of pages."""
    for code, tables in sorted(files.items()):
        if "page" not in tables:
            yield f"{code}: no page.sql, so {', '.join(sorted(tables))} cannot be used"


def _wikis(run: Run, languages: Sequence[Language], files: Files, tell: Progress) -> Iterator[tuple[str, Wiki]]:
    """The editions: by SQL dumps where there is a `page` table, else by the pages that the run has read."""
    for code in _codes(run, languages, files):
        if "page" in files.get(code, {}):
            tell(f"{code}: reading {', '.join(sorted(files[code]))}")
            yield code, SqlWiki(code, files[code], tell)
        elif run.tables("pages", code):
            tell(f"{code}: reading the categories of its pages")
            yield code, _page_wiki(run, code)


def _page_wiki(run: Run, code: str) -> PageWiki:
    columns = ["page_id", "title", "categories", "langlinks", "wikidata_id", "redirect_to", "disambiguation"]

    def pages() -> Iterator[Mapping[str, Any]]:
        for table in run.tables("pages", code):
            yield from read_table(table, columns)

    return PageWiki(code, (row for table in run.tables("categories", code) for row in read_table(table)), pages)


def _reach(
    wikis: Mapping[str, Wiki], roots: Sequence[CultureRoot], plan: CulturePlan, harvest: Harvest, tell: Progress
) -> dict[str, dict[int, Trace]]:  # fmt: skip
    """Walks every edition from its roots.

    Raises:
        NoRoot: no root stands in any edition.
    """
    places = place_roots(roots, wikis, {root.wiki: _namespace(root.wiki) for root in roots})
    placed: dict[int, list[str]] = defaultdict(list)
    for code in sorted(places):
        for number, _ in places[code]:
            placed[number].append(code)
    for number, root in enumerate(roots):
        harvest.roots.append({"wiki": root.wiki, "category": root.category, "langs": list(root.langs), "placed": placed[number]})
        if not placed[number]:
            why = "that edition's files are not here" if root.wiki not in wikis else "it has no such category"
            harvest.lost.append(f"root {root}: not found, {why}")
    if not any(placed.values()):
        names = ", ".join(map(str, roots[:3])) + (f" and {len(roots) - 3} more" if len(roots) > 3 else "")
        raise NoRoot(
            f"no root is in the files of {', '.join(wikis) or 'any edition'} (sought: {names}). "
            "Name one that is, or add that edition's SQL dumps: charkha artifacts RUN --root hi:TITLE --sql DIR"
        )
    reached = {}
    for code in sorted(places):
        tell(f"{code}: walking from {len(places[code])} roots")
        signposts = Signposts(load(code) if code in codes() else None, plan.include, plan.exclude)
        reached[code] = traces(wikis[code], places[code], plan.depth, signposts)
    return reached


class _Origins:
    """Which country a page names as where its thing is from, in the infoboxes of the pages that the run has read."""

    def __init__(self, run: Run, titles: Mapping[str, Mapping[int, str]]) -> None:
        self._said: dict[tuple[str, int], str] = {}
        for code, pages in titles.items():
            culture = load(code).culture if code in codes() else None
            if culture and culture.origin and run.tables("pages", code):
                keys = {" ".join(name_words(key)) for key in culture.origin}
                self._read(run, code, pages.keys(), keys, Phrases(culture.countries))

    def _read(self, run: Run, code: str, page_ids: Collection[int], keys: set[str], countries: Phrases) -> None:
        wanted = pa.array(page_ids, pa.int64())
        for table in run.tables("pages", code):
            with open_table(table) as file:
                for batch in file.iter_batches(batch_size=1000, columns=["page_id", "infobox"]):
                    for row in batch.filter(pc.is_in(batch.column("page_id"), value_set=wanted)).to_pylist():
                        values = [value for key, value in dict(row["infobox"]).items() if " ".join(name_words(key)) in keys]
                        found = {country for value in values for country in countries.found(name_words(value))}
                        if found:
                            self._said[code, row["page_id"]] = " ".join(sorted(found))

    def __call__(self, code: str, page_id: int) -> str:
        return self._said.get((code, page_id), "")


def _write(run: Run, found: Iterator[Artifact], harvest: Harvest) -> None:
    """Writes the table and counts what is in it."""
    folder = run.folder / "artifacts"
    folder.mkdir(exist_ok=True)
    (folder / "artifacts.json").unlink(missing_ok=True)
    with record_writer(folder / "artifacts.parquet", ARTIFACTS) as put:
        while group := list(islice(found, GROUP)):
            put(group)
            for artifact in group:
                _count(artifact, harvest)
    harvest.counts = {code: dict(sorted(counts.items())) for code, counts in harvest.counts.items()}


def _count(artifact: Artifact, harvest: Harvest) -> None:
    harvest.artifacts += 1
    for code in artifact.pages:
        harvest.titled[code] += 1
        if not artifact.langs or code in artifact.langs:
            harvest.counts[code][artifact.kind] = harvest.counts[code].get(artifact.kind, 0) + 1


def _weave(run: Run, langs: Collection[str]) -> None:
    """Makes the groundings of the languages anew whose artifacts are others than those that they rest on."""
    for lang in sorted(langs):
        mark = mark_of(artifacts_of(run, lang))
        if run.tables("passages", lang) and woven_with(run, lang) != mark:
            renew(run, lang, f"artifacts:{mark}")
            weave(run, lang)
