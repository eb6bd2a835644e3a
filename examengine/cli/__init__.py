"""The command line: ``examengine --help``.

Each command imports what it needs when it runs, so that the pure ones need neither Redis nor SQL.
"""

import typer

from examengine.cli import bank, lists, rules
from examengine.cli.bench import bench
from examengine.cli.demo import demo
from examengine.cli.serve import serve, upgrade

app = typer.Typer(no_args_is_help=True, add_completion=False, help="在线考试引擎 Online exam delivery")
app.add_typer(rules.app, name="rules")
app.add_typer(bank.app, name="bank")
app.add_typer(lists.people, name="people")
app.add_typer(lists.learning, name="learning")
app.add_typer(lists.cards, name="cards")
app.command("demo")(demo)
app.command("bench")(bench)
app.command("serve")(serve)
app.command("upgrade")(upgrade)


def main() -> None:
    """Entry point of the ``examengine`` script."""
    app()
