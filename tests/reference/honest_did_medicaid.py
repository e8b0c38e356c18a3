"""Makes honest_did_medicaid.csv: covariance of the event study used by test_sensitivity.

Data: `ehec_data.dta` of Mixtape-Sessions/Advanced-DID (public). The intervals it is compared
with are printed in the README of the R package HonestDiD (asheshrambachan/HonestDiD).

Run: python honest_did_medicaid.py path/to/ehec_data.dta
"""

import sys

import numpy as np
import pandas as pd

from naveval.estimators import did

data = pd.read_stata(sys.argv[1], convert_categoricals=False)
data = data[(data["year"] < 2016) & (data["yexp2"].isna() | (data["yexp2"] != 2015))]
treated = (data["yexp2"] == 2014).to_numpy(float)
years = [year for year in range(2008, 2016) if year != 2013]
fitted = did.fit(
    data["dins"].to_numpy(),
    np.column_stack([treated * (data["year"] == year) for year in years]),
    [data["stfips"].to_numpy(), data["year"].to_numpy()],
    data["stfips"].to_numpy(),
    [str(year) for year in years],
)
# fixest does not count state effects, which are nested in the clusters.
n, groups, used = len(data), fitted.n_clusters, 7 + 8
correction = groups / (groups - 1) * (n - 1) / (n - used)
covariance = fitted.influence.T @ fitted.influence * correction
np.savetxt("honest_did_medicaid.csv", covariance, delimiter=",", fmt="%.12e")
print(fitted.coefficients)
