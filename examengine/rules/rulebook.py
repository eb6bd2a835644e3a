"""A rulebook: one scheme's rules for one year, as frozen values.

Field names are the keys of the TOML file. An absent table is an absent feature (``None``). Dates are local days,
both ends included; :mod:`examengine.rules.calendar` turns them into instants.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal


class EndPolicy(StrEnum):
    """What the window's end does to a running or a late attempt (A-07)."""

    TRUNCATE = "truncate"
    REFUSE_IF_NOT_FULL = "refuse_if_not_full"
    LET_FINISH = "let_finish"


class EnrolmentMode(StrEnum):
    """How a person gets into the plan."""

    CARD = "card"
    OPEN = "open"
    BATCH = "batch"


class ForcedExitDetection(StrEnum):
    """What is taken for a forced exit besides the confirmed give-up (A-01, A-02)."""

    EXPLICIT = "explicit"
    PAGE_LEAVE = "page_leave"
    FOCUS_LOSS = "focus_loss"


class OnExhausted(StrEnum):
    """What is open to a person after the last fail."""

    BUY_CARD = "buy_card"
    SUPPORT_GRANT = "support_grant"
    REREGISTER = "reregister"
    NONE = "none"


PersonCategory = Literal[
    "pro_tech",
    "public_institution_staff",
    "civil_service_managed_institution",
    "manual_worker_post",
    "other",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    id: str
    schema: int
    year: int
    scheme_region: str
    issuer_region: str
    subject: str
    timezone: str
    doc_no: str = ""
    doc_date: date | None = None
    published_on: date | None = None
    parent_docs: tuple[str, ...] = ()
    content_topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    include: tuple[PersonCategory, ...]
    exclude: tuple[PersonCategory, ...] = ()
    employer_kinds: tuple[
        Literal["enterprise", "public_institution", "social_organisation", "individual_economy"], ...
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRules:
    opens_on: date
    closes_on: date
    end_policy: EndPolicy = EndPolicy.TRUNCATE
    min_remaining_minutes_to_start: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentRules:
    mode: EnrolmentMode
    account_creation: tuple[Literal["sales_point_import", "self", "unit_then_self", "unit_import"], ...]
    accounts_carry_over: bool = True
    one_per_person_and_plan: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRules:
    username: Literal["id_number"] = "id_number"
    initial_password: str = ""
    force_change_of_initial_password: bool = True
    recovery: Literal["self_service", "admin"] = "self_service"
    captcha: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRules:
    editors: tuple[Literal["sales_point_admin", "self", "unit_admin"], ...]
    self_editable: tuple[Literal["unit_name", "post", "title", "mobile"], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRules:
    required: bool
    credential: tuple[Literal["card_no", "activation_code"], ...] = ("card_no", "activation_code")
    sales_levels: tuple[int, ...] = ()
    sales_points_per_level: tuple[int, ...] = ()
    stock_ledger_required: bool = True
    expires: bool = False
    expires_on: date | None = None
    rebuy_when: Literal["attempts_exhausted", "any"] = "attempts_exhausted"
    rebuy_resets: tuple[Literal["learning", "attempts"], ...] = ("learning", "attempts")
    max_per_person: int = 0
    refund_unactivated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeRules:
    amount_fen: int
    collected_by: Literal["card_sale", "unionpay_at_registration", "online", "none"]
    per: Literal["person_subject", "person_batch"] | None = None
    approval_doc: str = ""
    covers: tuple[Literal["exam", "textbook", "materials", "exam_paper"], ...] = ()
    carries_over_after_no_show: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextbookRules:
    price_fen: int
    voluntary: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningRules:
    mode: tuple[Literal["online", "face_to_face", "self_study"], ...]
    required_before_exam: bool
    completion: Literal["all_tasks", "full_attendance", "minutes"]
    face_to_face_days: int | None = None
    self_study_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceSection:
    """``count`` items of one kind, ``points`` each."""

    count: int
    points: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipleSection:
    """Multiple choice; ``partial_credit`` says what an incomplete answer without a wrong option earns."""

    count: int
    points: Decimal
    partial_credit: Literal["none", "half", "per_option"] = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSection:
    """Items that are answered otherwise than by choosing an option.

    ``partial_credit`` says what matching and cloze items earn of which only some parts are right: nothing, half,
    or a share a part. ``markers``: persons who mark a short answer or an essay independently of each other (1 or 2);
    where the marks of two differ by more than ``tolerance`` points a third decides.
    """

    count: int
    points: Decimal
    partial_credit: Literal["none", "half", "per_option"] = "none"
    markers: int = 1
    tolerance: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRules:
    single: ChoiceSection | None = None
    multiple: MultipleSection | None = None
    judge: ChoiceSection | None = None
    short_answer: WrittenSection | None = None
    numeric: WrittenSection | None = None
    matching: WrittenSection | None = None
    cloze: WrittenSection | None = None
    essay: WrittenSection | None = None
    new_per_attempt: bool = True

    def sections(self) -> Mapping[str, ChoiceSection | MultipleSection | WrittenSection]:
        """The sections that there are, by their keys, in the order of the paper."""
        named = {
            "single": self.single,
            "multiple": self.multiple,
            "judge": self.judge,
            "short_answer": self.short_answer,
            "numeric": self.numeric,
            "matching": self.matching,
            "cloze": self.cloze,
            "essay": self.essay,
        }
        return {key: section for key, section in named.items() if section is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptionRules:
    resume: bool = True
    resume_until: Literal["attempt_end", "minutes"] = "attempt_end"
    clock_stops: bool = False
    max_returns: int = 0
    unresumed: Literal["no_score_fail", "grade_saved"] = "no_score_fail"
    unresumed_uses_attempt: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ForcedExitRules:
    outcome: Literal["fail", "grade_saved", "void"] = "fail"
    uses_attempt: bool = True
    detect: ForcedExitDetection = ForcedExitDetection.EXPLICIT
    focus_loss_limit: int = 0
    page_leave_grace_seconds: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeoutRules:
    connected: Literal["auto_submit", "no_score_fail"] = "auto_submit"
    presence_seconds: int = 90
    submit_grace_seconds: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamRules:
    delivery: Literal["online_unproctored", "onsite"]
    full_score: int
    pass_score: int
    minutes: int
    attempts: int
    paper: PaperRules
    on_exhausted: OnExhausted
    support_phone: str
    pass_inclusive: bool = True
    score_rounding: Literal["none", "half_up_to_int"] = "none"
    attempts_labelled_makeup: int = 0
    relearn_before_makeup: bool = False
    wait_minutes_between_attempts: int = 0
    retake_after_pass: bool = False
    starts_when: Literal["enter_page", "first_answer", "staff"] = "enter_page"
    precheck_notice: bool = True
    min_minutes_before_submit: int = 0
    concurrent_sessions: Literal["takeover", "refuse"] = "takeover"
    show_score: Literal["at_once", "after_window"] = "at_once"
    interruption: InterruptionRules = InterruptionRules()
    forced_exit: ForcedExitRules = ForcedExitRules()
    timeout: TimeoutRules = TimeoutRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRules:
    enabled: bool
    requires: Literal["all_attempts_failed"] = "all_attempts_failed"
    channel: Literal["phone", "ticket"] = "phone"
    within: Literal["training_period"] = "training_period"
    relearn: bool = True
    attempts: int = 1
    max_per_enrolment: int = 0
    identity_check: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillRules:
    enabled: bool
    source_years: tuple[int, ...] = ()
    credit_year: Literal["source", "current"] = "source"
    requires: tuple[Literal["learning", "exam_pass"], ...] = ("learning", "exam_pass")
    closes_on: date | None = None
    attempts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRules:
    capacity: int
    list: tuple[tuple[date, date], ...]
    registration_opens_on: date
    registration_closes_on: date
    capacity_is_soft: bool = True
    more_by_demand: bool = False
    change_notice_days: int = 0
    change_mode: Literal["self_until_notice_then_staff", "staff_within_notice", "staff_until_start"] = (
        "self_until_notice_then_staff"
    )
    receipt_required: bool = False
    no_show: Literal["forfeit", "transfer"] = "forfeit"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursRules:
    minutes_per_hour: int
    public_compulsory: Decimal
    public_granting: Literal["parts", "all_on_pass", "on_registration"]
    public_auto_credit: bool
    year_total_min: Decimal
    per_day: int | None = None
    public_learning: Decimal | None = None
    public_exam: Decimal | None = None
    public_elective: Decimal | None = None
    elective_granting: Literal["all_or_nothing", "per_course"] | None = None
    year_days_min: Decimal | None = None
    public_min: Decimal | None = None
    professional_min: Decimal | None = None
    elective_min: Decimal | None = None
    professional_min_ratio: tuple[int, int] | None = None
    ratio_base: Literal["earned_total", "required_total"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfessionalRules:
    register_by: date
    verify_by: date
    cross_year: bool
    verifier: Literal["employer_unit"]
    bulk_import_by: tuple[Literal["unit", "industry_department", "ce_base"], ...] = ()
    industry_systems: bool = False


ReviewStep = Literal["unit_first_review", "unit_approve", "unit_verify", "bureau_approve", "bureau_recheck"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRules:
    public: tuple[ReviewStep, ...] = ()
    professional: tuple[ReviewStep, ...] | None = None
    elective: tuple[ReviewStep, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamCertificate:
    name: str
    medium: Literal["central_paper", "self_print"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnualCertificate:
    name: str
    requires: tuple[
        Literal[
            "total_min",
            "professional_ratio",
            "unit_verified",
            "annual_task",
            "unit_reviewed",
            "bureau_approved",
        ],
        ...,
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRules:
    reissue_if_lost: bool
    proof_if_lost: bool
    paper: Literal["A4"] = "A4"
    e_seal: str = ""
    verify_qr: bool = False
    collect_by_unit_letter: bool | None = None
    courier: bool | None = None
    proof_requires: tuple[Literal["unit_hr_statement"], ...] = ()
    exam: ExamCertificate | None = None
    annual: AnnualCertificate | None = None


TitleRequirement = Literal[
    "prescribed_tasks",
    "current_year_public_compulsory",
    "certificates_since_current_title",
    "previous_year_public",
    "previous_year_professional",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsequenceRules:
    lookback_years: int | None = None
    appraisal_trigger: Literal["not_taken_part", "not_completed"] | None = None
    title_requires: tuple[TitleRequirement, ...] = ()
    title_reference: tuple[TitleRequirement, ...] = ()
    title_floor_year: int | None = None
    junior_title_years: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportRules:
    hours: tuple[str, ...] = ()
    workdays_only: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """One year's rules.

    ``digest`` names the content (``sha256:…``); display data and provenance stay out of it.
    """

    meta: Meta
    population: Population
    window: WindowRules
    enrolment: EnrolmentRules
    learning: LearningRules
    exam: ExamRules
    hours: HoursRules
    login: LoginRules = LoginRules()
    profile: ProfileRules | None = None
    card: CardRules | None = None
    fee: FeeRules | None = None
    textbook: TextbookRules | None = None
    grant: GrantRules = GrantRules(enabled=False)
    backfill: BackfillRules = BackfillRules(enabled=False)
    batch: BatchRules | None = None
    professional: ProfessionalRules | None = None
    review: ReviewRules = ReviewRules()
    certificate: CertificateRules | None = None
    consequence: ConsequenceRules | None = None
    support: SupportRules | None = None
    digest: str = ""
