"""A study made up for the tests: did a letter bring people to work?"""

from naveval.project.catalogue import Study

STUDY = Study(
    name="letters", order=5, contracts="contracts", simulate="simulate", report="exhibits"
)
