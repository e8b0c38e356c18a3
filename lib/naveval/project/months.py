"""Calendar months as text ("2017-12"), and as numbers that can be subtracted."""


def month_number(month: str) -> int:
    """Months since year 0 of "2017-12"; ordering and differences of months."""
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def month_text(number: int) -> str:
    """Inverse of `month_number`."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def month_range(first: str, last: str) -> tuple[str, ...]:
    """All months from first to last, both included."""
    return tuple(month_text(k) for k in range(month_number(first), month_number(last) + 1))
