# What did_mpdta.csv and did_mpdta_effects.csv are.
#
# did_mpdta.csv: data set mpdta of the R package did (county teen employment 2003-2007, from
# Callaway and Sant'Anna 2021), columns renamed; start 0 is never.
# did_mpdta_effects.csv: estimates and analytical standard errors that did gives for it, taken
# from the reference files of the Python package csdid (d2cml-ai/csdid, MIT licence,
# csdid/test_csdid/r_ref). They were made with the calls below; att_gt's estimates agree with
# those printed in did's vignette "Introduction to DiD with multiple time periods", whose
# standard errors are bootstrapped.
#
#   Rscript tests/reference/did_mpdta.R
library(did)

rows <- read.csv("tests/reference/did_mpdta.csv")
scenarios <- list(
  never = list(controls = "nevertreated", method = "dr", x = ~1),
  not_yet = list(controls = "notyettreated", method = "dr", x = ~1),
  never_covariate = list(controls = "nevertreated", method = "reg", x = ~log_population)
)
for (name in names(scenarios)) {
  given <- scenarios[[name]]
  effects <- att_gt(
    yname = "log_employment", tname = "year", idname = "county", gname = "start",
    xformla = given$x, data = rows, control_group = given$controls,
    est_method = given$method, bstrap = FALSE, cband = FALSE
  )
  print(data.frame(name, effects$group, effects$t, effects$att, effects$se))
  for (type in c("simple", "group", "dynamic", "calendar")) {
    print(summary(aggte(effects, type = type, bstrap = FALSE)))
  }
}
