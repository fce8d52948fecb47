"""From a path to a client's settings, or to every mistake in the way at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from config.agreement import disagreements
from config.document import Located, merged, nearest, parsed, plain
from config.environment import Environment
from config.mistakes import mistakes
from config.problems import ConfigurationError, Mistake, Problem, closest, key_path
from config.settings import ClientSettings
from config.types import CHECK_FILES
from config.yaml_positions import read_yaml

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class ClientFile:
    """A client's settings, and the file that they came from."""

    settings: ClientSettings
    path: Path
    _tree: Located = field(repr=False)

    def where(self, key: str) -> str:
        """``file:line`` of a key such as ``conversions.won.value``, or of the innermost key around it."""
        return str(nearest(self._tree, parsed(self._tree, key)).place)


def load_client(path: str | Path, *, check_files: bool = True) -> ClientFile:
    """The settings of the client's file at ``path``, with ``${NAME}`` filled and shared defaults merged in.

    Args:
        path: a YAML file; paths in it are relative to its folder.
        check_files: also see that key files are there and readable.

    Raises:
        ConfigurationError: names every mistake with its file and line.
    """
    path = Path(path)
    problems: list[Problem] = []
    files: list[Path] = []
    tree = _with_defaults(path, files, problems)
    if tree is None:
        raise ConfigurationError(problems)
    environment = Environment(file.parent for file in files)
    data = plain(environment.fill(tree))
    problems += environment.problems
    settings, found = _validated(data, tree, environment, check_files)
    problems += [_problem(one, tree) for one in found]
    if problems or settings is None:
        raise ConfigurationError(problems)
    return ClientFile(settings, path, tree)


def find_clients(directory: str | Path) -> list[Path]:
    """The clients' files in a folder, sorted: ``*.yaml`` and ``*.yml`` without ``_`` or a dot in front.

    Raises:
        ConfigurationError: ``directory`` is no folder.
    """
    directory = Path(directory)
    if not directory.is_dir():
        raise ConfigurationError([Problem(directory, None, "", "a folder of clients' files")])
    return sorted(
        file
        for file in directory.iterdir()
        if file.suffix in _SUFFIXES and not file.name.startswith(("_", ".")) and file.is_file()
    )


def _validated(
    data: dict[str, object], tree: Located, environment: Environment, check_files: bool
) -> tuple[ClientSettings | None, list[Mistake]]:
    try:
        return ClientSettings.model_validate(data, context={CHECK_FILES: check_files}), []
    except ValidationError as error:
        return None, [*mistakes(error, tree, environment.unknown), *disagreements(data)]


def _problem(mistake: Mistake, tree: Located) -> Problem:
    place = nearest(tree, mistake.path).place
    return Problem(
        place.file, place.line, key_path(mistake.path), mistake.expected, mistake.suggestion, mistake.got
    )


def _with_defaults(file: Path, files: list[Path], problems: list[Problem]) -> Located | None:
    """The tree of ``file``, completed from the file that its ``defaults`` names, and so on.

    Returns None where one of the files cannot be read: what they say together is then not to be judged.
    """
    files.append(file)
    whole = read_yaml(file, problems) if _is_there(file, problems) else None
    if whole is None or not isinstance(whole.value, dict):
        return None
    own = Located({key: value for key, value in whole.value.items() if key != "defaults"}, whole.place)
    shared = whole.value.get("defaults")
    if shared is None:
        return own
    base_file = _shared_file(shared, files, problems)
    base = None if base_file is None else _with_defaults(base_file, files, problems)
    return None if base is None else merged(base, own)


def _is_there(file: Path, problems: list[Problem]) -> bool:
    if file.exists():
        return True
    meant = _sibling(file)
    problems.append(Problem(file, None, "", "a file that exists", meant and str(file.with_name(meant))))
    return False


def _shared_file(shared: Located, files: list[Path], problems: list[Problem]) -> Path | None:
    expected, meant = "the path of a file with shared settings, such as _agency.yaml", None
    if isinstance(shared.value, str):
        file = shared.place.file.parent / shared.value
        if file.resolve() in (one.resolve() for one in files):
            expected = "a file that does not lead back to this one"
        elif not file.is_file():
            expected, meant = f"a file that exists in {file.parent}", _sibling(file)
        else:
            return file
    got = repr(shared.value) if isinstance(shared.value, str) else None
    problems.append(Problem(shared.place.file, shared.place.line, "defaults", expected, meant, got))
    return None


def _sibling(file: Path) -> str | None:
    """A client's file in the same folder whose name is near."""
    names = (
        [one.name for one in file.parent.iterdir() if one.suffix in _SUFFIXES] if file.parent.is_dir() else []
    )
    return closest(file.name, names)
