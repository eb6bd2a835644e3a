"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="folder of an embedded installation, e.g. .demo/today; else the environment's"),
]
EncodingOption = Annotated[str | None, typer.Option(help="text encoding, where guessing fails")]
JsonFlag = Annotated[bool, typer.Option("--json", help="JSON on stdout")]
