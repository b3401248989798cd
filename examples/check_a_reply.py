"""Asks a task's check about a reply of one's own: the prompt, a reply, and what is wrong with it."""

from charkha.core.lookup import find
from charkha.languages import load
from charkha.stages.identity import sample_seed

language, task = load("hi"), find("task", "summarization")()
seed = sample_seed(task, language)
print(task.prompt(seed, language)[-1].content[-400:])

passage = seed.grounding.anchor
reply = task.Output(
    instruction="इसका सार दीजिए।", summary=" ".join(passage.sentence(n) for n in (1, 5, 6)), key_points=[1, 5, 6]
)
print(task.check(task.draft(reply, seed, language), seed, language))
