"""Follow-up of long-term unemployed from July 2017."""

from naveval.project.catalogue import Study

STUDY = Study(
    name="followup",
    order=1,
    contracts="contracts",
    coverage="coverage",
    simulate="simulate.registers",
    report="exhibits",
)
