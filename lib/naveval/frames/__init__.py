"""Estimators on data of one's own: a frame in, a result out.

Every result has `.table()` (a frame), `.summary()` (text), shows itself in Jupyter, and most have
`.figure()`. Three tasks, each in six lines at most; `naveval example FOLDER` writes the files they
read and the figures they make, so start in that folder.

One treated unit and twenty controls: the effect with its exact test, synthetic control and
synthetic difference-in-differences beside it, the smallest effect that could have been found, and
the treated unit among its placebos.

>>> import pandas as pd, naveval as nv
>>> panel = pd.read_csv("panel.csv")
>>> columns = {"outcome": "job_seekers", "unit": "county", "time": "month"}
>>> found = nv.one_treated(panel, **columns, treated="Hedmark", start=25)
>>> found.table()[["method", "estimate", "p_value"]].round(2).values.tolist()
[['did', -3.04, 0.05], ['synthetic_control', -2.75, 0.14], ['synthetic_did', -2.35, 0.05]]
>>> found.figure().savefig("one_treated.png", dpi=90)

![Hedmark among the placebo counties](../example/one_treated.png)

An indicator for own groups: what the characteristics of people lead one to expect, the difference
with intervals by person, and shrinkage for small groups.

>>> people = pd.read_csv("people.csv", dtype={"office": str})
>>> columns = {"outcome": "hours", "group": "office", "person": "person"}
>>> found = nv.indicator(people, **columns, by=["age", "sex"])
>>> found.table()[["office", "indicator", "shrunken"]].round(1).head(2).values.tolist()
[['01', -0.9, -0.7], ['02', 0.3, 0.2]]
>>> found.figure().savefig("indicator.png", dpi=90)

![Offices by indicator](../example/indicator.png)

Effects of several programmes by double machine learning: cross-fitted once, then averages of it.

>>> people = pd.read_csv("programs.csv")
>>> columns = {"outcome": "earnings", "program": "program", "control": "none"}
>>> fitted = nv.cross_fit(people, **columns, covariates=["age", "education"], trees=100)
>>> effects, groups = nv.att(fitted), nv.gate(fitted, "course", by="education")
>>> rule = nv.policy_tree(fitted, by=["age", "education"], costs={"course": 1.0})
>>> effects.figure().savefig("programs.png", dpi=90)

![Effects of two programmes](../example/programs.png)

`fitted.balance("course")` and `fitted.bounds("course")` say how far the controls are alike, and how
strong a hidden confounder would have to be; `nv.rate(fitted, "course", by="age")` whether a ranking
of persons tells who gains most.

Several treated units: `nv.did` and `nv.event_study` when all start at once, `nv.group_time` when
they start at different times.
"""
