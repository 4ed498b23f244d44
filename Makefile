.DEFAULT_GOAL := help
.PHONY: help run build test bench soak fuzz fmt lint screenshots

run: ## set up, build, make ./data on the first run, serve on http://127.0.0.1:3000
	@scripts/run
build: ## set up and build the release binary target/release/keyward
	@scripts/setup build && scripts/build
test: ## set up and run everything: gates, unit, vectors, HTTP and browser tests
	@scripts/test
bench: ## how far Keyward is from the same work without it, in ratios: ten minutes on a calm machine
	@scripts/bench
soak: ## the long tests, hours of kills and faults; SOAK_ROUNDS=20 for a taste
	@scripts/soak
fuzz: ## readers of untrusted bytes under libFuzzer, half an hour each; FUZZ_SECONDS=60 for a taste
	@scripts/fuzz
fmt: ## format Rust, TypeScript and styles
	@scripts/fmt
lint: ## the gates of `make test` alone: formats, lints, boundaries, licences
	@scripts/test gates
screenshots: ## make the pictures in docs/images from the real pages
	@scripts/screenshots
help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "make %-12s %s\n", $$1, $$2 }'
