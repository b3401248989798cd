"""The nouns of Charkha as plain records. Nothing here computes, reads a file or knows a language.

Offsets are always code points into the `text` they name, half-open. Languages are Wikipedia codes ("hi").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Context = Literal["open", "closed", "answer_is_passage"]
Kind = Literal["unsound", "unnatural"]
Role = Literal["user", "assistant", "system"]


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a page: heading level (the lead is 1 with an empty title), title, clean prose."""

    level: int
    title: str
    text: str


class Link(NamedTuple):
    """A wiki link of the prose: `text[start:end] == surface`; `trail` is the suffix glued on, part of the surface.

    A tuple, since a page has a hundred of them and a tuple is made five times as fast.
    """

    target: str
    surface: str
    trail: str
    start: int
    end: int


@dataclass(slots=True)
class Page:
    """One article as the corpus reader makes it; the columns of `pages/<lang>/`."""

    lang: str
    title: str
    page_id: int
    revision_id: int
    timestamp: str = ""
    dump_date: str = ""
    url: str = ""
    wikidata_id: str = ""
    text: str = ""
    lead: str = ""
    sections: list[Section] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    langlinks: dict[str, str] = field(default_factory=dict)
    infobox: dict[str, str] = field(default_factory=dict)
    tables: list[list[list[str]]] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    coordinates: list[float] = field(default_factory=list)
    redirect_to: str = ""
    disambiguation: bool = False
    sensitivity: list[str] = field(default_factory=list)
    split: str = ""
    licence: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class CategoryPage:
    """A category's own page; the columns of `categories/<lang>/`. `parents` are the categories that its text names, `title` is without the namespace."""

    page_id: int
    title: str
    parents: list[str]
    hidden: bool
    langlinks: dict[str, str]
    wikidata_id: str = ""


