"""dialog_gen: a conversation of several turns between somebody who wants to know and an assistant who does.

A row: user "बावड़ी में पानी रहता कैसे था, गर्मी में भी?" assistant "…" user "और औरतें ही क्यों जाती थीं?" assistant "…" …

Choices. A plan first (who asks and why, what each exchange is about, on which sentences it rests), then the turns, a few per call: one long call
gives short, even turns and is cut off first in scripts that cost many tokens. Every exchange names its sentences. In `answer_is_passage` the
assistant's turns are the passage's own sentences and the model writes the user alone: human text is the answer. Turn lengths are uneven by
request; the user's turns are short and spoken, and later ones lean on earlier answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from pydantic import BaseModel, ConfigDict, Field

from charkha.core.ids import rng
from charkha.core.protocols import Ask
from charkha.core.records import Declined, Draft, Message, Reason, Seed
from charkha.languages import Language
from charkha.tasks import facts, soundness
from charkha.tasks.prefix import shared_start, with_task, wording_of
from charkha.tasks.task import PassageTask
from charkha.text.overlap import repeated_frames
from charkha.text.words import content_start, fold, words

RUN = 4  # sentences of a template's reply, about
AT_ONCE = 2  # exchanges written per call
LEAST, MOST_ASKED, MOST = 3, 6, 8  # exchanges: of a dialogue at least, asked for at most, borne at most
FRAMES = 0.5  # share of user turns with one frame around the passage's words; a form filled in, not talk
ENDS = "?؟.।۔! "
LONG_QUESTION = 60  # words of one user turn, the passage apart

SENTENCES_AN_EXCHANGE = {"brisk": 7, "steady": 5, "thorough": 4}  # of the passage: a short one cannot carry a long talk

PLAN = """\
Task, part one: plan a conversation in {name} of {exchanges} exchanges (a question and a reply each) about the matter of this passage.
- persona: who asks, in a few English words. Start from: {who}. Make it one definite person (age, gender). The assistant answers this person.
- goal: what this person wants to find out and why, in English, such that this passage can satisfy it.
- exchanges: for each one act (ask, follow_up, doubt, compare, ask_why, ask_how, apply), topic (a few English words) and sentence_ids, the numbers of the \
sentences that its reply will rest on. The first opens the matter; later ones follow from what was just said, so that their questions make no sense without it. \
One of them asks why or how. No two rest on the same sentences; together they touch the passage's main parts, one matter each.{passage_answers}

Answer with one JSON object and nothing else: {{"unanswerable": false, "persona": "...", "goal": "...", \
"exchanges": [{{"act": "ask", "topic": "...", "sentence_ids": [1, 2]}}, ...]}}"""

TURNS = """\
Task, part two: write exchanges {first} to {last} of this conversation in {name}.
The person: {persona}. The goal: {goal}.
The plan of these exchanges:
{plan}
{so_far}
- user: what the person says: one or two short spoken sentences, {tone}, one matter at a time; no filler, no thanks, no "tell me more about X". {leaning}
- assistant: {answer}
- sentence_ids: the numbers of the sentences this reply rests on, as planned or fewer.

