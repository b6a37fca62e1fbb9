#!/bin/sh
# Stands between cargo and rustc for the packages of this workspace: libFuzzer sees which edges of our
# code an input reaches, while the libraries run at full speed. Works with stable Rust, since LLVM has
# the pass and libFuzzer the other half (no sanitizer, which would need nightly).
exec "$@" -Cpasses=sancov-module \
  -Cllvm-args=-sanitizer-coverage-level=3 \
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
  -Cllvm-args=-sanitizer-coverage-pc-table \
  -Cllvm-args=-sanitizer-coverage-trace-compares
