package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// settingKey marks a flag that a variable can set, too. The other flags say what one command shall make: what is set
// for a server must not change that.
const settingKey = "setting"

// settings makes all flags of a set settings.
func settings(flags *pflag.FlagSet) {
	flags.VisitAll(func(flag *pflag.Flag) {
		_ = flags.SetAnnotation(flag.Name, settingKey, nil) // fails only for a flag that does not exist
		flag.Usage += " [$" + variableOf(flag) + "]"
	})
}

// variableOf names the variable of a setting: LICENSESERVER_TLS_CERT for --tls-cert.
func variableOf(flag *pflag.Flag) string {
	return "LICENSESERVER_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
}

// readEnvironment sets the settings that are not on the command line. A blank variable counts as unset, as Compose
// passes it.
func readEnvironment(cmd *cobra.Command, _ []string) error {
	var problems []error
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		value := strings.TrimSpace(os.Getenv(variableOf(flag)))
		if _, isSetting := flag.Annotations[settingKey]; !isSetting || flag.Changed || value == "" {
			return
		}
		if err := cmd.Flags().Set(flag.Name, value); err != nil {
			if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
				err = invalid.Unwrap()
			}
			problems = append(problems, fmt.Errorf("the variable %s is %q: %w", variableOf(flag), value, err))
		}
	})
	return errors.Join(problems...)
}
