"""multihop_reasoning: a question that no single sentence of the passage answers.

A row: user "मधुबनी के किस रंग को बनाने में वही पौधा लगता है जो घर की रसोई में भी काम आता है?", assistant: the steps in a sentence or two, then the answer.

Choices. The model first writes the hops, each a small question with its answer, its sentences and a quote of at most eight words, and only then
the one question that needs them all: written the other way round, models dress up a single fact. What the hops share in kind (comparison,
bridge, cause, intersection, order in time) is drawn per seed; date arithmetic, to which cold replies drift, is named as what is not wanted. Quotes
are short because models silently repair what they copy. Open or closed; an answer_is_passage would be no reasoning.
"""

from __future__ import annotations

from itertools import combinations

from pydantic import BaseModel, ConfigDict, Field

from charkha.core.ids import rng
from charkha.core.records import Declined, Draft, Message, Passage, Reason, Seed
from charkha.languages import Language
from charkha.tasks import facts, soundness
from charkha.tasks.prefix import shared_start, with_task, wording_of
from charkha.tasks.task import PassageTask
from charkha.text.words import fold, graphemes, words

BLANK = "_____"
ANSWERED = 0.2  # share of the final answer's words that the reply says in some form; a clause is often reworded
FAR = 2  # sentences between the two places of a template, where the passage allows
KINDS = {
    "bridge": "a bridge: the first fact leads to a thing that the question does not name, the second fact says something about that thing",
    "comparison": "a comparison of two things of the passage in one respect that the passage states for both, in different sentences",
    "cause": "a reason told in one place that explains something told in another; the final answer is the reason or the thing explained, in a few words",
    "intersection": "the one thing (a person, place, material, custom) of which two statements from different places both hold, each of which alone fits several",
    "sequence": "a step or event that the question names only by what comes just before or after it, and of which another place says something",
}

WORDING = """\
Task: write a question about this passage that can only be answered by joining facts from at least two places of it, and its answer.
The kind wanted: {kind}. If the passage does not allow this kind without forcing it, take another that it allows well.
First the hops, then the question:
- hops: two to four steps. Each has a small question, its short answer, sentence_ids (the numbers of the sentences it rests on; different for every \
hop, best from different sections) and quote (at most 8 words, copied exactly from those sentences).
- question: one question in {name} that needs the hops: whoever knows only one of them cannot answer it. One natural sentence such as a curious \
person would say, not a chain of relative clauses and not an examination paper. It may name the subject of the passage, but not the final answer (unless it \
asks to choose between two things), nor the thing that the first hops lead to.{reader}
- final: the answer alone, a word or a short phrase.
- answer: what a knowledgeable friend would reply, in {name}, two to four sentences: it names the facts, joins them, and gives the final answer. It speaks of \
the matter, never of "sentence 3" or "the passage".
Do not ask for sums or differences of years, and not for what one sentence already says.

Answer with one JSON object and nothing else: {{"unanswerable": false, "hops": [{{"question": "...", "answer": "...", "sentence_ids": [2], "quote": "..."}}, \
{{"question": "...", "answer": "...", "sentence_ids": [7], "quote": "..."}}], "question": "...", "final": "...", "answer": "..."}}"""

OPEN = "\n  The reader has the text of the passage beside the question."
CLOSED = (
    "\n  The reader of this question will NOT see the passage: name the subject outright, so that the question is clear by itself and nothing in it "
    'points at a text ("here", "above", "the passage").'
)


class Hop(BaseModel):
    """One step: a small question, its answer, and where it stands."""

    model_config = ConfigDict(extra="forbid")
    question: str
    answer: str
    sentence_ids: list[int] = Field(max_length=8)
    quote: str


class Multihop(BaseModel):
    """What a reply must be."""

    model_config = ConfigDict(extra="forbid")
    unanswerable: bool = False
    hops: list[Hop] = Field(max_length=4)
    question: str
    final: str
    answer: str


