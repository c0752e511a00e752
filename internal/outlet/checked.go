package outlet

import (
	"fmt"
	"io"
)

// Checked is what a tool for a shell writes to: it keeps the first error of the writer, for the tool's exit code.
type Checked struct {
	To  io.Writer
	Err error
}

// Write implements io.Writer.
func (c *Checked) Write(text []byte) (int, error) {
	n, err := c.To.Write(text)
	if c.Err == nil && err != nil {
		c.Err = fmt.Errorf("cannot write the output: %w", err)
	}
	return n, err
}
