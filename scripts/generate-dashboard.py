#!/usr/bin/env python3
"""Writes the files of dashboard/ into a Swift source, so that one program has all it serves.

With --check, changes nothing and fails when what is committed is not what would be written.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "dashboard"
TARGET = ROOT / "Sources/Services/WeftHTTP/Generated/DashboardFiles.swift"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def literal(text: str) -> str:
    hashes = "#"
    while f'"""{hashes}' in text or f"\\{hashes}" in text:
        hashes += "#"
    return f'{hashes}"""\n{text}\n"""{hashes}'


def generate() -> str:
    parts = [
        "// DO NOT EDIT: made from dashboard/ by scripts/generate-dashboard.py.",
        "// swift-format-ignore-file",
        "",
        "/// The files of the dashboard.",
        "enum DashboardFiles {",
        "static let all: [(path: String, type: String, text: String)] = [",
    ]
    for file in sorted(SOURCE.rglob("*")):
        if file.is_dir():
            continue
        if file.suffix not in TYPES:
            sys.exit(f"generate-dashboard: {file}: what type is that?")
        path = file.relative_to(SOURCE).as_posix()
        parts.append(f'("{path}", "{TYPES[file.suffix]}", {literal(file.read_text(encoding="utf-8"))}),')
    return "\n".join([*parts, "]", "}", ""])


def main() -> None:
    text = generate()
    if sys.argv[1:] == ["--check"]:
        if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text:
            sys.exit(f"{TARGET.relative_to(ROOT)} is not what dashboard/ says; run scripts/generate-dashboard.py")
        return
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(text, encoding="utf-8")


main()
