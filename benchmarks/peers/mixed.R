# The same endpoint as R users write it: plumber and lmer.
# Run: Rscript mixed.R PORT
library(plumber)
library(lme4)
mixed <- function(req) {
  asked <- jsonlite::fromJSON(req$postBody)
  fit <- lmer(as.formula(asked$formula), data = as.data.frame(asked$data))
  told <- summary(fit)
  list(
    fixed = told$coefficients, random = as.data.frame(VarCorr(fit)), criterion = REMLcrit(fit),
    aic = AIC(fit), bic = BIC(fit), effects = as.data.frame(ranef(fit))
  )
}
api <- pr()
api <- pr_post(api, "/mixed", mixed, serializer = serializer_unboxed_json(digits = NA))
pr_run(api, host = "127.0.0.1", port = as.integer(commandArgs(TRUE)[1]), docs = FALSE, quiet = TRUE)
