# localstack-entrypoint: `make run` shows it, `make test` proves it.

VERSION  = $(shell sed -n 's/^const Number = "\(.*\)"/\1/p' internal/version/version.go)
# testcontainers take the tag latest, or a version from 0.11 on, and no other.
IMAGE    ?= localstack-entrypoint:latest
SHELL_IMAGE     ?= localstack-entrypoint-shell:latest
AUTHORITY_IMAGE ?= localstack-license-authority:latest
BIN      ?= bin
LDFLAGS  = -s -w
# A checkout's commit and date are part of the programs. An archive has none.
TRACKED  = $(shell git ls-files go.mod 2>/dev/null)
COMMIT   = $(if $(TRACKED),$(shell git log -1 --format=%h),unknown)
DATE     = $(if $(TRACKED),$(shell TZ=UTC git log -1 --format=%cd --date=short-local),unknown)
# -E: the program begins in internal/mailbox, which handles SIGTERM before the Go runtime does.
GOFLAGS_ = -trimpath -buildvcs=$(if $(TRACKED),true,false) -tags nethttpomithttp2 -ldflags '$(LDFLAGS)' \
	-ldflags './cmd/entrypoint=$(LDFLAGS) -E _rt0_entrypoint'
DOCKER_BUILD = docker build --build-arg LOCALSTACK_BUILD_VERSION=$(VERSION) \
	--build-arg LOCALSTACK_BUILD_GIT_HASH=$(COMMIT) --build-arg LOCALSTACK_BUILD_DATE=$(DATE)
LINT     = go tool -modfile=$(CURDIR)/.ci/tools.mod
# The tests with real clients are a module of their own.
CLIENTS  = internal/conformance

.PHONY: bench-pages build run test clients pages bench image reasons lab compare lint vuln golden notices fuzz clean

build:              ## bin/entrypoint, bin/licenseserver, bin/emulator
	CGO_ENABLED=0 go build $(GOFLAGS_) -o $(BIN)/ ./cmd/...

run: build          ## everything on this machine, with a demo license
	@LOCALSTACK_BUILD_GIT_HASH=$(COMMIT) LOCALSTACK_BUILD_DATE=$(DATE) image/demo.sh

test: build         ## all tests but those with real clients and browsers, with one summary at the end
	@.ci/test

clients: build      ## tests with real clients, and a table of them (root on Debian)
	@.ci/clients

pages: build        ## the license authority's pages in a browser, with pictures in build/pages (Debian)
	@.ci/pages

bench: build        ## every budget beside tini and friends; BENCH="-quick", BENCH="-o docs/PERFORMANCE.md"
	@.ci/packages >&2 || true
	go run ./internal/bench $(BENCH)

bench-pages:        ## every page of the license authority with 100,000 members: size and time, on both databases
	@.ci/packages >&2 || true
	go test -run '^$$' -bench EveryPage -benchtime 20x ./internal/authority/web -crowd 100000

reasons: build      ## the reasons for a failed start that need no network of their own, and what each costs a server
	@cd cmd/entrypoint && go test -count=1 -run "TestEveryReason|TestHowOftenAServerIsAsked" -reasons

lab:                ## real name servers, proxies, firewalls, and what we report of them (root on Debian)
	@.ci/packages
	@cd internal/lab && go test -count=1 -run TestEverySituation -parallel 4 -lab

compare:            ## reported situations with Python, an older entrypoint (BEFORE=path), and this one (root on Debian)
	@.ci/packages
	@cd internal/lab && go test -count=1 -run TestEverySituation -parallel 4 -compare $(if $(BEFORE),-before $(abspath $(BEFORE)))

image: build        ## localstack-entrypoint:latest, the same with a shell, and the license authority
	image/rootfs.sh
	$(DOCKER_BUILD) --target reference -t $(IMAGE) .
	$(DOCKER_BUILD) --target authority -t $(AUTHORITY_IMAGE) .
	[ ! -d build/run-make-image-first/busybox-static ] || $(DOCKER_BUILD) --target shell -t $(SHELL_IMAGE) .

lint:               ## gofmt, vet, golangci-lint, third-party notices
	@test -z "$$(gofmt -l cmd internal)" || { gofmt -l cmd internal; exit 1; }
	go vet ./...
	cd $(CLIENTS) && go vet ./...
	GOARCH=arm64 go vet ./cmd/entrypoint ./internal/mailbox ./internal/supervise
	$(LINT) golangci-lint run
	cd $(CLIENTS) && $(LINT) golangci-lint run
	@.ci/notices | cmp - THIRD-PARTY-NOTICES || { echo "run make notices" >&2; exit 1; }

vuln:               ## known vulnerabilities (asks the vulnerability database)
	$(LINT) govulncheck ./...
	cd $(CLIENTS) && $(LINT) govulncheck -test ./...

golden:             ## generate documents and golden files
	go test ./internal/config ./internal/report ./internal/activate -update
	go test ./cmd/entrypoint -run TestTestTokens -update
	go test ./internal/authority/web -run TestEveryRouteKeepsToItsPermissions -update

fuzz:               ## every fuzz target for 30 s; FUZZTIME=5m
	.ci/fuzz $(FUZZTIME)

notices:            ## generate THIRD-PARTY-NOTICES
	.ci/notices >THIRD-PARTY-NOTICES

clean:
	rm -rf bin build
