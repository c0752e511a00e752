package main

import (
	"context"
	"fmt"
	"slices"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/container"
	"localstack-entrypoint/internal/doctor"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/gateway"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/survey"
)

// sections are all checks, in the order in which they are told.
func (v *visit) sections() []doctor.Section {
	contained := v.container()
	still := func(look func() fault.Check) func(context.Context) fault.Check {
		return func(context.Context) fault.Check { return look() }
	}
	return []doctor.Section{
		doctor.One("configuration", v.checkConfiguration),
		doctor.One("command", v.checkCommand),
		doctor.One("credential", v.checkCredential),
		{Names: survey.Stages(), Look: v.lookAtNetwork},
		doctor.One("stored", v.checkStored),
		doctor.One("license", v.checkLicense),
		doctor.One("volume", still(contained.Volume)),
		doctor.One("logs", still(contained.Logs)),
		doctor.One("docker", contained.Docker),
		doctor.One("memory", still(contained.Memory)),
		doctor.One("processes", still(contained.Processes)),
		doctor.One("confinement", still(contained.Confinement)),
		doctor.One("signals", still(contained.Signals)),
	}
}

// container is what the emulator runs in, and where it is to listen.
func (v *visit) container() container.Container {
	var listen gateway.Listen
	_ = listen.UnmarshalText([]byte(v.cfg.GatewayListen)) // the emulator says what is wrong with it
	var ports []uint16
	for _, address := range listen {
		ports = append(ports, address.Port)
	}
	return container.Container{Root: string(v.cfg.Root), DockerHost: v.cfg.DockerHost, Ports: ports}
}

// checkConfiguration lists what is wrong with the environment.
func (v *visit) checkConfiguration(context.Context) fault.Check {
	const name = "configuration"
	if failed, ok := fault.Find(v.problem); ok {
		return fault.Fail(name, failed, v.environ.Warnings...)
	}
	if bool(v.cfg.ActivatePro) && v.isOverheard() {
		finding := fault.New(fault.NetworkUnencrypted, "anyone in between can read your Auth Token").
			With(fault.Facts{Server: v.cfg.Endpoint.String()})
		return fault.Warn(name, finding, v.environ.Warnings...)
	}
	unset := func(variable config.Variable) bool { return !v.environ.Sets(variable) }
	set := len(slices.DeleteFunc(config.Variables(), unset))
	return fault.Pass(name, fmt.Sprintf("every variable that is set makes sense (%d)", set), v.environ.Warnings...)
}

// checkCommand looks for what a start would run.
func (v *visit) checkCommand(context.Context) fault.Check {
	if failed, ok := fault.Find(v.noCommand); ok {
		return fault.Fail("command", failed)
	}
	return fault.Pass("command", v.path)
}

func (v *visit) checkCredential(context.Context) fault.Check {
	const name = "credential"
	if !bool(v.cfg.ActivatePro) {
		return fault.Skip(name, needsNone)
	}
	return doctor.Credential(v.credential, v.missing, v.cfg.CI != "")
}

const needsNone = "ACTIVATE_PRO=0 needs none"

// offTheNetwork is why nobody is asked; "" when somebody may be. A default that
// stands for a value that makes no sense may name another server than the user
// did, who must not be sent the credential.
func (v *visit) offTheNetwork() string {
	switch {
	case v.problem != nil:
		return "not looked at, because of configuration"
	case !bool(v.cfg.ActivatePro):
		return needsNone
	case v.offline:
		return "--offline"
	}
	return ""
}

func (v *visit) lookAtNetwork(ctx context.Context, tell func(fault.Check)) {
	if why := v.offTheNetwork(); why != "" {
		for _, name := range survey.Stages() {
			tell(fault.Skip(name, why))
		}
		return
	}
	v.survey().Look(ctx, tell)
}

// checkStored judges the stored documents.
func (v *visit) checkStored(context.Context) fault.Check {
	const name = "stored"
	if !bool(v.cfg.ActivatePro) {
		return fault.Skip(name, needsNone)
	}
	if v.missing != nil {
		return fault.Skip(name, "cannot be judged without the credential")
	}
	var evidence []string
	for _, one := range v.stored {
		verdict, _ := offlineVerdict(one.Document, v.rehearsal.Product, v.credential)
		evidence = append(evidence, one.Path+": "+verdict)
	}
	standIn, flaw := v.rehearsal.StandIn(v.stored)
	switch {
	case flaw != nil:
		return fault.Warn(name, flaw, evidence...)
	case standIn == nil:
		return fault.Skip(name, "no license is stored; a start needs the licensing server")
	}
	return fault.Pass(name, standIn.Document.Name()+" works without the licensing server until "+license.Time{Time: standIn.Document.OfflineUntil()}.String(), evidence...)
}

// checkLicense rehearses the activation.
func (v *visit) checkLicense(ctx context.Context) fault.Check {
	const name = "license"
	if bool(v.cfg.ActivatePro) && v.missing != nil {
		v.refusal = v.missing // also where nobody is asked
		return fault.Skip(name, "not asked for without a credential")
	}
	if why := v.offTheNetwork(); why != "" {
		return fault.Skip(name, why)
	}
	v.result, v.refusal = v.rehearsal.Rehearse(ctx, v.spend)
	check := v.judgeRehearsal(name)
	if last, found := v.rehearsal.LastRefusal(); found {
		check.Evidence = append(check.Evidence, fmt.Sprintf("starts were refused %s, the last one on %s (%s); those that follow at once wait up to a minute",
			last.HowOften(), license.Time{Time: last.Last}, last.ID))
	}
	return check
}

func (v *visit) judgeRehearsal(name string) fault.Check {
	failed, ok := fault.Find(v.refusal)
	switch {
	case ok && doctor.Explains(failed):
		check := fault.Fail(name, failed)
		check.Fact = "no verdict from the licensing server, and no stored license can stand in"
		return check
	case ok:
		return fault.Fail(name, failed)
	case v.refusal != nil:
		return fault.Skip(name, "the time was over before the licensing server answered")
	case v.result.Offline:
		check := fault.Warn(name, v.result.Because)
		check.Fact = "no verdict from the licensing server; the stored license can stand in"
		return check
	case v.result.Document.ID == "":
		return fault.Pass(name, "the licensing server knows the credential; only a start asks for a license")
	}
	d := v.result.Document
	return fault.Pass(name, fmt.Sprintf("%s (%s), until %s", d.Name(), d.TypeName(), d.Expires))
}
