"""Words for roles, for what is done to accounts, and for why it is refused."""

from collections.abc import Iterable

from examengine.accounts.staffing import Effect, NotDone, Refused
from examengine.records.staffing import Act
from examengine.records.words import AccountAct, Role, SignInOutcome
from examengine.web.contexts.frame import Tone
from examengine.web.wording import gettext as _

ROLE_NAMES = {
    Role.CANDIDATE: _("考生"),
    Role.AUTHOR: _("题库作者"),
    Role.SUPPORT: _("客服"),
    Role.OPERATOR: _("考试管理员"),
    Role.MARKER: _("阅卷员"),
    Role.SECURITY: _("安全管理员"),
    Role.AUDITOR: _("审计员"),
}
ROLE_DOES = {
    Role.CANDIDATE: _("参加考试"),
    Role.AUTHOR: _("导入和审核试题、组卷、发布题库"),
    Role.SUPPORT: _("接电话，查考生，增加次数、补时、作废"),
    Role.OPERATOR: _("发布考试、导入名单、看现场、补偿、导出成绩"),
    Role.MARKER: _("给主观题评分，看不到考生是谁"),
    Role.SECURITY: _("管账号和权限，不参与考试业务"),
    Role.AUDITOR: _("只查看操作记录，不能改任何东西"),
}
ACT_NAMES = {
    AccountAct.ADD_ACCOUNT: _("新建账号"),
    AccountAct.GIVE_ROLE: _("授予角色"),
    AccountAct.TAKE_ROLE: _("收回角色"),
    AccountAct.END_SESSIONS: _("结束全部登录"),
    AccountAct.RESET_FACTOR: _("重置双重验证"),
    AccountAct.HAND_OUT_PASSWORD: _("发一次性密码"),
    AccountAct.BLOCK: _("停用账号"),
}
ACT_ENGLISH = {
    AccountAct.ADD_ACCOUNT: "New account",
    AccountAct.GIVE_ROLE: "Give a role",
    AccountAct.TAKE_ROLE: "Take a role",
    AccountAct.END_SESSIONS: "End sessions",
    AccountAct.RESET_FACTOR: "Reset second factor",
    AccountAct.HAND_OUT_PASSWORD: "One-time password",
    AccountAct.BLOCK: "Block",
}
ACT_DOES = {
    AccountAct.END_SESSIONS: _("所有设备都要重新登录，权限不变"),
    AccountAct.RESET_FACTOR: _("手机和恢复码都丢了的时候用；下次登录要重新设置"),
    AccountAct.HAND_OUT_PASSWORD: _("忘记密码，或停用以后恢复；登录后要马上改"),
    AccountAct.BLOCK: _("马上不能登录，直到重新发密码"),
}
GRAVE = frozenset({AccountAct.TAKE_ROLE, AccountAct.RESET_FACTOR, AccountAct.BLOCK})
REASONS = (
    ("post", _("到岗或换岗")),
    ("left", _("离岗、离职")),
    ("lost", _("手机或密码丢失")),
    ("incident", _("安全事件")),
    ("review", _("定期核对权限")),
    ("other", _("其他")),
)
OUTCOMES: dict[SignInOutcome, tuple[str, Tone]] = {
    SignInOutcome.SIGNED_IN: (_("登录成功"), "good"),
    SignInOutcome.WRONG_PASSWORD: (_("密码不对"), "bad"),
    SignInOutcome.UNKNOWN: (_("没有这个号码"), "bad"),
}


def names_of(roles: Iterable[Role]) -> str:
    """Roles in words, in the order in which they are listed everywhere."""
    held = set(roles)
    return _("、").join(name for role, name in ROLE_NAMES.items() if role in held) or _("没有角色")


def act_text(act: Act) -> str:
    """An act that was done."""
    name = ACT_NAMES[act.act]
    return name if act.role is None else _("{act}：{role}").format(act=name, role=ROLE_NAMES[act.role])


def title_of(act: AccountAct, role: Role | None) -> str:
    """The act as a heading."""
    name = ACT_NAMES[act]
    return name if role is None else _("{act}：{role}").format(act=name, role=ROLE_NAMES[role])


def effect_texts(effect: Effect, *, required: bool) -> tuple[str, ...]:
    """What an act comes to. ``required``: staff work only with a second factor."""
    told = []
    match effect.act:
        case AccountAct.GIVE_ROLE | AccountAct.TAKE_ROLE:
            told.append(_("此后的角色：{roles}。马上生效。").format(roles=names_of(effect.roles)))
            if effect.act is AccountAct.GIVE_ROLE and effect.role is not None:
                told.append(_("可以：{does}。").format(does=ROLE_DOES[effect.role]))
                if required and effect.role is not Role.CANDIDATE:
                    told.append(_("还没有设置双重验证的，打开工作页面时要先设置。"))
        case AccountAct.RESET_FACTOR:
            told.append(_("现在的验证码和恢复码全部作废。"))
            if required:
                told.append(_("下次登录要重新设置双重验证，设好之前不能工作。"))
        case AccountAct.HAND_OUT_PASSWORD:
            told.append(_("原来的密码作废；新密码只显示一次，请当面或电话告知本人。"))
        case AccountAct.BLOCK:
            told.append(_("不能再登录；要恢复，就重新发一次性密码。做过的事和记录都不变。"))
    if effect.ends_sessions:
        told.append(_("所有设备上的登录马上结束。"))
    if effect.sittings:
        told.append(
            _("本人有 {n} 场考试正在进行：考试页面会要求重新登录，答案和时间不受影响。").format(n=effect.sittings)
        )
    return tuple(told)


def refusal_text(refused: Refused) -> str:
    """Why an act is not done, and what would help."""
    names = names_of(refused.roles)
    match refused.why:
        case NotDone.OWN:
            return _("不能办理自己的账号，请另一位安全管理员办理。")
        case NotDone.APART:
            return _(
                "已经是{roles}，不能再兼这个角色：考试管理、安全管理、审计必须是三个人。要换角色，先收回现在的。"
            ).format(roles=names)
        case NotDone.HELD:
            return _("已经是{roles}，不用再授予。").format(roles=names)
        case NotDone.NOT_HELD:
            return _("现在不是{roles}，不用收回。").format(roles=names)
        case NotDone.NO_FACTOR:
            return _("没有设置双重验证，不用重置。")
        case NotDone.SHUT:
            return _("已经停用了。")
        case NotDone.KNOWN:
            return _("这个证件号已有账号，请打开它，直接授予角色。")
        case _:
            return _("这个人没有账号。")
