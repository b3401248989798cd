"""Writes what a model might answer to Charkha's prompts, without a model: what `tests/servers.py` replies by default.

A pure function of the request's text. It reads the numbered passage in the prompt, takes the words of some sentences
and puts them in another order, in runs too short to count as copied: nearly all of it passes each task's `check`, in
any language. It knows the prompts' JSON keys and the passage's marks, nothing else of Charkha.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

RUN = 3  # words that keep their order; four long ones in a row may count as copied
_PASSAGE = re.compile(
    r"Title: (?P<title>[^\n]*)\n<passage (?P<mark>\w+)>\n(?P<text>.*?)\n</passage (?P=mark)>(?P<task>.*)", re.DOTALL
)
_LINE = re.compile(r"\[(\d+)\] (.*)")
_IDS = re.compile(r"\[([\d, ]+)\]\)$", re.MULTILINE)
_EDGES = "“”\"'‘’()[]{},;:.!?।॥۔؟،؛—–-"


@dataclass(frozen=True)
class Shown:
    """The passage of a prompt: its sentences by number, the numbers of each section, and what is asked for after it."""

    title: str
    sentences: Mapping[int, str]
    sections: list[list[int]]
    task: str
    random: random.Random


def answer(body: Mapping[str, Any]) -> str:
    """The reply's text for a chat completion's body; a small JSON object where no passage is shown."""
    text = "\n".join(str(message.get("content")) for message in body.get("messages", []))
    shown = _shown(text)
    if shown is None:
        return json.dumps({"ok": "yes"})
    write = next((write for key, write in _WRITERS if key in shown.task), _turns)
    return json.dumps(write(shown), ensure_ascii=False)


def _shown(text: str) -> Shown | None:
    found = _PASSAGE.search(text)
    if found is None:
        return None
    sentences: dict[int, str] = {}
    sections: list[list[int]] = [[]]
    for line in found["text"].split("\n"):
        sentence = _LINE.fullmatch(line)
        if sentence:
            sentences[int(sentence[1])] = sentence[2]
            sections[-1].append(int(sentence[1]))
        elif line.startswith("## "):
            sections.append([])
    seed = int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest())
    return Shown(found["title"], sentences, [part for part in sections if part], found["task"], random.Random(seed))


def _tokens(shown: Shown, numbers: list[int]) -> list[str]:
    """The words of sentences without the punctuation around them."""
    tokens = " ".join(shown.sentences[number] for number in numbers).split()
    return [word for token in tokens if (word := token.strip(_EDGES))]


def _end(shown: Shown) -> str:
    """How sentences end here: the last sign of most of them."""
    signs = [sentence.rstrip("”\"'’)")[-1:] for sentence in shown.sentences.values()]
    sign = max(set(signs), key=lambda one: (signs.count(one), one))
    return "." if sign.isalnum() else sign


def _told(shown: Shown, numbers: list[int]) -> str:
    """Each sentence said in another order: its runs of a few words, none beside its neighbour."""
    said = []
    for number in numbers:
        tokens = _tokens(shown, [number])
        runs = [tokens[at : at + RUN] for at in range(0, len(tokens), RUN)]
        order = [*range(1, len(runs), 2), *range(0, len(runs), 2)] if len(runs) > 1 else [0]
        if len(runs) == 1:
            runs = [tokens[1:] + tokens[:1]]
        said.append(" ".join(word for at in order for word in runs[at]))
    return f"{_end(shown)} ".join(one for one in said if one) + _end(shown)


def _asked(shown: Shown, numbers: list[int], count: int, without: frozenset[str] = frozenset()) -> str:
    """A question of a few words of the sentences, out of order."""
    tokens = [token for token in _tokens(shown, numbers) if token not in without]
    longest = sorted(dict.fromkeys(tokens), key=len, reverse=True)[: 2 * count]
    return " ".join(shown.random.sample(longest, min(count, len(longest)))) + ("؟" if "۔" in _end(shown) else "?")


def _summary(shown: Shown) -> dict[str, Any]:
    chosen = [part[0] for part in shown.sections][:6]
    budget = 0.45 * len(_tokens(shown, list(shown.sentences)))
    rest = [number for number in shown.sentences if number not in chosen]
    shown.random.shuffle(rest)
    for number in rest:
        if len(chosen) >= 3 and len(_tokens(shown, [*chosen, number])) > budget:
            break
        chosen.append(number)
    chosen.sort()
    instruction = _asked(shown, chosen, 6)
    return {"unanswerable": False, "instruction": instruction, "summary": _told(shown, chosen), "key_points": chosen}


def _multihop(shown: Shown) -> dict[str, Any]:
    able = [number for number in shown.sentences if len(_tokens(shown, [number])) >= 6] or list(shown.sentences)
    pair = sorted([able[0], able[-1]] if len(able) < 4 else shown.random.sample(able, 2))
    others = set(_tokens(shown, pair[:1]))
    final = max(
        (word for word in _tokens(shown, pair[1:]) if word not in others), key=len, default=_tokens(shown, pair)[-1]
    )
    hops = [
        {
            "question": _asked(shown, [number], 4),
            "answer": max(_tokens(shown, [number]), key=len),
            "sentence_ids": [number],
            "quote": " ".join(shown.sentences[number].split()[:5]),
        }
        for number in pair
    ]
    question = _asked(
        shown, pair, 9, frozenset(word for word in _tokens(shown, pair) if final.casefold() in word.casefold())
    )
    reply = f"{_told(shown, pair)} {final}{_end(shown)}"
    return {"unanswerable": False, "hops": hops, "question": question, "final": final, "answer": reply}


def _plan(shown: Shown) -> dict[str, Any]:
    wanted = re.search(r"(\d+) exchanges", shown.task)
    numbers = list(shown.sentences)
    count = max(1, min(int(wanted[1]) if wanted else 4, len(numbers), 8))
    groups = [numbers[len(numbers) * at // count : len(numbers) * (at + 1) // count][:4] for at in range(count)]
    acts = ("ask", "ask_why", "follow_up", "ask_how", "doubt", "compare", "apply", "ask")
    steps = [
        {"act": act, "topic": _asked(shown, group, 2), "sentence_ids": group}
        for act, group in zip(acts, groups, strict=False)
    ]
    return {"unanswerable": False, "persona": "a curious reader", "goal": "to know how it is", "exchanges": steps}


def _turns(shown: Shown) -> dict[str, Any]:
    exchanges = []
    for found in _IDS.findall(shown.task):
        numbers = [number for word in found.split(",") if (number := int(word)) in shown.sentences] or [1]
        reply = "" if 'leave it ""' in shown.task else _told(shown, numbers)
        exchanges.append({"user": _asked(shown, numbers, 4), "assistant": reply, "sentence_ids": numbers})
    return {"exchanges": exchanges[:3]}


_WRITERS: tuple[tuple[str, Callable[[Shown], dict[str, Any]]], ...] = (
    ('"key_points"', _summary),
    ('"hops"', _multihop),
    ('"persona"', _plan),
)
