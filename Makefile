# make demo and make test need Go, make and git, and nothing else.

FUZZTIME ?= 5s
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0
TOOLS = $(CURDIR)/.tools
CC ?= cc

export CGO_ENABLED = 0

.PHONY: build run demo test race lint golden fuzz bench e2e clean

build:
	@go build -trimpath -o mkeaudit . || go build -trimpath -buildvcs=false -o mkeaudit .

run: build
	./mkeaudit

demo: build
	./mkeaudit --demo

test:
	go test ./...

# The race detector needs a C compiler; without one the tests run without it.
race:
	@if command -v $(CC) >/dev/null 2>&1; then \
		echo "CGO_ENABLED=1 go test -race ./..."; CGO_ENABLED=1 go test -race ./...; \
	else \
		echo "race: there is no C compiler ($(CC)); the tests run without the race detector"; go test ./...; \
	fi

lint: $(TOOLS)/staticcheck $(TOOLS)/govulncheck
	@echo "gofmt -l ."; unformatted=$$(gofmt -l .) && test -z "$$unformatted" || { echo "not formatted: $$unformatted"; exit 1; }
	go vet ./...
	@if [ -x $(TOOLS)/staticcheck ]; then echo "staticcheck ./..."; $(TOOLS)/staticcheck ./...; fi
	@if [ -x $(TOOLS)/govulncheck ]; then echo "govulncheck ./..."; $(TOOLS)/govulncheck ./...; code=$$?; \
		if [ $$code -eq 3 ]; then exit 1; fi; \
		if [ $$code -ne 0 ]; then echo "NOT RUN: govulncheck could not reach its database (exit code $$code)"; fi; fi

# A tool that cannot be fetched is said and not run.
$(TOOLS)/staticcheck:
	@GOBIN=$(TOOLS) go install $(STATICCHECK) || echo "NOT RUN: staticcheck could not be fetched"

$(TOOLS)/govulncheck:
	@GOBIN=$(TOOLS) go install $(GOVULNCHECK) || echo "NOT RUN: govulncheck could not be fetched"

# Writes golden files and frames anew; look at the difference before you keep it.
golden:
	@set -e; for dir in $$(grep -rlE --include='*_test.go' 'flag.Bool\("update"|charmbracelet/x/exp/golden' audit catalog tui | xargs -n1 dirname | sort -u); do \
		echo "go test ./$$dir -update"; go test ./$$dir -update; done

# Every fuzz target for FUZZTIME each.
fuzz:
	@set -e; go test -list '^Fuzz' ./... | awk '/^Fuzz/ { t[n++] = $$1 } /^ok/ { for (i = 0; i < n; i++) print $$2, t[i]; n = 0 }' > .fuzz.tmp; \
	trap 'rm -f .fuzz.tmp .fuzz.out' EXIT; test -s .fuzz.tmp; \
	while read -r package target; do \
		for try in 1 2 3; do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5s $$package </dev/null >.fuzz.out 2>&1 && break; \
			if [ $$try -lt 3 ] && grep -q 'context deadline exceeded' .fuzz.out && ! grep -q 'Failing input' .fuzz.out; then \
				echo "go test ended the fuzzing late and found nothing, as it sometimes does: again"; continue; fi; \
			cat .fuzz.out; exit 1; \
		done; tail -1 .fuzz.out; \
	done < .fuzz.tmp

# Ratios against limits: "of-limit" at most 1, "x-bare" (an audit against merely
# reading the same things) at most 3.
bench:
	@go test -run '^$$' -bench . ./... | awk ' \
		/^Benchmark/ { for (i = 3; i < NF; i += 2) { limit = 0; v = $$i; u = $$(i + 1); \
			if (u == "of-limit") limit = 1; if (u == "x-bare") limit = 3; \
			if (limit) { over = v > limit; printf "%-40s %8.2f of %d  %s\n", $$1, v, limit, over ? "OVER" : "ok" } } print > "/dev/stderr" } \
		/^(---|FAIL|panic)/ { print; bad = 1 } END { exit bad }'

e2e:
	@if [ -x e2e/run ]; then e2e/run; else echo "e2e: there is no lab in this checkout yet (e2e/run)"; exit 1; fi

clean:
	rm -rf mkeaudit .tools .fuzz.tmp .fuzz.out
