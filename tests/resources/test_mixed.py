"""POST and GET /mixed, in production mode, on a real database."""

import math

import pytest

from kinds.mixed_answer import MixedAnswer

FORMULA = "Reaction ~ Days + (Days | Subject)"


def ask_sleepstudy(ask, **more):
    return ask("POST", "/mixed", json={"dataset": "sleepstudy", "formula": FORMULA} | more)


def row(rows, **named):
    return next(each for each in rows if all(each[name] == value for name, value in named.items()))


def test_sleepstudy_gives_the_numbers_of_lme4(ask):
    """lme4 1.1-31 and lmerTest: lmer(Reaction ~ Days + (Days | Subject), sleepstudy)."""
    answer = ask_sleepstudy(ask).json
    MixedAnswer.model_validate(answer)
    days = row(answer["fixed"], term="Days")
    assert days["estimate"] == pytest.approx(10.467, abs=5e-4)
    assert days["std_error"] == pytest.approx(1.546, abs=5e-4)
    assert days["df"] == pytest.approx(17, abs=1e-2)
    assert row(answer["random"], term="(Intercept)")["variance"] == pytest.approx(612.09, abs=0.02)
    slope = row(answer["random"], term="Days")
    assert slope["variance"] == pytest.approx(35.07, abs=0.01)
    assert slope["correlations"] == {"(Intercept)": pytest.approx(0.0656, abs=1e-4)}
    assert answer["residual"]["variance"] == pytest.approx(654.94, abs=0.01)
    assert answer["fit"]["groups"] == {"Subject": 18}
    assert len(answer["effects"]) == 36


def test_get_answers_about_stored_data(ask):
    response = ask("GET", "/mixed", query_string={"dataset": "sleepstudy", "formula": FORMULA})
    assert (response.status_code, response.json["id"]) == (200, ask_sleepstudy(ask).json["id"])


def test_given_variances_fit_the_effects_alone(ask):
    """The fixed effects of the REML fit come back when its variances are given."""
    off_diagonal = 0.066 * (612.1 * 35.07) ** 0.5
    variances = {"groups": {"Subject": [[612.1, off_diagonal], [off_diagonal, 35.07]]}, "residual": 654.94}
    answer = ask_sleepstudy(ask, variances=variances).json
    assert row(answer["fixed"], term="(Intercept)")["estimate"] == pytest.approx(251.405, abs=5e-3)


def test_variances_stand_in_a_query_string_as_json(ask):
    query = {"dataset": "sleepstudy", "formula": "Reaction ~ Days + (1 | Subject)"}
    given = {"variances": '{"groups": {"Subject": [[1378.2]]}, "residual": 960.5}'}
    assert ask("GET", "/mixed", query_string=query | given).status_code == 200


def test_a_loop_tells_its_iterates(ask):
    trace = ask_sleepstudy(ask, method="em", iterations=20).json["trace"]
    assert trace["columns"][-2:] == ["Residual", "criterion"]
    assert len(trace["values"]) >= 20


def test_profile_intervals_are_those_of_lme4(ask):
    """confint(fit, method = "profile"): sd of the intercepts 14.38 to 37.72, sigma 22.90 to 28.86."""
    intervals = ask_sleepstudy(ask, intervals="profile").json["intervals"]
    assert intervals["method"] == "profile"
    sigma = row(intervals["rows"], term="sigma")
    assert (sigma["conf_low"], sigma["conf_high"]) == (pytest.approx(22.90, abs=0.01), pytest.approx(28.86, abs=0.01))


def test_a_bootstrap_is_the_same_for_the_same_seed_and_another_question_for_another(ask):
    first = ask_sleepstudy(ask, intervals="bootstrap", samples=20, seed=3).json
    other = ask_sleepstudy(ask, intervals="bootstrap", samples=20, seed=4).json
    assert first["id"] != other["id"]
    assert first["intervals"] != other["intervals"]


def test_a_comparison_is_by_maximum_likelihood_and_says_so(ask):
    """anova(lmer(Reaction ~ Days + (1 | Subject)), lmer(Reaction ~ Days + (Days | Subject))): Chisq 42.139 on 2 Df."""
    answer = ask_sleepstudy(ask, anova=["Reaction ~ Days + (1 | Subject)"]).json
    assert answer["anova"][1]["statistic"] == pytest.approx(42.139, abs=1e-3)
    assert answer["anova"][1]["df"] == 2
    assert any("maximum likelihood" in warning["detail"] or "ML" in warning["detail"] for warning in answer["warnings"])


def test_a_new_level_is_predicted_for_the_population_and_told(ask):
    answer = ask_sleepstudy(ask, predict={"Days": [2, 2], "Subject": ["308", "nobody"]}).json
    assert answer["predictions"][1]["fit"] == pytest.approx(251.405 + 2 * 10.467, abs=0.01)
    assert [row["new_levels"] for row in answer["predictions"]] == [[], ["Subject"]]
    assert any(warning["code"] == "new_levels" for warning in answer["warnings"]), answer["warnings"]


def test_a_population_is_predicted_when_it_is_asked_for(ask):
    answer = ask_sleepstudy(ask, predict={"Days": [2]}, predict_population=True).json
    assert answer["predictions"][0]["fit"] == pytest.approx(251.405 + 2 * 10.467, abs=0.01)
    assert answer["predictions"][0]["new_levels"] == []


