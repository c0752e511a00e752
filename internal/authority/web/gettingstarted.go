package web

import (
	"time"

	"localstack-entrypoint/internal/authority"
)

// gettingStarted is what the first page after the login shows.
type gettingStarted struct {
	address
	// HasLicense reports whether a license is assigned, and MayIssue whether members may assign one to themselves.
	HasLicense, MayIssue bool
	// Token is what the member passes to containers; nil if there is none.
	Token *authority.Token
	// Since is the first day on which the member's tokens activated, LastUsed when Token did last, and Machine where; nil
	// and empty if not known. IsReset is true of a token that was not used since it was reset.
	Since, LastUsed *time.Time
	Machine         string
	IsReset         bool
	Clients         []client
}

// client is a program that starts containers, or takes part in it.
type client struct {
	// Name is for the list, ID for links.
	Name, ID string
	// Steps are what to do one after the other.
	Steps []clientStep
}

// clientStep is something to do with a client: a sentence, and the lines to copy.
type clientStep struct{ Text, Lines string }

func (s *Site) gettingStartedPage(v *visit) *reply {
	token, err := ownToken(v)
	if err != nil {
		return fail(err)
	}
	use, err := v.scope.MemberUse(v.Context(), v.member.ID)
	if err != nil {
		return fail(err)
	}
	at := addressOf(v.base)
	shown := gettingStarted{
		address: at, HasLicense: isAssigned(v.member.License), MayIssue: mayIssue(v.member), Token: token,
		Clients: clients(at),
	}
	if token != nil && token.LastUsed != nil {
		shown.IsReset = token.Rotated != nil && token.LastUsed.Before(*token.Rotated)
		if !shown.IsReset {
			shown.LastUsed = token.LastUsed
		}
	}
	if use != nil && shown.LastUsed != nil {
		shown.Since, shown.Machine = &use.First.Day, use.Last.Machine
	}
	return show("gettingstarted", shown)
}

// mayIssue reports whether a member may assign a license to themselves.
func mayIssue(member authority.Member) bool {
	return authority.Allowed(member, authority.IssueOwnLicense) || authority.Allowed(member, authority.AssignLicenses)
}

// clients are the clients with their lines, for an address.
func clients(at address) []client {
	token := clientStep{"In bash or zsh, run this line, paste your token, and press Enter. The terminal does not show it.",
		lines("token.sh", at)}
	docker := []clientStep{token, {"Start the container.", lines("docker.sh", at)}}
	if at.IsLocal {
		docker[1].Text = "Start the container. It uses the network of this machine, because this server's address means " +
			"the machine itself."
	}
	if at.Desktop != "" {
		docker = append(docker, clientStep{"With Docker Desktop, on macOS or Windows, start it with these lines instead:",
			lines("desktop.sh", at)})
	}
	return []client{
		{"Docker", "docker", docker},
		{"Docker Compose", "compose", []clientStep{token, {"A file compose.yaml:", lines("compose.yaml", at)},
			{"Start it in the directory of the file.", lines("compose.sh", at)}}},
		{"GitHub Actions", "github", []clientStep{{inCI(at) + " A file .github/workflows/test.yaml, with a CI key as the " +
			"repository's secret LOCALSTACK_AUTH_TOKEN:", lines("github.yaml", at)}}},
		{"GitLab CI", "gitlab", []clientStep{{inCI(at) + " A file .gitlab-ci.yml, with a CI key as the project's masked " +
			"variable LOCALSTACK_AUTH_TOKEN:", lines("gitlab.yaml", at)}}},
		{"lstk", "lstk", []clientStep{{"Log in. lstk opens a page of this server, where you confirm, and gets a token of " +
			"its own.", lines("lstk.sh", at)}}},
		{"localstack", "localstack", []clientStep{token, {"Start the container with LocalStack's command line.",
			lines("localstack.sh", at)}}},
	}
}

// inCI says what the runners need.
func inCI(at address) string {
	if at.IsLocal {
		return "The runner must be on this machine: others do not reach this address. For them, open this page at a URL " +
			"that they reach (--public-url)."
	}
	return "The runners must reach this server, and a registry that has the image."
}
