"""An answer of /forecast → a document that reads like R's print of a forecast, with the stack beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from resources.document import Document, Sheet, sheet_of, shown

STACK_HEADINGS = {"h": "h", "ds": "Step", "depth": "Depth", "inflation": "Inflation"}
PART_HEADINGS = {"name": "Form", "transform": "Scale", "weight": "Weight", "differences": "Differences"}
SUM_HEADINGS = {"first": "From", "last": "To", "mean": "Mean", "median": "Median", "se": "Std. Error"}
COEFFICIENT_HEADINGS = {"term": "Term", "estimate": "Estimate", "std_error": "Std. Error"}
SERIES_SHOWN = 20  # of many, with all their steps, in text and HTML; all of them are in the CSV


def forecast_document(answer: Mapping[str, Any]) -> Document:
    """Lay out the steps, what each stands on, and what the model is; of many series, the steps of all."""
    return _many(answer) if answer.get("series") is not None else _one(answer)


def _one(answer: Mapping[str, Any]) -> Document:
    levels = list(answer["forecast"][0]["lo"])
    sheets = [sheet_of("Forecast", _headings(levels), [_step(row) for row in answer["forecast"]])]
    if answer["differences"]["applied"]:
        sheets.append(_stack(answer))
    if answer["sums"]:
        sheets.append(sheet_of("Sums of steps", SUM_HEADINGS | _bounds(levels), [_flat(row) for row in answer["sums"]]))
    sheets.append(_model(answer["model"]))
    return Document(
        title=_title(answer),
        sheets=tuple(sheet for sheet in sheets if sheet.rows),
        sentences=_sentences(answer),
        notes=tuple(notice["detail"] for notice in answer["warnings"]),
    )


def _many(answer: Mapping[str, Any]) -> Document:
    found = [one for one in answer["series"] if "error" not in one]
    refused = [one for one in answer["series"] if "error" in one]
    levels = [f"{level:g}" for level in answer["level"]]
    rows = [{"unique_id": one["unique_id"], **_step(row)} for one in found for row in one["forecast"]]
    notes = [notice["detail"] for notice in answer["warnings"]]
    notes += [f"{one['unique_id']}: {one['error']['detail']}" for one in refused[:SERIES_SHOWN]]
    return Document(
        title=f"Forecasts of {len(found)} series, {answer['h']} steps ahead",
        sheets=(sheet_of("Forecasts", {"unique_id": "Series", **_headings(levels)}, rows),),
        sentences=tuple(f"{one['unique_id']}: {_brief(one)}" for one in found[:SERIES_SHOWN]),
        notes=tuple(notes),
    )


def _title(answer: Mapping[str, Any]) -> str:
    name = answer["model"]["name"]
    of = f" of {answer['columns']['y']}" if answer.get("columns") else ""
    return f"Forecast{of} from {'an average of forms' if name == 'average' else name}"


def _headings(levels: Sequence[str]) -> dict[str, str]:
    """R's: Point Forecast, Lo 80, Hi 80, ...; then what the step stands on."""
    plain = {"ds": "", "median": "Point Forecast", "mean": "Mean"}
    return plain | _bounds(levels) | {"depth": "Depth", "all_real": "All real"}


def _bounds(levels: Sequence[str]) -> dict[str, str]:
    return {f"{side}_{level}": f"{side.title()} {level}" for level in levels for side in ("lo", "hi")}


def _step(row: Mapping[str, Any]) -> dict[str, Any]:
    stack = row["stack"]
    return {**_flat(row), "ds": str(row["ds"]), "depth": stack["depth"], "all_real": "yes" if stack["all_real"] else "no"}


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its bounds as columns of its own: lo_95, hi_95."""
    bounds = {f"{side}_{level}": value for side in ("lo", "hi") for level, value in row[side].items()}
    return {name: value for name, value in row.items() if name not in ("lo", "hi", "stack")} | bounds


def _stack(answer: Mapping[str, Any]) -> Sheet:
    """What each step stands on, a column for each level; an anchor that is itself a forecast has a star."""
    levels = answer["forecast"][0]["stack"]["levels"]
    names = {f"level_{i}": f"lag {level['lag']} of {level['of']}" for i, level in enumerate(levels)}
    rows = []
    for row in answer["forecast"]:
        stack = row["stack"]
        anchors = {f"level_{i}": f"{a['anchor']}{'' if a['real'] else ' *'}" for i, a in enumerate(stack["levels"])}
        rows.append({"h": row["h"], "ds": str(row["ds"]), "depth": stack["depth"], "inflation": stack["inflation"], **anchors})
    return sheet_of("What each step stands on (* is a forecast)", STACK_HEADINGS | names, rows)


def _model(model: Mapping[str, Any]) -> Sheet:
    if len(model["parts"]) > 1:
        rows = [{**part, "differences": ", ".join(map(str, part["differences"])) or "none"} for part in model["parts"]]
        return sheet_of("Forms and their weights", PART_HEADINGS, rows)
    rows = [
        {"term": term, "estimate": estimate, "std_error": model["std_errors"].get(term)}
        for term, estimate in model["coefficients"].items()
    ]
    return sheet_of("Coefficients", COEFFICIENT_HEADINGS, rows)


def _sentences(answer: Mapping[str, Any]) -> tuple[str, ...]:
    model, differences, scores = answer["model"], answer["differences"], answer["backtest"]
    applied = ", ".join(map(str, differences["applied"])) or "none"
    intervals = answer["intervals"]
    sentences = [
        f"Model: {model['name']}, chosen by: {model['chosen_by']}",
        f"Differences: {applied} ({differences['chosen_by']})",
        f"sigma^2: {shown(model['sigma2'])}",
        f"Intervals: {_widened(intervals)}",
    ]
    if model["log_lik"] is not None:
        sentences[2] += f", log likelihood: {shown(model['log_lik'])}"
        sentences.append(f"AIC={shown(model['aic'])}, AICc={shown(model['aicc'])}, BIC={shown(model['bic'])}")
    if scores:
        covered = ", ".join(f"{100 * share:.0f} % in the {level} % intervals" for level, share in scores["coverage"].items())
        sentences.append(
            f"Backtest (origins: {scores['origins']}): MASE {shown(scores['mase'])}, sMAPE {shown(scores['smape'])},"
            f" OWA {shown(scores['owa'])} (1 is Naive2), {covered}"
        )
    sentences.append(f"Observations: {answer['rows']}, from {answer['first']} to {answer['last']}")
    return tuple(sentences)


def _widened(intervals: Mapping[str, Any]) -> str:
    if intervals.get("df") is None:
        return str(intervals["method"])
    first, last = shown(intervals["multiplier"]), shown(intervals["last_multiplier"])
    times = first if first == last else f"{first} to {last}"
    return (
        f"{intervals['method']}, standard errors {times} times the model's own"
        f" (earlier origins: {intervals['origins']}), Student's t with {intervals['df']:g} df"
    )


def _brief(one: Mapping[str, Any]) -> str:
    applied = ", ".join(map(str, one["differences"]["applied"])) or "none"
    return f"{one['rows']} values to {one['last']}, {one['model']['name']}, differences {applied}"
