package file

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// maxLinks is how many links the kernel follows on the way to a file (path_resolution(7)).
const maxLinks = 40

// OutsideLink is the error for a link that leads out of a folder. Its text names the link.
type OutsideLink string

func (l OutsideLink) Error() string { return string(l) }

// follow returns where the links at name lead to: a name without links on its way, which may not exist yet. The error
// is an [OutsideLink] for a link that leads out of the folder.
// [os.Root] follows by itself only links that are relative.
func follow(root *os.Root, name string) (string, error) {
	todo, done := elements(name), ""
	for links := 0; len(todo) > 0; {
		at := path.Join(done, todo[0])
		todo = todo[1:]
		target, err := root.Readlink(at)
		if err != nil { // no link
			done = at
			continue
		}
		if links++; links > maxLinks {
			return "", unix.ELOOP
		}
		inside, isInside := within(root.Name(), done, target)
		if !isInside {
			link := "it"
			if at != path.Clean(name) {
				link = filepath.Join(root.Name(), at)
			}
			return "", OutsideLink(fmt.Sprintf("%s is a link to %.200q, which is not in %s",
				link, target, filepath.Clean(root.Name())))
		}
		todo, done = append(elements(inside), todo...), ""
	}
	return done, nil
}

func elements(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return r == '/' })
}

// within returns the target of a link in a folder below base as a name below base, and whether it is below base.
func within(base, folder, target string) (inside string, isInside bool) {
	if !filepath.IsAbs(target) {
		target = filepath.Join(base, folder, target)
	}
	for _, target := range realFirst(target) {
		for _, base := range realFirst(base) {
			if inside, err := filepath.Rel(base, target); err == nil && filepath.IsLocal(inside) {
				return inside, true
			}
		}
	}
	return "", false
}

// realFirst returns a path in two forms: without links, if it exists, and as it is given.
func realFirst(path string) []string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return []string{real, path}
	}
	return []string{path}
}