class MultihopReasoning(PassageTask):
    """One call; several places of a text; see the module."""

    name = "multihop_reasoning"
    asks_for = "question over several places"
    makes = frozenset({"question", "reasoning"})
    contexts = ("open", "closed")
    Output = Multihop
    varies = {"kind": tuple(KINDS), "template": ("cloze", "cloze", "order")}

    def prompt(self, seed: Seed, language: Language) -> list[Message]:
        """The passage, then the kind of hops wanted."""
        wording = wording_of(self.name, language, WORDING)
        reader = CLOSED if seed.context == "closed" else OPEN
        task = wording.format(name=language.name, kind=KINDS[seed.variety["kind"]], reader=reader)
        return with_task(shared_start(seed, language), task)

    def draft(self, output: Multihop, seed: Seed, language: Language) -> Draft:
        """Two turns: the question (behind it the passage, where open), the answer."""
        ids = [number for hop in output.hops for number in hop.sentence_ids]
        return Draft(
            messages=[
                Message("user", soundness.opened(output.question, seed, seed.context)),
                Message("assistant", output.answer.strip()),
            ],
            message_langs=[language.code] * 2,
            context=seed.context,
            evidence=facts.evidence(seed.grounding.anchor, ids),
            extra={
                "unanswerable": output.unanswerable,
                "question": output.question.strip(),
                "final": output.final.strip(),
                "hops": [hop.model_dump() for hop in output.hops],
            },
        )

    def check(self, draft: Draft, seed: Seed, language: Language) -> Reason | None:
        """Unsound: hops that are none, facts that are not there, an answer given away. Unnatural: copied, blanks, stock."""
        passage, extra = seed.grounding.anchor, draft.extra
        question, answer = extra["question"], soundness.assistant_text(draft)
        return soundness.first(
            lambda: Reason("unanswerable", "the model said so") if extra["unanswerable"] else None,
            lambda: soundness.shape(draft),
            lambda: (
                Reason("empty", "question or final answer")
                if not words(question) or not words(extra["final"])
                else None
            ),
            lambda: soundness.markup([question, answer]),
            lambda: soundness.language_of([question, answer], language),
            lambda: _hops(extra["hops"], passage),
            lambda: _given_away(extra, seed),
            lambda: soundness.deictic([question], draft, language),
            lambda: soundness.ungrounded(answer, passage),
            lambda: soundness.invented_numbers(f"{question} {answer}", draft, passage),
            lambda: soundness.invented_quote([question, answer], seed),
            lambda: _unanswered(extra["final"], answer),
            lambda: Reason("blanks", "a cloze, not a question", "unnatural") if BLANK in question else None,
            lambda: soundness.copied(question, passage),
            lambda: soundness.copied(answer, passage),
            lambda: soundness.stock_opening([question, answer], language),
        )

    def template(self, seed: Seed, language: Language) -> Multihop | Declined:
        """Two blanks in sentences of different places, or the order of three sentences."""
        random = rng(seed.id, "template")
        ordered = None
        if seed.context == "open":  # an order that nobody can look up is no question
            ordered = _order(seed.grounding.anchor, random.choice(language.wording.order), random.random())
        if ordered and seed.variety["template"] == "order":
            return ordered
        cloze = _cloze(seed, language)
        return ordered or cloze if isinstance(cloze, Declined) else cloze

    def check_template(self, draft: Draft, seed: Seed, language: Language) -> Reason | None:
        """Every blank's sentence stands in the passage with its word put back; the three ordered sentences all differ."""
        passage, hops = seed.grounding.anchor, draft.extra["hops"]
        for hop in hops:
            stands = " ".join(passage.sentence(hop["sentence_ids"][0]).split())
            if BLANK in hop["question"] and hop["question"].replace(BLANK, hop["answer"]) != stands:
                return Reason("template", f"the blank does not close: {hop['question'][:60]!r}")
        distinct = {hop["question"] for hop in hops}
        return Reason("template", "the same sentence twice") if len(distinct) < len(hops) else None


def _hops(hops: list[dict[str, object]], passage: Passage) -> Reason | None:
    parsed = [Hop.model_validate(hop) for hop in hops]
    if len(parsed) < 2:
        return Reason("hops", f"{len(parsed)} hop; at least two were asked for")
    for hop in parsed:
        wrong = facts.missing(passage, hop.sentence_ids) or facts.unsupported_quote(
            passage, hop.sentence_ids, hop.quote
        )
        if wrong:
            return wrong
        if not words(hop.question) or not words(hop.answer):
            return Reason("empty", "a hop without question or answer")
    places = [frozenset(hop.sentence_ids) for hop in parsed]
    if any(a <= b or b <= a for a, b in combinations(places, 2)):
        return Reason("hops", "two hops rest on the same sentences")
    return None


