"""What is asked of models and what is accepted of them. One file per subset; what subsets share stands here, by name."""

from charkha.core.errors import CharkhaError


class Unparsed(CharkhaError):
    """No ask of a step gave a reply of the shape wanted; `code` is the reason under which the seed is filed."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail
