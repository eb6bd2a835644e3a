"""What a line of a typed paper is, by how it begins."""

import re
from typing import Final

from examengine.banks.dialects.kinds import is_any_choice, kind_of, simplified
from examengine.banks.item import Kind
from examengine.banks.wording import half_width

_NUMERAL = "一二三四五六七八九十"
_CLOSE = r"[】\])）]?"
_OPEN = r"[【\[(（]?"

CHAPTER = re.compile(rf"^第\s*(?:[{_NUMERAL}百]{{1,5}}|\d{{1,3}})\s*[章节篇编讲](?![^\s]*[。？?；;])\s*\S{{0,40}}")
TOPIC_LINE = re.compile(r"^(?:分类|科目|专业|章节)\s*[:：]\s*(?P<rest>\S.{0,60})$")
_SECTION = re.compile(
    rf"^(?:(?P<chinese>[（(]?第?[{_NUMERAL}]{{1,3}}(?:部分|大题|章|节)?[)）]?\s*[、.．:：\s]?\s*)|(?P<said>题型\s*[:：]\s*)"
    r"|(?P<digit>\d{1,2}\s*[、.．]\s*)|(?P<bracket>[【\[《]))?"
    r"(?P<kind>[^\s，。,:：（()）【】\[\]《》、?？；;]{1,14})\s*[】\]》]?\s*(?P<rest>[（(【\[:：,，。].{0,120})?\s*$"
)
_PLAIN_KIND = re.compile(
    r"^(?:单选|多选|复选|填充|单项选择|多项选择|不定项选择|不定项|判断(?:改错|正误|对错|说理|分析)?|是非|填空|简答|问答|论述|选择|名词解释"
    r"|计算(?:分析)?|案例(?:分析)?|实务|综合(?:分析)?|材料(?:分析)?|多项填空|匹配|连线|配伍)题?$"
)
_PER_QUESTION = re.compile(r"每[小]?[题空]\s*(\d{1,3}(?:\.\d{1,2})?)\s*分")

