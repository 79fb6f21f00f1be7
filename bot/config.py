"""The settings of the server: TOML file < environment < secret files.

Built once by `load` and handed down, never a global. To load pydantic takes a good part
of a second, so only commands that need settings import this module.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot import config_sources, config_toml
from bot.config_files import Guard
from bot.config_sections import (
    Api,
    Discord,
    Escalation,
    Jobs,
    Log,
    Notify,
    Retention,
    Runs,
    Server,
    Storage,
    Summary,
    Watch,
)
from bot.config_sources import Fault, Found, Key, Origin


class Settings(BaseSettings):
    """All settings; built without `load` they are the defaults, and nothing is read."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True
    )

    server: Server = Server()
    storage: Storage = Storage()
    retention: Retention = Retention()
    discord: Discord = Discord()
    api: Api = Api()
    notify: Notify = Notify()
    summary: Summary = Summary()
    escalation: Escalation = Escalation()
    watch: Watch = Watch()
    runs: Runs = Runs()
    log: Log = Log()
    jobs: Jobs = Jobs()

    _origins: dict[Key, str] = PrivateAttr(default_factory=dict)

    def origin(self, section: str, key: str) -> str:
        """Where the value is from: `default`, `config.toml:12` or a variable."""
        return self._origins.get((section, key), "default")

    def secrets(self) -> list[str]:
        """Every value that must not be shown."""
        values = [value for _, section in self for _, value in section]
        return [v.get_secret_value() for v in values if isinstance(v, SecretStr)]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing but what is handed in; `load` adds its sources."""
        return (init_settings,)


def data_dir(option: Path | None, environ: Mapping[str, str]) -> Path:
    """The data directory: the option, `CRONITOR_DATA_DIR`, or the platform's place."""
    given = option or environ.get("CRONITOR_DATA_DIR")
    if given:
        return Path(given).expanduser().absolute()
    import platformdirs

    return platformdirs.user_data_path("cronitor")


_data_dir = data_dir


def load(
    config_path: Path | None, data_dir: Path | None, environ: Mapping[str, str]
) -> Settings:
    """Read all sources; raises ConfigError with a line for each thing that is wrong.

    A file that was asked for (`config_path`, `CRONITOR_CONFIG`) must be there.
    """
    directory = _data_dir(data_dir, environ)
    known = config_sources.known_keys(Settings)
    given = config_path or environ.get("CRONITOR_CONFIG")
    path = Path(given or directory / "config.toml").expanduser().absolute()
    asked_by = "--config" if config_path else "CRONITOR_CONFIG"
    guard = Guard(directory, environ)
    found = [
        config_sources.from_secret_files(known, environ, guard),
        config_sources.from_variables(known, environ),
        _from_file(known, path, asked_by if given else None, guard),
    ]
    settings = _placed(_validated(found), directory=directory, beside=path.parent)
    _check_jobs(settings, guard)
    return settings


def _check_jobs(settings: Settings, guard: Guard) -> None:
    """Files of jobs are as good as settings; raises ConfigError for one of others."""
    faults = []
    for file in settings.jobs.files:
        try:
            guard.check(file)
        except ValueError as exc:
            faults.append(Fault(Origin(settings.origin("jobs", "files")), str(exc)))
    if faults:
        raise config_sources.refuse(faults)


def _from_file(
    known: dict[str, list[str]], path: Path, asked_by: str | None, guard: Guard
) -> Found:
    if asked_by is None and not os.path.lexists(path):
        return Found()
    try:
        text = guard.read(path)
    except ValueError as exc:
        return Found(faults=[Fault(Origin(asked_by or path.name), str(exc))])
    return config_toml.from_toml(known, text, path.name)


def _validated(found: list[Found]) -> Settings:
    """The settings out of sources, the strongest first."""
    origins = {key: at for each in reversed(found) for key, at in each.origins.items()}
    faults = [fault for each in found for fault in each.faults]
    try:
        settings = _from_sources(found)
    except ValidationError as exc:
        errors = exc.errors(include_url=False, include_input=False)
        faults += [_fault(error, origins) for error in errors]
    if faults:
        # without the cause, which holds what was read
        raise config_sources.refuse(faults) from None
    settings._origins.update({key: str(origin) for key, origin in origins.items()})
    return settings


def _from_sources(found: list[Found]) -> Settings:
    class Loaded(Settings):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_: Any, **__: Any
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return tuple(config_sources.Source(settings_cls, each) for each in found)

    return Loaded()


def _fault(error: ErrorDetails, origins: Mapping[Key, Origin]) -> Fault:
    section, key = str(error["loc"][0]), str(error["loc"][1])
    origin = origins[section, key]
    cause = error.get("ctx", {}).get("error")
    # every reader refuses by itself; what pydantic would say is for programmers
    reason = str(cause) if isinstance(cause, ValueError) else "has a wrong value"
    place = "" if origin.line is None else f"[{section}] {key}: "
    return Fault(origin, f"{place}{reason}")


def _placed(settings: Settings, *, directory: Path, beside: Path) -> Settings:
    """The same with absolute paths, whatever the working directory is."""
    path = directory / (settings.storage.path or "cronitor.db")
    files = tuple(beside / file for file in settings.jobs.files)
    backups = directory / (settings.storage.backup_dir or "backups")
    update = {"path": path, "backup_dir": backups}
    storage = settings.storage.model_copy(update=update)
    jobs = settings.jobs.model_copy(update={"files": files})
    return settings.model_copy(update={"storage": storage, "jobs": jobs})
