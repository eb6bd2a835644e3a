"""O5: results in lists, by exam, year, region, unit and what they came to; pass rates."""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from examengine.accounts.names import Place, mask_document
from examengine.records import audit, exams, people, results
from examengine.records.database import Reading
from examengine.records.errors import Missing
from examengine.records.exams import Exam
from examengine.records.people import Person
from examengine.records.results import Asked, Key, Rates, ResultLine
from examengine.records.words import Role, Standing
from examengine.web import times
from examengine.web.contexts import results as contexts
from examengine.web.contexts.frame import Alert, Tone
from examengine.web.http import NotAllowed, now_of, page, path_id, services_of, signed_in, visitor_of
from examengine.web.operator.frames import RESULTS, operator_frame
from examengine.web.regions import region_name, region_told
from examengine.web.wording import gettext as _

LINES_A_PAGE = 50
UNITS_A_PAGE = 100
MOST_COUNTED = 20_000
"""People of units that begin alike: who asks for more is asked to write more."""
MAX_UNIT = 60
MAX_NAME = 200
CITY_PLACES = 4
STANDINGS: Mapping[Standing, tuple[str, Tone]] = {
    Standing.PASS: (_("及格"), "good"),
    Standing.FAIL: (_("不及格"), "bad"),
    Standing.PENDING: (_("待评分"), "wait"),
    Standing.NONE: (_("未考"), "plain"),
}


@signed_in(Role.OPERATOR)
async def list_exams(request: Request) -> Response:
    """Every exam and year with its pass rate, the newest first."""
    return await exams_page(request)


async def exams_page(request: Request, flash: Alert | None = None) -> Response:
    """The page of all exams, with what is to be said above it."""
    async with services_of(request).database.reading() as tx:
        lines = {line.exam.id: line.exam for line in await exams.list_exams(tx)}
        counted = await results.overview(tx)
    years = sorted({year for _exam_id, year in counted}, reverse=True)
    year = next((str(one) for one in years if str(one) == request.query_params.get("year")), "")
    rows = tuple(
        rate_row(
            counted[key],
            title_of(lines[key[0]], key[1]),
            f"{RESULTS}/{key[0]}?{urlencode({'year': key[1]})}",
            _("已撤回") if lines[key[0]].withdrawn_ms is not None else "",
        )
        for key in sorted(counted, reverse=True)
        if not year or str(key[1]) == year
    )
    shown = contexts.ResultExams(
        await operator_frame(request, RESULTS, flash),
        rows,
        tuple((str(one), _("{year} 年度").format(year=one)) for one in years),
        year,
    )
    return page("operator/results.html", shown)


