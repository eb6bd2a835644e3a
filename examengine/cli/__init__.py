"""The command line: ``examengine --help``.

Each command imports what it needs when it runs, so that the pure ones need neither Redis nor SQL.
"""

import typer

from examengine.cli import bank, rules

app = typer.Typer(no_args_is_help=True, add_completion=False, help="在线考试引擎 Online exam delivery")
app.add_typer(rules.app, name="rules")
app.add_typer(bank.app, name="bank")


def main() -> None:
    """Entry point of the ``examengine`` script."""
    app()
