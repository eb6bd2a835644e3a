"""The language of the interface: the message is its own key (simplified Chinese)."""


def gettext(message: str) -> str:
    """The text to show for ``message``; without a catalogue it is the message itself."""
    return message


def ngettext(singular: str, plural: str, n: int) -> str:
    """Like ``gettext``; Chinese has one form for every count."""
    return singular if n == 1 else plural
