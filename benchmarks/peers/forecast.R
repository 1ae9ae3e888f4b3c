# The same endpoint as R users write it: plumber and auto.arima of the package forecast.
# Run: Rscript forecast.R PORT
library(plumber)
library(forecast)
ahead <- function(req) {
  asked <- jsonlite::fromJSON(req$postBody)
  told <- forecast(auto.arima(ts(asked$y, frequency = asked$season)), h = asked$h, level = c(80, 95))
  list(model = told$method, mean = as.numeric(told$mean), lower = told$lower, upper = told$upper)
}
api <- pr()
api <- pr_post(api, "/forecast", ahead, serializer = serializer_unboxed_json(digits = NA))
pr_run(api, host = "127.0.0.1", port = as.integer(commandArgs(TRUE)[1]), docs = FALSE, quiet = TRUE)
