"""How a worker's C library keeps memory: what a crowd's passwords took goes back to the system at once.

A hash takes 19 MiB. glibc asks the system for the first one and gives it back, and from then on keeps such blocks,
one a thread, for good. Asking anew would cost every hash half as much again, by page faults; of huge pages it needs
ten instead of five thousand, and costs nothing that can be measured. So blocks of this size always come from the
system, where it has huge pages to give.
"""

import os
from pathlib import Path

HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")
TUNABLES, BY_HUGE_PAGES = "GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"
FROM_THE_SYSTEM = {"MALLOC_MMAP_THRESHOLD_": str(8 * 2**20)}
FEW_POOLS = {"MALLOC_ARENA_MAX": "2"}
"""By default eight a core: threads of a worker run one at a time anyway, and each pool keeps its own leftovers."""


def environment(huge_pages: Path = HUGE_PAGES) -> dict[str, str]:
    """A worker's environment: ours, with what glibc is told unless the operator has told it something else. Other C
    libraries, and a glibc before 2.35, do not know the words.
    """
    ours = dict(os.environ)
    told = dict(FEW_POOLS)
    if TUNABLES not in ours and _has_huge_pages(huge_pages):
        told |= {TUNABLES: BY_HUGE_PAGES, **FROM_THE_SYSTEM}
    return told | ours


def _has_huge_pages(switch: Path) -> bool:
    """Whether whoever asks gets them; the file reads ``always [madvise] never``."""
    try:
        return "[never]" not in switch.read_text()
    except OSError:
        return False
