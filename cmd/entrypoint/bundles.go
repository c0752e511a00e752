package main

import (
	"path/filepath"
	"slices"
	"strings"

	"localstack-entrypoint/internal/cabundle"
	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/trust"
)

// handBundles makes the emulator trust the certificate authorities that were mounted into the system's folders,
// or that BOOT hooks put there. Without any, it costs only the check for them.
func (s *start) handBundles(environ *config.Environ) {
	plan := cabundle.MakePlan(s.cfg.Root, s.givenBundles())
	for _, warning := range slices.Concat(s.unreadBundles(), plan.Warnings) {
		s.log.Warn(warning)
	}
	if len(plan.Files) == 0 {
		return
	}
	if !s.cfg.ActivatePro {
		s.volume.Allow(file.DiskTimeout)
	}
	var handed []string
	places := s.bundlePlaces()
	for _, f := range plan.Files {
		path, err := cabundle.Save(f.Content, places)
		if err != nil {
			s.log.Warn("cannot write a CA bundle for the emulator, which therefore does not trust " +
				cabundle.Describe(plan.Added) + ": " + strings.ReplaceAll(err.Error(), "\n", "; ") +
				"; mount a directory there, such as --tmpfs /tmp")
			break // nor can the others
		}
		for _, variable := range f.Variables {
			environ.Set(variable, path)
			handed = append(handed, variable+"="+path)
		}
	}
	if len(handed) > 0 {
		s.log.Info("the emulator also trusts " + cabundle.Describe(plan.Added) + " by " + strings.Join(handed, " "))
	}
}

// unreadBundles says what is wrong with the user's files where the activation has not read them. Folders and the
// system's own bundle are not looked at: that would cost a start more than all the rest.
func (s *start) unreadBundles() []string {
	if s.asks && s.cfg.Endpoint.Scheme == "https" {
		return nil
	}
	files := slices.DeleteFunc(s.network().Bundles, func(b trust.Bundle) bool {
		return b.Path == "" || b.IsFolder() || slices.Contains(s.cfg.Root.CertificateBundles(), b.Path)
	})
	if len(files) == 0 {
		return nil
	}
	disk := file.NewVolume(s.cfg.Root.At(""), file.DiskTimeout)
	warnings, _ := file.Ask(disk, func() ([]string, error) { // on a disk that hangs they are not ours to tell
		_, warnings := trust.Load(files, s.cfg.Root)
		return warnings, nil
	})
	return warnings
}

// refreshBundles tells other containers on the volume that the emulator uses its bundles.
func (s *start) refreshBundles() {
	var contents [][]byte
	for _, f := range cabundle.MakePlan(s.cfg.Root, s.givenBundles()).Files {
		contents = append(contents, f.Content)
	}
	cabundle.Refresh(contents, s.bundlePlaces())
}

// givenBundles is what the user's variables name.
func (s settings) givenBundles() cabundle.Given {
	set := s.cfg.Network
	return cabundle.Given{
		Requests: set.RequestsBundle, Curl: set.CurlBundle, CertFile: set.CertFile, NodeExtra: set.NodeExtra,
		CertFolders: filepath.SplitList(set.CertDir),
	}
}

// bundlePlaces are where bundles may be.
func (s *start) bundlePlaces() []cabundle.Place {
	cache, _ := filepath.Rel(s.cfg.Root.Volume(), s.cfg.Root.Cache())
	return cabundle.Places(s.volume, cache, slices.Concat([]string{s.cfg.TempDir}, s.cfg.Root.Scratch())...)
}
