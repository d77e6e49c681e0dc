package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"mkeaudit/audit"
	"mkeaudit/catalog"
)

// auto lets what runs on the node choose the profile.
const auto = "auto"

func profileWords() []string { return append([]string{auto}, catalog.ProfileIDs()...) }

// book is the catalogue that an audit goes by: the benchmark, and where its texts
// and the profiles lie.
type book struct {
	benchmark *catalog.Benchmark
	files     fs.FS
	own       map[string]fs.FS // profiles of catalog_dirs by id
}

// openBook loads the benchmark: the one of catalog_dirs, or the one built in, with
// the parameters of the configuration.
func (a *app) openBook() (*book, error) {
	k := &book{own: map[string]fs.FS{}}
	var profiles []fs.FS
	for _, dir := range a.config.CatalogDirs {
		files, err := a.catalogDir(dir)
		if err != nil {
			return nil, wrong("catalog_dirs: %w", err)
		}
		if _, err := fs.Stat(files, "profile.toml"); err == nil {
			profiles = append(profiles, files)
			continue
		}
		b, err := catalog.Load(files)
		if err != nil {
			return nil, wrong("catalogue %s: %w", dir, err)
		}
		k.benchmark, k.files = b, files
	}
	if k.benchmark == nil {
		b, files, err := catalog.OpenBenchmark(catalog.DefaultBenchmark)
		if err != nil {
			return nil, err
		}
		k.benchmark, k.files = b, files
	}
	for _, files := range profiles {
		p, err := catalog.LoadProfile(files, k.benchmark)
		if err != nil {
			return nil, wrong("catalog_dirs: %w", err)
		}
		k.own[p.ID] = files
	}
	b, err := k.benchmark.WithParameters(a.config.Parameters)
	if err != nil {
		return nil, wrong("configuration: %w", err)
	}
	k.benchmark = b
	return k, a.knowsProfile(k)
}

// catalogDir opens a catalogue directory. As root it and every file in it must be
// root's own: what they say decides what is found.
func (a *app) catalogDir(dir string) (fs.FS, error) {
	if !filepath.IsAbs(dir) {
		return nil, fmt.Errorf("%q is no absolute path", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	files := root.FS()
	if a.EUID != 0 {
		return files, nil
	}
	return files, fs.WalkDir(files, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		return rootsOwn(filepath.Join(dir, name), info)
	})
}

func (a *app) knowsProfile(k *book) error {
	known := profileWords()
	for id := range k.own {
		known = append(known, id)
	}
	for _, id := range known {
		if a.config.Profile == id {
			return nil
		}
	}
	return unknownWord("profile", a.config.Profile, known)
}

// profile loads the profile of an id, and the directory that its advice lies in.
func (k *book) profile(id string) (*catalog.Profile, fs.FS, error) {
	if files, ok := k.own[id]; ok {
		p, err := catalog.LoadProfile(files, k.benchmark)
		return p, files, err
	}
	return catalog.OpenProfile(id, k.benchmark)
}

// texts loads what the controls say to a reader.
func (k *book) texts() (catalog.Texts, error) { return catalog.LoadTexts(k.files, k.benchmark) }

// digest identifies a control and its text, for reviews.
func (k *book) digest(texts catalog.Texts, id catalog.ID) string {
	c, _ := k.benchmark.Control(id)
	return audit.Digest(c, texts[id])
}

// sectionTitles are the titles of the sections by number.
func (k *book) sectionTitles() map[catalog.ID]string {
	titles := make(map[catalog.ID]string, len(k.benchmark.Sections))
	for _, s := range k.benchmark.Sections {
		titles[s.ID] = s.Title
	}
	return titles
}

// remedyText is how to remediate a control on a distribution, as plain text.
func remedyText(r catalog.Remedy) string {
	var b strings.Builder
	b.WriteString(r.Text)
	if r.Fragment != "" {
		b.WriteString("\n\n" + r.Fragment)
	}
	for _, n := range r.NotEstablished {
		b.WriteString("\n\nNot established: " + n)
	}
	return b.String()
}
