"""The people of the demo: one for each role, and candidates in the states that are worth looking at.

Numbers and names are made up; the numbers pass their check digit.
"""

from dataclasses import dataclass
from enum import StrEnum

from examengine.records.words import Role

PASSWORD = "Demo-2026-kaoshi"


class Standing(StrEnum):
    """Where a demo candidate stands."""

    FRESH = "fresh"
    LEARNING = "learning"
    MID_EXAM = "mid_exam"
    ONE_LEFT = "one_left"
    EXHAUSTED = "exhausted"
    PASSED = "passed"
    TYPED = "typed"
    AWAITING = "awaiting"
    ACCOMMODATED = "accommodated"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """``about`` is printed beside the account."""

    name: str
    document: str
    phone: str
    about: str
    role: Role = Role.CANDIDATE
    standing: Standing | None = None


STAFF = (
    DemoPerson("陈志远", "450702197503120132", "13807770001", "题库作者 author", Role.AUTHOR),
    DemoPerson("吴雅琴", "450702197906050642", "13807770005", "题库作者，第二人 author, second person", Role.AUTHOR),
    DemoPerson("蒙海燕", "450702198901230518", "13807770008", "阅卷 marker", Role.MARKER),
    DemoPerson("林秀兰", "450702196811050266", "13807770002", "客服 support", Role.SUPPORT),
    DemoPerson("韦国强", "450702198207190392", "13807770003", "客服，第二人 support, second person", Role.SUPPORT),
    DemoPerson("蒙秋云", "450702197408280736", "13807770006", "安全管理员 security administrator", Role.SECURITY),
    DemoPerson("龙志坚", "450702198109130644", "13807770007", "审计员 auditor", Role.AUDITOR),
    DemoPerson("黄丽华", "450702199002210526", "13807770004", "考试管理 operator", Role.OPERATOR),
    DemoPerson(
        "莫卫东", "450702198509170733", "13807770009", "考试管理，第二人 operator, second person", Role.OPERATOR
    ),
)

CANDIDATES = (
    DemoPerson("农建军", "450702197708300655", "13907770011", "还没考过，现在可以考 fresh", standing=Standing.FRESH),
    DemoPerson(
        "覃海燕", "450702198506140782", "13907770012", "学习未完成 learning unfinished", standing=Standing.LEARNING
    ),
    DemoPerson("李伟", "450702199304080915", "13907770013", "正在考试，可继续 mid-exam", standing=Standing.MID_EXAM),
    DemoPerson(
        "张桂芳", "450702197112171047", "13907770014", "只剩一次机会 one attempt left", standing=Standing.ONE_LEFT
    ),
    DemoPerson(
        "梁明", "450702198809251172", "13907770015", "次数已用完 attempts exhausted", standing=Standing.EXHAUSTED
    ),
    DemoPerson("苏小玲", "450702197910011304", "13907770016", "已及格 passed", standing=Standing.PASSED),
    DemoPerson(
        "黎晓明", "450702198602281518", "13907770018", "填空、论述练习 typed answers", standing=Standing.TYPED
    ),
    DemoPerson(
        "蓝秀珍",
        "45070219930916152X",
        "13907770019",
        "已交卷，等待人工评分 awaiting marks",
        standing=Standing.AWAITING,
    ),
    DemoPerson(
        "陆春妮",
        "450702199108231624",
        "13907770020",
        "便利安排：时间加 25% accommodation, a quarter more time",
        standing=Standing.ACCOMMODATED,
    ),
    DemoPerson(
        "卢文斌", "450702198401021437", "13907770017", "还没考过（备用）fresh, to spare", standing=Standing.FRESH
    ),
)
