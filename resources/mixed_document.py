"""An answer of /mixed → a document that reads like summary() of lmerTest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from resources.document import Document, sheet_of, shown

FIXED_HEADINGS = {
    "term": "Term",
    "estimate": "Estimate",
    "std_error": "Std. Error",
    "df": "df",
    "statistic": "t value",
    "p_value": "Pr(>|t|)",
    "conf_low": "Low",
    "conf_high": "High",
}
RANDOM_HEADINGS = {"group": "Group", "term": "Term", "variance": "Variance", "sd": "Std. Dev.", "correlations": "Corr."}
EFFECT_HEADINGS = {"group": "Group", "level": "Level", "term": "Term", "estimate": "Estimate", "std_error": "Std. Error"}
INTERVAL_HEADINGS = {"term": "Parameter", "estimate": "Estimate", "conf_low": "Low", "conf_high": "High"}
PREDICTION_HEADINGS = {
    "row": "Row",
    "fit": "Fit",
    "std_error": "Std. Error",
    "conf_low": "Conf. low",
    "conf_high": "Conf. high",
    "pred_low": "Pred. low",
    "pred_high": "Pred. high",
    "new_levels": "New levels",
}
TEST_HEADINGS = {
    "term": "Term",
    "sum_sq": "Sum Sq",
    "mean_sq": "Mean Sq",
    "num_df": "NumDF",
    "den_df": "DenDF",
    "statistic": "F value",
    "p_value": "Pr(>F)",
}
ANOVA_HEADINGS = {
    "formula": "Model",
    "npar": "npar",
    "aic": "AIC",
    "bic": "BIC",
    "log_lik": "logLik",
    "statistic": "Chisq",
    "df": "Df",
    "p_value": "Pr(>Chisq)",
}
EFFECTS_SHOWN = 60  # in text and HTML; all of them are in the JSON


def mixed_document(answer: Mapping[str, Any]) -> Document:
    """Lay out fixed effects, random effects, and whatever else was asked for."""
    percent = f"{100 * answer['level']:.4g} %"
    sheets = [
        sheet_of(f"Fixed effects, with {percent} confidence limits", _fixed_headings(answer), answer["fixed"]),
        sheet_of("Random effects", RANDOM_HEADINGS, [*map(_with_correlations, answer["random"]), *_residual(answer)]),
    ]
    if "intervals" in answer:
        title = f"{percent} intervals by {answer['intervals']['method']}"
        sheets.append(sheet_of(title, INTERVAL_HEADINGS, answer["intervals"]["rows"]))
    if "f_tests" in answer:
        sheets.append(sheet_of(_tests_title(answer), TEST_HEADINGS, answer["f_tests"]))
    if "anova" in answer:
        sheets.append(sheet_of("Comparison of models, fitted by maximum likelihood", ANOVA_HEADINGS, answer["anova"]))
    if "predictions" in answer:
        sheets.append(sheet_of("Predictions", PREDICTION_HEADINGS, [*_numbered(answer["predictions"])]))
    sheets.append(sheet_of(_effects_title(answer), EFFECT_HEADINGS, answer["effects"][:EFFECTS_SHOWN]))
    return Document(
        title=_title(answer),
        sheets=tuple(sheets),
        sentences=_sentences(answer),
        notes=tuple(notice["detail"] for notice in answer["warnings"]),
    )


def _title(answer: Mapping[str, Any]) -> str:
    if answer["family"] == "gaussian":
        return f"Mixed model by {answer['method'].upper()}: {answer['formula']}"
    return f"Generalized linear mixed model, {answer['family']}, by maximum likelihood: {answer['formula']}"


def _fixed_headings(answer: Mapping[str, Any]) -> Mapping[str, str]:
    """Without degrees of freedom the statistic is a z value."""
    if answer["df_method"] != "none":
        return FIXED_HEADINGS
    headings = FIXED_HEADINGS | {"statistic": "z value", "p_value": "Pr(>|z|)"}
    return {name: heading for name, heading in headings.items() if name != "df"}


def _with_correlations(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "correlations": " ".join("NA" if each is None else f"{each:.3f}" for each in row["correlations"].values())}


def _residual(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    if answer["residual"] is None:
        return []
    return [{"group": "Residual", "term": "", "correlations": "", **answer["residual"]}]


def _numbered(predictions: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for place, row in enumerate(predictions, 1):
        yield {"row": place, **row, "new_levels": ", ".join(row["new_levels"])}


def _tests_title(answer: Mapping[str, Any]) -> str:
    methods = {"satterthwaite": "Satterthwaite's method", "kenward-roger": "Kenward and Roger's method"}
    return f"Tests of the terms (type III), by {methods.get(answer['df_method'], 'Wald')}"


def _effects_title(answer: Mapping[str, Any]) -> str:
    count = len(answer["effects"])
    return "Conditional modes" if count <= EFFECTS_SHOWN else f"Conditional modes (the first {EFFECTS_SHOWN} of {count})"


def _sentences(answer: Mapping[str, Any]) -> tuple[str, ...]:
    fit = answer["fit"]
    groups = ", ".join(f"{group} {count}" for group, count in fit["groups"].items())
    criterion = fit["reml_criterion"]
    return (
        f"Observations: {answer['nobs']} of {answer['rows']} rows; groups: {groups}",
        *([f"REML criterion: {criterion:.6g}"] if criterion is not None else []),
        f"Log-likelihood: {shown(fit['log_lik'])}, AIC: {shown(fit['aic'])}, BIC: {shown(fit['bic'])}",
        f"ICC: {shown(fit['icc'])}; R-squared: marginal {shown(fit['r_squared_marginal'])},"
        f" conditional {shown(fit['r_squared_conditional'])}",
    )
