"""The command line: ``examengine --help``.

Each command imports what it needs when it runs, so that the pure ones need neither Redis nor SQL.
"""

import typer

from examengine.cli import access, attempt, bank, bench, lists, rules
from examengine.cli.backup import backup, restore
from examengine.cli.demo import demo
from examengine.cli.drill import drill
from examengine.cli.prove import prove
from examengine.cli.serve import serve, upgrade

app = typer.Typer(no_args_is_help=True, add_completion=False, help="在线考试引擎 Online exam delivery")
app.add_typer(rules.app, name="rules")
app.add_typer(bank.app, name="bank")
bank.app.command("prove")(prove)
app.add_typer(attempt.app, name="attempt")
app.add_typer(lists.people, name="people")
lists.people.command("password")(access.password)
lists.people.command("block")(access.block)
lists.people.command("take-role")(access.take_role)
lists.people.command("give-role")(access.give_role)
lists.people.command("reset-factor")(access.reset_factor)
app.add_typer(lists.learning, name="learning")
app.add_typer(lists.cards, name="cards")
app.command("demo")(demo)
app.add_typer(bench.app, name="bench")
app.command("drill")(drill)
app.command("serve")(serve)
app.command("upgrade")(upgrade)
app.command("backup")(backup)
app.command("restore")(restore)


def main() -> None:
    """Entry point of the ``examengine`` script."""
    app()
