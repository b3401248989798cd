"""The run folder: where everything of a run lies, who may write it, and which recipe it belongs to.

One writer at a time: `lock` in the state folder is held with flock and names its owner. The kernel lets go of it when the owner dies,
so a killed run can be taken over at once; the next owner says so. run.json keeps every recipe that wrote here.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import socket
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from charkha import __version__
from charkha.core.errors import RunError
from charkha.core.files import append_line, disk_errors, read_lines, remove_temporaries, write_json, write_text
from charkha.core.store import ReplyStore

FORMAT = 1


class Run:
    """A run folder. Use as a context manager to hold its lock; reading needs no lock.

    Args:
        folder: the run folder; made when `open` is called.
        cache: the folder of replies, by default `replies/` inside.
        state: a local folder for the lock, by default the run folder.
    """

    def __init__(self, folder: Path, cache: Path | None = None, state: Path | None = None) -> None:
        self.folder = folder
        self.replies = cache or folder / "replies"
        self.state = state or folder
        self.took_over: str | None = None
        self._lock: int | None = None

    def open(self) -> Run:
        """Makes the folder, takes the lock, removes half-written files.

        Raises:
            RunError: another process holds the lock, the folder holds something else, or may not be written.
        """
        if self.folder.exists() and not self.folder.is_dir():
            raise RunError(f"{str(self.folder)!r} is a file, not a run folder. Name another --out.")
        if self.folder.is_dir() and any(self.folder.iterdir()) and not (self.folder / "run.json").exists():
            strange = [p.name for p in self.folder.iterdir() if p.name not in ("lock", "replies")]
            if strange:
                raise RunError(f"{str(self.folder)!r} holds {strange[0]!r} and no run. Name an empty or new --out.")
        with disk_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            self.state.mkdir(parents=True, exist_ok=True)
            self._take_lock()
        try:
            if not (self.folder / "run.json").exists():
                write_json(self.folder / "run.json", {"format": FORMAT, "entries": []})
            self._same_state()
            remove_temporaries(self.folder)
        except BaseException:
            self.close()
            raise
        return self

    def __enter__(self) -> Run:
        return self.open() if self._lock is None else self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the lock; the owner's name is wiped so that nobody is said to have died."""
        if self._lock is not None:
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = None

    def _same_state(self) -> None:
        """The lock lies where it lay: a second place would be no lock."""
        state = str(self.state.resolve()) if self.state != self.folder else ""
        before = self.record().get("state")
        if before is not None and before != state:
            raise RunError(
                f"{str(self.folder)!r} keeps its lock in {before or 'itself'!r}. Say so: `state: {before or self.folder}`"
            )
        self.note("state", state)

    def _take_lock(self) -> None:
        own = hashlib.blake2b(str(self.folder.resolve()).encode(), digest_size=6).hexdigest()
        path = self.state / ("lock" if self.state == self.folder else f"lock-{own}")
        fd = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = _owner(fd)
            os.close(fd)
            raise RunError(
                f"{str(self.folder)!r} is being written by {owner or 'another process'}. Wait for it, or name another --out."
            ) from error
        self.took_over = _owner(fd)
        me = {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        os.ftruncate(fd, 0)
        os.pwrite(fd, json.dumps(me).encode(), 0)
        os.fsync(fd)
        self._lock = fd

    def record(self) -> dict[str, Any]:
        """The content of run.json.

        Raises:
            RunError: no run, or one of a newer format.
        """
        path = self.folder / "run.json"
        try:
            data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise RunError(
                f"{str(self.folder)!r} is no run folder (no run.json). Make one: charkha run RECIPE --out ..."
            ) from error
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise RunError(f"{path} is damaged: {error}. Restore it from a copy, or name another --out.") from error
        if not isinstance(data, dict):
            raise RunError(f"{path} is damaged: it holds no run. Restore it from a copy, or name another --out.")
        if data.get("format") != FORMAT:
            raise RunError(
                f"{path} has format {data.get('format')!r}; charkha {__version__} reads format {FORMAT}. "
                "Use the version that wrote it, or name another --out."
            )
        if not isinstance(data.get("entries"), list):
            raise RunError(f"{path} is damaged: it lists no entries. Restore it from a copy, or name another --out.")
        return data

    def compare(self, identity: Mapping[str, str], superseded: list[str]) -> None:
        """Compares a recipe's identity with those that wrote here.

        Args:
            identity: flat facts that a run cannot change its mind about, e.g. "seed", "prompt.summarization.hi".
            superseded: tasks whose prompts and models may differ, because their old rows are being set aside.

        Raises:
            RunError: an identity differs; names the first differences and both ways out.
        """
        data = self.record()
        before: dict[str, str] = {}
        for entry in data["entries"]:
            before.update(entry["identity"])
        differences = {
            key: (old, identity.get(key, "absent"))
            for key, old in {
                "source.blocklist": identity.get("source.blocklist", "absent") if not before else "absent",
                **before,
            }.items()
            if identity.get(key, "absent") != old and not _excused(key, superseded, identity)
            and not self._is_renewed(data, key, identity)
        }
        if differences:
            raise RunError(self._refusal(differences))

    @staticmethod
    def _is_renewed(record: Mapping[str, Any], key: str, identity: Mapping[str, str]) -> bool:
        """Whether a source differs because the user has taken that newer dump in."""
        kind, _, lang = key.partition(".")
        return kind == "source" and record.get("renewed", {}).get(lang) == identity.get(key, "absent")

    def is_superseded(self, identity: Mapping[str, str], task: str) -> bool:
        """True when the last recipe that wrote here set this task's rows aside for these very prompts and models."""
        entries = self.record()["entries"]
        if not entries or task not in entries[-1]["superseded"]:
            return False
        before = entries[-1]["identity"]
        own = {key for key in {*identity, *before} if key.startswith((f"prompt.{task}.", f"model.{task}."))}
        return all(identity.get(key) == before.get(key) for key in own)

    def admit(self, recipe: str, identity: Mapping[str, str], superseded: list[str]) -> None:
        """Compares as `compare` does, and notes the recipe (as YAML) and its identity where they are new.

        Raises:
            RunError: as `compare`.
        """
        self.compare(identity, superseded)
        data = self.record()
        entry = {"charkha": __version__, "identity": dict(identity), "superseded": superseded}
        last = data["entries"][-1] if data["entries"] else {}
        if any(last.get(key) != entry[key] for key in ("identity", "superseded")) or self._recipe() != recipe:
            data["entries"].append({"at": datetime.now(UTC).isoformat(timespec="seconds"), **entry})
            write_json(self.folder / "run.json", data)
            write_text(self.folder / "recipe.yaml", recipe)

    def _recipe(self) -> str:
        path = self.folder / "recipe.yaml"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _refusal(self, differences: dict[str, tuple[str, str]]) -> str:
        shown = "; ".join(f"{key}: {old!r} -> {new!r}" for key, (old, new) in sorted(differences.items())[:4])
        more = f" (and {len(differences) - 4} more)" if len(differences) > 4 else ""
        tasks = sorted({key.split(".")[1] for key in differences if key.startswith(("prompt.", "model."))})
        supersede = " ".join(f"--supersede {task}" for task in tasks)
        all_mendable = all(key.startswith(("prompt.", "model.")) for key in differences)
        ways = f"name another --out and keep the replies already bought with `cache: {self.replies}` in the recipe"
        if all_mendable:
            ways += f"; or set this run's old rows aside and append new ones: {supersede}"
        elif all(key.startswith("source.") and key != "source.blocklist" for key in differences):
            lang = next(iter(sorted(differences))).partition(".")[2]
            ways += f"; or take the newer dump in, unchanged pages keep what they have: charkha ingest DUMP --lang {lang} --out {self.folder}"
        else:
            ways += "; or take the change back"
        return f"{str(self.folder)!r} was made by another recipe: {shown}{more}. Either {ways}."

    def note(self, key: str, value: Any) -> None:
        """Keeps a fact about the run (capabilities, counts) under a name in run.json."""
        data = self.record()
        if data.get(key) != value:
            data[key] = value
            write_json(self.folder / "run.json", data)

    def store(self) -> ReplyStore:
        """Opens the reply store."""
        return ReplyStore(self.replies)

    def event(self, kind: str, **facts: Any) -> None:
        """Appends a line to events.jsonl; for machines and for those who look later."""
        append_line(self.folder / "events.jsonl", {"at": round(time.time(), 3), "event": kind, **facts})

    def rounds_path(self, lang: str) -> Path:
        """The file that holds a language's rounds."""
        return self.folder / "rounds" / f"{lang}.jsonl"

    def rounds(self, lang: str) -> list[dict[str, Any]]:
        """The rounds of a language, in order."""
        return read_lines(self.rounds_path(lang))

    def shard_path(self, part: str, lang: str, round_number: int, shard: int) -> Path:
        """Where a shard's file lies; `part` is "examples", "failed" or "decisions/<stage>"."""
        return self.folder / part / lang / f"round-{round_number:05d}-shard-{shard:05d}.parquet"

    def shards(self, part: str, lang: str) -> list[Path]:
        """The finished shard files of a part and language, in seed order."""
        return sorted((self.folder / part / lang).glob("round-*.parquet"))

    def tables(self, part: str, lang: str) -> list[Path]:
        """The parquet files of "pages" or "passages" of a language, in order."""
        return sorted((self.folder / part / lang).glob("[0-9]*.parquet"))

    def groundings_path(self, lang: str) -> Path:
        """The table of what a language's seeds can rest on."""
        return self.folder / "groundings" / f"{lang}.parquet"

    def languages(self) -> list[str]:
        """The languages that were ingested here."""
        folder = self.folder / "passages"
        return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _excused(key: str, superseded: list[str], identity: Mapping[str, str]) -> bool:
    """A changed prompt or model is excused where its task is superseded; a task left out of the recipe is only idle."""
    kind, _, rest = key.partition(".")
    if kind not in ("prompt", "model"):
        return False
    task = rest.split(".")[0]
    return task in superseded or not any(name.startswith(f"{kind}.{task}.") for name in identity)


def _owner(fd: int) -> str | None:
    data = os.pread(fd, 4096, 0)
    try:
        owner = json.loads(data) if data.strip() else None
    except ValueError:
        return "an unknown process"
    if not isinstance(owner, dict):
        return "an unknown process" if owner else None
    return f"process {owner.get('pid')} on {owner.get('host')} (since {owner.get('since')})"