@signed_in(Role.OPERATOR)
async def list_results(request: Request) -> Response:
    """The people of one exam and year, narrowed down, a page at a time; that names were seen is logged."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    after, before = _key(request, "after"), _key(request, "before")
    async with services.database.reading() as tx:
        exam, years, asked = await asked_of(request, tx)
        by_region = await results.rates(tx, asked, MOST_COUNTED)
        regions = by_region if not asked.region and not asked.unit else await results.rates(tx, _whole(asked))
        found = await results.page(tx, asked, LINES_A_PAGE, after, before)
        named = await people.find_people(tx, services.vault, [line.person_id for line in found.lines])
    if found.lines:
        async with services.database.writing() as tx:
            facts = {"year": asked.credit_year, "people": len(found.lines)}
            await audit.append(tx, now_ms, visitor.person.id, "list_results", "exam", exam.id, facts)
    rates = summed(by_region)
    here = filter_of(asked)
    address = f"{RESULTS}/{exam.id}?{here.query}"
    shown = contexts.ResultList(
        frame=await operator_frame(request, RESULTS),
        exam_id=exam.id,
        title=title_of(exam, asked.credit_year),
        tiles=_tiles(exam, asked, rates),
        rate=percent(rates),
        asked=here,
        years=tuple((str(year), _("{year} 年度").format(year=year)) for year in years),
        regions=_regions(regions, asked.region),
        standings=tuple((standing.value, text) for standing, (text, _tone) in STANDINGS.items()),
        rows=tuple(_row(line, named[line.person_id]) for line in found.lines),
        found=None if asked.unit and rates.enrolled >= MOST_COUNTED else rates.of(asked.standing),
        earlier=f"{address}&{_place(found.lines[0], 'before')}" if found.has_earlier and found.lines else "",
        later=f"{address}&{_place(found.lines[-1], 'after')}" if found.has_later else "",
    )
    return page("operator/result_list.html", shown)


@signed_in(Role.OPERATOR)
async def show_rates(request: Request) -> Response:
    """Pass rates by region, or by unit where a region or the beginning of a name is given."""
    after = _seen(request.query_params.get("from", "")[:MAX_NAME])
    async with services_of(request).database.reading() as tx:
        exam, _years, asked = await asked_of(request, tx)
        whole = summed(await results.rates(tx, asked, MOST_COUNTED))
        by_unit = bool(asked.region or asked.unit)
        if by_unit:
            rates = await results.rates_by_unit(tx, asked, UNITS_A_PAGE + 1, after)
        else:
            rates = await results.rates(tx, asked)
    listed = list(rates.items())
    later = ""
    if by_unit and len(listed) > UNITS_A_PAGE:
        listed = listed[:UNITS_A_PAGE]
        told = {"from": listed[-1][0]}
        later = f"{RESULTS}/{exam.id}/rates?{filter_of(asked).query}&{urlencode(told)}"
    shown = contexts.ResultRates(
        frame=await operator_frame(request, RESULTS),
        exam_id=exam.id,
        title=title_of(exam, asked.credit_year),
        asked=filter_of(asked),
        by="unit" if by_unit else "region",
        rows=tuple(
            rate_row(
                counted,
                (place if by_unit else region_told(place)) or _("（没有登记）"),
                f"{RESULTS}/{exam.id}?{_query(asked.credit_year, asked.region, place)}"
                if by_unit
                else f"{RESULTS}/{exam.id}/rates?{_query(asked.credit_year, place)}",
            )
            for place, counted in listed
        ),
        whole=rate_row(whole, _("合计"), f"{RESULTS}/{exam.id}?{filter_of(asked).query}"),
        later=later,
        back=f"{RESULTS}/{exam.id}?{filter_of(asked).query}",
    )
    return page("operator/result_rates.html", shown)


async def asked_of(request: Request, tx: Reading) -> tuple[Exam, tuple[int, ...], Asked]:
    """The exam of the address, the years it has people of, and what of it is asked for.

    Raises:
        NotAllowed: there is no such exam.
    """
    exam_id = path_id(request)
    try:
        exam = await exams.get_exam(tx, exam_id)
    except Missing:
        raise NotAllowed(404) from None
    years = await results.years_of(tx, exam_id) or (exam.credit_year,)
    asked = request.query_params
    year = next((one for one in years if str(one) == asked.get("year")), None)
    if year is None:
        year = exam.credit_year if exam.credit_year in years else years[0]
    region = asked.get("region", "").strip()
    standing = asked.get("standing", "")
    return (
        exam,
        years,
        Asked(
            exam_id,
            year,
            region if region.isascii() and region.isdecimal() and len(region) <= 6 else "",
            " ".join(_seen(asked.get("unit", "")[:MAX_UNIT]).split()),
            Standing(standing) if standing in set(Standing) else None,
        ),
    )


def filter_of(asked: Asked) -> contexts.Filter:
    """What is asked for, as forms and links carry it on."""
    standing = asked.standing.value if asked.standing else ""
    return contexts.Filter(
        year=str(asked.credit_year),
        region=asked.region,
        region_name=region_told(asked.region),
        unit=asked.unit,
        standing=standing,
        query=_query(asked.credit_year, asked.region, asked.unit, standing),
        is_narrow=bool(asked.region or asked.unit or standing),
    )


def title_of(exam: Exam, credit_year: int) -> str:
    """The exam with the year that is credited."""
    return _("{subject}（{year} 年度）").format(subject=exam.title, year=credit_year)


def summed(rates: Mapping[str, Rates]) -> Rates:
    """All of them together."""
    whole = Rates()
    for one in rates.values():
        whole = whole.plus(one)
    return whole


def percent(rates: Rates) -> str:
    """Who has passed, of those whose result is known; "—" where nobody's is."""
    known = rates.passed + rates.failed
    return f"{rates.passed / known:.1%}" if known else "—"


