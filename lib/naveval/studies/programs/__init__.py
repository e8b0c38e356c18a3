"""Labour market programmes: who, how it goes, effects, costs and benefits."""

from naveval.project.catalogue import Study

STUDY = Study(
    name="programs",
    order=3,
    contracts="contracts",
    coverage="coverage",
    simulate="simulate.registers",
    report="exhibits",
)
