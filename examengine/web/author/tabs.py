"""The parts of a bank's pages."""

from examengine.web.contexts.items import BankTab
from examengine.web.wording import gettext as _


def tabs_of(bank_id: int, here: str) -> tuple[BankTab, ...]:
    """The parts of a bank; ``here`` is the end of the address of the one that is shown."""
    parts = (("", _("试题")), ("/releases", _("发布版本")), ("/blueprints", _("组卷规则")))
    return tuple(BankTab(f"/author/banks/{bank_id}{end}", text, end == here) for end, text in parts)
