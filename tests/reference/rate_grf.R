# Made rate_grf.json with the R package grf 2.6.1 (R 4.5.2), and the columns of rate_grf.csv.
#
# The numbers are those of the test fixture grf_rate_weighted_R.json of the Python package
# StatsPAI (brycewang-stanford/StatsPAI, MIT licence), which calls grf as below on the same
# draws. rate_grf.py makes rate_grf.csv without R, by R's own random numbers.
#
#   Rscript tests/reference/rate_grf.R
library(grf)
library(jsonlite)

rows <- read.csv("tests/reference/rate_grf.csv")
other <- rows[rows$other_order, ]
cases <- list(
  continuous = list(rows$score, rows$priority, rows$weight, NULL),
  tied = list(other$score, other$level, other$weight, NULL),
  clustered = list(rows$score, rows$level, rows$cluster_weight, rows$cluster)
)
found <- lapply(cases, function(given) {
  sapply(c("AUTOC", "QINI"), function(target) {
    set.seed(1)
    made <- rank_average_treatment_effect.fit(
      given[[1]], given[[2]], target = target, q = seq(0.05, 1, by = 0.05), R = 2000,
      sample.weights = given[[3]], clusters = given[[4]]
    )
    list(estimate = made$estimate, std_err = made$std.err, toc = made$TOC$estimate)
  }, simplify = FALSE)
})
writeLines(toJSON(found, auto_unbox = TRUE, digits = NA), "tests/reference/rate_grf.json")
