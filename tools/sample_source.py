"""What sample/ says: a wiki's articles, its category tree, and the items that join pages of several wikis.

Reads sample/<wiki>/*.wikitext, sample/<wiki>/categories.yaml and sample/items.yaml and refuses, in one line each, what does
not fit together. Knows nothing of XML or SQL: tools/pack_sample.py and tools/sample_sql.py write those.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from charkha.core.errors import SourceError
from charkha.languages import Language

CATEGORY = "Category:"  # how items.yaml marks a category, in every wiki
FIRST_ITEM = 9_000_000_000  # beyond what Wikidata has given out, so that no id of the sample is a real one
_FIRST_ID = 100  # page id = this + the number that opens the file's name
_FIRST_CATEGORY_ID = 1000  # page id = this + the category's place in the tree
_TEMPLATE_ID = 2
_NOT_TEXT = re.compile(r"<!--.*?-->|<nowiki>.*?</nowiki>", re.DOTALL)


@dataclass(frozen=True)
class Article:
    """A page of the main namespace. `categories` holds (title, sort key or ""), in the order of the wikitext."""

    page_id: int
    title: str
    redirect: str
    text: str
    disambiguation: bool
    categories: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Wiki:
    """One wiki of the sample.

    tree: category -> its parents. hidden: maintenance categories. red: parents without a page. placed: category -> titles of
    the articles that a template puts there, so that no wikitext names it. gone: category -> how many pages its table still
    counts that the page table has lost, as real dumps do.
    """

    language: Language
    articles: list[Article]
    tree: dict[str, list[str]]
    hidden: list[str] = field(default_factory=list)
    red: list[str] = field(default_factory=list)
    placed: dict[str, list[str]] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)

    @property
    def category_ids(self) -> dict[str, int]:
        """Category -> page id."""
        return {title: _FIRST_CATEGORY_ID + place for place, title in enumerate(self.tree)}

    @property
    def page_ids(self) -> dict[str, int]:
        """Title as items.yaml writes it -> page id; no redirects, for an item never names one."""
        pages = {article.title: article.page_id for article in self.articles if not article.redirect}
        return pages | {CATEGORY + title: number for title, number in self.category_ids.items()}


@dataclass(frozen=True)
class Page:
    """A page of any namespace, as a dump holds it; `title` has no namespace."""

    page_id: int
    namespace: int
    title: str
    text: str
    redirect: str = ""


@dataclass(frozen=True)
class Item:
    """A thing that has pages: its id, wiki -> title (ours), and language -> title of wikis that are not in the sample."""

    name: str
    titles: dict[str, str]
    others: dict[str, str]


def read_article(path: Path, language: Language) -> Article:
    """The page that a sample file holds.

    Raises:
        SourceError: the file's name has no number or its header no title.
    """
    head, _, text = path.read_text(encoding="utf-8").partition("\n\n")
    fields = dict(re.findall(r"^(title|redirect):[ \t]*(.+?)[ \t]*$", head, re.MULTILINE))
    number = re.match(r"(\d+)-", path.name)
    if number is None or "title" not in fields:
        raise SourceError(
            f"{str(path)!r} has no number in its name or no 'title:' line at its top. Name it NN-slug.wikitext and begin "
            "it with 'title: ...' and an empty line."
        )
    return Article(
        page_id=_FIRST_ID + int(number[1]),
        title=fields["title"],
        redirect=fields.get("redirect", ""),
        text=text.strip("\n"),
        disambiguation=path.stem.endswith("-disambiguation"),
        categories=_categories(language, text),
    )


def _categories(language: Language, text: str) -> tuple[tuple[str, str], ...]:
    names = "|".join(re.escape(name) for name in {*language.mediawiki.namespaces.get(14, ()), "Category"})
    found = re.findall(rf"\[\[\s*(?i:{names})\s*:\s*([^|\]]+?)\s*(?:\|([^\]]*))?\]\]", _NOT_TEXT.sub("", text))
    return tuple({title: key for title, key in found}.items())


def read_wiki(language: Language, folder: Path) -> Wiki:
    """A language's sample folder. Without a categories.yaml the tree is flat: what its articles name.

    Raises:
        SourceError: there is no article, one is malformed or repeats a title or number, or the tree does not hold what it should.
    """
    articles = [read_article(path, language) for path in sorted(folder.glob("*.wikitext"))]
    if not articles:
        raise SourceError(f"{str(folder)!r} has no *.wikitext file. Write one, or leave the language out.")
    for values in ([article.page_id for article in articles], [article.title for article in articles]):
        if repeated := [value for value, times in Counter(values).items() if times > 1]:
            raise SourceError(
                f"two files of {str(folder)!r} have the same number or title: {sorted(map(str, repeated))}. Rename one of them."
            )
    path = folder / "categories.yaml"
    if not path.exists():
        return Wiki(language, articles, {title: [] for article in articles for title, _ in article.categories})
    told: dict[str, Any] = {"tree": {}, "hidden": [], "red": [], "placed": {}, "gone": {}} | _mapping(path)
    _check_shapes(told, path)
    wiki = Wiki(language, articles, **told)
    _check_tree(wiki, path)
    return wiki


def _check_shapes(told: dict[str, Any], path: Path) -> None:
    if unknown := sorted(set(told) - {"tree", "hidden", "red", "placed", "gone"}):
        raise SourceError(f"{str(path)!r} has the unknown keys {unknown}. Known are: tree, hidden, red, placed, gone.")
    wanted = {"tree": list, "placed": list, "gone": int}
    for key, value in told.items():
        if not isinstance(value, dict if key in wanted else list):
            raise SourceError(f"{str(path)!r}: {key!r} has the wrong shape. sample/README.md shows the right one.")
        for title, entry in value.items() if isinstance(value, dict) else zip(value, value, strict=True):
            if not isinstance(title, str) or not isinstance(entry, wanted.get(key, str)):
                raise SourceError(
                    f"{str(path)!r}: the entry {title!r} under {key!r} has the wrong shape. sample/README.md shows the right "
                    "one; quote a title that is a number or holds a comma or colon."
                )


def _check_tree(wiki: Wiki, path: Path) -> None:
    titles = {article.title for article in wiki.articles}
    for article in wiki.articles:
        for title, _ in article.categories:
            if title not in wiki.tree:
                raise SourceError(
                    f"the article {article.title!r} is in the category {title!r}, which {str(path)!r} does not have. "
                    f"Add it there under 'tree:' with its parents: {title}: [parent]"
                )
    for child, parents in wiki.tree.items():
        for parent in parents:
            if parent not in wiki.tree and parent not in wiki.red:
                raise SourceError(
                    f"{str(path)!r}: {child!r} has the parent {parent!r}, which has no entry of its own. Add one under "
                    "'tree:', or name it under 'red:' if it is to have no page."
                )
    for title in [*wiki.hidden, *wiki.placed, *wiki.gone]:
        if title not in wiki.tree:
            raise SourceError(f"{str(path)!r}: {title!r} is not under 'tree:'. Add it there: {title}: []")
    for title, members in wiki.placed.items():
        for member in members:
            if member not in titles:
                raise SourceError(
                    f"{str(path)!r}: there is no article {member!r} to be put into {title!r}. Correct its title."
                )


def pages_of(wiki: Wiki) -> list[Page]:
    """All pages of a wiki: a template and the categories beside the articles, so that a reader has something to leave out."""
    called = re.search(r"\{\{\s*([^|{}\n<:#]+)", "\n".join(article.text for article in wiki.articles))
    template = "<includeonly>{{{1|}}}</includeonly><noinclude>Sample</noinclude>"
    pages = [Page(_TEMPLATE_ID, 10, called[1].strip() if called else "Sample", template)]
    pages += [Page(article.page_id, 0, article.title, article.text, article.redirect) for article in wiki.articles]
    local = local_name(wiki.language, 14, "Category")
    for title, number in wiki.category_ids.items():
        lines = ["__HIDDENCAT__"] if title in wiki.hidden else [f"{{{{Commons category|{title}}}}}"]
        lines += [f"[[{local}:{parent}]]" for parent in wiki.tree[title]]
        pages.append(Page(number, 14, title, "\n".join(lines)))
    return pages


def local_name(language: Language, namespace: int, fallback: str) -> str:
    """What a wiki calls a namespace."""
    return (language.mediawiki.namespaces.get(namespace) or [fallback])[0]


def read_items(path: Path, wikis: dict[str, Wiki]) -> list[Item]:
    """The items of items.yaml.

    Raises:
        SourceError: an id that is no sample id, a wiki or page that is not there, a page in two items, an article in none.
    """
    items: list[Item] = []
    owner: dict[tuple[str, str], str] = {}
    for name, told in _mapping(path).items():
        if not re.fullmatch(r"Q\d{10}", str(name)) or int(name[1:]) < FIRST_ITEM:
            raise SourceError(f"{str(path)!r}: {name!r} is no id of the sample. Take one from Q{FIRST_ITEM} on.")
        others = told.pop("others", {}) if isinstance(told, dict) else None
        if not isinstance(others, dict) or not all(
            isinstance(title, str) for title in [*told.values(), *others.values()]
        ):
            raise SourceError(
                f"{str(path)!r}: {name} is not of the form {{en: Garba, gu: ગરબા, others: {{de: Garba}}}}. Correct it."
            )
        for wiki, title in told.items():
            if wiki not in wikis or title not in wikis[wiki].page_ids:
                raise SourceError(
                    f"{str(path)!r}: {name} names the page {title!r} of {wiki!r}, which is not in sample/{wiki}. Correct the "
                    "title (an article's, no redirect's, or 'Category:' and one of categories.yaml), or put it under 'others:'."
                )
            if (wiki, title) in owner:
                raise SourceError(
                    f"{str(path)!r}: {title!r} of {wiki!r} is in {owner[wiki, title]} and {name}. Take it out of one."
                )
            owner[wiki, title] = name
        items.append(Item(name, dict(told), others))
    for code, wiki_of in wikis.items():
        for article in wiki_of.articles:
            if not article.redirect and not article.disambiguation and (code, article.title) not in owner:
                free = max((int(item.name[1:]) for item in items), default=FIRST_ITEM) + 1
                raise SourceError(
                    f"{str(path)!r} has no item for the article {article.title!r} of {code!r}. Add it to the item of the same "
                    f'subject, or a line of its own: Q{free}: {{{code}: "{article.title}"}}'
                )
    return items


def _mapping(path: Path) -> dict[str, Any]:
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SourceError(f"{str(path)!r} is missing. sample/README.md says what stands in it.") from error
    except yaml.YAMLError as error:
        raise SourceError(f"{str(path)!r} is no YAML: {' '.join(str(error).split())}. Mend that line.") from error
    if not isinstance(told, dict):
        raise SourceError(f"{str(path)!r} is not a mapping. sample/README.md says what stands in it.")
    return told
