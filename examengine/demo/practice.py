"""The practice rulebook, for the year the demo is run in."""

from importlib import resources

from examengine.rules.load import Loaded, flatten, load


def practice_text(year: int, subject: str) -> str:
    """TOML of the practice rulebook; every value is assumed and confirmed by the demo's own authority."""
    template = (resources.files("examengine.demo") / "practice.toml").read_text("utf-8")
    return with_provenance(template.format(year=year, subject=subject))


def with_provenance(body: str) -> str:
    """The same with every value assumed."""
    leaves = flatten(load(body).content)
    provenance = "\n".join(f'"{key}" = "D:practice"' for key in leaves)
    return f"{body}\n[provenance]\n{provenance}\n"


def practice(year: int, subject: str) -> Loaded:
    """The practice rulebook, loaded and checked."""
    return load(practice_text(year, subject), name=f"practice-{year}")
