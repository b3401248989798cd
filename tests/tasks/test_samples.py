"""What checks say of real replies: the good ones pass, the spoiled ones fail with the right reason, templates fail as a model's words."""

from __future__ import annotations

import json

import pytest
from mutators import MUTATORS

from charkha.core.lookup import find, names
from charkha.core.records import Declined, Reply
from charkha.languages import load, load_all
from charkha.stages.identity import sample_passage
from charkha.stages.replies import parse
from samples import Sample, checked, draft_of, every_sample, passage_of, samples, seed_of

COLD = ("hi", "ta", "bn", "as", "ur", "te")
SAMPLES = every_sample()
IDS = [f"{task}-{sample['lang']}-{number}" for number, (task, sample) in enumerate(SAMPLES)]


@pytest.mark.parametrize("task", names("task"))
def test_there_are_samples_for_every_task_and_language(task: str) -> None:
    found = [sample["lang"] for sample in samples(task)]
    assert set(found) >= {language.wiki for language in load_all()} - {"yo"}
    assert all(found.count(lang) >= 3 for lang in COLD)


@pytest.mark.parametrize(("task", "sample"), SAMPLES, ids=IDS)
def test_the_verdict(task: str, sample: Sample) -> None:
    reason = checked(task, sample)
    assert (reason.code if reason else "good") == sample["verdict"], reason


def _others(task: str, sample: Sample) -> tuple[Sample, Sample]:
    """A sample of a neighbouring language (same script where there is one), and one of this language on another passage."""
    script = load(sample["lang"]).script.code
    rest = [other for other in samples(task) if other["lang"] != sample["lang"] and other["context"] != "answer_is_passage"]
    neighbour = next((other for other in rest if load(other["lang"]).script.code == script), rest[0])
    own = [o for o in samples(task) if o["lang"] == sample["lang"] and o["passage"]["title"] != sample["passage"]["title"]]
    return neighbour, own[0] if own else neighbour


@pytest.mark.parametrize(("task", "mutator"), [(t, m) for t, ms in MUTATORS.items() for m in ms], ids=lambda v: getattr(v, "__name__", v))
def test_spoiled_replies_fail_with_the_right_reason(task: str, mutator: object) -> None:
    assert callable(mutator)
    tried, passed, wrong = 0, [], []
    for sample in samples(task):
        if sample["verdict"] != "good":
            continue
        neighbour, own = _others(task, sample)
        spoiled = mutator(task, sample, own if mutator.__name__ == "writes_of_another_passage" else neighbour)
        if spoiled is None:
            continue
        replies, codes = spoiled
        tried += 1
        reason = checked(task, sample, replies)
        if reason is None:
            passed.append(sample["lang"])
        elif reason.code not in codes:
            wrong.append((sample["lang"], reason))
    assert tried >= 3
    assert not passed
    assert not wrong


@pytest.mark.parametrize("language", load_all(), ids=lambda language: language.wiki)
@pytest.mark.parametrize("task", names("task"))
def test_a_template_fails_as_a_models_reply(task: str, language: object) -> None:
    """A check that a template satisfies is no check: same text, other hand, and it is `unnatural`."""
    found = find("task", task)()
    passages = [sample_passage(language), *(passage_of(s) for s in samples(task) if s["lang"] == language.wiki)]  # type: ignore[attr-defined]
    written = 0
    for passage in passages:
        for context in found.contexts:
            seed = seed_of(found, passage, context)
            output = found.template(seed, language)
            if isinstance(output, Declined):
                continue
            written += 1
            handed_in = parse(Reply(output.model_dump_json()), found.Output)
            draft = found.draft(handed_in, seed, language)
            reason = found.check(draft, seed, language)
            assert reason is not None, draft.messages[-1].content
            assert reason.kind == "unnatural", reason
            assert found.check_template(draft, seed, language) is None
    assert written


@pytest.mark.parametrize(("task", "sample"), SAMPLES, ids=IDS)
def test_a_draft_is_the_same_twice_and_holds_json(task: str, sample: Sample) -> None:
    first, _ = draft_of(task, sample)
    again, _ = draft_of(task, sample)
    assert first == again
    assert json.loads(json.dumps(first.extra)) == first.extra
    assert len(first.messages) == len(first.message_langs)
