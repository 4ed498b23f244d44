.DEFAULT_GOAL := help
.PHONY: help run build test soak fmt lint screenshots

run: ## set up, build, make ./data on the first run, serve on http://127.0.0.1:3000
	@scripts/run
build: ## set up and build the release binary target/release/keyward
	@scripts/setup build && scripts/build
test: ## set up and run everything: gates, unit, vectors, HTTP and browser tests
	@scripts/test
soak: ## the long tests, hours of kills and faults; SOAK_ROUNDS=20 for a taste
	@scripts/soak
fmt: ## format Rust, TypeScript and styles
	@scripts/fmt
lint: ## the gates of `make test` alone: formats, lints, boundaries, licences
	@scripts/test gates
screenshots: ## make the pictures in docs/images from the real pages
	@scripts/screenshots
help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "make %-12s %s\n", $$1, $$2 }'
