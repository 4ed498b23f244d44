# Sourced by the other scripts: the pinned tools, where they live, and a PATH that finds them.
# shellcheck shell=bash

TRUNK_VERSION=0.21.14
# The same version as the crate `wasm-bindgen` in Cargo.toml: the two must match exactly.
WASM_BINDGEN_VERSION=0.2.130
BINARYEN_VERSION=132.0.0
CARGO_DENY_VERSION=0.20.2
SCHEMATHESIS_VERSION=4.32.5
CARGO_FUZZ_VERSION=0.13.1

TOOLS=${KEYWARD_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/keyward/tools}

# on_path NAME VERSION: NAME on the caller's PATH reports exactly VERSION.
on_path() {
  command -v "$1" >/dev/null && [[ " $("$1" --version 2>/dev/null | head -n 1) " == *[[:space:]]"$2"[[:space:]]* ]]
}

# use_tool PACKAGE VERSION COMMAND REPORTED: prefers a fitting COMMAND on PATH; else puts the private copy first. Fails if there is neither.
use_tool() {
  local folder=$TOOLS/$1-$2/bin
  on_path "$3" "$4" && return 0
  [ -x "$folder/$3" ] || return 1
  PATH=$folder:$PATH
}

use_trunk() { use_tool trunk "$TRUNK_VERSION" trunk "$TRUNK_VERSION"; }
use_wasm_bindgen() { use_tool wasm-bindgen-cli "$WASM_BINDGEN_VERSION" wasm-bindgen "$WASM_BINDGEN_VERSION"; }
use_wasm_opt() { use_tool binaryen "$BINARYEN_VERSION" wasm-opt "${BINARYEN_VERSION%%.*}"; }
use_cargo_deny() { use_tool cargo-deny "$CARGO_DENY_VERSION" cargo-deny "$CARGO_DENY_VERSION"; }
use_cargo_fuzz() { use_tool cargo-fuzz "$CARGO_FUZZ_VERSION" cargo-fuzz "$CARGO_FUZZ_VERSION"; }
use_schemathesis() { use_tool schemathesis "$SCHEMATHESIS_VERSION" schemathesis "$SCHEMATHESIS_VERSION"; }
