"""`wuxi-data quality scores`, `… evaluate`, `… evaluations`, `… publish-evaluations`, `… reproduce` (Art. 4, 8, 32).

Here: printing. Not here: the numbers (services.scorecards, services.evaluating).
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog_service.catalog.errors import InvalidError, problem
from catalog_service.cli.catalog_commands import AsJson
from catalog_service.cli.console import Session

if TYPE_CHECKING:
    from catalog_service.catalog.evaluation import Outcome
    from catalog_service.services.evaluating import EvaluationView
    from catalog_service.services.scorecards import AgencyCard, CityCard

Month = Annotated[str, typer.Option(help="月份，如 2026-10 · month")]
Agency = Annotated[str | None, typer.Option(help="机构 · agency")]
_UNEVALUATED = ("未评", "not evaluated")
_PARTS = (("质量", "quality"), ("元数据", "metadata"), ("履责", "duties"))


def add_to(app: typer.Typer) -> None:
    """Add the commands of scores to the group of quality."""
    app.command("scores")(scores)
    app.command("evaluate")(evaluate)
    app.command("evaluations")(evaluations)
    app.command("publish-evaluations")(publish_evaluations)
    app.command("reproduce")(reproduce)


def scores(
    context: typer.Context,
    agency: Agency = None,
    file: Annotated[Path | None, typer.Option("--xlsx", help="另存为 Excel · write a workbook")] = None,
    as_json: AsJson = False,
) -> None:
    """今日评分：全市或一个机构 · scores of today, of the city or of an agency."""
    from catalog_service.services import score_export, scorecards
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        card: CityCard | AgencyCard
        if agency is None:
            card = scorecards.city_card(platform, session.principal, limit=None)
            show = partial(_city, session, card)
        else:
            card = scorecards.agency_card(platform, session.principal, agency)
            show = partial(_agency, session, card)
        if file is not None:
            file.write_bytes(score_export.workbook(platform, session.principal, agency, session.language))
    if as_json:
        session.json(card.model_dump(mode="json"))
    else:
        show()


def evaluate(context: typer.Context, month: Month = "", agency: Agency = None, as_json: AsJson = False) -> None:
    """评价一个月（默认上月）；已出具的不变 · evaluate a month, the last one by default; what was issued stays."""
    from catalog_service.catalog.evaluation import month_before
    from catalog_service.services import clocks, evaluating
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        chosen = _checked(month) if month else month_before(clocks.today(platform))
        done = evaluating.evaluate_month(platform, session.principal, chosen, agency=agency)
    if as_json:
        session.json(done.model_dump(mode="json"))
        return
    _evaluations(session, done.issued)
    zh = f"{done.month}：新出具 {len(done.issued)} 份评价，原有 {len(done.standing)} 份不变"
    session.say(zh, f"{done.month}: {len(done.issued)} evaluations issued, {len(done.standing)} stand as they were")


def evaluations(
    context: typer.Context,
    month: Annotated[str, typer.Option(help="月份，如 2026-10 · month")] = "",
    agency: Agency = None,
    as_json: AsJson = False,
) -> None:
    """已出具的月度评价 · evaluations that were issued."""
    from catalog_service.services import evaluating
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = evaluating.evaluations(platform, session.principal, agency=agency, month=_checked(month) if month else None)
    if as_json:
        session.json([one.model_dump(mode="json") for one in found])
        return
    _evaluations(session, found)


def publish_evaluations(context: typer.Context, month: Month) -> None:
    """公布一个月的评价 · publish the evaluations of a month."""
    from catalog_service.services import evaluating
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        agencies = evaluating.publish(platform, session.principal, _checked(month))
    session.say(f"已公布 {month} 的 {len(agencies)} 份评价", f"published {len(agencies)} evaluations of {month}")


def reproduce(
    context: typer.Context,
    agency: Annotated[str, typer.Argument(help="机构 · agency")],
    month: Month,
    as_json: AsJson = False,
) -> None:
    """按月末情形重新计算并核对一份评价 · compute an evaluation anew as of the end of its month."""
    from catalog_service.services import evaluating
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        done = evaluating.reproduce(platform, session.principal, agency, _checked(month))
    if as_json:
        session.json(done.model_dump(mode="json"))
    elif done.is_reproduced:
        session.say(
            f"重新计算的结果与出具的评价一致：{done.issued.points}", f"computed anew it is the same: {done.issued.points}"
        )
    else:
        places = "、".join(done.differing)
        session.say(f"与出具的评价不一致：{places}", f"it differs from what was issued: {places}", style="red")
    if not done.is_reproduced:
        raise typer.Exit(1)


def _checked(month: str) -> str:
    from catalog_service.catalog.evaluation import is_month

    if not is_month(month):
        zh, en = f"月份应写作 2026-10，而不是 {month}", f"a month is written 2026-10, not {month}"
        raise InvalidError(problem("bad-month", zh, en, field="month"))
    return month


def _city(session: Session, card: "CityCard") -> None:
    names = (("机构", "agency"), ("名称", "name"), ("数据集", "data sets"), ("综合", "points"), ("等次", "grade"))
    rows = [[one.agency, one.name, one.datasets, *_outcome(session, one.outcome)] for one in card.agencies]
    points = _points(session, card.score.points)
    title = session.text(f"全市数据质量 {points}（{card.day}）", f"data quality of the city: {points} ({card.day})")
    session.table(title, [session.text(*one) for one in (*names, *_PARTS)], rows)


def _agency(session: Session, card: "AgencyCard") -> None:
    names = (("数据集", "data set"), ("质量", "quality"), ("等次", "grade"), ("已评占比", "coverage"), ("元数据", "metadata"))
    rows = [
        [
            one.dataset,
            _points(session, one.score.points),
            session.label(one.score.grade),
            one.score.coverage,
            one.metadata_points,
        ]
        for one in card.datasets
    ]
    points = _points(session, card.outcome.points)
    session.table(
        session.text(f"{card.name}：综合 {points}（{card.day}）", f"{card.name}: {points} ({card.day})"),
        [session.text(*one) for one in names],
        rows,
    )


def _evaluations(session: Session, found: "Sequence[EvaluationView]") -> None:
    names = (("月份", "month"), ("机构", "agency"), ("数据集", "data sets"), ("综合", "points"), ("等次", "grade"))
    rows = [
        [one.evaluation.month, one.evaluation.agency, one.evaluation.datasets, *_outcome(session, one.evaluation.outcome)]
        for one in found
    ]
    session.table(session.text("月度评价", "evaluations"), [session.text(*one) for one in (*names, *_PARTS)], rows)


def _outcome(session: Session, outcome: "Outcome") -> list[object]:
    parts = [_points(session, points) for points in outcome.parts.values()]
    return [_points(session, outcome.points), session.label(outcome.grade), *parts]


def _points(session: Session, points: float | None) -> object:
    return session.text(*_UNEVALUATED) if points is None else points
