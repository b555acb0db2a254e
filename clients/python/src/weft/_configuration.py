"""Which coordinator to talk to and with which token: as the ``weft`` command finds them (docs/configuration.md)."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping
from urllib.parse import urlsplit

from .errors import ConfigurationError

STANDARD_URL = "http://127.0.0.1:8080"


@dataclass(frozen=True)
class Endpoint:
    """An address without a slash at its end, a token, and the file with the certificates to trust."""

    url: str
    token: str | None
    ca_file: str | None = None


def find_endpoint(
    url: str | None = None,
    token: str | None = None,
    token_file: str | os.PathLike[str] | None = None,
    ca_file: str | os.PathLike[str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Endpoint:
    """Arguments first, then variables, then the configuration file, then the coordinator of this machine.

    This machine's admin token goes to this machine's coordinator only. Raises ``ConfigurationError``.
    """
    variables = os.environ if environment is None else environment
    file = _settings_file(variables)

    def setting(variable: str, key: str) -> str | None:
        return variables.get(variable) or file.get(key) or None

    home = setting("WEFT_DATA_DIR", "data_dir")
    data = _expanded(home, variables) if home else _base(variables, "XDG_DATA_HOME", ".local/share")
    local = _line(data / "coordinator.url") if data else None
    stated = url or setting("WEFT_URL", "url")
    address = _checked(stated or local or STANDARD_URL)
    secret = token
    if secret is None and token_file is not None:
        secret = _token(Path(token_file))
    if secret is None:
        secret = variables.get("WEFT_TOKEN") or None
    named = setting("WEFT_TOKEN_FILE", "token_file")
    if secret is None and named:
        secret = _token(_expanded(named, variables))
    is_local = stated is None or (local is not None and _plain(local) == _plain(address))
    if secret is None and data is not None and is_local:
        secret = _line(data / "admin.token")
    trusted = os.fspath(ca_file) if ca_file is not None else setting("WEFT_CA_FILE", "ca_file")
    return Endpoint(address, secret, os.fspath(_expanded(trusted, variables)) if trusted else None)


def _settings_file(variables: Mapping[str, str]) -> dict[str, str]:
    """The plain settings at the top of the configuration file; sections are daemons' and left out."""
    named = variables.get("WEFT_CONFIG")
    base = _base(variables, "XDG_CONFIG_HOME", ".config")
    path = _expanded(named, variables) if named else base / "config.yaml" if base else None
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if named:
            raise ConfigurationError(f"{path} (WEFT_CONFIG) is not there") from None
        return {}
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    settings = {}
    for line in text.splitlines():
        match = re.match(r"(url|token_file|ca_file|data_dir):\s+(\"[^\"]*\"|'[^']*'|[^#\s]\S*)\s*(#.*)?$", line)
        if match:
            settings[match[1]] = match[2].strip("\"'")
    return settings


def _base(variables: Mapping[str, str], variable: str, below: str) -> Path | None:
    """A directory of the XDG Base Directory specification, Weft's own below it."""
    path = variables.get(variable, "")
    if path.startswith("/"):
        return Path(path) / "weft"
    home = variables.get("HOME")
    return Path(home) / below / "weft" if home else None


def _expanded(path: str, variables: Mapping[str, str]) -> Path:
    home = variables.get("HOME")
    return Path(home + path[1:]) if home and (path == "~" or path.startswith("~/")) else Path(path)


def _line(path: Path) -> str | None:
    """What a file of the data directory says; None where there is none or it is another user's."""
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None


def _token(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationError(f"token file {path}: {error.strerror}") from error
    if not text:
        raise ConfigurationError(f"token file {path} is empty")
    return text


def _checked(url: str) -> str:
    text = url.rstrip("/")
    try:
        parts = urlsplit(text)
        plain = parts.scheme in ("http", "https") and parts.hostname and not parts.query and not parts.username
    except ValueError:
        plain = None
    if not plain:
        raise ConfigurationError(f"{url!r} is no address of a coordinator; one is like https://weft.example:8443")
    return text


def _plain(url: str) -> str:
    """An address with this machine spelt one way."""
    return re.sub(r"^(https?://)(localhost|\[::1\])(?=:)", r"\g<1>127.0.0.1", url.rstrip("/"))
