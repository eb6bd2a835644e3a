"""What can be wrong with the evidence: one fault says what, and names the place."""

from dataclasses import dataclass
from enum import StrEnum


class What(StrEnum):
    """Kinds of fault, in a file and in the record alike."""

    # the log of links
    LINK_MISSING = "link_missing"
    LINK_ALTERED = "link_altered"
    # a fact
    FACT_MISSING = "fact_missing"
    FACT_ALTERED = "fact_altered"
    FACT_WITHOUT_LINK = "fact_without_link"
    # an attempt's archive
    LINE_ALTERED = "line_altered"
    LINES_MISSING = "lines_missing"
    LINES_UNREADABLE = "lines_unreadable"
    HEADER_ALTERED = "header_altered"
    CLOSING_ALTERED = "closing_altered"
    HEAD_ALTERED = "head_altered"
    START_DIFFERS = "start_differs"
    OUTCOME_DIFFERS = "outcome_differs"
    RECEIPT_DIFFERS = "receipt_differs"
    CONTRACT_DIFFERS = "contract_differs"
    # signatures
    CHECKPOINT_MISSING = "checkpoint_missing"
    CHECKPOINT_ALTERED = "checkpoint_altered"
    CHECKPOINT_DIFFERS = "checkpoint_differs"
    KEY_UNKNOWN = "key_unknown"
    NOT_SIGNED = "not_signed"
    # a copy of the checkpoints kept elsewhere
    COPY_ALTERED = "copy_altered"
    COPY_AHEAD = "copy_ahead"
    COPY_DIFFERS = "copy_differs"


@dataclass(frozen=True, slots=True)
class Fault:
    """``kind`` and ``ref`` name the fact (or ``checkpoint`` and its number), ``seq`` the link. ``line`` counts from
    1; ``names`` are the values that differ.
    """

    what: What
    kind: str = ""
    ref: int | None = None
    seq: int | None = None
    line: int | None = None
    names: tuple[str, ...] = ()