class Sentence(NamedTuple):
    """A numbered sentence of a passage: offsets into the passage's text, and the section it stands in."""

    start: int
    end: int
    section: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of a page that a seed can rest on; `page_text[start:end] == text`."""

    id: str
    lang: str
    page_id: int
    revision_id: int
    title: str
    url: str
    dump_date: str
    licence: str
    split: str
    start: int
    end: int
    text: str
    sentences: tuple[Sentence, ...]
    names: tuple[str, ...] = ()  # surfaces of the links inside, in order: names that need no model
    links: tuple[str, ...] = ()  # the articles that they lead to, each once, in order
    categories: tuple[str, ...] = ()
    sensitivity: tuple[str, ...] = ()
    source: str = ""  # the wiki, or what the user calls the documents

    def sentence(self, number: int) -> str:
        """The text of sentence `number` (1-based, as prompts show it). Raises IndexError when there is none."""
        if not 1 <= number <= len(self.sentences):
            raise IndexError(number)
        at = self.sentences[number - 1]
        return self.text[at.start : at.end]

    def sections(self) -> list[tuple[str, list[int]]]:
        """Section titles in order with the 1-based numbers of their sentences."""
        found: list[tuple[str, list[int]]] = []
        for number, sentence in enumerate(self.sentences, 1):
            if not found or found[-1][0] != sentence.section:
                found.append((sentence.section, []))
            found[-1][1].append(number)
        return found


@dataclass(frozen=True, slots=True)
class Grounding:
    """The text a seed rests on. `passages[0]` is the anchor; id = hash of language, page ids, revision ids, spans.

    A chain's passages are joined by links, each to the one before it; a document's are one long article in its order; an artifact's
    are the first of its own page and of pages that it is linked with.
    Prompts number the sentences of all of them on: the anchor's come first, under the numbers they have alone.
    """

    id: str
    lang: str
    passages: tuple[Passage, ...]
    artifact: str = ""  # the id of the artifact that the anchor's page is about; empty for a page that no culture's tree holds

    @property
    def anchor(self) -> Passage:
        """The passage that is shown first and whose split the row takes."""
        return self.passages[0]

    @property
    def sensitivity(self) -> tuple[str, ...]:
        """The tags of all its passages, sorted."""
        return tuple(sorted({tag for passage in self.passages for tag in passage.sensitivity}))

    def numbered(self) -> Iterator[tuple[int, Passage]]:
        """Each passage after how many sentences stand before it."""
        before = 0
        for passage in self.passages:
            yield before, passage
            before += len(passage.sentences)

    def located(self, number: int) -> tuple[Passage, int]:
        """The passage that a sentence number (1-based, running on) is in, and its number there.

        Raises:
            IndexError: there is no such sentence.
        """
        for before, passage in self.numbered():
            if before < number <= before + len(passage.sentences):
                return passage, number - before
        raise IndexError(number)


@dataclass(frozen=True, slots=True)
class Artifact:
    """A culturally specific thing, found in a category tree.

    id: its Wikidata id, else edition and page id of its first page. kind: its class, of `languages/tables/classes.yaml`. weight: how
    particular it is, above 0 and 1 at most. depth: hops from a root to the category that holds it. path: titles of the categories from
    the root on, in the edition `path_wiki`. sitelinks: editions known to have a page of it. origin: ISO 3166 codes of the countries
    that its page names as its home, joined by spaces. langs: languages that name a root from which it is reached. titles, pages: edition -> title, page id.
    """

    id: str
    wikidata_id: str
    kind: str
    weight: float
    depth: int
    path: tuple[str, ...]
    path_wiki: str
    sitelinks: int
    origin: str
    langs: tuple[str, ...]
    titles: dict[str, str]
    pages: dict[str, int]


@dataclass(frozen=True, slots=True)
class Seed:
    """One attempt: a grounding, a task, a draw. Its id names the example; its variety is drawn from that id alone."""

    id: str
    task: str
    lang: str
    grounding: Grounding
    draw: int
    context: Context
    variety: Mapping[str, str]
    position: int
    notes: tuple[str, ...] = ()  # what the recipe's policy tells the writer of this grounding


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """All that decides a reply. `key()` of core.ids hashes every field but `template`, which never leaves the process."""

    messages: tuple[Message, ...]
    model: str  # the identity: a name the user gives, never a host or port
    schema: Mapping[str, Any] | None = None
    sampling: Mapping[str, Any] = field(default_factory=dict)
    sample: int = 0
    attempt: int = 0
    template: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counted them; 0 where it did not say."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `finish` is the server's finish reason; `seconds` the time of the call that succeeded."""

    text: str
    finish: str = "stop"
    usage: Usage = Usage()
    seconds: float = 0.0
    served_by: str = ""  # the model name that the server reported


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a probe found out about a provider, fixed once per run."""

    schema: bool
    context_length: int | None = None
    usage: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span that supports a row: `page_text[start:end] == text`."""

    page_id: int
    revision_id: int
    start: int
    end: int
    text: str


@dataclass(slots=True)
class Draft:
    """What a task makes of replies, before it is checked."""

    messages: list[Message]
    message_langs: list[str]
    context: Context
    evidence: list[Evidence] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)  # what `check` reads beside the messages; JSON values only


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was dropped. Model rows fall to both kinds, template rows to `unsound` only."""

    code: str
    detail: str = ""
    kind: Kind = "unsound"


@dataclass(frozen=True, slots=True)
class Declined:
    """A template's answer where a template would be nonsense."""

    reason: str


@dataclass(frozen=True, slots=True)
class Score:
    """One measured number. `message` is the index of the message measured, None for the whole row."""

    name: str
    message: int | None
    value: float


@dataclass(slots=True)
class Example:
    """A draft with its id and provenance; a row of `examples/<lang>/`."""

    id: str
    subset: str
    lang: str
    split: str
    round: int
    position: int
    messages: list[Message]
    message_langs: list[str]
    context: Context
    grounding_id: str
    evidence: list[Evidence]
    provenance: dict[str, Any]
    generation: dict[str, Any]
    variety: dict[str, str]
    extra: dict[str, Any]
    replies: list[str]  # keys of the replies it was made of, in order


@dataclass(frozen=True, slots=True)
class Decision:
    """One stage's word on one example. `scores` are what the stage measured to decide."""

    id: str
    subset: str
    kept: bool
    reason: Reason | None = None
    scores: tuple[Score, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A seed that has no example, and why."""

    id: str
    subset: str
    lang: str
    round: int
    position: int
    code: str
    detail: str
    replies: list[str] = field(default_factory=list)
