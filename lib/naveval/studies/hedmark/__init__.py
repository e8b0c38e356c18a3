"""A stricter practice in one county from November 2014."""

from naveval.project.catalogue import Study

STUDY = Study(
    name="hedmark",
    order=2,
    contracts="contracts",
    coverage="contracts",
    simulate="simulate.registers",
    report="exhibits",
)
