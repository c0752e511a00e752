package fault

import "slices"

// Place is where a fix applies, in the words of the table: a platform that containers run on, or the
// network that it is in.
type Place string

// The places that a fix may begin with. One without a place applies everywhere.
const (
	Docker     Place = "Docker"
	Podman     Place = "Podman"
	Compose    Place = "Compose"
	Kubernetes Place = "Kubernetes"
	GitHub     Place = "GitHub Actions"
	GitLab     Place = "GitLab CI"
	CI         Place = "CI"
	corporate  Place = "Corporate network" // whatever the platform is
)

func places() []Place {
	return []Place{Docker, Podman, Compose, Kubernetes, GitHub, GitLab, CI, corporate}
}

// FixesOn divides the row's fixes for a container on these platforms, given in the order in which their fixes come
// first: those for them and those for everyone, and those for other platforms only. On a platform that
// nobody knows, all fixes are for here.
func (r Row) FixesOn(platforms []Place) (here, elsewhere []Fix) {
	if len(platforms) == 0 {
		return r.Fixes, nil
	}
	for _, platform := range platforms {
		here = append(here, r.fixesFor(platform)...)
	}
	for _, fix := range r.Fixes {
		switch {
		case fix.Where == "" || fix.Where == corporate:
			here = append(here, fix)
		case !slices.Contains(platforms, fix.Where):
			elsewhere = append(elsewhere, fix)
		}
	}
	return here, elsewhere
}

func (r Row) fixesFor(place Place) (fixes []Fix) {
	for _, fix := range r.Fixes {
		if fix.Where == place {
			fixes = append(fixes, fix)
		}
	}
	return fixes
}

// FirstFix is what helps on these platforms first, and nowhere else; found is false where the table has nothing of the
// kind.
func (r Row) FirstFix(platforms []Place) (first Fix, found bool) {
	for _, platform := range platforms {
		if fixes := r.fixesFor(platform); len(fixes) > 0 {
			return fixes[0], true
		}
	}
	return Fix{}, false
}

// On returns a copy of e for a container on these platforms, with all that it rests on.
func (e *Error) On(platforms []Place) *Error {
	there := e.alone(platforms)
	if there != nil {
		there.Checks = ChecksOn(e.Checks, platforms)
	}
	return there
}

// alone is On without the checks: a failure may be the finding of one of its own.
func (e *Error) alone(platforms []Place) *Error {
	if e == nil {
		return nil
	}
	there := *e
	there.Platforms, there.Stored = platforms, e.Stored.alone(platforms)
	return &there
}

// ChecksOn are checks of a container on these platforms.
func ChecksOn(checks []Check, platforms []Place) []Check {
	there := slices.Clone(checks)
	for i := range there {
		there[i].Finding = there[i].Finding.alone(platforms)
	}
	return there
}
