# Fit a formula to a CSV file with lmer() and print CPU seconds and criterion as JSON: Rscript mixed.R file formula
suppressMessages(library(lme4))
arguments <- commandArgs(trailingOnly = TRUE)
data <- read.csv(arguments[1], check.names = FALSE, colClasses = "character")
marked <- endsWith(names(data), "*")
names(data) <- sub("\\*$", "", names(data))
for (i in seq_along(data)) data[[i]] <- if (marked[i]) factor(data[[i]]) else as.numeric(data[[i]])
formula <- as.formula(arguments[2])
cpu <- function(expression) sum(system.time(expression)[c("user.self", "sys.self")])
fit <- NULL
first <- cpu(fit <- suppressMessages(suppressWarnings(lmer(formula, data))))
runs <- max(1, floor(0.5 / max(first, 0.005)))
each <- if (first < 0.5) cpu(for (i in seq_len(runs)) suppressMessages(suppressWarnings(lmer(formula, data)))) / runs else first
cat(sprintf('{"cpu": %.6f, "criterion": %.8f, "memory": null}\n', each, REMLcrit(fit)))