def _given_away(extra: dict[str, object], seed: Seed) -> Reason | None:
    # In a comparison the question names both things, and so the answer.
    final, question = fold(str(extra["final"])), fold(str(extra["question"]))
    if seed.variety["kind"] == "comparison" or len(graphemes(final)) < 2:
        return None
    return (
        Reason("given_away", f"the question holds the answer {extra['final']!r}")
        if f" {final} " in f" {question} "
        else None
    )


def _unanswered(final: str, answer: str) -> Reason | None:
    share = facts.grounded_share(final, answer)
    return Reason("unanswered", f"the reply does not say {final!r}") if share < ANSWERED else None


def _cloze(seed: Seed, language: Language) -> Multihop | Declined:
    passage, random = seed.grounding.anchor, rng(seed.id, "cloze")
    wordings = language.wording.cloze if seed.context == "open" else language.wording.cloze_alone
    masked = [(number, word) for number in _whole_sentences(passage) if (word := _maskable(passage, number))]
    pairs = [(a, b) for a, b in combinations(masked, 2) if b[0] - a[0] >= FAR and fold(a[1]) != fold(b[1])]
    pairs = pairs or [(a, b) for a, b in combinations(masked, 2) if fold(a[1]) != fold(b[1])]
    if not pairs:
        return Declined("no two sentences have a name or number that stands only once")
    chosen = random.choice(pairs)
    hops = [
        Hop(question=" ".join(passage.sentence(n).split()).replace(word, BLANK, 1), answer=word, sentence_ids=[n],
            quote=_around(passage.sentence(n), word))
        for n, word in chosen
    ]  # fmt: skip
    listed = "\n".join(f"{number}. {hop.question}" for number, hop in enumerate(hops, 1))
    answers = "\n".join(f"{number}. {hop.answer}" for number, hop in enumerate(hops, 1))
    question = f"{random.choice(wordings)}\n{listed}"
    return Multihop(hops=hops, question=question, final="; ".join(hop.answer for hop in hops), answer=answers)


def _order(passage: Passage, wording: str, at: float) -> Multihop | None:
    whole = _whole_sentences(passage)
    if len(whole) < 5:
        return None
    chosen = [whole[0], whole[len(whole) // 2], whole[-1]]
    shuffled = [(1, 2, 0), (2, 0, 1), (1, 0, 2), (2, 1, 0), (0, 2, 1)][int(at * 5)]
    listed = [chosen[place] for place in shuffled]
    texts = [" ".join(passage.sentence(number).split()) for number in listed]
    order = sorted(range(3), key=lambda place: listed[place])
    answer = "\n".join(f"{place + 1}. {texts[place]}" for place in order)
    hops = [
        Hop(question=t, answer=str(listed[i]), sentence_ids=[listed[i]], quote=_around(t, ""))
        for i, t in enumerate(texts)
    ]
    question = wording + "\n" + "\n".join(f"{number}. {text}" for number, text in enumerate(texts, 1))
    return Multihop(hops=hops, question=question, final=", ".join(str(place + 1) for place in order), answer=answer)


def _whole_sentences(passage: Passage) -> list[int]:
    return [n for n in range(1, len(passage.sentences) + 1) if 5 <= len(words(passage.sentence(n))) <= 45]


def _maskable(passage: Passage, number: int) -> str | None:
    """A linked name, else a number, that stands once in the sentence and nowhere around it as part of a word."""
    text = " ".join(passage.sentence(number).split())
    tokens = text.split()
    names = [name for name in passage.names if text.count(name) == 1 and name in tokens and len(words(name)) <= 3]
    figures = [t for t in tokens if t.isdecimal() and len(t) >= 2 and text.count(t) == 1]
    return next(iter([*names, *figures]), None)


def _around(sentence: str, word: str) -> str:
    tokens = sentence.split()
    at = tokens.index(word) if word in tokens else 0
    start = max(0, min(at - 3, len(tokens) - facts.QUOTE_WORDS))
    return " ".join(tokens[start : start + facts.QUOTE_WORDS])
