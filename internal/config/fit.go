package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"localstack-entrypoint/internal/arguments"
)

// reserve is how many bytes a program may be given besides the environment and our own arguments: its own arguments,
// the interpreter of a script, and the variables of [Handover].
const reserve = 4 << 10

// allowed is by how many bytes the kernel's limit is raised rather than leave out small variables: settings are small,
// and a slightly higher limit changes nothing for what we start.
const allowed = 64 << 10

// named is how many variables the warning names.
const named = 3

// Size is how many bytes the kernel must allow for a program with this environment, if we were given args.
func (e Environ) Size(args []string) int {
	return max(arguments.Size(e.Entries, args), arguments.Size(e.Given, args)) + reserve
}

// fit leaves out copies that the prefix rule has made if the kernel would refuse the environment with them, though it
// has accepted ours. The largest go first, so that settings stay. Those that this program reads are not left out.
func (e *Environ) fit(args []string) {
	size := e.Size(args)
	if size <= arguments.Guaranteed {
		return
	}
	limit := arguments.Limit(allowed)
	if size <= limit {
		return
	}
	made := e.made()
	left := map[int]bool{}
	var names []string
	for _, i := range made {
		if size <= limit {
			break
		}
		size -= arguments.Size(e.Entries[i : i+1])
		left[i] = true
		name, _, _ := strings.Cut(e.Entries[i], "=")
		names = append(names, fmt.Sprintf("%.60s", name))
	}
	e.leaveOut(left)
	if len(names) > 0 {
		e.warn("the kernel allows %d KiB of arguments and environment, which is too little to set X for each "+
			"LOCALSTACK_X: not set are %s; if LocalStack has to read one of them, set it without the prefix",
			arguments.Limit(0)>>10, listed(names))
	}
}

// made are the entries of the variables that the prefix rule has made, the largest first, without those that this
// program reads or [Environ.ForEmulator] sets.
func (e Environ) made() (entries []int) {
	for i, entry := range e.Entries {
		name, _, isVariable := strings.Cut(entry, "=")
		isRow := slices.ContainsFunc(table, func(row Variable) bool { return name == row.Name || name == row.Alias })
		if isVariable && e.at[name] == i && e.isMade(name) && !isRow && !isOfCredential(name) {
			entries = append(entries, i)
		}
	}
	slices.SortStableFunc(entries, func(a, b int) int { return cmp.Compare(len(e.Entries[b]), len(e.Entries[a])) })
	return entries
}

// leaveOut removes entries.
func (e *Environ) leaveOut(indices map[int]bool) {
	var kept []string
	for i, entry := range e.Entries {
		if !indices[i] {
			kept = append(kept, entry)
		}
	}
	e.Entries, e.at = kept, positions(kept)
}

// listed names some of many variables.
func listed(names []string) string {
	if len(names) <= named {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:named], ", "), len(names)-named)
}
