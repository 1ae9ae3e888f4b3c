# ets, auto.arima and thetaf of R's package forecast, series by series: the same JSON as forecasts.py.
suppressPackageStartupMessages(library(forecast))
levels <- c(80, 95)
kinds <- list(
  ets = function(y, h) forecast(ets(y), h = h, level = levels),
  auto.arima = function(y, h) forecast(auto.arima(y), h = h, level = levels),
  thetaf = function(y, h) thetaf(y, h = h, level = levels)
)
told <- function(kind, y, h) {
  started <- proc.time()[["user.self"]]
  found <- suppressWarnings(kind(y, h))
  ms <- (proc.time()[["user.self"]] - started) * 1000
  sides <- function(bounds) list("80" = as.numeric(bounds[, 1]), "95" = as.numeric(bounds[, 2]))
  list(mean = as.numeric(found$mean), lo = sides(found$lower), hi = sides(found$upper), ms = jsonlite::unbox(ms))
}
asked <- jsonlite::fromJSON(file("stdin"), simplifyMatrix = FALSE)
answers <- lapply(kinds, function(kind) {
  lapply(asked$series, function(y) told(kind, ts(unlist(y), frequency = asked$season), asked$h))
})
cat(jsonlite::toJSON(answers, digits = NA))
