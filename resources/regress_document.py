"""An answer of /regress → a document that reads like R's summary(lm)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resources.document import Document, sheet_of, shown

COEFFICIENT_HEADINGS = {
    "term": "Term",
    "estimate": "Estimate",
    "std_error": "Std. Error",
    "statistic": "t value",
    "p_value": "Pr(>|t|)",
    "conf_low": "Low",
    "conf_high": "High",
}
PREDICTION_HEADINGS = {
    "fit": "Fit",
    "std_error": "Std. Error",
    "conf_low": "Conf. low",
    "conf_high": "Conf. high",
    "pred_low": "Pred. low",
    "pred_high": "Pred. high",
}


def regress_document(answer: Mapping[str, Any]) -> Document:
    """Lay out coefficients, predictions if there are any, and the sentences R prints under them."""
    title = f"Coefficients, with {100 * answer['level']:.4g} % confidence limits"
    sheets = [sheet_of(title, COEFFICIENT_HEADINGS, answer["coefficients"])]
    if answer.get("predictions"):
        numbered = [{"row": place, **row} for place, row in enumerate(answer["predictions"], 1)]
        sheets.append(sheet_of("Predictions", {"row": "Row", **PREDICTION_HEADINGS}, numbered))
    return Document(
        title=f"Linear regression: {answer['formula']}",
        sheets=tuple(sheets),
        sentences=_sentences(answer),
        notes=tuple(notice["detail"] for notice in answer["warnings"]),
    )


def _sentences(answer: Mapping[str, Any]) -> tuple[str, ...]:
    fit = answer["fit"]
    dropped = answer["rows_dropped"]
    sentences = [
        f"Residual standard error: {shown(fit['sigma'])} on {fit['df_residual']} degrees of freedom",
        f"Multiple R-squared: {shown(fit['r_squared'])}, Adjusted R-squared: {shown(fit['adj_r_squared'])}",
    ]
    if fit["statistic"] is not None:
        p_value = shown(fit["p_value"], p_value=True)
        sentences.append(f"F-statistic: {shown(fit['statistic'])} on {fit['df']} and {fit['df_residual']} DF, p-value: {p_value}")
    sentences.append(f"Log-likelihood: {shown(fit['log_lik'])}, AIC: {shown(fit['aic'])}, BIC: {shown(fit['bic'])}")
    told = f"{dropped} of {answer['rows']} rows dropped because a value is missing" if dropped else "no row dropped"
    sentences.append(f"Observations: {answer['nobs']} ({told})")
    return tuple(sentences)
