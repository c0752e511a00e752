package main

import (
	"errors"
	"slices"
	"strings"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/home"
)

// forChildren is the environment of the hooks and the emulator.
func (s *start) forChildren() config.Environ {
	environ := s.inVenv()
	if path := s.findHome(); path != "" {
		environ.Set("HOME", path)
	}
	return environ
}

// findHome returns a home directory for the hooks and the emulator if they cannot write the given one. If they can, it
// returns "" and costs one system call. A disk that does not answer counts as one that cannot be written.
func (s *start) findHome() string {
	given := s.homeDirectory()
	if s.home != "" {
		given = home.Home{Value: s.home, IsSet: true}
	}
	check := given.Check
	if !given.IsOnRoot() { // for those, another goroutine would cost more than the check
		check = func() error { return s.onDisk(given.Check) }
	}
	unusable := check()
	if unusable == nil {
		return s.home
	}
	given = s.homeDirectory()
	makes := given.Make
	if errors.Is(unusable, file.ErrTimeout) {
		makes = given.MakeElsewhere
	}
	var path string
	err := s.onDisk(func() (err error) {
		path, err = makes()
		return err
	})
	if err != nil {
		s.log.Warn(given.Unusable(unusable) + ", and no other home directory can be made: " +
			strings.ReplaceAll(err.Error(), "\n", "; ") + "; mount a directory there, such as --tmpfs /tmp")
		return ""
	}
	switch path {
	case s.home:
	case given.Value:
		s.log.Info(given.String() + " did not exist and was created")
	default:
		s.log.Info(given.Unusable(unusable) + ": hooks and the emulator get HOME=" + path)
	}
	s.home = path
	return path
}

// onDisk calls work, and waits [file.DiskTimeout] for a disk that does not answer.
func (s *start) onDisk(work func() error) error {
	disk := file.NewVolume(s.cfg.Root.At(""), file.DiskTimeout)
	_, err := file.Ask(disk, func() (any, error) { return nil, work() })
	return err
}

// homeDirectory is the home directory that the environment names, and where another one may be made.
func (s settings) homeDirectory() home.Home {
	value, isSet := s.environ.Lookup("HOME")
	places := append([]string{s.cfg.TempDir}, s.cfg.Root.Scratch()...)
	places = append(places, s.cfg.Root.Volume())
	return home.Home{
		Value: value, IsSet: isSet, Users: s.cfg.Root.At("etc/passwd"),
		Places: slices.DeleteFunc(places, func(place string) bool { return place == "" }),
	}
}

// withHome returns the environment with path as HOME; unchanged if path is "".
func withHome(environ []string, path string) []string {
	if path == "" {
		return environ
	}
	isHome := func(entry string) bool { return strings.HasPrefix(entry, "HOME=") }
	return append(slices.DeleteFunc(slices.Clone(environ), isHome), "HOME="+path)
}
