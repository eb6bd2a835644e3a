"""Every act of the desk, by the name that requests and intents know it under. A new act is added here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from examengine.web.support.act import Act
from examengine.web.support.acts import accommodate, call, extra_time, grant, hand_in, let_in, message, undo, void

ACTS: Mapping[str, Act[Any]] = MappingProxyType(
    {
        one.slug: one
        for one in (
            grant.ACT,
            extra_time.ACT,
            hand_in.ACT,
            void.ACT,
            undo.ACT,
            let_in.ACT,
            call.ACT,
            message.ACT,
            accommodate.GIVE,
            accommodate.END,
        )
    }
)
