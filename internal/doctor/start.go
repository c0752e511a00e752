package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"localstack-entrypoint/internal/activate"
	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/container"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/home"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/report"
	"localstack-entrypoint/internal/survey"
)

// Start is a start that is not made: all that it would begin with.
type Start struct {
	Config config.Config
	// Problem is what is wrong with the configuration, Warnings are what is odd about it.
	Problem  error
	Warnings []string
	// Command is the path of the command to run, NoCommand why there is none.
	Command   string
	NoCommand error
	// Version says which version the license must cover, and its source. OddVersion is a warning about it, or nil.
	Version    string
	OddVersion *fault.Error
	// Home is the home directory.
	Home home.Home
	// CommandDoubt says why the command will probably not run; nil if nothing shows that.
	CommandDoubt error
	Hooks        Hooks
	// NoCredential is why there is no usable credential; nil also where none is needed.
	Credential   credential.Credential
	NoCredential error
	Activation   *activate.Activation
	Survey       *survey.Survey
	// Offline asks nobody.
	Offline bool
	// RequestLicense asks for a license also where that costs a credit.
	RequestLicense bool
}

// examination is what Run has found out so far.
type examination struct {
	Start
	// stored are the stored licenses. standIn is the one that would do without the
	// licensing server, flaw what is wrong with the first one if none would.
	stored  activate.Contents
	standIn *activate.Stored
	flaw    *fault.Error
	// result and refusal are what the rehearsal of the activation returned.
	result  activate.Result
	refusal error
	// rehearsed is closed when there is one, or none is to be made.
	rehearsed chan struct{}
	checks    []fault.Check
}

// sections are all checks, in the order in which they are shown.
func (e *examination) sections() []section {
	needsNone, notJudged, notAsked := "", "", e.offTheNetwork()
	switch {
	case !bool(e.Config.ActivatePro):
		needsNone, notJudged = withoutPro, withoutPro
	case e.NoCredential != nil:
		notJudged, notAsked = "cannot be checked without the credential", "not requested without a credential"
	}
	if notAsked != "" {
		close(e.rehearsed)
	}
	all := []section{
		single("configuration", e.checkConfiguration),
		single("command", e.checkCommand),
		single("hooks", e.checkHooks),
		single("credential", e.checkCredential).unless(needsNone),
		section{names: survey.Stages(), look: e.lookAround}.unless(e.offTheNetwork()),
		single("stored", e.checkStored).unless(notJudged),
		single("license", e.checkLicense).unless(notAsked),
	}
	for _, check := range ContainerOf(e.Config).Checks() {
		all = append(all, single(check.Name, check.Make))
	}
	return append(all, single("home", e.checkHome))
}

const withoutPro = "not needed with ACTIVATE_PRO=0"

// offTheNetwork is why no server is asked; "" when one may be. The default of an invalid
// variable may name another server than the user's, which must not get the credential.
func (s Start) offTheNetwork() string {
	switch {
	case s.Problem != nil:
		return "not checked because of configuration"
	case !bool(s.Config.ActivatePro):
		return withoutPro
	case s.Offline:
		return "not checked because of --offline"
	}
	return ""
}

// lookAround surveys the way to the licensing server. If the rehearsal got an answer, it sends no further request.
func (e *examination) lookAround(ctx context.Context, made func(fault.Check)) {
	if !e.Survey.Look(ctx, survey.ToRequest, made) {
		return
	}
	<-e.rehearsed // ends with ctx, as the survey does
	answer, unreached := e.result.Answer, e.result.Unreached
	if failed, ok := fault.Find(e.refusal); ok {
		unreached = failed
	}
	switch {
	case e.result.Unasked:
		for _, stage := range []fault.Stage{fault.StageServer, fault.StageClock} {
			made(fault.Skip(stage.String(), "not asked, as a start does not ask it either"))
		}
	case answer != nil:
		e.Survey.Judge(*answer, made)
	case unreached != nil && unreached.Row().Stage <= fault.StageConnection:
		made(fault.Fail(fault.StageServer.String(), unreached)) // it takes connections, and does not answer
	default:
		e.Survey.Ask(ctx, made)
	}
}

// ContainerOf is what a start runs in, and where its emulator is to listen.
func ContainerOf(cfg config.Config) container.Container {
	return container.Container{
		Root: cfg.Root, DockerHost: cfg.DockerHost, Override: cfg.InDocker, GatewayListen: cfg.GatewayListen,
		OnKubernetes: cfg.Kubernetes != "", OnGitHub: cfg.GitHub != "", OnGitLab: cfg.GitLab != "",
		OnCI: cfg.CI != "" && !cfg.DeniesCI(),
	}
}

// checkConfiguration lists what is wrong with the environment.
func (s Start) checkConfiguration(context.Context) fault.Check {
	const name = "configuration"
	if failed, ok := fault.Find(s.Problem); ok {
		return fault.Fail(name, failed, s.Warnings...)
	}
	exposure := config.Sealed
	if s.Config.ActivatePro {
		exposure = s.Config.Endpoint.Exposure()
	}
	if exposure == config.Exposed {
		finding := fault.New(fault.NetworkUnencrypted, "anyone in between can read your Auth Token").
			With(fault.Facts{Server: s.Config.Endpoint.String()})
		return fault.Warn(name, finding, s.Warnings...)
	}
	if len(s.Warnings) > 0 {
		return fault.Warn(name, fault.New(fault.ConfigIgnored, "%s", strings.Join(s.Warnings, "; ")))
	}
	if exposure == config.Inside {
		return fault.Pass(name, "every variable is valid; API_ENDPOINT="+s.Config.Endpoint.String()+
			" is not encrypted, and its host is in a private network")
	}
	return fault.Pass(name, "every variable is valid")
}

