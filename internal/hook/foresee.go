package hook

import (
	"cmp"
	"path/filepath"

	"localstack-entrypoint/internal/file"
)

// Foresee returns how many scripts a stage has, and a text for each that will not run, as far as the files show it. It
// runs none.
func (r *Runner) Foresee(stage Stage) (count int, flaws []string) {
	scripts, unreadable := find(r.Root, stage)
	for _, err := range unreadable {
		flaws = append(flaws, err.Error())
	}
	for _, script := range scripts {
		if why := r.foresee(script.Path); why != "" {
			flaws = append(flaws, script.Path+": "+why)
		}
	}
	return len(scripts), flaws
}

func (r *Runner) foresee(path string) string {
	search := r.searchPath()
	if filepath.Ext(path) != ".py" {
		return cmp.Or(file.Foresee(path, search), file.WhyEnded(path, 0, search))
	}
	if err := file.Readable(path); err != nil {
		return err.Error()
	}
	python, err := r.python()
	if err != nil {
		return err.Error()
	}
	if why := file.Foresee(python, search); why != "" {
		return "its interpreter " + python + " does not run: " + why
	}
	return ""
}
