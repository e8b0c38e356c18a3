"""Errors a user can act on.

Every message names the file, the column or key, the rows (by number) and what was
expected; none contains a person id. The command line prints the message without a
traceback and exits with `exit_code`.
"""


def how_many(n: int, what: str) -> str:
    """A number with its noun.

    >>> how_many(1, "row"), how_many(3, "person")
    ('1 row', '3 persons')
    """
    return f"{n} {what}{'' if n == 1 else 's'}"


class NavevalError(Exception):
    """Base of all errors that are shown to the user as a plain message."""

    exit_code = 1


class ParameterError(NavevalError):
    """A parameter or an input file of parameters is missing, misspelt or out of range."""

    exit_code = 2


class ContractError(NavevalError):
    """A register extract breaks its contract (file, column, rows, what was expected)."""

    exit_code = 3


class EstimationError(NavevalError):
    """The data cannot carry the requested estimate."""

    exit_code = 4


class EstimationWarning(UserWarning):
    """An estimate is given, but what is said with it conventionally does not hold."""


class DisclosureError(NavevalError):
    """Something that has not passed disclosure control was about to be published."""

    exit_code = 5


class RenderError(NavevalError):
    """A report could not be made from an executed notebook."""

    exit_code = 6


class StoreError(NavevalError):
    """What is kept between runs cannot be trusted or used."""

    exit_code = 7
