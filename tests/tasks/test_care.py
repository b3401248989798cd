"""Passages that ask for care: what prompts say of them, and quotations of scripture that no passage holds."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from charkha.core.lookup import find, names
from charkha.core.policy import DEFAULTS, NOTES, Rule
from charkha.core.recipe import Contexts
from charkha.core.records import Declined, Grounding, Passage, Seed
from charkha.languages import load, load_all
from charkha.stages.identity import sample_passage
from charkha.tasks.seeds import make_seed
from charkha.tasks.soundness import invented_quote
from samples import Sample, draft_of, every_sample, samples

GOOD = [(task, sample) for task, sample in every_sample() if sample["verdict"] == "good"]


def seed(task: str, passage: Passage, *tags: str, policy: dict[str, Rule] | None = None) -> Seed:
    tagged = replace(passage, sensitivity=tags)
    grounding = Grounding(tagged.id, tagged.lang, (tagged,))
    return make_seed(find("task", task)(), grounding, 0, 0, 7, Contexts(), policy or dict(DEFAULTS))


@pytest.mark.parametrize("language", load_all(), ids=lambda language: language.wiki)
@pytest.mark.parametrize("task", names("task"))
def test_a_note_is_all_that_a_tag_adds_to_a_prompt(task: str, language: object) -> None:
    passage, found = sample_passage(language), find("task", task)()  # type: ignore[arg-type]
    plain, tagged = seed(task, passage), seed(task, passage, "living_person", "sacred_text")
    assert plain.notes == ()
    assert tagged.notes == (NOTES["no_part"], NOTES["quote"])
    assert (plain.id, plain.variety, plain.context) == (tagged.id, tagged.variety, tagged.context)
    added = "".join(f"\n\n{note}" for note in tagged.notes)
    for ours, theirs in zip(found.probes(tagged, language), found.probes(plain, language), strict=True):
        assert ours[0] == theirs[0]
        assert added in ours[-1].content
        assert ours[-1].content.replace(added, "") == theirs[-1].content


def test_notes_stand_before_the_task_so_that_all_tasks_share_them() -> None:
    passage, language = sample_passage(load("hi")), load("hi")
    starts = []
    for task in names("task"):
        content = find("task", task)().prompt(seed(task, passage, "sacred_text"), language)[-1].content
        starts.append(content[: content.index(NOTES["quote"]) + len(NOTES["quote"])])
    assert len(set(starts)) == 1


def test_a_policy_that_allows_says_nothing() -> None:
    own = seed("summarization", sample_passage(load("hi")), "caste", policy={**DEFAULTS, "caste": Rule()})
    assert own.notes == ()


def test_a_grounding_has_the_tags_of_all_its_passages() -> None:
    passage = sample_passage(load("hi"))
    pair = (replace(passage, sensitivity=("minors",)), replace(passage, sensitivity=("caste", "minors")))
    assert Grounding("x", "hi", pair).sensitivity == ("caste", "minors")


HELD = "अर्जुन ने पूछा। कृष्ण ने कहा: “कर्म करने में ही तेरा अधिकार है, फल में नहीं।” फिर वे चुप हो गए।"
MARKS = ["“{}”", "„{}“", "«{}»", "‹{}›", '"{}"', "‘{}’", "'{}'", "「{}」", "『{}』"]


def quoted(text: str, *tags: str) -> str | None:
    passage = replace(sample_passage(load("hi")), text=HELD, sensitivity=tags)
    reason = invented_quote([text], seed("summarization", passage, *tags))
    return reason.code if reason else None


@pytest.mark.parametrize("mark", MARKS)
def test_an_invented_verse_falls_in_any_quotation_marks(mark: str) -> None:
    invented, held = mark.format("आत्मा न जन्म लेती है न मरती है"), mark.format("कर्म करने में ही तेरा अधिकार है")
    assert quoted(f"कृष्ण ने कहा, {invented} और चले गए।", "sacred_text") == "invented_quote"
    assert quoted(f"कृष्ण ने कहा, {held} और चले गए।", "sacred_text") is None
    assert quoted(f"कृष्ण ने कहा, {invented}") is None
    assert quoted(f"कृष्ण ने कहा, {invented}", "living_person") is None


def test_what_is_no_invented_quotation() -> None:
    for text in (
        "इसे “निष्काम कर्म” कहते हैं।",  # a term
        "उन्होंने कहा कि आत्मा न जन्म लेती है न मरती है।",  # told, not quoted
        "“कर्म करने में ही तेरा अधिकार है, फल में नहीं। यह सार है।”",  # held, then three words of one's own
        "it's not what Arjuna's friends hadn't said, it's theirs",  # apostrophes
    ):
        assert quoted(text, "sacred_text") is None, text
    almost = "“कर्म करने में ही सबका अधिकार है”"
    assert quoted(almost, "sacred_text") == "invented_quote"


def _tagged(task: str, sample: Sample) -> Seed:
    _, plain = draft_of(task, sample)
    passage = replace(plain.grounding.anchor, sensitivity=("sacred_text",))
    return replace(plain, grounding=replace(plain.grounding, passages=(passage,)))


@pytest.mark.parametrize("task", names("task"))
def test_every_task_holds_quotations_of_scripture_to_the_passage(task: str) -> None:
    """Real good replies of every language with a verse put into the assistant's last turn."""
    fallen = 0
    for sample in samples(task):
        if sample["verdict"] != "good":
            continue
        language, tagged = load(sample["lang"]), _tagged(task, sample)
        draft, _ = draft_of(task, sample)
        verse = " ".join(language.samples[0].split()[:5])
        draft.messages[-1] = replace(draft.messages[-1], content=f"{draft.messages[-1].content} “{verse}”")
        reason = find("task", task)().check(draft, tagged, language)
        assert reason is not None
        fallen += reason.code == "invented_quote"
    assert fallen >= 10


@pytest.mark.parametrize(("task", "sample"), GOOD, ids=[f"{task}-{s['lang']}-{n}" for n, (task, s) in enumerate(GOOD)])
def test_good_replies_quote_nothing_that_the_passage_lacks(task: str, sample: Sample) -> None:
    draft, _ = draft_of(task, sample)
    reason = find("task", task)().check(draft, _tagged(task, sample), load(sample["lang"]))
    assert reason is None, json.dumps([m.content for m in draft.messages], ensure_ascii=False)


@pytest.mark.parametrize("task", names("task"))
def test_templates_of_scripture_quote_what_the_passage_quotes(task: str) -> None:
    found, written = find("task", task)(), 0
    for sample in samples(task):
        tagged, language = _tagged(task, sample), load(sample["lang"])
        output = found.template(tagged, language)
        if isinstance(output, Declined):
            continue
        written += 1
        reason = found.check(found.draft(output, tagged, language), tagged, language)
        assert reason is None or reason.kind == "unnatural", reason
    assert written
