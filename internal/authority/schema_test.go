package authority

import (
	"strings"
	"testing"

	"localstack-entrypoint/internal/testkit/postgres"
)

// What is missing is said once, by the check and by a start; an index alone prevents no start.
func TestWhatIsMissingOfTheSchemaIsNamed(t *testing.T) {
	t.Parallel()
	for drop, test := range map[string]struct {
		want   string
		starts bool
	}{
		"DROP TABLE audit":                           {"has no table audit", false},
		"DROP TABLE sent_forms; DROP TABLE sessions": {"has no table sessions, no table sent_forms", false},
		"ALTER TABLE members DROP COLUMN name":       {"has no column name of the table members", false},
		"ALTER TABLE audit RENAME TO old":            {"has no table audit", false},
		"DROP INDEX audit_actor":                     {"has no index audit_actor of the table audit", true},
	} {
		postgres.OnBoth(t, func(t *testing.T, database string) {
			f := newFixture(t, database)
			if findings := f.findings(); len(findings) > 0 {
				t.Fatalf("before, it finds %q", findings)
			}
			_, err := f.store.writes.ExecContext(t.Context(), drop)
			f.must(err)
			findings := f.findings()
			if len(findings) != 1 || !strings.HasSuffix(findings[0].What, test.want) || findings[0].Do != restoreBoth {
				t.Errorf("%s: it finds %q", drop, findings)
			}
			store, err := Open(t.Context(), f.source)
			if err == nil {
				f.must(store.Close())
			}
			if test.starts != (err == nil) || err != nil && !strings.Contains(err.Error(), test.want+": "+restoreBoth) {
				t.Errorf("%s: the start says %v", drop, err)
			}
		})
	}
}

// A database of an older schema is compared with that.
func TestAnOlderSchemaIsWhole(t *testing.T) {
	t.Parallel()
	older, err := schemaOf(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	latest, err := schemaOf(t.Context(), knownVersion())
	if err != nil || len(older) == 0 || len(latest) <= len(older) {
		t.Fatalf("there are %d and %d parts, %v", len(older), len(latest), err)
	}
	f := newFixture(t, "")
	_, err = f.store.writes.ExecContext(t.Context(),
		"DROP TABLE sent_forms; DELETE FROM goose_db_version WHERE version_id > 1")
	f.must(err)
	if findings := f.findings(); len(findings) > 0 {
		t.Errorf("it finds %q", findings)
	}
}

// Every trace of a license shows that they are lost.
func TestLostLicensesAreNoticedByEveryTrace(t *testing.T) {
	t.Parallel()
	for name, assign := range map[string]func(f *fixture, in Scope) error{
		"the token's own": func(f *fixture, _ Scope) error { f.token(); return nil },
		"a seat of a subscription": func(f *fixture, in Scope) error {
			_, err := in.CreateSubscription(f.Context(), Terms{}, 1)
			f.must(err)
			_, _, err = in.CreateLicensedCIToken(f.Context(), "build", "")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, "")
			workspace, err := f.store.FirstWorkspace(t.Context())
			f.must(err)
			in := f.store.In(workspace.ID)
			_, _, err = in.CreateCIToken(t.Context(), "without a license")
			f.must(err)
			if findings := f.findings(); len(findings) > 0 {
				t.Fatalf("before, it finds %q", findings)
			}
			f.must(assign(f, in))
			_, err = f.store.writes.ExecContext(t.Context(), "DELETE FROM licenses")
			f.must(err)
			if all := f.findings(); len(all) != 1 || !strings.HasSuffix(all[0].What, "has lost its licenses") {
				t.Errorf("it finds %q", all)
			}
		})
	}
}

// findings are those of the check, but for the mode of the directory.
func (f *fixture) findings() (findings []Finding) {
	f.Helper()
	all, err := Check(f.Context(), f.source)
	f.must(err)
	for _, one := range all {
		if !strings.Contains(one.What, "which has mode") {
			findings = append(findings, one)
		}
	}
	return findings
}
