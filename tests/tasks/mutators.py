"""Named ways to spoil a good reply, none of which knows the language. Each returns replies and the reasons that may be given.

A mutator returns None where it cannot apply (no number to change, too few turns).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

from samples import Sample, passage_of

Spoiled = tuple[list[Any], set[str]] | None
Mutator = Callable[[Sample, Sample], Spoiled]  # the sample, and one of another language

ENGLISH = (
    "This is a perfectly fluent English answer that has nothing whatsoever to do with the language that was asked for, and it goes on "
    "for a while so that any identifier can be sure of what it sees in front of it."
)


def _edit(sample: Sample, change: Callable[[list[Any]], bool | None], *codes: str) -> Spoiled:
    replies = copy.deepcopy(sample["replies"])
    return None if change(replies) is False else (replies, set(codes))


def _texts(task: str, replies: list[Any]) -> list[tuple[Any, str]]:
    """(holder, key) of every text that a reader of the row would see as the assistant's."""
    if task == "summarization":
        return [(replies[0], "summary")]
    if task == "multihop_reasoning":
        return [(replies[0], "answer")]
    return [(exchange, "assistant") for part in replies[1:] for exchange in part["exchanges"]]


def _asks(task: str, replies: list[Any]) -> list[tuple[Any, str]]:
    if task == "summarization":
        return [(replies[0], "instruction")]
    if task == "multihop_reasoning":
        return [(replies[0], "question")]
    return [(exchange, "user") for part in replies[1:] for exchange in part["exchanges"]]


def _own(task: str, sample: Sample) -> bool:
    """True where the assistant's words are the model's own."""
    return not (task == "dialog_gen" and sample["context"] == "answer_is_passage")


def copies_the_passage(task: str, sample: Sample, other: Sample) -> Spoiled:
    """The assistant recites sentences."""
    passage = passage_of(sample)

    def change(replies: list[Any]) -> bool | None:
        if not _own(task, sample):
            return False
        for number, (holder, key) in enumerate(_texts(task, replies)):
            start = 1 + number * 2 % max(1, len(passage.sentences) - 3)
            holder[key] = " ".join(passage.sentence(n) for n in range(start, start + 3))
        return None

    return _edit(sample, change, "copied", "said_twice", "length", "unanswered", "roles")


def answers_in_english(task: str, sample: Sample, other: Sample) -> Spoiled:
    """Another language, another script."""
    if sample["lang"] == "en" or not _own(task, sample):
        return None
    return _edit(sample, lambda r: _put(_texts(task, r), ENGLISH), "language")


def answers_in_a_neighbour(task: str, sample: Sample, other: Sample) -> Spoiled:
    """Another language's good reply."""
    if not _own(task, sample) or not _own(task, other):
        return None
    theirs = [holder[key] for holder, key in _texts(task, other["replies"])]
    return _edit(sample, lambda r: _put(_texts(task, r), " ".join(theirs)[:900]), "language", "said_twice")


def answers_nothing(task: str, sample: Sample, other: Sample) -> Spoiled:
    """Empty words."""
    if not _own(task, sample):
        return None
    return _edit(sample, lambda r: _put(_texts(task, r), " … "), "empty", "length", "roles")


def asks_nothing(task: str, sample: Sample, other: Sample) -> Spoiled:
    """The user is silent."""
    return _edit(sample, lambda r: _put(_asks(task, r)[:1], ""), "empty")


def invents_a_number(task: str, sample: Sample, other: Sample) -> Spoiled:
    """A year that no passage has."""
    if not _own(task, sample):
        return None

    def change(replies: list[Any]) -> None:
        holder, key = _texts(task, replies)[0]
        holder[key] += " 78613."

    return _edit(sample, change, "numbers", "length")


def changes_a_number(task: str, sample: Sample, other: Sample) -> Spoiled:
    """A number of three digits or more becomes another."""

    def change(replies: list[Any]) -> bool | None:
        for holder, key in _texts(task, replies):
            found = re.search(r"\d{3,}", holder[key])
            if found and _own(task, sample):
                wrong = str(int(found[0]) + 4321)
                holder[key] = holder[key][: found.start()] + wrong + holder[key][found.end() :]
                return None
        return False

    return _edit(sample, change, "numbers")


