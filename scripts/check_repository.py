#!/usr/bin/env python3
"""Rules of the repository that no compiler knows: file sizes, crate boundaries, migrations in pairs, names of metrics."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 500
SOURCES = {".rs", ".sql", ".py", ".sh", ".ts", ".tsx", ".css"}
# Written by programs, for programs.
GENERATED = {"ui/src/api/schema.d.ts"}

# Dependency -> the folders whose crates may use it outside their tests.
HOME_OF = {
    "sqlx": ("crates/storage-", "migrations"),
    "object_store": ("crates/artifacts",),
    "lapin": ("crates/queue",),
}
ROLES = {"runledger-api", "runledger-ingest-worker", "runledger-projector"}


def main() -> int:
    violations = [*long_files(), *misplaced_dependencies(), *unpaired_migrations(), *unknown_metrics()]
    for violation in violations:
        print(violation, file=sys.stderr)
    print(f"file sizes, crate boundaries, migration pairs, metrics: {len(violations)} violations")
    return 1 if violations else 0


def long_files() -> Iterator[str]:
    """A file that needs more than `MAX_LINES` lines has more than one subject."""
    for path in tracked_files():
        if path.suffix in SOURCES and str(path.relative_to(ROOT)) not in GENERATED:
            lines = path.read_bytes().count(b"\n")
            if lines > MAX_LINES:
                yield f"{path.relative_to(ROOT)}: {lines} lines, at most {MAX_LINES} are allowed; split it by subject"


def misplaced_dependencies() -> Iterator[str]:
    """Drivers stay behind their seam, and roles meet only in the binary."""
    for manifest in tracked_files():
        if manifest.name != "Cargo.toml" or manifest.parent == ROOT:
            continue
        folder = str(manifest.parent.relative_to(ROOT))
        crate = tomllib.loads(manifest.read_text())
        name = crate["package"]["name"]
        for dependency in crate.get("dependencies", {}):
            homes = HOME_OF.get(dependency)
            if homes is not None and not folder.startswith(homes):
                yield f"{folder}: depends on {dependency}, which belongs to {' and '.join(homes)} alone"
            if name in ROLES and dependency in ROLES:
                yield f"{folder}: depends on {dependency}; roles never depend on each other"


def unpaired_migrations() -> Iterator[str]:
    """Both databases go through the same steps: the same file names under each."""
    postgres, sqlite = (
        {str(path.relative_to(ROOT / "migrations" / back_end)) for path in migrations_of(back_end)}
        for back_end in ("postgres", "sqlite")
    )
    for name in sorted(postgres ^ sqlite):
        present, absent = ("postgres", "sqlite") if name in postgres else ("sqlite", "postgres")
        yield f"migrations/{present}/{name} has no counterpart in migrations/{absent}"


def unknown_metrics() -> Iterator[str]:
    """A dashboard or an alert over a metric that nobody has would stay silent for ever."""
    known = {
        name
        for path in tracked_files()
        if path.suffix == ".rs"
        for name in re.findall(r'"(runledger_[a-z_]+)"', path.read_text())
    }
    for path in sorted((ROOT / "compose").rglob("*")):
        if path.suffix in {".json", ".yml"}:
            for name in sorted(set(re.findall(r"\brunledger_[a-z_]+", path.read_text()))):
                if name not in known and re.sub("_(bucket|count|sum)$", "", name) not in known:
                    yield f"{path.relative_to(ROOT)}: no crate has a metric {name}"


def migrations_of(back_end: str) -> Iterator[Path]:
    return (ROOT / "migrations" / back_end).rglob("*.sql")


def tracked_files() -> list[Path]:
    """What git knows or would add; never build output."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for path in (ROOT / name for name in listed.splitlines()) if path.is_file()]


if __name__ == "__main__":
    sys.exit(main())