Answer with one JSON object and nothing else: {{"exchanges": [{{"user": "...", "assistant": "...", "sentence_ids": [1, 2]}}, ...]}}"""

FIRST = "The first question names its subject outright; the next takes up something of the reply before it (a pronoun, an ellipsis, a doubt), without an opener such as “well” or “then”."
LATER = "Each takes up something that the reply before it said (a pronoun, an ellipsis, a doubt), without an opener such as “well” or “then”."
ANSWER = (
    "the reply, {length}, in the assistant's own wording: it answers just this question, explains where the passage explains, and never mentions a passage or "
    "sentence numbers. Replies open differently from each other. A plain question gets a plain, short reply."
)
OWN_SENTENCES = (
    "\n  The replies of this conversation will be the passage's own sentences, word for word. Let each exchange rest on two to six sentences that follow one "
    "another without a gap and read well by themselves: no lists, no start with a word that hangs on the sentence before."
)
PASSAGE_IS_ANSWER = 'leave it "". The reply will be the planned sentences themselves, word for word: let the user ask one thing that they answer, not everything they happen to say.'
OPEN = " The person has pasted the passage's text before the first question."
CLOSED = " Nobody sees a text: nothing in the question points at one."


class Step(BaseModel):
    """One exchange as planned."""

    model_config = ConfigDict(extra="forbid")
    act: str
    topic: str
    sentence_ids: list[int] = Field(max_length=12)


class Plan(BaseModel):
    """What the first reply must be."""

    model_config = ConfigDict(extra="forbid")
    unanswerable: bool = False
    persona: str
    goal: str
    exchanges: list[Step] = Field(max_length=MOST)


class Exchange(BaseModel):
    """A question and its reply."""

    model_config = ConfigDict(extra="forbid")
    user: str
    assistant: str
    sentence_ids: list[int] = Field(max_length=12)


class Exchanges(BaseModel):
    """What the later replies must be."""

    model_config = ConfigDict(extra="forbid")
    exchanges: list[Exchange] = Field(max_length=AT_ONCE + 1)


class Dialog(BaseModel):
    """The whole conversation."""

    model_config = ConfigDict(extra="forbid")
    unanswerable: bool = False
    persona: str = ""
    goal: str = ""
    planned: int
    exchanges: list[Exchange]


class DialogGen(PassageTask):
    """Multi-turn, several calls; see the module."""

    name = "dialog_gen"
    asks_for = "conversation"
    makes = frozenset({"dialog", "question"})  # no persona: the asker is made up beside the passage, never one of it
    contexts = ("open", "closed", "answer_is_passage")
    Output = Dialog
    varies = {
        "pace": tuple(SENTENCES_AN_EXCHANGE),
        "who": (
            "a schoolgirl with homework", "a curious traveller", "a young man whose grandmother spoke of it", "a teacher preparing a lesson",
            "a cook with a practical mind", "a farmer or craftsperson with a practical mind", "someone who has doubts about what they heard", "a newcomer to the region",
        ),
        "tone": ("friendly and plain", "polite and a little formal", "lively", "matter-of-fact", "a little unsure of the matter"),
        "length": ("up to three sentences", "up to four sentences", "up to six sentences"),
    }  # fmt: skip

    def prompt(self, seed: Seed, language: Language) -> list[Message]:
        """The passage, then the plan's request."""
        share = SENTENCES_AN_EXCHANGE[seed.variety["pace"]]
        task = wording_of(self.name, language, PLAN).format(
            name=language.name,
            exchanges=min(MOST_ASKED, max(LEAST, round(len(seed.grounding.anchor.sentences) / share))),
            who=seed.variety["who"],
            passage_answers=OWN_SENTENCES if seed.context == "answer_is_passage" else "",
        )
        return with_task(shared_start(seed, language), task)

    def turns_prompt(self, plan: Plan, so_far: Sequence[Exchange], seed: Seed, language: Language) -> list[Message]:
        """The passage, the plan and what was said so far, then the next exchanges' request."""
        first = len(so_far) + 1
        steps = plan.exchanges[first - 1 : first - 1 + AT_ONCE]
        planned = "\n".join(f"{n}. {s.act}: {s.topic} (sentences {s.sentence_ids})" for n, s in enumerate(steps, first))
        said = "\n".join(f"User: {exchange.user}\nAssistant: {exchange.assistant}" for exchange in so_far)
        own = seed.context == "answer_is_passage"
        task = TURNS.format(
            name=language.name, first=first, last=first + len(steps) - 1, persona=plan.persona.rstrip(". "), goal=plan.goal.rstrip(". "), plan=planned,
            so_far=f"Said so far:\n{said}" if said else "Nothing was said yet.", tone=seed.variety["tone"],
            leaning=(LATER if said else FIRST) + (OPEN if seed.context == "open" else CLOSED),
            answer=PASSAGE_IS_ANSWER if own else ANSWER.format(length=seed.variety["length"]),
        )  # fmt: skip
        return with_task(shared_start(seed, language), task)

    def probes(self, seed: Seed, language: Language) -> list[list[Message]]:
        """The plan's prompt, and that of the first and a later part of an empty plan."""
        step = Step(act="ask", topic="-", sentence_ids=[1])
        plan = Plan(persona="-", goal="-", exchanges=[step] * 4)
        said = [Exchange(user="-", assistant="-", sentence_ids=[1])] * AT_ONCE
        return [self.prompt(seed, language), *(self.turns_prompt(plan, part, seed, language) for part in ([], said))]

    async def write(self, seed: Seed, language: Language, ask: Ask) -> Draft:
        """A plan, then its exchanges a few at a time."""
        plan: Plan = await ask(self.prompt(seed, language), Plan, step="plan")
        said: list[Exchange] = []
        while not plan.unanswerable and len(said) < len(plan.exchanges):
            step = f"turns-{len(said) + 1}"
            part: Exchanges = await ask(self.turns_prompt(plan, said, seed, language), Exchanges, step=step)
            if not part.exchanges:
                break
            wanted = min(AT_ONCE, len(plan.exchanges) - len(said))
            said.extend(_with_passage(exchange, seed) for exchange in part.exchanges[:wanted])
        dialog = Dialog(
            unanswerable=plan.unanswerable,
            persona=plan.persona.rstrip(". "),
            goal=plan.goal.rstrip(". "),
            planned=len(plan.exchanges),
            exchanges=said,
        )
        return self.draft(dialog, seed, language)

    def draft(self, output: Dialog, seed: Seed, language: Language) -> Draft:
        """User and assistant in turn; the passage stands in the first user turn where the context is open."""
        messages: list[Message] = []
        for number, exchange in enumerate(output.exchanges):
            context = seed.context if number == 0 else "closed"
            messages.append(Message("user", soundness.opened(exchange.user, seed, context)))
            messages.append(Message("assistant", exchange.assistant.strip()))
        ids = [number for exchange in output.exchanges for number in exchange.sentence_ids]
        return Draft(
            messages=messages,
            message_langs=[language.code] * len(messages),
            context=seed.context,
            evidence=facts.evidence(seed.grounding.anchor, ids),
            extra={
                "unanswerable": output.unanswerable,
                "persona": output.persona,
                "planned": output.planned,
                "users": [exchange.user.strip() for exchange in output.exchanges],
                "sentence_ids": [exchange.sentence_ids for exchange in output.exchanges],
            },
        )

    def check(self, draft: Draft, seed: Seed, language: Language) -> Reason | None:
        """Unsound: turns missing, swapped, foreign or unsupported. Unnatural: copied, said twice, forms filled in, stock openings."""
        passage, users = seed.grounding.anchor, draft.extra["users"]
        replies = [message.content for message in draft.messages if message.role == "assistant"]
        own = draft.context == "answer_is_passage"
        return soundness.first(
            lambda: Reason("unanswerable", "the model said so") if draft.extra["unanswerable"] else None,
            lambda: _turns(draft, users),
            lambda: soundness.shape(draft, 2 * LEAST),
            lambda: None if all(map(words, users)) else Reason("empty", "a user turn without words"),
            lambda: soundness.markup([*users, *replies]),
            lambda: soundness.language_of([*users, *replies], language),
            lambda: _swapped(users, replies),
            *(partial(facts.missing, passage, ids) for ids in draft.extra["sentence_ids"]),
            lambda: soundness.ungrounded(" ".join(replies), passage, language),
            lambda: soundness.deictic(users, draft, language),
            lambda: soundness.invented_numbers("\n".join([*users, *replies]), draft, passage),
            lambda: soundness.invented_quote([*users, *replies], seed),
            lambda: _said_twice([*users, *replies]),
            lambda: None if own else soundness.copied("\n".join(replies), passage),
            *(partial(soundness.copied, user, passage) for user in users),
            lambda: _form_filled_in(users, language),
            lambda: soundness.stock_opening([*users, *([] if own else replies)], language),
            lambda: None if own else _alike_openings(replies),
        )

    def template(self, seed: Seed, language: Language) -> Dialog | Declined:
        """A question by title or section, the section's first sentences as the reply."""
        passage, random, wording = seed.grounding.anchor, rng(seed.id, "template"), language.wording
        size = max(2, min(RUN, len(passage.sentences) // LEAST))
        parts = [(title, group) for title, numbers in passage.sections() for group in _runs(numbers, size)][:MOST]
        if len(parts) < LEAST:
            return Declined(f"the passage gives {len(parts)} parts; a dialogue needs {LEAST}")
        exchanges: list[Exchange] = []
        before: str | None = None
        for title, numbers in parts:
            frames = (
                wording.dialog_first
                if not exchanges
                else wording.dialog_more
                if title == before
                else wording.dialog_section
            )
            said = {exchange.user for exchange in exchanges}
            users = [f.format(title=passage.title, section=title) for f in frames if title or "{section}" not in f]
            users = [user for user in users if user not in said]
            if not users:
                continue  # the few ways to say "go on" are used up
            text = " ".join(passage.sentence(number) for number in numbers)
            exchanges.append(Exchange(user=random.choice(users), assistant=text, sentence_ids=numbers))
            before = title
        if len(exchanges) < LEAST:
            return Declined(f"the passage gives {len(exchanges)} exchanges; a dialogue needs {LEAST}")
        return Dialog(planned=len(exchanges), exchanges=exchanges)


def _with_passage(exchange: Exchange, seed: Seed) -> Exchange:
    """In answer_is_passage the reply is the passage's own sentences, whatever the model wrote there."""
    passage, ids = seed.grounding.anchor, exchange.sentence_ids
    if seed.context != "answer_is_passage" or facts.missing(passage, ids):
        return exchange
    return exchange.model_copy(update={"assistant": " ".join(passage.sentence(number) for number in sorted(set(ids)))})


def _runs(numbers: list[int], size: int) -> list[list[int]]:
    """Sentences of a section in even runs of about `size`."""
    count = max(1, round(len(numbers) / size))
    step = -(-len(numbers) // count)
    return [numbers[at : at + step] for at in range(0, len(numbers), step)]


def _turns(draft: Draft, users: list[str]) -> Reason | None:
    if not LEAST <= len(users) <= MOST:
        return Reason("turns", f"{len(users)} exchanges; {LEAST} to {MOST} are a dialogue")
    if len(users) != draft.extra["planned"]:
        return Reason("turns", f"{len(users)} exchanges of {draft.extra['planned']} planned")
    return None


def _swapped(users: list[str], replies: list[str]) -> Reason | None:
    longer = sum(len(words(user)) > len(words(reply)) for user, reply in zip(users, replies, strict=True))
    if longer * 2 > len(users):
        return Reason("roles", f"the asker says more than the assistant in {longer} of {len(users)} exchanges")
    longest = max(len(words(user)) for user in users)
    return Reason("roles", f"a question of {longest} words") if longest > LONG_QUESTION else None


def _said_twice(turns: list[str]) -> Reason | None:
    told = [fold(turn) for turn in turns if len(words(turn)) >= 4]
    twice = next((turn for turn in told if told.count(turn) > 1), None)
    return Reason("said_twice", f"{twice[:60]!r}") if twice else None


def _form_filled_in(users: list[str], language: Language) -> Reason | None:
    wording = language.wording
    frames = [*wording.dialog_first, *wording.dialog_section, *wording.dialog_more]
    own = sum(any(_fits(user, frame) for frame in frames) for user in users)
    share = repeated_frames(users)
    if share > FRAMES or own * 2 > len(users):
        return Reason("form", "the questions are one frame filled in", "unnatural")
    return None


def _fits(user: str, frame: str) -> bool:
    """True when a question is a frame of the language's wording with something put into it."""
    said = fold(user).rstrip(ENDS)
    if "{" not in frame:
        return said == fold(frame).rstrip(ENDS)
    before, after = fold(frame.split("{")[0]), fold(frame.rsplit("}")[-1]).rstrip(ENDS)
    return said.startswith(before) and said.endswith(after) and len(words(before + after)) > 0


def _alike_openings(replies: list[str]) -> Reason | None:
    starts = [content_start(reply, 3) for reply in replies]
    most = max(starts.count(start) for start in starts)
    return Reason("openings", f"{most} replies open with the same words", "unnatural") if most >= 3 else None
