"""A sitting kept in memory, enough for the page's script to be tried in a real browser.

It judges an operation as the live script does: pen, deadline, age of the operation, in that order of meaning.
"""

from dataclasses import dataclass, field

from examengine.clock import Clock

ATTEMPT = 7
PERSON = 3


@dataclass
class Kept:
    value: str
    revision: int
    mark: tuple[int, int]


@dataclass
class FakeSitting:
    """``trouble`` answers every save with that HTTP status; ``log`` lists what came in; ``aside`` what older pages
    could not save. Up to ``shipped`` revisions are in SQL. ``revoked``: every session has ended, until ``password``
    is given.
    """

    clock: Clock
    deadline_ms: int
    epoch: int = 0
    revision: int = 0
    kept: dict[str, Kept] = field(default_factory=dict)
    closed: str = ""
    trouble: int = 0
    trouble_headers: dict[str, str] = field(default_factory=dict)
    focus_losses: int = 0
    pen_since_ms: int = 0
    generation: int = 1
    shipped: int = 0
    revoked: bool = False
    password: str = "Chuntian-2026-shu"
    aside: list[tuple[int, str, str]] = field(default_factory=list)
    log: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def claim(self) -> int:
        self.epoch += 1
        self.pen_since_ms = self.clock.now_ms()
        return self.epoch

    def reply(self, word: str, **more: object) -> dict[str, object]:
        now_ms = self.clock.now_ms()
        return {
            "word": word,
            "at": now_ms,
            "rev": self.revision,
            "left": self.deadline_ms - now_ms,
            "deadline": self.deadline_ms,
            "deadline_reason": "time_limit",
            "epoch": self.epoch,
            "ship": self.shipped,
            **more,
        }

    def lose_redis(self) -> None:
        """Redis lost its data: the sitting is rebuilt from what was shipped."""
        self.generation += 1
        self.kept = {key: kept for key, kept in self.kept.items() if kept.revision <= self.shipped}
        self.revision = self.shipped

    def rejoin(self, generation: int, epoch: int) -> dict[str, object]:
        self.log.append(("rejoin", {}))
        if generation == self.generation or self.epoch > epoch:
            return self.reply("pen_lost", pen_since=self.pen_since_ms)
        self.epoch = epoch + 1
        items = [(key, kept.value, kept.revision, *kept.mark) for key, kept in self.kept.items()]
        return self.reply("claimed", generation=self.generation, items=items)

    def _barred(self, generation: int, epoch: int) -> dict[str, object] | None:
        if self.revoked:
            return {"word": "revoked"}
        if generation != self.generation:
            return self.reply("stale_generation")
        if self.closed:
            return self.reply("closed", closed=self.closed, go="/result")
        if self.clock.now_ms() >= self.deadline_ms:
            return self.reply("too_late")
        if epoch < self.epoch:
            return self.reply("pen_lost", pen_since=self.pen_since_ms, pen_where="手机 Chrome")
        return None

    def save(self, epoch: int, fields: dict[str, str], generation: int = 0) -> dict[str, object]:
        self.log.append(("save", fields))
        key, mark = fields["k"] + fields["i"], (epoch, int(fields["n"]))
        barred = self._barred(generation or self.generation, epoch)
        if barred is not None:
            if barred["word"] == "pen_lost":
                self.aside.append((epoch, key, fields.get("v", "")))
            return barred
        kept = self.kept.get(key)
        if kept is not None and mark == kept.mark:
            return self.reply("repeated", rev=kept.revision)
        if kept is not None and mark < kept.mark:
            return self.reply("superseded", rev=kept.revision, value=kept.value, mark=kept.mark)
        self.revision += 1
        self.kept[key] = Kept(fields.get("v", ""), self.revision, mark)
        return self.reply("saved")

    def pulse(self, generation: int, epoch: int, fields: dict[str, str]) -> dict[str, object]:
        self.log.append(("pulse", fields))
        return self._barred(generation, epoch) or self.reply("alive")

    def report(self, kind: str, generation: int, epoch: int, fields: dict[str, str]) -> dict[str, object]:
        self.log.append((kind, fields))
        if kind == "focus":
            self.focus_losses += 1
        return self._barred(generation, epoch) or self.reply("noted", focus_losses=self.focus_losses)

    def answers(self) -> dict[str, str]:
        return {key: kept.value for key, kept in self.kept.items()}