def test_terms_are_tested_as_by_lmertests_anova(ask):
    """anova(lmer(Reaction ~ Days + (Days | Subject), sleepstudy)): F 45.853 on 1 and 17 degrees of freedom, Sum Sq 30031."""
    answer = ask_sleepstudy(ask, f_tests=True).json
    (days,) = answer["f_tests"]
    assert (days["term"], days["num_df"]) == ("Days", 1)
    assert days["den_df"] == pytest.approx(17, abs=1e-3)
    assert days["statistic"] == pytest.approx(45.853, abs=1e-3)
    assert days["sum_sq"] == pytest.approx(30031, abs=1)
    assert "Tests of the terms (type III), by Satterthwaite's method" in ask("GET", answer["url"] + ".txt").text


def test_residuals_and_simulations_are_told_on_request(ask):
    answer = ask_sleepstudy(ask, residuals=True, simulate=2, seed=1).json
    assert len(answer["residuals"]) == 180
    assert [len(drawn) for drawn in answer["simulations"]] == [180, 180]


def test_kenward_roger_is_another_way_to_the_degrees_of_freedom(ask):
    answer = ask_sleepstudy(ask, df="kenward-roger").json
    assert answer["df_method"] == "kenward-roger"
    assert row(answer["fixed"], term="Days")["df"] == pytest.approx(17, abs=0.01)


def test_text_reads_like_lmertest(ask):
    url = ask_sleepstudy(ask).json["url"]
    text = ask("GET", url + ".txt").text
    assert "REML criterion: 1743.63" in text
    assert "Random effects" in text


def test_a_poisson_model_is_told_as_one(ask):
    data = {"y": [0, 1, 3, 2, 5, 4, 1, 0, 2, 6, 7, 3], "x": [0, 1, 2] * 4, "g": ["a"] * 3 + ["b"] * 3 + ["c"] * 3 + ["d"] * 3}
    answer = ask("POST", "/mixed", json={"formula": "y ~ x + (1 | g)", "data": data, "family": "poisson"}).json
    assert (answer["method"], answer["df_method"]) == ("ml", "none")
    text = ask("GET", answer["url"] + ".txt").text
    assert "Generalized linear mixed model, poisson" in text
    assert "z value" in text


COUNTS = {"y": [0, 1, 3, 2, 5, 4, 1, 0, 2, 6, 7, 3] * 2, "x": [0, 1, 2] * 8, "g": [f"g{i // 4}" for i in range(24)]}


def test_predictions_of_counts_may_be_on_the_scale_of_the_link(ask):
    asked = {"formula": "y ~ x + (1 | g)", "data": COUNTS, "family": "poisson", "predict": {"x": [1], "g": ["g1"]}}
    response, link = (ask("POST", "/mixed", json=asked | {"predict_type": scale}).json for scale in ("response", "link"))
    for name in ("fit", "conf_low", "conf_high"):
        assert response["predictions"][0][name] == pytest.approx(math.exp(link["predictions"][0][name]))
    assert response["predictions"][0]["pred_low"] is None
    assert any(warning["code"] == "no_prediction_intervals" for warning in response["warnings"])


@pytest.mark.parametrize("groups", [6, 20])
def test_effects_that_explain_everything_are_told(ask, groups):
    data = {"g": [f"a{i % groups}" for i in range(4 * groups)], "y": [(i % groups) ** 2 for i in range(4 * groups)]}
    response = ask("POST", "/mixed", json={"formula": "y ~ 1 + (1 | g)", "data": data})
    assert response.status_code in (201, 422), response.text
    assert "residual" in response.text


def test_too_many_covariances_are_refused_before_they_are_sought(ask):
    data = {
        "y": [float(i % 11) for i in range(4000)],
        "h": [f"h{i % 40}" for i in range(4000)],
        "g": [f"g{i % 90}" for i in range(4000)],
    }
    response = ask("POST", "/mixed", json={"formula": "y ~ 1 + (h | g)", "data": data})
    assert response.status_code == 422
    assert "max_variances" in response.json["detail"]


BAD = [
    ({"iterations": 5}, "/iterations", "mackay"),
    ({"method": "magic"}, "/method", "'reml'"),
    ({"formula": "Reaction ~ Days"}, "/formula", "without one it is a regression"),
    ({"formula": "Reaction ~ Days + (Days | Nobody)"}, "/formula", "Nobody"),
    ({"variances": {"groups": {"Subject": [[1]]}, "residual": 1}}, "/variances/groups/Subject", "2 x 2"),
    ({"variances": {"groups": {}, "residual": "x"}}, "/variances/residual", "number"),
    ({"anova": "Reaction ~ 1"}, "/anova", "list"),
    ({"anova": []}, "/anova", "1"),
    ({"anova": ["Reaction ~ (1 | Subject)", "Reaction ~ Days + ("]}, "/anova/1", "missing"),
    ({"anova": ["Days ~ 1 + (1 | Subject)"]}, "/anova/0", "different responses"),
    ({"df": "none", "f_tests": True}, "/f_tests", "degrees of freedom"),
    ({"simulate": 10**9}, "/simulate", "100"),
]


@pytest.mark.parametrize(("wrong", "field", "told"), BAD)
def test_what_is_wrong_is_named(ask, wrong, field, told):
    response = ask_sleepstudy(ask, **wrong)
    assert response.status_code == 422, response.text
    assert field in {fault["pointer"] for fault in response.json["errors"]}, response.text
    assert told in response.json["detail"]
