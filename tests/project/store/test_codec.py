"""What is kept comes back as it was, of the same types, without pickle."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from naveval.estimators.forests import ForestOptions
from naveval.project.errors import ParameterError
from naveval.project.parameters import StudyParameters
from naveval.project.store import codec

FRAME = pd.DataFrame(
    {
        "number": [1.5, np.nan],
        "text": ["æ", None],
        "code": pd.Categorical(["b", "a"], categories=["b", "a", "c"]),
        "whole": pd.array([1, None], dtype="Int64"),
        "day": pd.to_datetime(["2020-01-01", None]),
        "small": np.array([1, 2], dtype=np.int8),
    },
    index=pd.Index(["x", "y"], name="row"),
)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        0.1,
        float("inf"),
        "æøå",
        (1, [2, ("a",)], {"a": None}),
        {("a", 1): "x", 2: {3, 4}},
        frozenset({"a"}),
        date(2020, 2, 29),
        pd.Timestamp("2020-02-29 12:00"),
        StudyParameters(county="03", parts=("a",)),
        ForestOptions(trees=3),
    ],
)
def test_simple_values(value: object, tmp_path: Path) -> None:
    codec.dump(value, tmp_path / "a")
    found = codec.load(tmp_path / "a")
    assert found == value
    assert type(found) is type(value)


def test_arrays_and_frames(tmp_path: Path) -> None:
    sparse = csr_array(np.eye(3))
    value = {
        "array": np.arange(6, dtype=np.float32).reshape(2, 3),
        "objects": np.array([["a", None], ["b", 1]], dtype=object),
        "scalar": np.int16(3),
        "frame": FRAME,
        "series": FRAME["number"],
        "sparse": sparse,
        "empty": FRAME.head(0),
        "joined": pd.concat([FRAME, FRAME.tail(1)]),
    }
    codec.dump(value, tmp_path / "a")
    found = codec.load(tmp_path / "a")
    np.testing.assert_array_equal(found["array"], value["array"])
    assert found["array"].dtype == np.float32
    assert found["objects"].tolist() == value["objects"].tolist()
    assert found["scalar"] == 3
    assert found["scalar"].dtype == np.int16
    pd.testing.assert_frame_equal(found["frame"], FRAME, check_exact=True)
    pd.testing.assert_series_equal(found["series"], FRAME["number"], check_exact=True)
    pd.testing.assert_frame_equal(found["empty"], FRAME.head(0), check_exact=True)
    pd.testing.assert_frame_equal(found["joined"], value["joined"], check_exact=True)
    np.testing.assert_array_equal(found["sparse"].toarray(), sparse.toarray())


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), "of type object cannot be kept"),
        (len, "of type builtin_function_or_method"),
        (Path("x"), "Path cannot be kept"),
        (pd.DataFrame({"a": [1, "x"]}), "a frame cannot be kept as Arrow"),
    ],
)
def test_what_would_not_come_back_is_refused(value: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=message):
        codec.dump({"a": value}, tmp_path / "a")


def test_a_file_cannot_name_classes_of_others(tmp_path: Path) -> None:
    import json
    import zipfile

    with zipfile.ZipFile(tmp_path / "a", "w") as archive:
        node = ["object", "subprocess:Popen", [["args", ["list", ["true"]]]]]
        archive.writestr(codec.STRUCTURE, json.dumps(node))
    with pytest.raises(ValueError, match="not of this package"):
        codec.load(tmp_path / "a")