def names_a_sentence_that_is_not(task: str, sample: Sample, other: Sample) -> Spoiled:
    """Evidence out of range."""

    def change(replies: list[Any]) -> None:
        if task == "summarization":
            replies[0]["key_points"][0] = 999
        elif task == "multihop_reasoning":
            replies[0]["hops"][0]["sentence_ids"] = [999]
        else:
            replies[1]["exchanges"][0]["sentence_ids"] = [999]

    # Where the passage is to be the answer, sentences that do not exist leave nothing to say.
    return _edit(sample, change, "facts", "empty", "roles")


def names_no_sentence(task: str, sample: Sample, other: Sample) -> Spoiled:
    """No evidence."""

    def change(replies: list[Any]) -> None:
        if task == "summarization":
            replies[0]["key_points"] = []
        elif task == "multihop_reasoning":
            replies[0]["hops"][1]["sentence_ids"] = []
        else:
            replies[1]["exchanges"][0]["sentence_ids"] = []

    return _edit(sample, change, "facts", "empty", "roles")


def leaves_markup(task: str, sample: Sample, other: Sample) -> Spoiled:
    """Wikitext in the words of a reader's row."""
    return _edit(sample, lambda r: _add(_asks(task, r)[:1], " [[X]]"), "markup")


def cites_sentence_numbers(task: str, sample: Sample, other: Sample) -> Spoiled:
    """The prompt's own numbering leaks."""
    return _edit(sample, lambda r: _add(_texts(task, r)[:1], " [3]"), "markup") if _own(task, sample) else None


def says_unanswerable(task: str, sample: Sample, other: Sample) -> Spoiled:
    """An honest no is no row."""
    return _edit(sample, lambda r: r[0].update(unanswerable=True), "unanswerable")


def writes_of_another_passage(task: str, sample: Sample, other: Sample) -> Spoiled:
    """Right language, other matter: the assistant's words come from another sample of the language."""
    if other["lang"] != sample["lang"] or other["passage"]["title"] == sample["passage"]["title"]:
        return None
    if not (_own(task, sample) and _own(task, other)):
        return None
    theirs = [holder[key] for holder, key in _texts(task, other["replies"])]

    def change(replies: list[Any]) -> None:
        for number, (holder, key) in enumerate(_texts(task, replies)):
            holder[key] = theirs[number % len(theirs)]

    return _edit(sample, change, "ungrounded", "numbers", "unanswered", "said_twice", "length")


def _put(places: list[tuple[Any, str]], text: str) -> None:
    for number, (holder, key) in enumerate(places):
        holder[key] = f"{text} " + "." * number


def _add(places: list[tuple[Any, str]], text: str) -> None:
    for holder, key in places:
        holder[key] += text


def opens_with_stock(task: str, sample: Sample, other: Sample) -> Spoiled:
    """An opening that a thousand replies share."""
    from charkha.languages import load

    opening = load(sample["lang"]).stock_openings[0]

    def change(replies: list[Any]) -> None:
        holder, key = (_texts if _own(task, sample) else _asks)(task, replies)[0]
        holder[key] = f"{opening} {holder[key]}"

    return _edit(sample, change, "stock_opening", "length", "deictic")


def points_at_the_text(task: str, sample: Sample, other: Sample) -> Spoiled:
    """A question that stands alone points at a text nobody sees."""
    from charkha.languages import load

    if sample["context"] == "open":
        return None
    phrase = load(sample["lang"]).deictic[0]

    def change(replies: list[Any]) -> None:
        holder, key = _asks(task, replies)[0]
        holder[key] = f"{phrase} {holder[key]}"

    return _edit(sample, change, "deictic")


SHARED = (
    copies_the_passage, answers_in_english, answers_in_a_neighbour, answers_nothing, asks_nothing, invents_a_number, changes_a_number,
    names_a_sentence_that_is_not, names_no_sentence, leaves_markup, cites_sentence_numbers, says_unanswerable,
    writes_of_another_passage, opens_with_stock, points_at_the_text,
)  # fmt: skip


# --- one task only ---


def one_hop(task: str, sample: Sample, other: Sample) -> Spoiled:
    """A hop is dropped."""
    return _edit(sample, lambda r: r[0].update(hops=r[0]["hops"][:1]), "hops")