// checkCommand looks for what a start would run.
func (s Start) checkCommand(context.Context) fault.Check {
	if failed, ok := fault.Find(s.NoCommand); ok {
		return fault.Fail("command", failed)
	}
	if doubt, ok := fault.Find(s.CommandDoubt); ok {
		return fault.Warn("command", doubt)
	}
	if s.OddVersion != nil {
		return fault.Warn("command", s.OddVersion, s.Command, s.Version)
	}
	return fault.Pass("command", s.Command, s.Version)
}

// checkHome looks whether a home directory can be written: the given one, or the one that a start would set instead.
func (s Start) checkHome(context.Context) fault.Check {
	const name = "home"
	denied := s.Home.Check()
	if denied == nil {
		return fault.Pass(name, s.Home.String()+" can be written")
	}
	said := s.Home.Unusable(denied)
	path, err := s.Home.Planned()
	if err != nil {
		evidence := strings.Split(err.Error(), "\n")
		return fault.Warn(name, fault.Wrap(err, fault.SystemHome, "%s", said), evidence...)
	}
	return fault.Pass(name, said+"; a start sets HOME to "+path)
}

// checkCredential says what is known of the credential without the server.
func (s Start) checkCredential(context.Context) fault.Check {
	const name = "credential"
	if failed, bad := fault.Find(s.NoCredential); bad {
		return fault.Fail(name, failed)
	}
	facts := s.Credential.Facts()
	if advice := s.Credential.Advice(s.Config.CI, s.Config.DeniesCI()); advice != nil {
		return fault.Warn(name, advice, facts...)
	}
	return fault.Pass(name, facts[0], facts[1:]...)
}

// checkStored judges the stored documents.
func (e *examination) checkStored(context.Context) fault.Check {
	const name = "stored"
	var evidence []string
	for _, one := range e.stored.Documents {
		use, _ := OfflineUse(one.Document, e.Activation.Product, e.Credential)
		evidence = append(evidence, one.Path+": "+use)
	}
	for _, path := range []string{e.Config.Root.MountedLicense(), e.Config.Root.BuiltInLicense()} {
		if file.IsEmptyDirectory(path) {
			return fault.Warn(name, fault.New(fault.StoredInvalid, "%s: %s", path, file.ErrEmptyDirectory), evidence...)
		}
	}
	switch {
	case e.flaw != nil:
		return fault.Warn(name, e.flaw, evidence...)
	case e.stored.Locked != "" && e.standIn == nil:
		return fault.Skip(name, e.stored.Locked)
	case e.standIn == nil:
		return fault.Skip(name, "no license is stored; a start needs the licensing server")
	}
	document := e.standIn.Document
	until := license.FormatTime(document.OfflineUntil())
	return fault.Pass(name, document.Name()+" works without the licensing server until "+until, evidence...)
}

// OfflineUse says until when a stored document can be used without the licensing
// server, or why it cannot.
func OfflineUse(d license.Document, product license.Product, cred credential.Credential) (use string, usable bool) {
	if !cred.IsSet() {
		return "cannot be checked without the credential", false
	}
	holder := license.Holder{Key: cred.Reveal(), Masked: cred.String()}
	if flaw := d.CheckStored(time.Now(), product, holder); flaw != nil {
		return report.Plain(report.Reason(flaw)), false
	}
	return "usable until " + license.FormatTime(d.OfflineUntil()), true
}

// checkLicense rehearses the activation.
func (e *examination) checkLicense(ctx context.Context) fault.Check {
	const name = "license"
	func() {
		defer close(e.rehearsed)
		e.result, e.refusal = e.Activation.Rehearse(ctx, e.RequestLicense)
	}()
	check := e.judgeRehearsal(name)
	if last, found := e.Activation.LastRefusal(); found {
		check.Evidence = append(check.Evidence, fmt.Sprintf(
			"earlier starts were refused %s, most recently on %s (%s); a start soon after that waits up to a minute",
			last.HowOften(), license.FormatTime(last.Last), last.ID))
	}
	return check
}

func (e *examination) judgeRehearsal(name string) fault.Check {
	failed, ok := fault.Find(e.refusal)
	document := e.result.Document
	switch {
	case ok && Explains(failed):
		check := fault.Fail(name, failed)
		check.Fact = "no valid answer from the licensing server, and no stored license can be used instead"
		return check
	case ok:
		return fault.Fail(name, failed)
	case e.refusal != nil:
		return fault.Skip(name, "the licensing server did not answer in time")
	case e.result.Unreached != nil:
		check := fault.Warn(name, e.result.Unreached)
		check.Fact = "no valid answer from the licensing server; the stored license can be used instead"
		return check
	case e.result.Unasked:
		return fault.Pass(name, "a start does not ask the licensing server: the stored license is enough for "+
			e.whoNeedsNoAnswer())
	case document.ID == "":
		return fault.Pass(name, "the licensing server accepts the credential; only a start requests a license")
	}
	return fault.Pass(name, fmt.Sprintf("%s (%s), until %s", document.Name(), document.TypeName(), document.Expires))
}

// whoNeedsNoAnswer names the kind of credential with which a start sends no request.
func (s Start) whoNeedsNoAnswer() string {
	if s.Credential.IsOverride() {
		return credential.OverrideVariable
	}
	return "a CI Auth Token"
}
