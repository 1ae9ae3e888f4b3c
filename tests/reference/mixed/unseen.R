# Fits of models that the engine was not made with: Rscript unseen.R > unseen.json (R 4.2.2, lme4 1.1-31, lmerTest 3.1-3, pbkrtest 0.5.2)
suppressMessages({library(lme4); library(lmerTest); library(nlme); library(jsonlite)})
options(warn = -1)
set.seed(20261121)
four <- function(data) { for (v in names(data)) if (is.numeric(data[[v]])) data[[v]] <- round(data[[v]], 4); data }
crossed <- four(within(data.frame(a = factor(sample(12, 200, TRUE)), b = factor(sample(9, 200, TRUE)), x = rnorm(200), w = rexp(200) + .2), {
  o <- .3 * x; y <- 3 + 2 * x + rnorm(12)[a] + .7 * rnorm(9)[b] + .5 * rnorm(12)[a] * x + rnorm(200) / sqrt(w) }))
nested <- four(within(expand.grid(r = 1:3, s = factor(1:4), t = factor(1:5)), {
  x <- rnorm(60); q <- factor(sample(c("lo", "mid", "hi"), 60, TRUE), levels = c("lo", "mid", "hi"), ordered = TRUE)
  y <- 10 + x + rnorm(5)[t] + .6 * rnorm(20)[as.integer(interaction(t, s))] + .4 * rnorm(60) + as.integer(q) * .2 }))
unbalanced <- four(within(data.frame(g = factor(rep(1:15, times = c(1, 2, 1, 9, 4, 3, 7, 2, 2, 11, 1, 5, 6, 3, 3))), x = rnorm(60), trt = factor(sample(c("a", "b", "c"), 60, TRUE))),
  y <- rnorm(15)[g] * 2 + x + as.integer(trt) + rnorm(60)))
counts <- four(within(data.frame(g = factor(sample(20, 200, TRUE)), h = factor(sample(6, 200, TRUE)), x = rnorm(200), m = sample(1:12, 200, TRUE), e = rexp(200) + .3), {
  s <- rbinom(200, m, plogis(-.5 + .8 * x + rnorm(20)[g] + .5 * rnorm(6)[h])); f <- m - s; le <- log(e); n <- rpois(200, e * exp(.4 + .3 * x + .6 * rnorm(20)[g])) }))
data(beets, package = "pbkrtest")
data <- list(CO2 = as.data.frame(CO2), Orange = as.data.frame(Orange), npk = npk, beets = beets, crossed = crossed, nested = nested, unbalanced = unbalanced, counts = counts)
controls <- list(lmerControl(calc.derivs = FALSE),
  lmerControl(optimizer = "nloptwrap", calc.derivs = FALSE, optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-12, xtol_rel = 1e-12, maxeval = 20000)),
  lmerControl(optimizer = "bobyqa", calc.derivs = FALSE, optCtrl = list(rhoend = 1e-10, maxfun = 50000)))
precise <- glmerControl(optimizer = "bobyqa", tolPwrss = 1e-13, optCtrl = list(rhoend = 1e-9, maxfun = 50000))
models <- list(c("CO2", "uptake ~ log(conc) * Type + Treatment + (log(conc) | Plant)"), c("Orange", "circumference ~ age + I(age^2) + (age | Tree)"),
  c("npk", "yield ~ N * P * K + (1 | block)"), c("beets", "sugpct ~ block + sow + harvest + (1 | block:harvest)"),
  c("crossed", "y ~ x + (x || a) + (1 | b)"), c("crossed", "y ~ x + offset(o) + (x | a) + (1 | b) + (1 | a:b)"), c("crossed", "y ~ 0 + x + (0 + x | a) + (1 | b)"),
  c("crossed", "y ~ x + (x | a) + (0 + x | b)", "w"), c("nested", "y ~ x * q + (1 | t/s)"), c("nested", "y ~ poly(x, 3) + (q | t)"),
  c("unbalanced", "y ~ x * trt + (1 | g)"), c("unbalanced", "y ~ trt + x + (trt | g)"))
generalized <- list(c("counts", "cbind(s, f) ~ x + (x | g) + (1 | h)", "binomial"), c("counts", "s/m ~ x + (1 | g)", "binomial", "m"), c("counts", "n ~ x + offset(le) + (x | g)", "poisson"))
told <- function(fit) list(minus2ll = -2 * as.numeric(logLik(fit)), fixef = unname(fixef(fit)), terms = names(fixef(fit)),
  variances = as.data.frame(VarCorr(fit))[, c("grp", "var1", "var2", "vcov")], singular = isSingular(fit),
  modes = lapply(ranef(fit, condVar = FALSE), function(one) unname(as.matrix(one)[1:5, , drop = FALSE])))
errors <- function(fit) unname(sqrt(diag(as.matrix(vcov(fit)))))
best <- function(m, reml) {
  rows <- data[[m[1]]]; rows$.w <- if (is.na(m[3])) 1 else rows[[m[3]]]
  fits <- lapply(controls, function(control) suppressMessages(lme4::lmer(as.formula(m[2], env = environment()), rows, REML = reml, weights = .w, control = control)))
  fits[[which.max(sapply(fits, logLik))]]
}
found <- list()
for (m in models) {
  entry <- list(data = m[1], formula = m[2], weights = m[3])
  for (reml in c(TRUE, FALSE)) { fit <- best(m, reml); entry[[if (reml) "reml" else "ml"]] <- c(told(fit), list(std_error = errors(fit))) }
  .w <- NULL; rows <- data[[m[1]]]; rows$.w <- if (is.na(m[3])) 1 else rows[[m[3]]]
  tested <- as_lmerModLmerTest(best(m, TRUE))
  entry$satterthwaite <- unname(coef(summary(tested))[, "df"])
  if (is.na(m[3])) { table <- coef(summary(tested, ddf = "Kenward-Roger")); entry$kenward_roger <- list(df = unname(table[, "df"]), std_error = unname(table[, "Std. Error"])) }
  found[[length(found) + 1]] <- entry
}
for (m in generalized) {
  rows <- data[[m[1]]]; rows$.w <- if (is.na(m[4])) 1 else rows[[m[4]]]
  fit <- if (is.na(m[4])) glmer(as.formula(m[2]), rows, family = m[3], control = precise) else glmer(as.formula(m[2]), rows, family = m[3], weights = .w, control = precise)
  found[[length(found) + 1]] <- list(data = m[1], formula = m[2], family = m[3], weights = m[4], ml = c(told(fit), list(std_error = errors(fit))))
}
columns <- lapply(data, function(rows) lapply(as.list(rows), function(v) if (is.factor(v)) list(levels = levels(v), ordered = is.ordered(v), codes = as.integer(v) - 1L) else as.numeric(v)))
cat(toJSON(list(models = found, data = columns), digits = NA, auto_unbox = TRUE, na = "null"), "\n")
