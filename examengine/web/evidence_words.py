"""What a check of the evidence found, in one sentence: on the command line and on the auditor's page."""

from collections.abc import Mapping

from examengine.evidence.faults import Fault, What

KINDS = {
    "attempt": "考试",
    "outcome": "结果",
    "entry": "台账",
    "audit": "操作记录",
    "checkpoint": "签名点",
    "receipt": "回执",
}
FAULTS: Mapping[What, str] = {
    What.LINK_MISSING: "这一环不见了",
    What.LINK_ALTERED: "这一环被改动，或者前后顺序被换过",
    What.FACT_MISSING: "记录本身不见了",
    What.FACT_ALTERED: "记录被改动",
    What.FACT_WITHOUT_LINK: "有记录却没有入链：绕过程序写入，或者链尾被截掉",
    What.LINE_ALTERED: "第 {line} 行被改动",
    What.LINES_MISSING: "从第 {line} 行起有缺少或多出的行",
    What.LINES_UNREADABLE: "日志已损坏，读不出来",
    What.HEADER_ALTERED: "存档的开头被改动",
    What.CLOSING_ALTERED: "存档的结尾（结果、答案摘要）被改动",
    What.HEAD_ALTERED: "存档的链头被改动",
    What.START_DIFFERS: "开始时的记录被改动：{names}",
    What.OUTCOME_DIFFERS: "结果、答案或回执的记录被改动：{names}",
    What.RECEIPT_DIFFERS: "回执与存档不一致",
    What.CONTRACT_DIFFERS: "考前告知的内容被改动",
    What.CHECKPOINT_MISSING: "签名点不见了",
    What.CHECKPOINT_ALTERED: "签名与内容不符",
    What.CHECKPOINT_DIFFERS: "链与签名时的不同：签名之后被改写",
    What.KEY_UNKNOWN: "签名的密钥不是认可的密钥",
    What.NOT_SIGNED: "还没有签名",
    What.COPY_ALTERED: "副本里的签名与内容不符",
    What.COPY_AHEAD: "副本里有、数据库里没有：链尾被截掉，或者数据库恢复到了较早的时候",
    What.COPY_DIFFERS: "副本与数据库不同：链被重新签过",
}


def told(fault: Fault) -> str:
    """A fault in one sentence that names the place."""
    place = [] if fault.seq is None else [f"链第 {fault.seq} 环"]
    if fault.kind:
        ref = "" if fault.ref is None else f" {fault.ref}"
        place.append(f"{KINDS.get(fault.kind, fault.kind)}{ref}")
    what = FAULTS[fault.what].format(line=fault.line, names="、".join(fault.names))
    return "，".join([*place, what])
