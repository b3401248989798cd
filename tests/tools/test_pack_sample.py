"""What tools/pack_sample.py writes beside the XML: SQL dumps that a database reads back as sample/ says, and one tree to walk."""

from __future__ import annotations

import bz2
import gzip
import html
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pack_sample
import pytest
import sample_sql
import yaml
from _pytest.mark import ParameterSet
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_source import Article, Wiki

from charkha.core.errors import SourceError
from charkha.core.records import Page
from charkha.corpus.dump import Tally
from charkha.corpus.pages import read_pages
from charkha.languages import load

REPO = Path(__file__).parent.parent.parent
SAMPLE = REPO / "sample"
WIKIS = sorted(folder.name for folder in SAMPLE.iterdir() if folder.is_dir())
DEPTH = 3  # links from a root to an article
LAYOUTS = {
    "legacy": ["cl_from", "cl_to", "cl_sortkey", "cl_timestamp", "cl_sortkey_prefix", "cl_collation", "cl_type"],
    "today": [
        "cl_from",
        "cl_sortkey",
        "cl_timestamp",
        "cl_sortkey_prefix",
        "cl_type",
        "cl_collation_id",
        "cl_target_id",
    ],
}
LAYOUTS["transitional"] = [*LAYOUTS["legacy"], "cl_collation_id", "cl_target_id"]
LAYOUT_OF = {"bn": "legacy", "ta": "legacy", "hi": "transitional", "ne": "transitional"}
_LITERAL = re.compile(rb"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_ESCAPED = {b"0": b"\0", b"n": b"\n", b"r": b"\r", b"Z": b"\x1a"}


def _as_blob(literal: re.Match[bytes]) -> bytes:
    """A literal of MySQL as one of SQLite: what a backslash hides is told by the manual of MySQL."""
    plain = re.sub(rb"\\(.)", lambda told: _ESCAPED.get(told[1], told[1]), literal[1], flags=re.DOTALL)
    return b"X'" + plain.hex().encode() + b"'"


def read_sql(database: sqlite3.Connection, data: bytes) -> list[str]:
    """Loads a gzipped dump into SQLite, every text as bytes; the columns of its table."""
    text = gzip.decompress(data)
    head = re.search(rb"CREATE TABLE `(\w+)` \(\n(.*?)\n\) ENGINE", text, re.DOTALL)
    assert head is not None
    table, columns = head[1].decode(), [name.decode() for name in re.findall(rb"^  `(\w+)`", head[2], re.MULTILINE)]
    keys = [
        key.decode() for key in re.findall(rb"^  (?:PRIMARY|UNIQUE) KEY (?:`\w+` )?(\(.*\)),?$", head[2], re.MULTILINE)
    ]
    database.execute(f"CREATE TABLE {table} ({', '.join(columns)}, {', '.join(f'UNIQUE {key}' for key in keys)})")
    plain = _LITERAL.sub(_as_blob, text[head.end() :])
    for statement in re.findall(rb"^INSERT INTO.*?;$", plain, re.MULTILINE | re.DOTALL):
        database.execute(statement.decode("ascii"))
    return columns


@lru_cache(maxsize=1)
def packed() -> dict[str, dict[str, bytes]]:
    return pack_sample.pack_all()


@cache
def database(wiki: str) -> sqlite3.Connection:
    """All packed tables of a wiki, and a view `named` of its categorylinks: page id, category, with any layout."""
    found = sqlite3.connect(":memory:")
    tables = {}
    for path in sorted(pack_sample.TARGET.glob(f"{wiki}wiki-*.sql.gz")):
        table = path.name.split("-")[-1].removesuffix(".sql.gz")
        tables[table] = read_sql(found, path.read_bytes())
    assert tables["categorylinks"] == LAYOUTS[LAYOUT_OF.get(wiki, "today")]
    if "cl_to" in tables["categorylinks"]:
        found.execute("CREATE VIEW named AS SELECT cl_from, cl_to AS category, cl_type FROM categorylinks")
    else:
        found.execute(
            "CREATE VIEW named AS SELECT cl_from, lt_title AS category, cl_type FROM categorylinks "
            "JOIN linktarget ON lt_id = cl_target_id AND lt_namespace = 14"
        )
    counts = [found.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("named", "categorylinks")]
    assert counts[0] == counts[1] > (0,)
    return found


def ask(wiki: str, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query, bytes as text with spaces where a title has underscores."""
    rows = database(wiki).execute(query).fetchall()
    return [tuple(_title(value) if isinstance(value, bytes) else value for value in row) for row in rows]


def _title(value: bytes) -> str:
    return value.decode("utf-8", "replace").replace("_", " ")


def told(wiki: str) -> dict[str, Any]:
    return yaml.safe_load((SAMPLE / wiki / "categories.yaml").read_text(encoding="utf-8"))


@cache
def pages(wiki: str) -> list[Page]:
    return list(read_pages(pack_sample.target_of(wiki), load(wiki), Tally()))


def test_every_packed_file_is_what_the_sources_say() -> None:
    files = {name: data for of_wiki in packed().values() for name, data in of_wiki.items()}
    there = {path.name for path in pack_sample.TARGET.glob("*wiki-*")}
    assert there == set(files)
    stale = [name for name, data in files.items() if (pack_sample.TARGET / name).read_bytes() != data]
    assert stale == [], "run: python tools/pack_sample.py"
    assert pack_sample.pack_all() == packed()
    assert all(data[4:8] == bytes(4) for name, data in files.items() if name.endswith(".gz")), "a time in a gzip header"


@pytest.mark.parametrize("wiki", WIKIS)
def test_the_page_table_is_the_dump(wiki: str) -> None:
    rows = set(ask(wiki, "SELECT page_id, page_namespace, page_title, page_is_redirect FROM page"))
    assert {row for row in rows if row[1] == 0} == {
        (p.page_id, 0, p.title, int(bool(p.redirect_to))) for p in pages(wiki)
    }
    assert {row[2] for row in rows if row[1] == 14} == set(told(wiki)["tree"])
    assert {row[1] for row in rows} == {0, 10, 14}


@pytest.mark.parametrize("wiki", WIKIS)
def test_categorylinks_say_what_wikitext_and_tree_say(wiki: str) -> None:
    tree = told(wiki)
    placed = {(page, category) for category, members in tree["placed"].items() for page in members}
    named = {(p.title, category) for p in pages(wiki) for category in p.categories}
    query = "SELECT page_title, category FROM named JOIN page ON cl_from = page_id WHERE cl_type = {} AND page_namespace = {}"
    assert set(ask(wiki, query.format("X'70616765'", 0))) == named | placed
    parents = {(child, parent) for child, above in tree["tree"].items() for parent in above or []}
    assert set(ask(wiki, query.format("X'737562636174'", 14))) == parents
    lost = ask(
        wiki, "SELECT category, count(*) FROM named WHERE cl_from NOT IN (SELECT page_id FROM page) GROUP BY category"
    )
    assert dict(lost) == tree["gone"]
    assert not {category for _, category in named} & set(tree["gone"])


@pytest.mark.parametrize("wiki", WIKIS)
def test_category_pages_say_the_same_as_the_tables(wiki: str) -> None:
    text = html.unescape(bz2.decompress(pack_sample.target_of(wiki).read_bytes()).decode())
    found = re.findall(r"<title>([^:<]+):([^<]+)</title>\s*<ns>14</ns>.*?<text[^>]*>(.*?)</text>", text, re.DOTALL)
    local = load(wiki).mediawiki.namespaces[14][0]
    tree = told(wiki)
    assert {title: re.findall(rf"\[\[{local}:([^\]]+)\]\]", body) for _, title, body in found} == {
        title: parents or [] for title, parents in tree["tree"].items()
    }
    assert {name for name, _, _ in found} == {local}
    assert {title for _, title, body in found if "__HIDDENCAT__" in body} == set(tree["hidden"])


@pytest.mark.parametrize("wiki", WIKIS)
def test_properties(wiki: str) -> None:
    query = "SELECT page_title FROM page_props JOIN page ON pp_page = page_id WHERE pp_propname = X'{}'"
    assert {row[0] for row in ask(wiki, query.format(b"hiddencat".hex()))} == set(told(wiki)["hidden"])
    everything = pages(wiki)
    assert {row[0] for row in ask(wiki, query.format(b"disambiguation".hex()))} == {
        p.title for p in everything if p.disambiguation
    }
    items = ask(wiki, f"SELECT pp_page, pp_value FROM page_props WHERE pp_propname = X'{b'wikibase_item'.hex()}'")
    assert len({value for _, value in items}) == len(items)
    assert all(int(str(value)[1:]) >= 9_000_000_000 for _, value in items)
    assert {p.page_id for p in everything if not p.redirect_to and not p.disambiguation} <= {page for page, _ in items}
    others = {row[0] for row in ask(wiki, "SELECT DISTINCT pp_propname FROM page_props")}
    assert {"page image free", "defaultsort"} <= others


def test_langlinks_join_what_has_one_item() -> None:
    """Every link leads to the page of the same item, whose title stands there as its own wiki writes it, and back."""
    by_item: dict[str, dict[str, tuple[int, str]]] = {}
    for wiki in WIKIS:
        local = load(wiki).mediawiki.namespaces[14][0]
        query = f"SELECT pp_value, page_id, page_namespace, page_title FROM page_props JOIN page ON pp_page = page_id WHERE pp_propname = X'{b'wikibase_item'.hex()}'"
        for item, page_id, space, title in ask(wiki, query):
            by_item.setdefault(str(item), {})[wiki] = (int(page_id), f"{local}:{title}" if space == 14 else str(title))
    expected = {
        (wiki, page_id, other, title)
        for of_item in by_item.values()
        for wiki, (page_id, _) in of_item.items()
        for other, (_, title) in of_item.items()
        if other != wiki
    }
    rows = {(wiki, *row) for wiki in WIKIS for row in ask(wiki, "SELECT ll_from, ll_lang, ll_title FROM langlinks")}
    assert {row for row in rows if row[2] in WIKIS} == expected
    assert {row[2] for row in rows} - set(WIKIS) >= {"de", "fr"}
    shared = [item for item, of_item in by_item.items() if len(of_item) > 1]
    assert len(shared) > 40


def test_the_layouts_and_styles_that_are_in_the_wild() -> None:
    assert {LAYOUT_OF.get(wiki, "today") for wiki in WIKIS} == set(LAYOUTS)
    for wiki in WIKIS:
        target = pack_sample.TARGET / f"{wiki}wiki-{pack_sample.DATE}-linktarget.sql.gz"
        assert target.exists() == (LAYOUT_OF.get(wiki) != "legacy")
    big = ask("en", "SELECT max(lt_id), min(lt_id) FROM linktarget WHERE lt_namespace = 14")
    assert big[0][0] > 2**32 > big[0][1]
    assert ask("en", "SELECT count(*) FROM linktarget WHERE lt_namespace = 0")[0][0] > 0
    assert ask("ne", "SELECT count(*) FROM categorylinks WHERE cl_target_id IS NULL")[0][0] > 0
    lines = {
        wiki: gzip.decompress(packed()[wiki][f"{wiki}wiki-{pack_sample.DATE}-page.sql.gz"]).count(b"\n(")
        for wiki in WIKIS
    }
    assert [wiki for wiki in WIKIS if lines[wiki]] == ["gu", "te"]


def _below(wiki: str, root: str) -> dict[str, int]:
    """Articles below a category -> links from it, at most DEPTH of them."""
    children: dict[str, list[tuple[int, str]]] = {}
    for category, space, title in ask(
        wiki, "SELECT category, page_namespace, page_title FROM named JOIN page ON cl_from = page_id"
    ):
        children.setdefault(str(category), []).append((int(space), str(title)))
    seen, found, level = {root}, {}, [root]
    for depth in range(1, DEPTH + 1):
        below = [child for category in level for child in children.get(category, [])]
        found |= {title: depth for space, title in below if space == 0 and title not in found}
        level = [title for space, title in below if space == 14 and title not in seen]
        seen |= set(level)
    return found


def _item_of(wiki: str, namespace: int, title: str) -> object:
    query = f"SELECT page_title, pp_value FROM page_props JOIN page ON pp_page = page_id WHERE pp_propname = X'{b'wikibase_item'.hex()}' AND page_namespace = {namespace}"
    return dict(ask(wiki, query)).get(title)


def _each_wiki() -> list[ParameterSet]:
    # A language file without roots has none to start from; the mark goes by itself when it gets them.
    pending = {wiki for wiki in WIKIS if not load(wiki).culture.roots}
    return [
        pytest.param(
            wiki, marks=pytest.mark.xfail(wiki in pending, reason=f"{wiki}.yaml names no culture.roots", strict=True)
        )
        for wiki in WIKIS
    ]


@pytest.mark.parametrize("wiki", _each_wiki())
def test_every_article_is_below_a_root_of_its_language(wiki: str) -> None:
    roots = load(wiki).culture.roots
    reached: set[str] = set()
    for root in roots:
        if root.wiki == wiki:
            reached |= set(_below(wiki, root.category))
        elif root.wiki == "en":
            joined = {item for title in _below("en", root.category) if (item := _item_of("en", 0, title))}
            reached |= {p.title for p in pages(wiki) if _item_of(wiki, 0, p.title) in joined}
    articles = {p.title for p in pages(wiki) if not p.redirect_to and not p.disambiguation}
    assert articles - reached == set(), f"add their categories' way to a root to sample/{wiki}/categories.yaml"
    in_english = {_item_of("en", 14, root.category) for root in roots if root.wiki == "en"} - {None}
    here = {_item_of(wiki, 14, root.category) for root in roots if root.wiki == wiki} | (
        {None} if wiki != "en" else set()
    )
    assert wiki == "en" or in_english & here, "no root of the wiki's own is joined with an English one"


def test_the_english_tree_has_a_cycle() -> None:
    tree = told("en")["tree"]
    assert "Bengali culture" in tree["Culture of Bengal"]
    assert "Culture of Bengal" in tree["Bengali culture"]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("tools", "sample", "src/charkha/sample"):
        shutil.copytree(REPO / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def _run(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPO / "src")}
    command = [sys.executable, str(copy / "tools" / "pack_sample.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_check_covers_every_file_and_packing_mends_it(copy: Path) -> None:
    target = copy / "src" / "charkha" / "sample"
    assert _run(copy, "--check").returncode == 0
    (target / "bnwiki-20261101-page_props.sql.gz").write_bytes(b"")
    (target / "hiwiki-20261101-linktarget.sql.gz").unlink()
    (target / "tawiki-20261101-linktarget.sql.gz").write_bytes(b"of no source")
    found = _run(copy, "--check")
    assert found.returncode == 3
    assert len(found.stderr.splitlines()) == 1
    for name in ("bnwiki-20261101-page_props", "hiwiki-20261101-linktarget", "tawiki-20261101-linktarget"):
        assert name in found.stderr
    (target / "tawiki-20261101-linktarget.sql.gz").unlink()
    assert _run(copy).returncode == 0
    assert _run(copy, "--check").returncode == 0


REFUSED = {
    "no such page": ("items.yaml", "{en: Theyyam,", "{en: Thayyam,", "'Thayyam' of 'en', which is not in sample/en"),
    "a redirect": ("items.yaml", "{en: Madhubani art,", "{en: Mithila painting,", "'Mithila painting' of 'en'"),
    "no such wiki": ("items.yaml", "{en: Theyyam,", "{xx: Theyyam,", "of 'xx', which is not in sample/xx"),
    "two items": ("items.yaml", "{en: Theyyam,", "{en: Stepwell,", "'Stepwell' of 'en' is in Q"),
    "no item": ("items.yaml", "{en: Theyyam,", "{", "no item for the article 'Theyyam' of 'en'. Add it"),
    "a real id": ("items.yaml", "Q9000000202:", "Q42:", "'Q42' is no id of the sample"),
    "no YAML": ("items.yaml", "{en: Theyyam,", "{en: Theyyam", "is no YAML"),
    "no entry": ("en/categories.yaml", "  Stepwells: [", "  Step wells: [", "the category 'Stepwells'"),
    "no parent": ("en/categories.yaml", "[Culture by region]", "[Culture by continent]", "the parent 'Culture by "),
    "hidden nothing": (
        "en/categories.yaml",
        "  - Hidden categories",
        "  - Secret categories",
        "'Secret categories' is not under 'tree:'",
    ),
    "placed nothing": ("en/categories.yaml", "[Madhubani art, Stepwell]", "[Madhubani]", "no article 'Madhubani'"),
    "an odd key": ("en/categories.yaml", "gone:", "lost:", "unknown keys ['lost']"),
    "an odd parent": ("en/categories.yaml", "  Art genres: []", "  Art genres: Arts", "'Art genres'"),
    "an odd count": ("en/categories.yaml", "1957 Indian films: 3", "1957 Indian films: many", "'1957 Indian films'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_together_is_refused_in_one_line(copy: Path, case: str) -> None:
    name, old, new, said = REFUSED[case]
    path = copy / "sample" / name
    before = path.read_text(encoding="utf-8")
    assert before.count(old) >= 1
    path.write_text(before.replace(old, new, 1), encoding="utf-8")
    found = _run(copy, "--check")
    assert found.returncode == 2, found.stderr
    assert said in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_a_wiki_that_is_not_there_is_refused() -> None:
    found = _run(REPO, "xx", "--check")
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.startswith("there is no sample/xx.")


def test_a_folder_without_items_is_refused(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE / "as", tmp_path / "as")
    with pytest.raises(SourceError, match=r"items\.yaml' is missing"):
        pack_sample.pack_all(tmp_path)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
        min_size=1,
        max_size=4,
        unique_by=lambda title: title.replace(" ", "_"),
    )
)
def test_any_title_comes_back_from_the_tables(titles: list[str]) -> None:
    tree = {title: titles[:1] for title in titles}
    article = Article(
        page_id=101, title=titles[0], redirect="", text="", disambiguation=True, categories=((titles[-1], "key'\\"),)
    )
    for wiki in ("as", "bn", "hi", "te"):
        of_wiki = sample_sql.tables(Wiki(load(wiki), [article], tree), [], {})
        found = sqlite3.connect(":memory:")
        for data in of_wiki.values():
            read_sql(found, data)
        stored = found.execute("SELECT page_title FROM page WHERE page_namespace = 14 ORDER BY page_id").fetchall()
        assert [row[0].decode() for row in stored] == [title.replace(" ", "_") for title in titles]