def hops_in_one_place(task: str, sample: Sample, other: Sample) -> Spoiled:
    """Both hops rest on one sentence."""

    def change(replies: list[Any]) -> None:
        replies[0]["hops"][1] = {**replies[0]["hops"][0]}

    return _edit(sample, change, "hops")


def quote_from_nowhere(task: str, sample: Sample, other: Sample) -> Spoiled:
    """A quote moved to another hop's sentences."""

    def change(replies: list[Any]) -> None:
        hops = replies[0]["hops"]
        hops[0]["quote"], hops[1]["quote"] = hops[1]["quote"], hops[0]["quote"]

    return _edit(sample, change, "quote")


def gives_the_answer_away(task: str, sample: Sample, other: Sample) -> Spoiled:
    """The question holds the answer."""
    if sample.get("kind") == "comparison":
        return None
    return _edit(sample, lambda r: r[0].update(question=f"{r[0]['question']} {r[0]['final']}"), "given_away", "numbers")


def answers_something_else(task: str, sample: Sample, other: Sample) -> Spoiled:
    """The final answer is not in the reply."""
    return _edit(sample, lambda r: r[0].update(final="Zyxwvutsrq"), "unanswered")


def swaps_roles(task: str, sample: Sample, other: Sample) -> Spoiled:
    """The asker answers."""

    def change(replies: list[Any]) -> bool | None:
        if not _own(task, sample):
            return False
        for part in replies[1:]:
            for exchange in part["exchanges"]:
                exchange["user"], exchange["assistant"] = exchange["assistant"], exchange["user"]
        return None

    return _edit(sample, change, "roles")


def drops_a_turn(task: str, sample: Sample, other: Sample) -> Spoiled:
    """The last part stays empty."""

    def change(replies: list[Any]) -> None:
        replies[-1]["exchanges"] = []

    return _edit(sample, change, "turns")


def says_it_again(task: str, sample: Sample, other: Sample) -> Spoiled:
    """The second exchange repeats the first."""

    def change(replies: list[Any]) -> None:
        replies[1]["exchanges"][1] = copy.deepcopy(replies[1]["exchanges"][0])

    return _edit(sample, change, "said_twice")


def fills_in_a_form(task: str, sample: Sample, other: Sample) -> Spoiled:
    """Every question is one frame of the language's templates."""
    from charkha.languages import load

    frames = load(sample["lang"]).wording.dialog_section

    def change(replies: list[Any]) -> None:
        titles = [section["title"] or sample["passage"]["title"] for section in sample["passage"]["sections"]]
        for number, (holder, key) in enumerate(_asks(task, replies)):
            holder[key] = frames[0].format(section=titles[number % len(titles)], title="") + "?" * number

    return _edit(sample, change, "form", "deictic", "said_twice")


def headline(task: str, sample: Sample, other: Sample) -> Spoiled:
    """Three words are no summary."""
    return _edit(sample, lambda r: r[0].update(summary=" ".join(r[0]["summary"].split()[:5])), "length")


def covers_one_section(task: str, sample: Sample, other: Sample) -> Spoiled:
    """All key points stand in the first part."""
    first = len(sample["passage"]["sections"][0]["sentences"])
    return _edit(sample, lambda r: r[0].update(key_points=list(range(1, first + 1))), "coverage")


def forgets_to_shorten(task: str, sample: Sample, other: Sample) -> Spoiled:
    """The summary is as long as the passage."""
    text = " ".join(word[::-1] for word in passage_of(sample).text.split())
    return _edit(sample, lambda r: r[0].update(summary=r[0]["summary"] + " " + text), "length", "numbers", "language")


MUTATORS: dict[str, tuple[Callable[[str, Sample, Sample], Spoiled], ...]] = {
    "summarization": (*(m for m in SHARED if m is not points_at_the_text), headline, covers_one_section, forgets_to_shorten),
    "multihop_reasoning": (*SHARED, one_hop, hops_in_one_place, quote_from_nowhere, gives_the_answer_away, answers_something_else),
    "dialog_gen": (*SHARED, swaps_roles, drops_a_turn, says_it_again, fills_in_a_form),
}
