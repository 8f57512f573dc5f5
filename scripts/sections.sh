#!/usr/bin/env bash
# Sourced by the other scripts: a heading above each part of a long run.

section() {
  printf '\n=== %s ===\n' "$*"
}
