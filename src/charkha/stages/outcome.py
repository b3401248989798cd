"""What becomes of one seed: an example with its decisions, or a failure. A pure function of the seed and its replies."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from charkha.core.errors import CharkhaError, ProviderError
from charkha.core.protocols import Filter, Task
from charkha.core.recipe import Model
from charkha.core.records import Decision, Declined, Draft, Example, Failure, Passage, Reason, Request, Seed
from charkha.languages import Language
from charkha.stages.desk import Desk, SeedAsk
from charkha.stages.filter import Limits, decide, measure
from charkha.stages.identity import prompt_fingerprint
from charkha.stages.pump import Stopped
from charkha.tasks import Unparsed

_PLACE = re.compile(r"'?https?://[^\s'\")]+'?")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Either `failure`, or `example` with what the check and the row-local filters said. `bug` tells of an error of ours."""

    failure: Failure | None = None
    example: Example | None = None
    checked: Decision | None = None
    filtered: Decision | None = None
    bug: str = ""

    @property
    def reason(self) -> str | None:
        """Why the example was dropped; None when it is kept."""
        for decision in (self.checked, self.filtered):
            if decision is not None and not decision.kept:
                return decision.reason.code if decision.reason else "dropped"
        return None


def set_aside(seed: Seed, round_number: int) -> Outcome:
    """The outcome of a seed whose task was superseded before it was written: nothing is asked for it."""
    told = "its task was superseded before it was written"
    return Outcome(failure=Failure(seed.id, seed.task, seed.lang, round_number, seed.position, "superseded", told))


OTHER_PAGES = "other_pages"  # the key of `extra`


class Writer:
    """Writes seeds with the recipe's models, checks and filters."""

    def __init__(
        self,
        desk: Desk,
        tasks: Mapping[str, Task],
        filters: Sequence[tuple[Filter, Limits]],
        measurers: Sequence[Filter],
    ) -> None:
        self._desk, self._tasks, self._filters, self._measurers = desk, tasks, filters, measurers
        self._prompts: dict[tuple[str, str], str] = {}

    async def write(self, seed: Seed, language: Language, round_number: int) -> Outcome:
        """Asks, drafts, checks and filters one seed.

        Raises:
            Stopped: the pump takes no more requests; the seed has no outcome.
        """
        task = self._tasks[seed.task]
        model = self._desk.model("writer", seed.lang, seed.task)
        assert model is not None  # the recipe has a writer
        ask = SeedAsk(self._desk, seed)

        def failed(code: str, detail: str, bug: str = "") -> Outcome:
            fields = (seed.id, seed.task, seed.lang, round_number, seed.position, code, detail[:500], list(ask.keys))
            return Outcome(failure=Failure(*fields), bug=bug)

        try:
            if self._desk.endpoint(model).provider.model_free:
                draft = await self._from_template(task, seed, language, model)
                if isinstance(draft, Declined):
                    return failed("declined", draft.reason)
            else:
                draft = await task.write(seed, language, ask)
            example = self._example(task, seed, language, draft, (model, ask, round_number))
            return self._decided(task, seed, language, draft, example)
        except Stopped:
            raise
        except Unparsed as error:
            return failed(error.code, error.detail)
        except (
            ProviderError
        ) as error:  # its words may name a host; a row's story must not depend on where it was served
            if self._desk.pump.stopped_by is not None:  # the endpoint is lost, not this seed
                raise Stopped(str(error)) from error
            return failed(_snake(type(error).__name__), _PLACE.sub("the endpoint", str(error)))
        except CharkhaError:  # a model's file that is none, a role without a model: nothing of this seed's
            raise
        except Exception as error:  # a reply that our own code cannot bear must not cost the run; it is said at the end
            told = f"{seed.task} {seed.id}: {type(error).__name__}: {error}"
            return failed("bug", f"{type(error).__name__}: {error}", told)

    async def _from_template(self, task: Task, seed: Seed, language: Language, model: Model) -> Draft | Declined:
        """The task's own template, bound to the request: no endpoint is sent it and no key holds it."""
        output = task.template(seed, language)
        if isinstance(output, Declined):
            return output
        request = Request(tuple(task.prompt(seed, language)), model.identity, template=output.model_dump_json())
        reply = await self._desk.endpoint(model).provider.call(request)
        return task.draft(task.Output.model_validate_json(reply.text), seed, language)

    def _decided(self, task: Task, seed: Seed, language: Language, draft: Draft, example: Example) -> Outcome:
        reason: Reason | None = task.check(draft, seed, language)
        if example.generation["kind"] == "template":
            unsound = reason if reason is not None and reason.kind == "unsound" else None
            reason = unsound or task.check_template(draft, seed, language)
        checked = Decision(example.id, seed.task, reason is None, reason)
        if reason is not None:
            return Outcome(example=example, checked=checked)
        scores = measure(example, language, self._measurers)
        return Outcome(example=example, checked=checked, filtered=decide(example.id, seed.task, scores, self._filters))

    def _example(
        self, task: Task, seed: Seed, language: Language, draft: Draft, made: tuple[Model, SeedAsk, int]
    ) -> Example:
        model, ask, round_number = made
        passage, *others = seed.grounding.passages
        free = self._desk.endpoint(model).provider.model_free
        provenance: dict[str, Any] = {
            "title": passage.title, "url": passage.url, "page_id": passage.page_id, "revision_id": passage.revision_id,
            "dump_date": passage.dump_date, "licence": passage.licence, "artifact": seed.grounding.artifact, "source_dataset": "", "source_row": "",
            "source": passage.source,
        }  # fmt: skip
        generation: dict[str, Any] = {
            "kind": "template" if free else "model",
            "provider": model.kind,
            "model": model.identity,
            "terms": model.terms,
            "prompt": self._prompt(task, language),
            "sampling": "{}" if free else json.dumps(model.parameters, sort_keys=True),
            "tokens_in": ask.tokens_in,
            "tokens_out": ask.tokens_out,
        }
        return Example(
            id=seed.id, subset=seed.task, lang=seed.lang, split=passage.split, round=round_number, position=seed.position,
            messages=[replace(message, content=message.content.strip()) for message in draft.messages],
            message_langs=draft.message_langs, context=draft.context, grounding_id=seed.grounding.id, evidence=draft.evidence,
            provenance=provenance, generation=generation, variety=dict(seed.variety), extra=draft.extra | _others(passage, others), replies=list(ask.keys),
        )  # fmt: skip

    def _prompt(self, task: Task, language: Language) -> str:
        key = (task.name, language.wiki)
        if key not in self._prompts:
            self._prompts[key] = prompt_fingerprint(task, language)
        return self._prompts[key]


def _others(anchor: Passage, others: Sequence[Passage]) -> dict[str, Any]:
    """The further pages that a row rests on, which are owed attribution as the anchor's page is."""
    pages = {other.page_id: other for other in others if other.page_id != anchor.page_id}
    names = ("title", "url", "page_id", "revision_id", "dump_date", "licence", "source")
    return {OTHER_PAGES: [{name: getattr(page, name) for name in names} for page in pages.values()]} if pages else {}


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
