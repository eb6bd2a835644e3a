"""How Redis says no: it is not to be had now, or the call was wrong."""

import re

# "Not now": the server is full, without its disk, without its replicas, reading its file, or being replaced. Out of
# a script these come with its text around them.
NOT_NOW = re.compile(
    r"(?:^|-)(OOM|MISCONF|NOREPLICAS|READONLY|BUSY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|UNBLOCKED)\b"
)


class Unavailable(Exception):  # noqa: N818 – a state of things, named as it is told
    """Redis did not answer, or cannot take writes now. Whether the call was carried out is not known."""


class ScriptFailed(Exception):  # noqa: N818
    """Redis refused a call as wrong: a fault of ours."""


class WrongServer(Unavailable):
    """The Redis that the settings name must not be used as it is; the text says why and what to change."""


def failure(error: Exception) -> Exception:
    """What an error reply means to whoever called."""
    text = str(error)
    return Unavailable(text) if NOT_NOW.search(text) else ScriptFailed(text)
