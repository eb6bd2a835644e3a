"""Figures for people: a table for the terminal, and the same as markdown for ``docs/performance.md``."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

HEADINGS = (
    "row",
    "a second",
    "(from–to)",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "server CPU ms",
    "(from–to)",
    "of bare write",
    "errors",
)


def cells_of(name: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    """A row's cells under ``HEADINGS``."""
    low, high = row["per_s_spread"]
    cpu_low, cpu_high = row.get("server_cpu_ms_spread", (None, None))
    return (
        name,
        f"{row['per_s']:,.0f}",
        f"{low:,.0f}–{high:,.0f}",
        f"{row['p50_ms']:.1f}",
        f"{row['p95_ms']:.1f}",
        f"{row['p99_ms']:.1f}",
        _number(row["server_cpu_ms"]),
        "" if cpu_low is None else f"{cpu_low:.3f}–{cpu_high:.3f}",
        _number(row["ratio_to_bare_write"], 2),
        str(row["errors"]),
    )


def _number(value: float | None, places: int = 3) -> str:
    return "–" if value is None else f"{value:.{places}f}"


def table(report: Mapping[str, Any]) -> list[str]:
    """Lines for the terminal."""
    cells = [HEADINGS, *(cells_of(name, row) for name, row in report["rows"].items())]
    widths = [max(len(line[place]) for line in cells) for place in range(len(HEADINGS))]
    lines = []
    for line in cells:
        first, *rest = line
        lines.append(
            first.ljust(widths[0])
            + "".join(cell.rjust(width + 2) for cell, width in zip(rest, widths[1:], strict=True))
        )
    return [*lines, "", *remarks(report)]


def markdown(report: Mapping[str, Any]) -> list[str]:
    """The same as markdown."""
    return [
        *markdown_table(HEADINGS, (cells_of(name, row) for name, row in report["rows"].items())),
        "",
        *(f"- {remark}" for remark in remarks(report)),
    ]


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table in markdown, the first column to the left."""
    ruler = ["---", *("---:" for _ in headings[1:])]
    return [f"| {' | '.join(line)} |" for line in (headings, ruler, *rows)]


def remarks(report: Mapping[str, Any]) -> list[str]:
    """What does not fit into the table."""
    rows, page, save = report["rows"], report["page_gzip_bytes_of"], report["save_wire_bytes_of"]
    over_http2 = (
        f" (in all over HTTP/2 {save['http2_first']:,}, from the second on {save['http2_later']:,})"
        if "http2_first" in save
        else ""
    )
    lines = [
        machine_told(report["machine"]),
        f"live sittings {report['live_sittings']:,}; a sitting in Redis {report['redis_bytes_per_sitting']:,} bytes "
        f"at 60 journal lines, {report['redis_bytes_per_sitting_at_120_lines']:,} at 120; "
        f"a finished attempt in SQL {report['sql_bytes_per_attempt']:,} bytes",
        f"an exam page {report['page_gzip_bytes']:,} bytes gzip (page {page['page']:,}, scripts {page['scripts']:,}, "
        f"styles {page['styles']:,}); a save {save['ours']:,} bytes of ours{over_http2}; "
        f"a worker {report['worker_resident_mib']:.0f} MiB; "
        f"without requests the server takes {report['idle_cores'] * 100:.1f} % of a core",
    ]
    if "sign_in" in rows:
        row = rows["sign_in"]
        lines.append(
            f"sign_in: {row['hashing_cpu_ms']:.1f} ms of its CPU hash the password, "
            f"{row['without_hashing_cpu_ms']:.2f} ms are the rest"
        )
    for name, row in rows.items():
        if "beside" in row:
            saves = row["beside"]
            lines.append(
                f"beside {name}: {saves['per_s']:,.0f} saves a second, p50 {saves['p50_ms']} ms, "
                f"p99 {saves['p99_ms']} ms, errors {saves['errors']}"
            )
        if "faults" in row:
            lines.append(f"{name}: {'; '.join(row['faults'])}")
    return lines


def flat(report: Mapping[str, Any], *, markdown: bool) -> list[str]:
    """A long run, one figure a line."""
    figures = [(path, text) for path, text in _leaves({k: v for k, v in report.items() if k != "machine"})]
    told = machine_told(report["machine"])
    if markdown:
        return [*markdown_table(("figure", ""), figures), "", f"- {told}"]
    width = max(len(path) for path, _ in figures)
    return [*(f"{path.ljust(width)}  {text}" for path, text in figures), "", told]


def _leaves(value: Any, path: str = "") -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        return [leaf for name, each in value.items() for leaf in _leaves(each, f"{path} · {name}" if path else name)]
    if isinstance(value, list):
        return [(path, ", ".join(map(str, value)) or "–")]
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return [(path, "–" if value is None else text)]


def machine_told(of: Mapping[str, Any]) -> str:
    """The machine in a line."""
    return (
        f"{of['cores']} cores of {of['processor']}, {of['memory_gib']} GiB, {of['system']}, Python {of['python']}, "
        f"Redis {of['redis']}, {of['sql']}, {of['workers']} worker(s); "
        f"fsync of this disk p50 {of['fsync_p50_ms']} ms, p99 {of['fsync_p99_ms']} ms; "
        f"CPU counted of {', '.join(of['counted'])}"
    )
