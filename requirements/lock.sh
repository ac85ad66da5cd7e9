#!/bin/sh
# Rewrites the lock files from pyproject.toml. Needs `uv` on PATH (pip install uv); run it to take newer versions.
set -eu
cd "$(dirname "$0")/.."
compile() { uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet "$@"; }
compile --no-annotate requirements/build.in -o requirements/build.lock
compile --no-annotate pyproject.toml -o requirements/run.lock
compile --no-annotate pyproject.toml --extra speech -c requirements/run.lock -o requirements/speech.lock
compile --no-annotate pyproject.toml --extra speech-local -c requirements/run.lock -o requirements/speech-local.lock
compile --no-annotate pyproject.toml --extra speech-local --group test -c requirements/run.lock -o requirements/test.lock
compile --no-annotate pyproject.toml --extra speech-local --group test --group check -c requirements/run.lock -o requirements/check.lock
