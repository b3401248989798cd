r"""summarization: a reader asks for a summary of a text for some purpose, and gets one.

A row (the passage shortened): user "ये जानकारी दादी के लिए है; चार वाक्यों में बताइए कि कोलम क्या है।\n\nकोलम दक्षिण भारत में घर के सामने…",
assistant "कोलम चावल के आटे से बनी आकृति है, जो…".

Choices. The instruction is written by the model too (instruction back-translation): a thousand rows must not open alike. Audience,
length and form are drawn per seed. The model names the sentences its summary rests on, so that the summary can be held against them
and coverage of the sections can be asked for. Always open: a summary of a text nobody sees is no task.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from charkha.core.ids import rng
from charkha.core.records import Declined, Draft, Message, Reason, Seed
from charkha.languages import Language
from charkha.tasks import facts, soundness
from charkha.tasks.prefix import shared_start, with_task, wording_of
from charkha.tasks.task import PassageTask
from charkha.text.words import words

LONGEST = 0.7  # of the passage's words; beyond it nothing was summarised
SHORTEST = 12  # words; a summary of several sections cannot be a headline

# Sentences asked for, as a share of the passage's: a fixed number is too much for a short passage and too little for a long one.
LENGTHS = {"short": 0.12, "medium": 0.2, "full": 0.3}
FEWEST, MOST = 3, 8
FORMS = {
    "text": "running text of about {count} sentences",
    "points": "{count} short points, each on its own line and each a single plain sentence",
    "conclusion": "running text of about {count} sentences that begins with the main point",
}

WORDING = """\
Task: write one exchange in which somebody hands over the text of this passage and asks for a summary, and gets it.
- instruction: what this person writes before pasting the text, in {name}, one or two sentences, natural and specific. The person is {audience} \
and wants {form}; they say so in their own way ("briefly", "in a few lines", "as points", a rough number). It answers nothing and quotes nothing.
- summary: the answer, in {name}: {form}, right for this person. It takes what matters most from every part of the passage, not only its \
beginning, leaves side matters out, joins facts instead of listing sentences, and names the subject itself instead of saying "the text" or "the article".
- key_points: the numbers of the three to twelve sentences of the passage that matter most for this summary, from all its parts.

Answer with one JSON object and nothing else: {{"unanswerable": false, "instruction": "...", "summary": "...", "key_points": [1, 4, 9]}}"""


class Summary(BaseModel):
    """What a reply must be."""

    model_config = ConfigDict(extra="forbid")
    unanswerable: bool = False
    instruction: str
    summary: str
    key_points: list[int] = Field(max_length=40)


class Summarization(PassageTask):
    """One call; see the module."""

    name = "summarization"
    asks_for = "summary"
    makes = frozenset({"summary"})
    contexts = ("open",)
    Output = Summary
    varies = {
        "audience": (
            "a school pupil of about twelve", "a grandparent who likes to have things explained plainly", "a journalist short of time",
            "a visitor who comes to the region for the first time", "a student before an examination", "a radio presenter",
            "someone who knows the subject and wants it in brief",
        ),
        "length": tuple(LENGTHS),
        "form": ("text", "text", "points", "conclusion"),
    }  # fmt: skip

    def prompt(self, seed: Seed, language: Language) -> list[Message]:
        """The passage, then what is asked for."""
        wording = wording_of(self.name, language, WORDING)
        share = LENGTHS[seed.variety["length"]]
        passage = seed.grounding.anchor
        count = min(MOST, max(FEWEST, round(len(passage.sentences) * share), len(passage.sections()) - 1))
        form = FORMS[seed.variety["form"]].format(count=count)
        task = wording.format(name=language.name, audience=seed.variety["audience"], form=form)
        return with_task(shared_start(seed, language), task)

    def draft(self, output: Summary, seed: Seed, language: Language) -> Draft:
        """Two turns: the instruction with the passage, the summary."""
        messages = [
            Message("user", soundness.opened(output.instruction, seed, "open")),
            Message("assistant", output.summary.strip()),
        ]
        return Draft(
            messages=messages,
            message_langs=[language.code] * 2,
            context="open",
            evidence=facts.evidence(seed.grounding.anchor, output.key_points),
            extra={
                "instruction": output.instruction.strip(),
                "key_points": output.key_points,
                "unanswerable": output.unanswerable,
            },
        )

    def check(self, draft: Draft, seed: Seed, language: Language) -> Reason | None:
        """Unsound: thin, unshaped, foreign, unsupported, ungrounded, too long. Unnatural: copied, a stock opening."""
        passage = seed.grounding.anchor
        instruction, summary = draft.extra["instruction"], soundness.assistant_text(draft)
        return soundness.first(
            lambda: Reason("unanswerable", "the model said so") if draft.extra["unanswerable"] else None,
            lambda: soundness.shape(draft),
            lambda: Reason("empty", "no instruction") if not words(instruction) else None,
            lambda: soundness.markup([instruction, summary]),
            lambda: soundness.language_of([instruction, summary], language),
            lambda: facts.missing(passage, draft.extra["key_points"]),
            lambda: _coverage(draft, seed),
            lambda: _length(summary, passage.text),
            lambda: soundness.ungrounded(summary, passage),
            lambda: soundness.invented_numbers(summary, draft, passage),
            lambda: soundness.invented_quote([instruction, summary], seed),
            lambda: soundness.stock_opening([instruction, summary], language),
            lambda: soundness.copied(summary, passage),
            lambda: soundness.copied(instruction, passage),
        )

    def template(self, seed: Seed, language: Language) -> Summary | Declined:
        """The first sentence of every section: the lead-n baseline, per section."""
        passage = seed.grounding.anchor
        sections = [numbers for _, numbers in passage.sections() if numbers]
        chosen = [numbers[0] for numbers in sections]
        if len(chosen) < 3:
            chosen = sorted({*chosen, *sections[0][:2], *sections[-1][:2]})
        chosen = chosen[:6]
        text = " ".join(passage.sentence(number) for number in chosen)
        if len(chosen) < 2 or _length(text, passage.text):
            return Declined("the passage has too few sections or sentences for a lead of each")
        instruction = rng(seed.id, "wording").choice(language.wording.summarize)
        return Summary(instruction=instruction, summary=text, key_points=chosen)


def _coverage(draft: Draft, seed: Seed) -> Reason | None:
    sections = seed.grounding.anchor.sections()
    named = set(draft.extra["key_points"])
    covered = sum(bool(named.intersection(numbers)) for _, numbers in sections)
    wanted = min(2, len(sections))
    return Reason("coverage", f"{covered} of {len(sections)} parts are covered") if covered < wanted else None


def _length(summary: str, passage: str) -> Reason | None:
    count, of = len(words(summary)), len(words(passage))
    if count < SHORTEST:
        return Reason("length", f"{count} words")
    return Reason("length", f"{count} words for a passage of {of}") if count > LONGEST * of else None
