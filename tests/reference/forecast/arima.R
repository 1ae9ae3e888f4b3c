# Writes arima.json (R 4.2.2): stats::arima of many orders on R's datasets, and eight steps of predict() at its coefficients.
# The orders have several peaks of the likelihood each: a search from one start finds a lower one in most of them.
# Series whose names are not in this folder yet are written beside it. Run: Rscript arima.R
library(jsonlite)
stored <- function(name, y) write.csv(data.frame(t = as.numeric(time(y)), y = as.numeric(y)), paste0(name, ".csv"), row.names = FALSE, quote = FALSE)
stored("WWWusage", WWWusage)
stored("BJsales", window(BJsales, 4))
stored("BJsales_lead_3", stats::lag(window(BJsales.lead, 1, 147), -3))

asked <- list(
  list("co2", co2, c(3, 0, 1), c(0, 0, 1)), list("co2", co2, c(1, 1, 1), c(0, 1, 1)),
  list("lynx", log10(lynx), c(2, 0, 2), c(0, 0, 0)), list("WWWusage", WWWusage, c(0, 0, 2), c(0, 0, 0)),
  list("WWWusage", WWWusage, c(1, 1, 1), c(0, 0, 0)), list("sunspot_year", sunspot.year, c(3, 1, 3), c(0, 0, 0)),
  list("UKgas", log(UKgas), c(2, 0, 2), c(1, 1, 0)), list("nottem", nottem, c(3, 1, 3), c(0, 0, 0)),
  list("JohnsonJohnson", log(JohnsonJohnson), c(3, 0, 3), c(0, 0, 1)), list("presidents", presidents, c(3, 0, 2), c(0, 0, 0)),
  list("BJsales", ts(as.numeric(BJsales)[4:150]), c(2, 0, 2), c(0, 0, 0)))
fits <- lapply(asked, function(a) {
  x <- if (a[[1]] == "BJsales") matrix(as.numeric(BJsales.lead)[1:147], ncol = 1) else NULL
  new <- if (is.null(x)) NULL else matrix(as.numeric(BJsales.lead)[145:147], ncol = 1)
  by <- function(method) arima(a[[2]], a[[3]], list(order = a[[4]], period = frequency(a[[2]])), xreg = x, method = method, optim.control = list(maxit = 500))
  f <- tryCatch(by("CSS-ML"), error = function(e) by("ML"))
  told <- predict(f, if (is.null(x)) 8 else 3, newxreg = new)
  list(series = a[[1]], order = a[[3]], seasonal = a[[4]], season = frequency(a[[2]]), coef = as.list(f$coef), sigma2 = f$sigma2,
       loglik = f$loglik, mean = as.numeric(told$pred), se = as.numeric(told$se))
})
write(toJSON(fits, digits = NA, auto_unbox = TRUE, pretty = FALSE), "arima.json")
