//go:build !wasm

package log

import (
	"fmt"
	"os"
)

func say(level Level, message string) {
	names := [...]string{"trace", "debug", "info", "warn"}
	_, _ = fmt.Fprintf(os.Stderr, "%s: %s\n", names[level%4], message)
}
