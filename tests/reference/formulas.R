# Writes formulas.json: the design matrices that R makes of many formulas over one small table.
# Run with: Rscript tests/reference/formulas.R > tests/reference/formulas.json   (R 4.2.2, packages splines and jsonlite)
options(warn = 1)
invisible(Sys.setlocale("LC_COLLATE", "C"))
library(splines)

d <- data.frame(
  y = c(3.1, 4.7, 2.2, 8.9, 5.5, 7.3, 1.8, 3.6, 5.2, 6.4, 9.7, 2.5, 4.4, 6.1, 7.7, 3.3),
  x = c(1, 4, 2, 8, 5, 7, 1.5, 3, 5.5, 6, 9, 2, 3.5, 6.5, 7, 10),
  z = c(-1.2, 0.4, 2.5, -0.3, 1.1, 0.9, -2.2, 0.1, 3.4, -0.8, 1.7, 0.6, -1.5, 2.1, 0.2, -0.4),
  year = c(1947, 1948, 1949, 1950, 1951, 1952, 1953, 1954, 1955, 1956, 1957, 1958, 1959, 1960, 1961, 1962),
  k = c(4, 6, 8, 4, 6, 8, 8, 6, 4, 4, 8, 6, 6, 8, 4, 8),
  a = rep(c("p", "q", "r", "p"), 4),
  b = c("u", "u", "v", "v", "v", "u", "u", "v", "u", "v", "v", "u", "v", "u", "u", "v"),
  g = c("d", "c", "b", "a", "c", "d", "a", "b", "b", "a", "d", "c", "a", "b", "c", "d"),
  l = c(TRUE, FALSE, FALSE, TRUE, TRUE, FALSE, TRUE, FALSE, TRUE, TRUE, FALSE, FALSE, TRUE, FALSE, FALSE, TRUE),
  w = c(2, NA, 3, 5, NA, 4, 1, 6, 2, 7, 3, 9, 4, 1, 8, 5),
  h = c("s", "only", "t", "s", NA, "t", "s", "t", "m", "m", "m", "s", "t", "s", "m", "t"),
  `my col` = c(0.5, 1.5, 2.5, 0.25, 0.75, 1.25, 3, 2, 1, 4, 5, 0.1, 0.2, 0.3, 0.4, 0.6),
  stringsAsFactors = TRUE, check.names = FALSE
)
d$o <- factor(rep(c("low", "mid", "high", "top"), 4), levels = c("low", "mid", "high", "top"), ordered = TRUE)
new <- d[c(4, 9, 2, 16, 7), ]
new$x <- c(0.5, 4.2, 12, 9.9, 6.6)
new$z <- c(5, -4, 0.5, 1, 0)

