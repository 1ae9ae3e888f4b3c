# Writes f_tests.json: lmerTest's anova (type III) with Satterthwaite's and Kenward and Roger's degrees of freedom.
# R 4.2.2, lme4 1.1-31, lmerTest 3.1-3, pbkrtest 0.5.2. Run in this folder: Rscript f_tests.R
suppressMessages({library(lmerTest); library(jsonlite)})
columns <- fromJSON("columns.json", simplifyVector = FALSE)
read <- function(name) {
  data <- read.csv(paste0(name, ".csv"), colClasses = "character", check.names = FALSE)
  for (column in intersect(names(data), names(columns[[name]]))) {
    how <- columns[[name]][[column]]
    data[[column]] <- if (how$type %in% c("factor", "ordered"))
      factor(data[[column]], levels = unlist(how$levels), ordered = how$type == "ordered") else as.numeric(data[[column]])
  }
  data
}
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e6), calc.derivs = FALSE)
cases <- list(
  list(data = "sleepstudy", keep = "all", formula = "Reaction ~ Days + (Days | Subject)"),
  list(data = "sleepstudy", keep = "all", formula = "Reaction ~ Days + I(Days^2) + (Days | Subject)"),
  list(data = "cake", keep = "all", formula = "angle ~ recipe * temperature + (1 | recipe:replicate)"),
  list(data = "cake", keep = "without each seventh", formula = "angle ~ recipe * temperature + (1 | recipe:replicate)"),
  list(data = "cake", keep = "without each seventh", formula = "angle ~ recipe * temp + (1 | recipe:replicate)"),
  list(data = "cake", keep = "without a cell", formula = "angle ~ recipe * temperature + (1 | recipe:replicate)"),
  list(data = "cake", keep = "without each seventh", formula = "angle ~ recipe + temp + (1 | replicate)"),
  list(data = "Orthodont", keep = "without each seventh", formula = "distance ~ age * Sex + (age | Subject)"),
  list(data = "Assay", keep = "all", formula = "logDens ~ sample * dilut + (1 | Block) + (1 | Block:sample) + (1 | Block:dilut)"),
  list(data = "Penicillin", keep = "without each seventh", formula = "diameter ~ sample + (1 | plate)"))
chosen <- function(data, keep) switch(keep, all = data,
  "without each seventh" = data[seq_len(nrow(data)) %% 7 != 0, ],
  "without a cell" = droplevels(data[!(data$recipe == "A" & data$temperature == "225"), ]))
rows <- function(table) lapply(seq_len(nrow(table)), function(i) c(list(term = rownames(table)[i]),
  setNames(as.list(unname(unlist(table[i, ]))), c("sum_sq", "mean_sq", "num_df", "den_df", "statistic", "p_value"))))
found <- lapply(cases, function(case) {
  data <- chosen(read(case$data), case$keep)
  fit <- lmer(as.formula(case$formula), data, control = tight)
  c(case, list(satterthwaite = rows(anova(fit)), "kenward-roger" = rows(anova(fit, ddf = "Kenward-Roger"))))
})
writeLines(toJSON(found, auto_unbox = TRUE, digits = NA, pretty = TRUE), "f_tests.json")
