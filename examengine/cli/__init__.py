"""The command line: ``examengine --help``.

Each command imports what it needs when it runs, so that the pure ones need neither Redis nor SQL.
"""

import typer

from examengine.cli import bank, rules
from examengine.cli.demo import demo
from examengine.cli.serve import serve, upgrade

app = typer.Typer(no_args_is_help=True, add_completion=False, help="在线考试引擎 Online exam delivery")
app.add_typer(rules.app, name="rules")
app.add_typer(bank.app, name="bank")
app.command("demo")(demo)
app.command("serve")(serve)
app.command("upgrade")(upgrade)


def main() -> None:
    """Entry point of the ``examengine`` script."""
    app()
