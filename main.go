// Command mkeaudit audits a node against the CIS Kubernetes Benchmark.
package main

import (
	_ "embed"
	"os"
	"runtime/debug"
	"time"

	"mkeaudit/tui/cli"
)

//go:embed config.toml
var config []byte

func main() {
	debug.SetGCPercent(400) // a start makes garbage, and the whole program stays small
	c := cli.Command{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Now: time.Now, EUID: os.Geteuid(), Config: config}
	os.Exit(c.Main(os.Args[1:]))
}
