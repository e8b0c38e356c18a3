"""Parameters as a type: one pydantic model per study, checked before a kernel starts."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from naveval.project import catalogue, folders, paths, places
from naveval.project.errors import ParameterError

Model = TypeVar("Model", bound=BaseModel)
Origin = Literal["simulated", "published", "register"]


class StudyParameters(BaseModel):
    """What every study can be told. Studies add their own fields.

    Fields
    ------
    county
        Two-character county code as text; "" is the whole country.
    data
        Folder with register extracts; "" makes simulated registers on demand.
    scale
        Size of the simulated registers: 1.0 is the size of the real ones.
    seed
        Seed of every random draw: simulation, folds, bootstrap.
    parts
        Parts of the notebook to execute; empty means all of them.

    `PARTS` lists the parts of the notebook, and `COUNTY_YEAR` is the year whose counties the
    study knows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    PARTS: ClassVar[tuple[str, ...]] = ()
    COUNTY_YEAR: ClassVar[int] = places.CURRENT_YEAR

    county: str = ""
    data: str = ""
    scale: float = Field(default=0.05, gt=0, le=1)
    seed: int = Field(default=2024, ge=0)
    parts: tuple[str, ...] = ()

    @field_validator("parts")
    @classmethod
    def _known_parts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(value) - set(cls.PARTS))
        if unknown and cls.PARTS:
            raise ValueError(f"unknown {', '.join(unknown)}; allowed: {', '.join(cls.PARTS)}")
        return value

    def simulation(self) -> dict[str, Any]:
        """Settings of the simulated registers; studies add their tunable truth."""
        return {"scale": self.scale, "seed": self.seed}

    def check_inputs(self) -> None:
        """Check further input files the study needs; raises ParameterError."""

    def input_files(self) -> tuple[Path, ...]:
        """Files named in the parameters; their content decides whether a result is current."""
        return ()

    def reads_registers(self) -> bool:
        """Whether the chosen parts read registers."""
        return True

    def origin(self) -> Origin:
        """Where the numbers come from, which decides the notice on the report."""
        if not self.data:
            return "simulated"
        folder = folders.find(self.data)
        made = folder is not None and (folder / paths.TRUTH).exists()
        return "simulated" if made else "register"

    def mixed(self) -> bool:
        """Whether some results rest on published numbers alone, beside those of registers."""
        return False

    def simulated_scale(self) -> float:
        """Size of the simulated registers: of those named, or of those made on demand."""
        folder = folders.find(self.data) if self.data else None
        if folder is None:
            return self.scale
        truth = folder / paths.TRUTH
        told = json.loads(truth.read_text(encoding="utf-8")) if truth.exists() else {}
        return float(told.get("settings", {}).get("scale", 1.0))


def known_county(cls: type[StudyParameters], value: str) -> str:
    """Validator of `county` for studies whose places are the counties of `COUNTY_YEAR`."""
    try:
        return places.county(value, cls.COUNTY_YEAR).code
    except ParameterError as error:
        raise ValueError(str(error)) from None


def model(study: str) -> type[StudyParameters]:
    """The parameter model of a study."""
    return catalogue.module(study, "parameters").Parameters


_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C ten times as fast


class _Loader(_Safe):
    """PyYAML's safe loader, except that a key given twice is an error, not the last one wins."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key «{key}» is given twice", key_node.start_mark
                )
            seen.add(key)
        return dict(super().construct_mapping(node, deep))


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file with a mapping on top; ParameterError names file and line."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (FileNotFoundError, IsADirectoryError):
        raise ParameterError(f"{path}: no such file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ParameterError(f"{path}: not readable as YAML in UTF-8: {error}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ParameterError(f"{path}: expected keys with values, found {type(content).__name__}")
    return content


def load(study: str, file: Path | None = None, changes: Mapping[str, Any] | None = None) -> Any:
    """Parameters of a study: defaults, then the YAML file, then single changes.

    Without `file` the defaults of `params/<study>.yml` are used.

    Raises
    ------
    ParameterError
        One error naming the file and every faulty key, its value and what is allowed.
    """
    path = file or paths.params_dir() / f"{study}.yml"
    changes = dict(changes or {})
    source = str(path)
    if changes:
        source += " with " + ", ".join(f"{key}={value}" for key, value in changes.items())
    return validate(model(study), {**read_yaml(path), **changes}, source)


def validate(kind: type[Model], given: Mapping[str, Any], source: str) -> Model:
    """Make a model from a mapping; all faults in one ParameterError that names `source`."""
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        raise ParameterError(explain(error, kind, source)) from None


def explain(error: ValidationError, kind: type[BaseModel], source: str) -> str:
    """Say for each fault: file, key, value and what is allowed."""
    lines = [f"{source}: {error.error_count()} fault(s)"]
    for fault in error.errors():
        key = ".".join(str(part) for part in fault["loc"]) or "(whole file)"
        if fault["type"] == "extra_forbidden":
            expected = f"unknown key; allowed: {', '.join(kind.model_fields)}"
            if len(fault["loc"]) > 1:
                expected = "unknown key here"
        elif not fault["loc"]:
            lines.append(f"  {fault['msg'].removeprefix('Value error, ')}")
            continue
        elif fault["type"] == "missing":
            lines.append(f"  {key}: missing; this key is required")
            continue
        elif fault["type"] == "string_type" and isinstance(fault["input"], int):
            expected = (
                'expected text in quotes, such as "03"; --set county=03 and papermill -r county 03 '
                "keep it text"
            )
        elif fault["type"] == "tuple_type":
            expected = "expected a list, for example [a, b]"
        else:
            expected = fault["msg"].removeprefix("Value error, ")
        lines.append(f"  {key}: {fault['input']!r}: {expected}")
    return "\n".join(lines)


def parse_setting(text: str) -> tuple[str, Any]:
    """Read `key=value` from the command line; codes such as 03 stay text.

    The value is read as YAML, except that a county and digits with a leading zero stay text.
    """
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise ParameterError(f"--set {text}: expected key=value")
    if value.isdigit() and (key == "county" or (len(value) > 1 and value.startswith("0"))):
        return key, value
    try:
        return key, yaml.safe_load(value) if value else ""
    except yaml.YAMLError:
        return key, value
