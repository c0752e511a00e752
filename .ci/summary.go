// Summary reads the output of `go test -json` and prints a line per package,
// what failed with its output, what was skipped, and the counts.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

type event struct {
	Action, Package, ImportPath, Test, Output string
	Elapsed                                   float64
}

func main() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		fmt.Println(err)
		fmt.Println("0 passed, 1 failed, 0 skipped")
		return
	}
	defer file.Close()
	count := map[string]int{}
	output := map[string]*strings.Builder{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			continue
		}
		name := e.Package + e.ImportPath + " " + e.Test
		switch e.Action {
		case "output", "build-output":
			if output[name] == nil {
				output[name] = new(strings.Builder)
			}
			output[name].WriteString(e.Output)
		case "pass", "fail", "skip", "build-fail":
			report(e, name, output[name], count)
		}
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", count["pass"], count["fail"], count["skip"])
}

// report counts a test that has ended, and prints it when it did not pass.
func report(e event, name string, output *strings.Builder, count map[string]int) {
	if output == nil {
		output = new(strings.Builder)
	}
	switch {
	case e.Action == "build-fail" || e.Action == "fail" && e.Test == "":
		// A package that fails for a reason of its own: it does not build, or it timed out.
		count["fail"]++
		fmt.Printf("FAIL  %s\n%s", name, output)
	case e.Test == "" && e.Action == "pass":
		fmt.Printf("ok    %s(%.1fs)\n", name, e.Elapsed)
	case e.Test == "":
		return
	case e.Action == "fail":
		count["fail"]++
		fmt.Printf("FAIL  %s\n%s", name, output)
	case e.Action == "skip":
		count["skip"]++
		fmt.Printf("skip  %s\n%s", name, output)
	default:
		count["pass"]++
	}
}
