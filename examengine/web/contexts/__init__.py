"""What each page shows: one frozen dataclass a template, the template's whole context."""

from collections.abc import Mapping
from types import MappingProxyType

from examengine.web.contexts import author, candidate, operator, receipt, support
from examengine.web.contexts.frame import ErrorPage

CONTEXT_OF: Mapping[str, type] = MappingProxyType(
    {
        "login.html": candidate.Login,
        "password.html": candidate.Password,
        "my.html": candidate.My,
        "why.html": candidate.Why,
        "contract.html": candidate.Contract,
        "exam.html": candidate.ExamPage,
        "hand_in.html": candidate.HandIn,
        "give_up.html": candidate.GiveUp,
        "takeover.html": candidate.Takeover,
        "taken.html": candidate.Taken,
        "unsaved.html": candidate.Unsaved,
        "registering.html": candidate.Registering,
        "result.html": candidate.Result,
        "receipt.html": receipt.ReceiptCheck,
        "error.html": ErrorPage,
        "author/banks.html": author.Banks,
        "author/bank.html": author.Bank,
        "author/upload.html": author.BankUpload,
        "author/preview.html": author.BankPreview,
        "author/committed.html": author.BankCommitted,
        "support/search.html": support.Search,
        "support/person.html": support.PersonDesk,
        "support/grant.html": support.Grant,
        "support/extra_time.html": support.ExtraTime,
        "support/undo.html": support.UndoRequest,
        "support/void.html": support.VoidRequest,
        "support/hand_in.html": support.HandInFor,
        "support/cases.html": support.DeafCases,
        "support/case.html": support.DeafCase,
        "support/approvals.html": support.Approvals,
        "operator/exams.html": operator.Exams,
        "operator/publish.html": operator.Publish,
        "operator/rulebook.html": operator.RulebookUpload,
        "operator/exam.html": operator.ExamPage,
        "operator/withdraw.html": operator.Withdraw,
        "operator/enrol_list.html": operator.EnrolPreview,
        "operator/list.html": operator.ListImport,
        "operator/list_preview.html": operator.ListPreview,
        "operator/people.html": operator.PeopleImport,
        "operator/people_preview.html": operator.PeoplePreview,
    }
)
