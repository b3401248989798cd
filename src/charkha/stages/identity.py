"""What a run cannot change its mind about, as flat facts that can be compared and shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from charkha.core.errors import unknown
from charkha.core.ids import digest
from charkha.core.lookup import find
from charkha.core.policy import KINDS, NOTES
from charkha.core.protocols import Task
from charkha.core.recipe import Contexts, Recipe
from charkha.core.records import Context, Grounding, Passage, Seed, Sentence
from charkha.languages import Language, load
from charkha.stages.sources import dumps_of, fingerprint
from charkha.tasks.seeds import make_seed
from charkha.text.sentences import sentence_spans


def tasks_of(recipe: Recipe) -> dict[str, Task]:
    """The recipe's tasks by name.

    Raises:
        RecipeError: an unknown task, a private file that holds none, or one that makes a kind of text which no policy knows.
    """
    tasks = [find("task", name, recipe.where("tasks", at))() for at, name in enumerate(recipe.tasks)]
    for at, task in enumerate(tasks):
        for kind in sorted(task.makes - set(KINDS)):
            raise unknown("kind of text", kind, KINDS, f"`makes` of {recipe.tasks[at]} ({recipe.where('tasks', at)})")
    return {task.name: task for task in tasks}


def with_models_checked(recipe: Recipe) -> Recipe:
    """The recipe, every provider found, its overrides by Wikipedia code whichever kind of code was written.

    Raises:
        RecipeError: an unknown provider, language or task of an override, by its line.
    """
    models = {}
    for role, model in recipe.models.items():
        find("provider", model.kind, recipe.where("models", role, "kind"))
        for name, override in {**model.by_lang, **model.by_task}.items():
            find("provider", override.get("kind", model.kind), recipe.where("models", role, "by_lang", name))
        for name in model.by_task:
            find("task", name, recipe.where("models", role, "by_task", name))
        by_lang = {
            load(name, recipe.where("models", role, "by_lang", name)).wiki: keys for name, keys in model.by_lang.items()
        }
        models[role] = model.model_copy(update={"by_lang": by_lang})
    return recipe.model_copy(update={"models": models})


def identity(recipe: Recipe, languages: list[Language], tasks: Mapping[str, Task]) -> dict[str, str]:
    """Seed, contexts, policy, sources, prompts and models of a recipe, one fact a key.

    A prompt's fact is the hash of what it renders to on the language's sample passage in each context; a model's names what its replies depend
    on, never where it is served.
    """
    facts = {"seed": str(recipe.seed), "contexts": digest(recipe.contexts.model_dump())[:12]}
    facts["policy"] = digest([{tag: rule.model_dump() for tag, rule in recipe.policy.items()}, dict(NOTES)])[:12]
    facts["max_alike"] = str(recipe.max_alike)  # another order of passages
    facts["culture"] = digest(recipe.culture.model_dump() if recipe.culture else False)[:12]
    if recipe.source.blocklist:
        facts["source.blocklist"] = digest([fingerprint(path) for path in recipe.source.blocklist])[:12]
    dumps = dumps_of(recipe)
    for language in languages:
        facts[f"source.{language.wiki}"] = dumps[language.wiki].mark
        for name, task in tasks.items():
            facts[f"prompt.{name}.{language.wiki}"] = prompt_fingerprint(task, language)
            for role in recipe.models:
                model = recipe.models[role].for_cell(language.wiki, name)
                facts[f"model.{name}.{language.wiki}.{role}"] = (
                    f"{model.kind}:{model.identity} {digest(model.parameters)[:8]}"
                )
    return facts


def prompt_fingerprint(task: Task, language: Language) -> str:
    """Twelve hex characters over every prompt of a task in a language."""
    rendered = [
        [[message.role, message.content] for message in messages]
        for context in task.contexts
        for messages in task.probes(sample_seed(task, language, context), language)
    ]
    return digest(rendered)[:12]


def sample_seed(task: Task, language: Language, context: Context | None = None) -> Seed:
    """A seed of the task on the language file's own sample passage; in a given context where one is named."""
    passage = sample_passage(language)
    shares = (
        Contexts(**{name: float(name == context) for name in ("open", "closed", "answer_is_passage")})
        if context
        else Contexts()
    )
    return make_seed(task, Grounding(passage.id, language.wiki, (passage,)), 0, 0, 0, shares)


def sample_passage(language: Language) -> Passage:
    """The language file's sample passage as a Passage."""
    parts, sentences, at = [], [], 0
    for section in language.sample_passage.sections:
        text = " ".join(section.text.split())
        sentences += [Sentence(at + a, at + b, section.title) for a, b in sentence_spans(text, language)]
        parts.append(text)
        at += len(text) + 2
    text = "\n\n".join(parts)
    return Passage(
        id=digest(["sample", language.code, text]), lang=language.wiki, page_id=0, revision_id=0,
        title=language.sample_passage.title, url="", dump_date="", licence="CC BY-SA 4.0", split="train",
        start=0, end=len(text), text=text, sentences=tuple(sentences),
    )  # fmt: skip


def package_file(name: str) -> Path:
    """A file that is installed with the package."""
    return Path(__file__).parent.parent / name
