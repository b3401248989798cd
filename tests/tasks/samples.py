"""Real replies kept as samples, and the seeds they answered.

tests/samples/<task>.jsonl, a line each: lang, context, the passage (title, sections of sentences, linked names), the replies in the order in which they
were asked for (a dialogue has a plan first), how they were made, and `verdict`: good, or the reason that `check` must give.
"""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from charkha.core.ids import digest
from charkha.core.lookup import find, names
from charkha.core.protocols import Task
from charkha.core.recipe import Contexts
from charkha.core.records import Draft, Grounding, Message, Passage, Reason, Seed, Sentence
from charkha.languages import load
from charkha.tasks.seeds import make_seed

FOLDER = Path(__file__).parent.parent / "samples"
Sample = dict[str, Any]


def samples(task: str) -> list[Sample]:
    """All samples of a task."""
    return [json.loads(line) for line in (FOLDER / f"{task}.jsonl").read_text(encoding="utf-8").splitlines()]


def every_sample() -> list[tuple[str, Sample]]:
    """(task, sample) for all tasks that have samples."""
    return [(task, sample) for task in names("task") if (FOLDER / f"{task}.jsonl").exists() for sample in samples(task)]


def passage_of(sample: Sample) -> Passage:
    """The sample's passage, rebuilt."""
    told, lang = sample["passage"], sample["lang"]
    text, sentences = "", []
    for section in told["sections"]:
        text += ("\n\n" if text else "") + (f"{section['title']}\n" if section["title"] else "")
        for number, sentence in enumerate(section["sentences"]):
            text += " " if number else ""
            sentences.append(Sentence(len(text), len(text) + len(sentence), section["title"]))
            text += sentence
    return Passage(
        id=digest([lang, text]), lang=lang, page_id=1, revision_id=1, title=told["title"], url="", dump_date="", licence="",
        split="train", start=0, end=len(text), text=text, sentences=tuple(sentences), names=tuple(told["names"]),
    )  # fmt: skip


def seed_of(task: Task, passage: Passage, context: str, kind: str = "") -> Seed:
    """A seed of the task on a passage, in a context; `kind` fixes the variety of that name."""
    shares = Contexts(**{name: float(name == context) for name in ("open", "closed", "answer_is_passage")})
    seed = make_seed(task, Grounding(passage.id, passage.lang, (passage,)), 0, 0, 0, shares)
    variety = {**seed.variety, **({"kind": kind} if kind and "kind" in seed.variety else {})}
    return Seed(seed.id, seed.task, seed.lang, seed.grounding, seed.draw, seed.context, variety, seed.position)


def draft_of(task: str, sample: Sample, replies: list[Any] | None = None) -> tuple[Draft, Seed]:
    """What the task makes of the sample's replies (or of others in their place), through its own `write`."""
    found, passage = find("task", task)(), passage_of(sample)
    seed = seed_of(found, passage, sample["context"], sample.get("kind", ""))
    waiting = list(copy.deepcopy(replies if replies is not None else sample["replies"]))

    class Answers:
        async def __call__(self, messages: Sequence[Message], schema: Any, **options: Any) -> Any:
            return schema.model_validate(waiting.pop(0))

        def has_role(self, role: str) -> bool:
            return role == "writer"

    return asyncio.run(found.write(seed, load(sample["lang"]), Answers())), seed


def checked(task: str, sample: Sample, replies: list[Any] | None = None) -> Reason | None:
    """The check's word on the sample's replies, or on others in their place."""
    draft, seed = draft_of(task, sample, replies)
    reason: Reason | None = find("task", task)().check(draft, seed, load(sample["lang"]))
    return reason
