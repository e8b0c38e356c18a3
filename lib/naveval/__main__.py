"""`python -m naveval` is the command `naveval`."""

from naveval.cli import main

main(prog_name="naveval")
