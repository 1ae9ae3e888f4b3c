# Fit each line "name<TAB>formula" of standard input with lm() at two tolerances, on <folder>/<name>.csv: Rscript nist.R folder
# Prints name, tolerance and numbers, with tabs between them: coefficients; standard errors; residual deviation.
folder <- commandArgs(trailingOnly = TRUE)[1]
digits <- function(numbers) paste(sprintf("%.17g", numbers), collapse = " ")
for (line in readLines(file("stdin"))) {
  asked <- strsplit(line, "\t")[[1]]
  data <- read.csv(file.path(folder, paste0(asked[1], ".csv")))
  for (tolerance in c(1e-7, 1e-10)) {
    fit <- lm(as.formula(asked[2]), data, tol = tolerance)
    summary <- suppressWarnings(summary(fit))
    error <- setNames(rep(NA_real_, length(coef(fit))), names(coef(fit)))
    error[rownames(coef(summary))] <- coef(summary)[, 2]
    cat(asked[1], tolerance, digits(coef(fit)), digits(error), digits(summary$sigma), sep = "\t")
    cat("\n")
  }
}
