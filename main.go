// Command mkeaudit audits a node against the CIS Kubernetes Benchmark.
package main

import (
	_ "embed"
	"os"
	"time"

	"mkeaudit/tui/cli"
)

//go:embed config.toml
var config []byte

func main() {
	c := cli.Command{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Now: time.Now, EUID: os.Geteuid(), Config: config}
	os.Exit(c.Main(os.Args[1:]))
}
