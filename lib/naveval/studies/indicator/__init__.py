"""Nav's regression-adjusted work indicator."""

from naveval.project.catalogue import Study

STUDY = Study(
    name="indicator",
    order=4,
    contracts="contracts",
    coverage="coverage",
    simulate="simulate.registers",
    report="exhibits",
    update="update.quarter",
)
