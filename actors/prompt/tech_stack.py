"""Knows which manifest stands for which language, and which dependency for which framework.

Looks only at the directory itself. A manifest that cannot be parsed still names its language.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from actors.prompt.small_file import read_small

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

_FRAMEWORKS = {
    "actix-web": "Actix",
    "anthropic": "Anthropic SDK",
    "axum": "Axum",
    "django": "Django",
    "express": "Express",
    "fastapi": "FastAPI",
    "flask": "Flask",
    "github.com/gin-gonic/gin": "Gin",
    "github.com/labstack/echo/v4": "Echo",
    "hono": "Hono",
    "jest": "Jest",
    "mcp": "MCP",
    "next": "Next.js",
    "numpy": "NumPy",
    "nuxt": "Nuxt",
    "pandas": "pandas",
    "pykka": "Pykka",
    "pytest": "pytest",
    "rails": "Rails",
    "react": "React",
    "sqlalchemy": "SQLAlchemy",
    "starlette": "Starlette",
    "svelte": "Svelte",
    "tokio": "Tokio",
    "torch": "PyTorch",
    "typescript": "TypeScript",
    "vite": "Vite",
    "vitest": "Vitest",
    "vue": "Vue",
    "@angular/core": "Angular",
    "@nestjs/core": "NestJS",
}


def tech_stack(directory: Path) -> tuple[str, ...]:
    """Languages first, then frameworks, each once and in a fixed order."""
    languages: list[str] = []
    frameworks: set[str] = set()
    for file_name, (language, dependencies) in _MANIFESTS.items():
        text = read_small(directory / file_name)
        if text is None:
            continue
        languages.append(language)
        names = _parsed(dependencies, text)
        frameworks |= {_FRAMEWORKS[name] for name in names & _FRAMEWORKS.keys()}
    return (*dict.fromkeys(languages), *sorted(frameworks, key=str.lower))


def _parsed(dependencies: Callable[[str], Iterable[str]], text: str) -> set[str]:
    try:
        return {name.lower() for name in dependencies(text)}
    except (ValueError, AttributeError, TypeError, RecursionError):
        return set()


def _none(_: str) -> Iterable[str]:
    return ()


def _requirements(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if found := _NAME.match(line.strip()):
            yield found[0]


def _pyproject(text: str) -> Iterator[str]:
    document = tomllib.loads(text)
    project = document.get("project", {})
    listed = list(project.get("dependencies", []))
    for extra in project.get("optional-dependencies", {}).values():
        listed += extra
    yield from _requirements("\n".join(listed))
    yield from document.get("tool", {}).get("poetry", {}).get("dependencies", {})


def _package_json(text: str) -> Iterator[str]:
    document: dict[str, Any] = json.loads(text)
    for key in ("dependencies", "devDependencies", "peerDependencies"):
        yield from document.get(key, {})


def _cargo(text: str) -> Iterator[str]:
    document = tomllib.loads(text)
    yield from document.get("dependencies", {})
    yield from document.get("workspace", {}).get("dependencies", {})


def _go_mod(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield from line.removeprefix("require").split()[:1]


def _gemfile(text: str) -> list[str]:
    return re.findall(r"""^\s*gem\s+["']([^"']+)""", text, re.MULTILINE)


_MANIFESTS: dict[str, tuple[str, Callable[[str], Iterable[str]]]] = {
    "pyproject.toml": ("Python", _pyproject),
    "requirements.txt": ("Python", _requirements),
    "setup.py": ("Python", _none),
    "tsconfig.json": ("TypeScript", _none),
    "package.json": ("JavaScript", _package_json),
    "deno.json": ("TypeScript", _none),
    "Cargo.toml": ("Rust", _cargo),
    "go.mod": ("Go", _go_mod),
    "Gemfile": ("Ruby", _gemfile),
    "composer.json": ("PHP", _none),
    "pom.xml": ("Java", _none),
    "build.gradle": ("Java", _none),
    "build.gradle.kts": ("Kotlin", _none),
    "Package.swift": ("Swift", _none),
    "mix.exs": ("Elixir", _none),
    "rebar.config": ("Erlang", _none),
    "CMakeLists.txt": ("C/C++", _none),
    "pubspec.yaml": ("Dart", _none),
}
