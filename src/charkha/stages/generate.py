"""generate: seeds become examples. Languages go on side by side, none waits for another; only a round waits for the round before it.

A shard's files are written when all its seeds have an outcome, `examples/` last: that it exists says that the shard is finished. Everything before
that moment can be made again from the reply store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from charkha.core.errors import CharkhaError, ProviderError, Unfinished
from charkha.core.protocols import Task
from charkha.core.recipe import Recipe
from charkha.core.records import Decision, Failure, Seed
from charkha.core.run import Run
from charkha.core.store import ReplyStore
from charkha.core.tables import (
    DECISIONS,
    EXAMPLES,
    FAILED,
    decision_row,
    example_row,
    failure_row,
    write_table,
)
from charkha.languages import Language
from charkha.stages.accounting import Cell, Cells, account, is_finished
from charkha.stages.desk import Desk
from charkha.stages.filter import filters_of, measurers
from charkha.stages.groundings import Groundings, offered
from charkha.stages.outcome import Outcome, Writer, set_aside
from charkha.stages.pump import Pump, Stopped
from charkha.stages.rounds import Plan, Round, append_round, next_round, read_plan
from charkha.tasks.seeds import make_seed

OPEN_SEEDS = 4  # seeds being written per slot of the writer's endpoint: enough that no slot idles while others parse


@dataclass
class Live:
    """What a screen shows while seeds are written: counted per (subset, language) as outcomes land."""

    cells: Cells = field(default_factory=dict)
    wanted: dict[str, int] = field(default_factory=dict)  # seeds of the open rounds, per language
    done: dict[str, int] = field(default_factory=dict)  # of them with an outcome
    waiting: str = ""

    def note(self, lang: str, subset: str, outcome: Outcome) -> None:
        """Counts one outcome."""
        cell = self.cells.setdefault((subset, lang), Cell())
        cell.pending = max(0, cell.pending - 1)
        if outcome.failure is not None:
            cell.failed[outcome.failure.code] += 1
        elif outcome.reason is not None:
            cell.dropped[outcome.reason] += 1
        else:
            cell.kept += 1
        self.done[lang] = self.done.get(lang, 0) + 1


OnChange = Callable[[Live], None]


@dataclass
class _Shard:
    """A shard being written: outcomes by (position, task) until there are as many as seeds."""

    item: Round
    number: int
    size: int
    outcomes: dict[tuple[int, str], Outcome] = field(default_factory=dict)


class Generation:
    """One generate stage over a run. `run()` returns when every language has its targets or no text is left.

    Args:
        run: an open run.
        recipe: its recipe.
        languages: the languages to write.
        tasks: the tasks, by name.
        store: the reply store.
        on_change: called after every outcome with the live counts.
    """

    def __init__(
        self, run: Run, recipe: Recipe, languages: list[Language], tasks: dict[str, Task], store: ReplyStore,
        on_change: OnChange | None = None,
    ) -> None:  # fmt: skip
        self.run_folder, self.recipe, self.languages, self.tasks = run, recipe, languages, tasks
        self.live = Live()
        self.pump = Pump(store, self._waits)
        self.desk = Desk(recipe, self.pump)
        self._on_change = on_change or (lambda live: None)
        self._writer = Writer(self.desk, tasks, filters_of(recipe), measurers(recipe))
        slots = max(model.concurrency for model in recipe.models.values())
        self._open = asyncio.Semaphore(max(64, OPEN_SEEDS * slots))
        self.bugs: list[str] = []

    async def run(self) -> None:
        """Writes until done.

        Raises:
            Unfinished: the endpoint was lost on the way; finished shards stand, the rest is pending.
            CharkhaError: a full disk, a wrong key, an unknown model.
        """
        try:
            await self._probe()
            async with asyncio.TaskGroup() as group:
                for language in self.languages:
                    group.create_task(self._language(language))
        except* Stopped:
            pass
        except* CharkhaError as errors:
            raise _first_leaf(errors) from None
        finally:
            await self.desk.close()
        reason = self.pump.stopped_by
        if isinstance(reason, ProviderError) and not reason.fatal:
            raise Unfinished(f"{reason} What is finished is safe: run the same command again to go on.") from reason
        if reason is not None:
            raise reason

    async def _probe(self) -> None:
        """Asks each model's provider once per run what it can do, before anything is paid for."""
        known = dict(self.run_folder.record().get("capabilities", {}))
        for language in self.languages:
            for task in self.tasks:
                model = self.desk.model("writer", language.wiki, task)
                if model is None or model.identity in known:
                    continue
                found = await self.pump.probe(self.desk.endpoint(model))
                known[model.identity] = {
                    "schema": found.schema,
                    "context_length": found.context_length,
                    "usage": found.usage,
                }
        self.run_folder.note("capabilities", known)

    def _waits(self, error: ProviderError, seconds: float) -> None:
        self.live.waiting = f"{type(error).__name__}: waiting {seconds:.1f} s"
        self._on_change(self.live)

    async def _language(self, language: Language) -> None:
        groundings = offered(self.run_folder, language.wiki, self.recipe, self.tasks)
        while True:
            plan = read_plan(self.run_folder, language.wiki)
            await self._finish_rounds(language, plan, groundings)
            if self.pump.stopped_by is not None:
                return
            cells = account(self.run_folder, [language.wiki])
            kept = {task: cells.get((task, language.wiki), Cell()).kept for task in self.tasks}
            following = next_round(
                read_plan(self.run_folder, language.wiki), kept, self.recipe.targets, groundings,
                self.recipe.max_uses_per_passage, self.recipe.shard,
            )  # fmt: skip
            if following is None:
                return
            append_round(self.run_folder, language.wiki, following)

    async def _finish_rounds(self, language: Language, plan: Plan, groundings: Groundings) -> None:
        """Writes every shard of the rounds so far that has no file yet."""
        unfinished = [
            (item, shard)
            for item in plan.current()
            for shard in item.shards()
            if not is_finished(self.run_folder, language.wiki, item.round, shard[0])
        ]
        sizes = {id(shard): sum(item.size(task, shard[0]) for task in item.tasks) for item, shard in unfinished}
        wanted = sum(sizes.values())
        self.live.wanted[language.wiki] = self.live.done.get(language.wiki, 0) + wanted
        async with asyncio.TaskGroup() as group:
            for item, span in unfinished:
                number, start, stop = span
                shard = _Shard(item, number, sizes[id(span)])
                for seed, gone in self._seeds(item, groundings, plan, (start, stop)):
                    if self.pump.stopped_by is not None:
                        return
                    await self._open.acquire()
                    group.create_task(self._seed(seed, language, shard, gone))

    def _seeds(
        self, item: Round, groundings: Groundings, plan: Plan, span: tuple[int, int]
    ) -> Iterator[tuple[Seed, bool]]:
        """A shard's seeds, and whether their task was superseded; a passage's tasks back to back, for the engine's prefix cache."""
        for position, draw in groundings.between(*span):
            for name in item.tasks:
                task = self._task(name)
                if groundings.offers(name, position):
                    grounding = groundings.grounding(position, task.reads)
                    seed = make_seed(task, grounding, draw, position, self.recipe.seed, self.recipe.contexts)
                    yield seed, plan.is_aside(name, item.round) is not None

    def _task(self, name: str) -> Task:
        if name not in self.tasks:  # a round begun before the task was taken out of the recipe
            raise CharkhaError(
                f"task {name!r} has an unfinished round but is not in the recipe. Put it back, or name another --out."
            )
        return self.tasks[name]

    async def _seed(self, seed: Seed, language: Language, shard: _Shard, gone: bool) -> None:
        try:
            with suppress(Stopped):  # the seed stays pending, and so does its shard
                number = shard.item.round
                outcome = set_aside(seed, number) if gone else await self._writer.write(seed, language, number)
                if outcome.bug:
                    self.bugs.append(outcome.bug)
                shard.outcomes[seed.position, seed.task] = outcome
                self.live.waiting = ""
                self.live.note(language.wiki, seed.task, outcome)
                self._on_change(self.live)
                if len(shard.outcomes) == shard.size:
                    await asyncio.to_thread(_write_shard, self.run_folder, language.wiki, shard)
                    shard.outcomes.clear()
        except CharkhaError as error:  # a full disk: what is in flight lands, nothing new begins
            self.pump.stop(error)
        finally:
            self._open.release()


def _write_shard(run: Run, lang: str, shard: _Shard) -> None:
    """Writes a finished shard; `examples` last, since its file says that the shard is finished."""
    ordered = [outcome for _, outcome in sorted(shard.outcomes.items(), key=lambda item: item[0])]
    failures: list[Failure] = [outcome.failure for outcome in ordered if outcome.failure is not None]
    built = [outcome for outcome in ordered if outcome.example is not None]
    decisions: dict[str, list[Decision]] = {
        "decisions/generate": [outcome.checked for outcome in built if outcome.checked],
        "decisions/filter": [outcome.filtered for outcome in built if outcome.filtered],
    }

    def path(part: str) -> Path:
        return run.shard_path(part, lang, shard.item.round, shard.number)

    write_table(path("failed"), FAILED, map(failure_row, failures))
    for part, rows in decisions.items():
        write_table(path(part), DECISIONS, map(decision_row, rows))
    write_table(path("examples"), EXAMPLES, (example_row(outcome.example) for outcome in built if outcome.example))


def _first_leaf(group: BaseExceptionGroup[CharkhaError]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