def rate_row(rates: Rates, title: str, href: str, note: str = "") -> contexts.RateRow:
    """A line of a table of rates."""
    return contexts.RateRow(
        href, title, note, rates.enrolled, rates.sat, rates.passed, rates.failed, rates.pending, percent(rates)
    )


def score_told(hundredths: int | None) -> str:
    """A score, "" where there is none."""
    return "" if hundredths is None else times.points(hundredths)


def _query(year: int, region: str = "", unit: str = "", standing: str = "") -> str:
    told = {"year": str(year), "region": region, "unit": unit, "standing": standing}
    return urlencode({name: value for name, value in told.items() if value})


def _whole(asked: Asked) -> Asked:
    return Asked(asked.exam_id, asked.credit_year)


def _tiles(exam: Exam, asked: Asked, rates: Rates) -> tuple[contexts.Tile, ...]:
    def tile(text: str, standing: Standing | None) -> contexts.Tile:
        told = "" if standing is None else standing.value
        href = f"{RESULTS}/{exam.id}?{_query(asked.credit_year, asked.region, asked.unit, told)}"
        return contexts.Tile(text, rates.of(standing), href, asked.standing is standing)

    words = ((_("报名"), None), *((text, standing) for standing, (text, _tone) in STANDINGS.items()))
    return tuple(tile(text, standing) for text, standing in words)


def _regions(rates: Mapping[str, Rates], chosen: str) -> tuple[tuple[str, str], ...]:
    """Regions that people come from: cities with several counties, and counties; what is chosen among them."""
    listed: dict[str, int] = {}
    for region, one in rates.items():
        city = region[:CITY_PLACES]
        listed[city] = listed.get(city, 0) + one.enrolled
        listed[region] = listed.get(region, 0) + one.enrolled
    if chosen:
        listed.setdefault(chosen, 0)
    alone = {region[:CITY_PLACES] for region in rates}
    shown = []
    for place in sorted(listed):
        is_city = place in alone and len(place) == CITY_PLACES
        text = _("{name}，全部（{n} 人）") if is_city else _("{name}（{n} 人）")
        shown.append((place, text.format(name=region_name(place), n=listed[place])))
    return tuple(shown)


def _row(line: ResultLine, person: Person) -> contexts.ResultRow:
    text, tone = STANDINGS[line.standing]
    document = person.profile.document if person.profile else ""
    return contexts.ResultRow(
        enrolment_id=line.enrolment_id,
        person_id=line.person_id,
        name=person.name or _("（已清除）"),
        document_masked=mask_document(document, Place.STAFF_LIST),
        unit=line.unit_name,
        region=region_name(line.region),
        standing=text,
        tone=tone,
        score=score_told(line.score_hundredths),
        attempts=line.attempts,
        ended_ms=line.ended_ms,
    )


def _seen(text: str) -> str:
    """Without control characters, which PostgreSQL refuses."""
    return "".join(sign for sign in text if sign.isprintable())


def _place(line: ResultLine, name: str) -> str:
    """Where the next page begins: the enrolment stands in the list where its region and unit say."""
    return urlencode({name: f"{line.enrolment_id}.{line.region}.{line.unit_name}"})


def _key(request: Request, name: str) -> Key | None:
    number, _dot, rest = request.query_params.get(name, "").partition(".")
    region, _dot, unit = rest.partition(".")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    return Key(_seen(region)[:6], _seen(unit)[:MAX_NAME], int(number))
