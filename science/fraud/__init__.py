"""Fraud scoring: rows that are unlike legitimate ones, scored by NumPy with what TensorFlow has learned.

What others call, and where it is:

    spec        FraudSpec(columns, label=, time=, weight=, alerted=, trim=, supervised=, seed=, ...): the question, valid once it
                exists (InvalidInput names the field). Every field but TensorBoard's folder, which is no part of it.
    train       fit(spec, table, limits, deadline, progress, scalars=None) -> Fit. FOR JOBS ALONE: nothing that serves imports
                `train` or `train_tf`. progress(part done, 0 to 1); scalars: a folder that the server chose.
    reading     read_records(columns, records, ignored) and read_table(columns, table) -> Read: the rows X (m, p) that can be
                scored, their places, and a Fault(code, columns) for each place that cannot:
                missing, infinite, text, unknown_column. columns are fit.spec.columns.
    fit         score(fit, X) -> Scores(score, risk, probability): arrays (n,); risk is -25 log10 of P within 0 and 100.
                explain(fit, X, count) -> Scores and for each row a tuple of Reason(column, observed, expected, direction, share);
                shares(fit, X) -> (n, p), rows sum to one. A row's numbers are the same to the last bit in any batch.
    reference   levels_of(risk) -> "low", "elevated" (from 50), "high" (from 75).
    thresholds  Threshold(mode, value, false_alarm, missed); decide(threshold, fit.outcomes) -> Decision(mode, score,
                expected_alert_rate), alerts are risk >= score; simulate(outcomes, thresholds, costs) -> what each would have
                done; Outcomes is a monoid (empty, absorb, merge): labels that come later are absorbed into it.
    judge       judge(challenger, champion or None, table, limits) -> Verdict(promoted, judged_by, checks, challenger, champion)
                on a table that neither has seen; metrics.Metrics has roc_auc, average_precision, recall, precision_first.
    drift       stability(fit.columns_seen, fit.columns_seen.empty().absorb(X, weight)) -> index of each column (p,); the same
                with fit.score_seen and scores (n, 1). WARN .1 and ACT .25 are for the score; columns are told, never acted on.
    stored      to_parameters(fit) -> (JSON document, arrays); from_parameters(document, arrays) -> Fit, or RefitNeeded.

fit.used is "ensemble" or "mahalanobis", fit.judged what its holdout said, fit.trained rows and losses, fit.notices what a
caller should know. This package's root imports nothing, so that importing a part costs that part.
"""
