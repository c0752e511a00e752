package authority

import (
	"testing"
)

func TestWorkspacesHaveNames(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		other, err := one.store.CreateWorkspace(ctx, " Team\u00a01 ")
		one.must(err)
		one.must(one.store.In(other.ID).Rename(ctx, "Team 1 "))
		for _, name := range []string{"", "a\nb", "a\u202eb", hugeText, "\xff"} {
			one.refused(discard(one.store.CreateWorkspace(ctx, name)), Invalid, "the name of the workspace")
			one.refused(one.Rename(ctx, name), Invalid, "the name of the workspace")
		}
		all, err := one.store.Workspaces(ctx)
		one.must(err)
		if len(all) != 2 || all[1].ID != other.ID || all[1].Name != "Team 1" {
			one.Errorf("the workspaces are %+v", all)
		}
		one.refused(discard(one.store.Workspace(ctx, "Team 1")), Conflict, "2 workspaces have the name Team 1: use the ID")
		one.must(one.Rename(ctx, "Others"))
		for which, want := range map[string]string{"Team 1": other.ID, other.ID: other.ID, "": one.workspace} {
			if found, err := one.store.Workspace(ctx, which); err != nil || found.ID != want {
				one.Errorf("the workspace %q is %+v, %v", which, found, err)
			}
		}
		if first, err := one.store.FirstWorkspace(ctx); err != nil || first.ID != one.workspace {
			one.Errorf("the first workspace is %+v, %v", first, err)
		}
	})
}