formulas <- c(
  "y ~ x", "y ~ x + z", "y ~ a", "y ~ a + b", "y ~ a * b", "y ~ a:b", "y ~ a + a:b", "y ~ b:a + a", "y ~ a * b - a", "y ~ a * b - b",
  "y ~ 0 + a", "y ~ a - 1", "y ~ 0 + a + b", "y ~ 0 + a:b", "y ~ 0 + x + a", "y ~ -1 + x:a + b", "y ~ x:a", "y ~ x + x:a", "y ~ a + a:x",
  "y ~ x * z", "y ~ x * z * a", "y ~ (x + z + a)^2", "y ~ (a + b + l)^3", "y ~ (a + b)^2 - a:b", "y ~ a/b", "y ~ a/x", "y ~ x/(a + b)",
  "y ~ (a + b)/x", "y ~ b %in% a", "y ~ a + b %in% a", "y ~ (a + b + x) %in% l", "y ~ l * x", "y ~ x:l", "y ~ 0 + l + a", "y ~ 0 + b:x + a:x",
  "y ~ a:x:b", "y ~ a:b:x + a", "y ~ a * b * x - a:b", "y ~ (a - 1) * x", "y ~ x - (-1 + a) + a", "y ~ a - 1 + b + 1", "y ~ 1", "y ~ a*a + x:x",
  "log(y) ~ log(x) + I(z^2) + sqrt(x)", "y ~ I(x^2) + I(x^3)", "y ~ I(x*z) + I((x + z)/2) + I(-x)", "y ~ I(x %% 2) + I(x %/% 2) + I(2^x)",
  "y ~ log(x, 2) + log(x, base = 3) + log10(x) + log2(x)", "y ~ exp(z) + expm1(z) + log1p(x) + abs(z)", "y ~ sin(x) + cos(x) + tan(z)",
  "y ~ I(x > 3)", "y ~ I(x > 3 & z < 1)", "y ~ I(a == \"p\")", "y ~ x > 3", "y ~ !l", "y ~ I(x**2)", "y ~ I(l + 0)", "y ~ I(a)",
  "y ~ x + offset(z)", "y ~ offset(log(x)) + a + offset(2 * z)", "y ~ factor(k)", "y ~ factor(k) * x", "y ~ factor(k, levels = c(8, 6, 4))",
  "y ~ factor(k, labels = c(\"four\", \"six\", \"eight\"))", "y ~ as.factor(year > 1955)", "y ~ relevel(a, ref = \"q\")",
  "y ~ relevel(factor(k), ref = \"8\")", "y ~ relevel(g, \"c\") + x", "y ~ C(a)", "y ~ C(a, sum)", "y ~ C(a, contr.sum)", "y ~ C(g, \"contr.helmert\")",
  "y ~ C(g, helmert) * b", "y ~ C(g, poly)", "y ~ C(g, contr.SAS)", "y ~ C(a, treatment)", "y ~ C(a, treatment, base = 2)",
  "y ~ C(a, contr.treatment, base = 3) + C(b, sum)", "y ~ C(a, sum):C(b, helmert)", "y ~ 0 + C(a, sum)", "y ~ o", "y ~ o * x", "y ~ 0 + o",
  "y ~ ordered(k)", "y ~ factor(k, ordered = TRUE)", "y ~ ordered(year)", "y ~ C(o, treatment)", "y ~ poly(x, 2)", "y ~ poly(x, 5)", "y ~ poly(year, 6)",
  "y ~ poly(x, 3, raw = TRUE)", "y ~ poly(x, degree = 2):a", "y ~ a * poly(x, 2)", "y ~ poly(x, 1)", "y ~ poly(log(x), 2) + poly(z, 2)",
  "y ~ scale(x)", "y ~ scale(x, scale = FALSE)", "y ~ scale(x, center = FALSE)", "y ~ scale(x) * scale(z)", "y ~ bs(x)", "y ~ bs(x, df = 5)",
  "y ~ bs(x, df = 6, degree = 2)", "y ~ bs(x, knots = c(3, 6))", "y ~ bs(x, df = 5, intercept = TRUE) - 1", "y ~ splines::bs(x, df = 4)",
  "y ~ bs(x, knots = 5, Boundary.knots = c(0, 12))", "y ~ ns(x)", "y ~ ns(x, df = 3)", "y ~ ns(x, df = 4) + a", "y ~ ns(x, knots = c(4, 7))",
  "y ~ splines::ns(x, df = 2, intercept = TRUE)", "y ~ ns(x, df = 3, Boundary.knots = c(2, 9)):b", "y ~ bs(x, degree = 1, knots = c(3, 5, 7))",
  "y ~ cut(x, breaks = c(0, 3, 6, Inf))", "y ~ cut(x, c(0, 2.5, 5, 12), right = FALSE)", "y ~ cut(x, c(0, 4, 8, 12), labels = c(\"lo\", \"mid\", \"hi\"))",
  "y ~ cut(x, 3)", "y ~ cut(x, 4, labels = FALSE)", "y ~ cut(year, 5, dig.lab = 4)", "y ~ cut(x, c(1, 5, 12), include.lowest = TRUE)",
  "y ~ ifelse(x > 3, \"hi\", \"lo\")", "y ~ ifelse(x > 3 | z > 1, x, 0)", "y ~ ifelse(l, 1, x)", "y ~ pmin(x, 5) + pmax(x, z, 2)",
  "y ~ w", "y ~ log(w) + a", "y ~ h", "y ~ h * x", "y ~ w + h", "y ~ scale(w)", "y ~ h - 1 + w", "y ~ x + w - w", "y ~ scale(x) + w",
  "y ~ bs(x, df = 4) + w", "y ~ poly(x, 2) + w", "y ~ `my col`", "y ~ log(`my col`) + `my col`:a", "log(y) ~ x + a + b",
  "y ~ I(x - mean(x)) + I(z/sd(z))", "y ~ (x + (a))", "y ~ x + I(1e5 * x) + I(0.0001 * x) + I(123456 * x)", "y ~ I(x^-1) + I(x^0.5)",
  "y ~ z:(x + a)^2", "y ~ (b + a)^2:(z + a)^2 + 0", "y ~ (a %in% x)/(b + (z > 0))", "y ~ ((x * a):(b + x) - b)^2", "y ~ 0 + poly(x, 2):(a/C(b, sum)) + a"
)
recomputed <- "cut\\((x|year), [0-9]|mean\\(|factor\\(k, labels|ifelse\\(x > 3, \"hi|cut\\(|relevel|ordered|as.factor|factor"  # R does not keep what these learned

one <- function(text) {
  f <- as.formula(text)
  frame <- model.frame(f, d, drop.unused.levels = TRUE)
  t <- attr(frame, "terms")
  m <- model.matrix(t, frame)
  offset <- model.offset(frame)
  result <- list(formula = text, terms = I(attr(t, "term.labels")), columns = I(colnames(m)), assign = I(attr(m, "assign")),
    rows = I(match(rownames(frame), rownames(d)) - 1L), X = unname(apply(m, 2, identity, simplify = FALSE)), y = unname(as.numeric(model.response(frame))))
  if (!is.null(offset)) result$offset <- offset
  if (!grepl(recomputed, text) && !any(is.na(new[intersect(all.vars(delete.response(t)), names(new))]))) {
    t <- delete.response(t)
    rows <- suppressWarnings(model.frame(t, new, xlev = .getXlevels(t, frame)))
    result$predicted <- unname(apply(model.matrix(t, rows, contrasts.arg = attr(m, "contrasts")), 2, identity, simplify = FALSE))
  }
  result
}

columns <- function(frame) lapply(frame, function(column) if (is.factor(column)) as.character(column) else column)
writeLines(jsonlite::toJSON(list(
  source = paste(R.version.string, "model.frame and model.matrix, splines", packageVersion("splines")),
  data = columns(d), new = columns(new), ordered = list(o = levels(d$o)), cases = lapply(formulas, one)
), digits = NA, na = "null", auto_unbox = TRUE, pretty = FALSE))
