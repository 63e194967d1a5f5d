"""Loads config/lines/*.yaml: one insurer a file, every finding addressed, references between the parts checked."""

from collections.abc import Mapping
from pathlib import Path

from config.errors import ConfigError, SettingMissing
from config.line_checks import check_insurer, check_together
from config.line_descriptions import Insurer, Insurers, Line, Queue
from config.line_reading import InsurerReader, SettingValues
from config.settings import Settings, demo_settings, lines_dir_of, named_values
from config.written import Findings, Section, read_written

__all__ = ["Insurer", "Insurers", "Line", "Queue", "load_insurers", "read_insurers"]


def load_insurers(settings: Settings) -> Insurers:
    """The insurers described in `settings.lines_dir`; raises LinesError with all findings, or SettingMissing."""
    return read_insurers(settings.lines_dir, settings.named)


def insurers_here(environ: Mapping[str, str]) -> Insurers:
    """The insurers of this folder without a centre: numbers that no setting gives are the demo's. Raises as
    `read_insurers` does.
    """
    named = named_values(environ, defaults=demo_settings())
    return read_insurers(lines_dir_of(named), named)


def read_insurers(folder: Path, named: Mapping[str, str]) -> Insurers:
    """The insurers described in `folder`, their `{setting: NAME}` values taken from `named`.

    Raises LinesError when any file is wrong (all findings, `file:line: path: what`), else SettingMissing when a
    setting that a file names is absent, else ConfigError when the folder describes nobody.
    """
    findings, values = Findings(), SettingValues(named)
    insurers: dict[str, Insurer] = {}
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise ConfigError(f"{folder} describes no insurer: put one <insurer>.yaml there, or set PULT_LINES_DIR.")
    for path in paths:
        written = read_written(path, findings)
        if written is not None:
            insurer = InsurerReader(Section(written, findings), findings, values).insurer()
            check_insurer(insurer, written, findings)
            insurers[insurer.id] = insurer
    check_together(insurers.values(), findings)
    findings.raise_if_any()
    if values.missing:
        raise SettingMissing("\n".join(values.missing))
    return Insurers(insurers)