_Q_WORD = r"(?:题目|试题|问题|Question|Q)"
QUESTION = re.compile(
    r"^(?:[（(]\s*(?P<pre>[A-H]{1,8}|[√×✓✗╳○〇對錯对错])\s*[)）]\s*)?(?:"
    rf"(?:第\s*(?P<a>\d{{1,4}})\s*题|{_Q_WORD}\s*(?P<q>\d{{1,4}}))\s*[.．、:：)）]?"
    r"|(?P<b>\d{1,4})\s*(?:[.．](?!\d(?!\d{3}年))|[、:：)）])"
    r"|[（(【\[]\s*(?P<c>\d{1,4})\s*[)）】\]]\s*[.．、]?"
    rf"|[（(]\s*(?P<z>[{_NUMERAL}]{{1,3}})\s*[)）]\s*[.．、]?"
    r"|(?P<e>\d{1,4})\s?[.．](?=\d)"
    r"|(?P<d>\d{1,4})(?:[\s]+(?=\S)|(?=[\u4e00-\u9fff“《（(])|$))"
    r"\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
STYLES: Final = ("a", "q", "b", "c", "z", "e", "d")

_ANSWER_WORDS = r"(?:正确|正確|参考|參考|标准|標準|本题|试题)?\s*答案"
ANSWER = re.compile(
    rf"^(?:{_OPEN}\s*{_ANSWER_WORDS}\s*{_CLOSE}\s*(?:[:：是为]|(?<=[】\])）])|\s+(?=[A-HＡ-Ｈ√×对错正]))|[【\[]\s*答\s*[】\]]|答\s*[:：]"
    r"|(?:Correct\s+)?(?:Answer|Key|Ans)\s*[:：])\s*[:：]?\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
EXPLANATION = re.compile(
    r"^(?:[【\[]\s*(?:试题|答案|本题|参考|名师)?(?:解析|解释|分析|详解|解答|点评|说明|理由|点拨)\s*[】\]]\s*[:：]?"
    r"|(?:试题|答案|本题|参考)?(?:解析|解释|分析|详解|解答|点评|说明|理由)\s*[:：]|Explanation\s*[:：])\s*(?P<rest>.*)$",
    re.IGNORECASE,
)


def _field(words: str) -> re.Pattern[str]:
    """A line that names what it says: in brackets, or with a colon behind the name."""
    return re.compile(
        rf"^(?:[【\[]\s*(?:{words})\s*(?:[】\]]\s*[:：]?|[:：])|(?:{words})\s*[:：])\s*(?P<rest>.*?)\s*[】\]]?$",
        re.IGNORECASE,
    )


FIELDS: Final = (
    (_field("知识点|考点|考查点|所属章节"), "topic"),
    (_field("难度(?:系数)?|难易度|难易程度"), "difficulty"),
    (_field("分值|分数"), "points"),
    (_field("题型|题目类型|试题类型"), "kind"),
    (_field("(?:法律|法规|政策|出题|命题)?(?:依据|出处|来源)"), "source"),
    (_field("(?:试题|题目)?(?:编号|编码|ID)"), "external_no"),
)
ANSWERS_HEADING = re.compile(
    rf"^(?:附\s*[:：]?\s*)?{_OPEN}\s*(?:.{{0,24}}?(?:参考|标准|正确|试题)?答案(?:及|与|和)?(?:解析|详解|评分标准)?(?:部分|页|表)?)\s*{_CLOSE}\s*[:：]?$"
)
BLANK_OF_ANSWER = "（　　）"
KEY_IN_BRACKETS = re.compile(
    r"[（(【\[]\s*([A-HＡ-Ｈ](?:[\s、,，]*[A-HＡ-Ｈ]){0,9}|[√×✓✗✔✘╳○对错]|正确|错误|[TF])\s*[.．。、]?\s*[)）】\]]"
)
KEY_ON_RULE = re.compile(r"_{1,20}\s*([A-H](?:[\s、,，]*[A-H]){0,9}|[√×])\s*_{1,20}")
LETTERS_AT_END = re.compile(r"(?<=[:：])\s*([A-HＡ-Ｈ]{1,8})\s*[。.]?\s*$")
WORD_AT_END = re.compile(r"(?<=[。.！!\s])\s(对|错|正确|错误)\s*$")
MARK_AT_END = re.compile(r"\s*([√×✓✗✔✘╳])\s*$")
KEY_AT_END = re.compile(
    rf"\s*{_OPEN}\s*{_ANSWER_WORDS}\s*{_CLOSE}\s*(?:[:：]|(?<=[】\])）]))\s*([A-H](?:[\s、,，]*[A-H]){{0,9}}|[√×✓✗对错]|正确|错误)"
    r"\s*[)）】\]]?\s*[。.]?\s*$"
)
RIGHT_OPTION = re.compile(r"\s*[（(【\[]\s*(?:正确答案|正确选项|正确|标准答案|答案|√)\s*[)）】\]]\s*$|\s*[√✓✔]\s*$")
SOMEBODYS_ANSWER = re.compile(
    r"\s*(?:你的|我的|考生|学员|您的|用户|本人)(?:的)?答案\s*[:：].*$|\s*得分\s*[:：].*$"
    r"|\s*[，,；;。]\s*(?:全站)?正确率\s*[:：]?.*$|\s*[，,；;。]\s*易错项\s*[:：]?.*$",
    re.DOTALL,
)
FILLED_BLANKS = re.compile(
    r"_{1,40}[ \u3000]{0,9}([^_\s（()）]{1,30}?)[ \u3000]{0,9}_{1,40}"
    r"|[（(【]\s{0,9}([^（()）【】]{1,30}?)\s{0,9}[)）】]"
)
"""Blanks of a fill-in question with their answers left in."""
KIND_WORDS: Final = (
    "单选|多选|复选|单项选择|多项选择|不定项选择|不定项|判断|是非|填空|简答|问答|论述|名词解释"
    "|案例分析|材料分析|计算|辨析|分析"
)
KIND_TAG = re.compile(
    rf"^[（(【\[]\s{{0,3}}(?:{KIND_WORDS})题?"
    r"\s{0,3}[)）】\]]\s{0,9}\S"
)
_POINTS = r"(?:分值|分数)\s?[:：]?\s?\d{1,3}(?:\.\d)?\s?分?|\d{1,3}\s?分"
BEHIND_KIND = rf"(?:\s{{0,3}}[\[【（(]\s?(?:{_POINTS}|必答|必做|选答)\s?[\]】)）]){{0,3}}"
"""What survey systems add to the kind of a question: its points, and that it must be answered."""
CHOICES_BELOW = re.compile(
    r"[【\[（(]\s{0,3}(?:单选|多选|单项选择|多项选择|判断)题?\s{0,3}[】\])）]"
    + BEHIND_KIND
    + r"\s{0,3}[*＊]?\s{0,9}$"
)
"""Survey systems (问卷星) write the kind behind the stem and options without letters below it."""
MARKED_BEFORE = re.compile(r"^[*＊√✓✔]\s{0,4}(?P<option>[A-Ha-h]\s{0,3}[.．、)）:：].{1,2000})$")
MINE_AND_RIGHT = re.compile(
    r"^(?:我的|你的|学生|考生)?答案\s{0,3}[:：].{0,600}?正确答案\s{0,3}[:：]\s{0,3}(?P<rest>.{1,600})$"
)
"""Chaoxing (学习通) prints both on a line: "我的答案: B:北京;正确答案: A:上海;"."""
LETTER_AND_TEXT = re.compile(r"(?:^|[;；])\s{0,3}([A-H])\s{0,3}[:：](?=\s{0,3}\S)")
SCORE_LINE = re.compile(r"^\d{1,3}(?:\.\d{1,2})?\s{0,3}分$")
EMPTY_BRACKETS = re.compile(r"[（(]\s*[)）]|_{2,}")


_MARKDOWN_HEAD = re.compile(
    r"^(?:>\s{0,3})?(?:#{1,6}\s+|[-+]\s+(?=(?:\*\*)?[（(]?[A-Ha-h]\s{0,3}[.．、)）:：]))?(?=\S)(?<=[>\s])"
)
_MARKDOWN_BOX = re.compile(r"^[-*+]\s+\[(?P<tick>[ xX√✓])\]\s*(?=[（(]?[A-Ha-h]\s{0,3}[.．、)）:：])")
_STARRED_LABEL = re.compile(
    r"^[★☆◆◇●■▲※]{1,3}\s?(?=(?:正确|参考|标准)?答案|(?:参考|试题|答案)?解析|难度|知识点|考点)"
)
_MARKDOWN_ESCAPE = re.compile(r"^\\(?=\d{1,4}\s?[.、)．]|ans(?:wer)?\s?[:：])", re.IGNORECASE)
_MARKDOWN_TAG = re.compile(r"^(?P<head>\d{0,4}\s?[.、．]?\s?)_\[(?P<kind>[^\[\]]{1,8})\]_")
_MARKDOWN_BOLD = re.compile(r"\*\*(?=\S)([^*]{1,2000}?)(?<=\S)\*\*")


def without_markdown(line: str) -> str:
    """A line without Markdown's headings, list marks before options and bold; a ticked box marks the right option."""
    if line[:1] in "\\_":
        line = _MARKDOWN_TAG.sub(r"\g<head>[\g<kind>]", _MARKDOWN_ESCAPE.sub("", line), count=1)
    elif "_[" in line:
        line = _MARKDOWN_TAG.sub(r"\g<head>[\g<kind>]", line, count=1)
    if line[:1] in "★☆◆◇●■▲※":
        line = _STARRED_LABEL.sub("", line, count=1)
    box = _MARKDOWN_BOX.match(line)
    if box:
        return ("" if box["tick"] == " " else "√") + line[box.end() :]
    return _MARKDOWN_BOLD.sub(r"\1", _MARKDOWN_HEAD.sub("", line)) if line[:1] in "#>-+*" or "**" in line else line


def section_of(text: str) -> tuple[Kind | None, str, bool] | None:
    """Kind (None for "选择题"), the points of each question, and True, for a heading; None for any other line."""
    if len(text) > 140:
        return None
    match = _SECTION.match(simplified(text))
    if match is None:
        return None
    word = match["kind"]
    plain = _PLAIN_KIND.match(word) is not None
    headed = match["chinese"] or match["said"] or match["bracket"]
    if match["digit"] and not (plain and word.endswith("题")):
        return None
    if not headed and not match["digit"] and not (plain and (word.endswith("题") or match["rest"])):
        return None
    if headed and not plain and not (word.endswith("题") and len(word) <= 10):
        return None
    if match["rest"] and not plain and re.match(r"[,，。:：]\s*\S", match["rest"]) and not word.endswith("题"):
        return None
    kind = kind_of(word)
    if kind is None and not is_any_choice(word) and not plain:
        return None if not word.endswith("题") or not headed else (None, "", False)
    points = _PER_QUESTION.search(match["rest"] or "")
    return kind, (points[1] if points else ""), True


def number_of(text: str) -> int:
    """The value of a question's number, in digits or in Chinese numerals up to 99; 0 for neither."""
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _NUMERAL.find(text) + 1 if len(text) == 1 else 0
    return (10 * (_NUMERAL.find(tens) + 1) if tens else 10) + (_NUMERAL.find(ones) + 1 if ones else 0)


def plain(text: str) -> str:
    """A line with half-width ASCII and plain blanks, place for place the same."""
    # A full-width stop is no decimal point: "35．2010年" is question 35.
    return half_width(text.replace("\t", " ").replace("．", "、")).replace("\u2002", " ").replace("\u2003", " ")
