package facts

import _ "embed"

//go:embed demo/mgr-01.snapshot.json.gz
var demo []byte

// Demo returns the recorded snapshot of the demonstration node, as a file holds it.
// Its Origin says how it came to be.
func Demo() []byte { return demo }
