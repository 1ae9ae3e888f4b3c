# The same endpoint as R users write it: plumber and lm.
# Run: Rscript regress.R PORT
library(plumber)
regress <- function(req) {
  asked <- jsonlite::fromJSON(req$postBody)
  fit <- lm(as.formula(asked$formula), data = as.data.frame(asked$data))
  told <- summary(fit)
  interval <- confint(fit)
  list(
    term = rownames(told$coefficients), estimate = told$coefficients[, 1], std_error = told$coefficients[, 2],
    statistic = told$coefficients[, 3], p_value = told$coefficients[, 4], conf_low = interval[, 1], conf_high = interval[, 2],
    r_squared = told$r.squared, sigma = told$sigma, aic = AIC(fit), bic = BIC(fit)
  )
}
api <- pr()
api <- pr_post(api, "/regress", regress, serializer = serializer_unboxed_json(digits = NA))
pr_run(api, host = "127.0.0.1", port = as.integer(commandArgs(TRUE)[1]), docs = FALSE, quiet = TRUE)
