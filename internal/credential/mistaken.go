package credential

import (
	"encoding/base64"
	"regexp"
	"strings"

	"localstack-entrypoint/internal/fault"
)

// mistake is something that people put in a credential's place.
type mistake struct {
	id fault.ID
	// form is the regular expression for it.
	form string
	// says what it is; {variable} stands for the variable that it is in. It
	// repeats nothing of what was found: a part of that may be a secret.
	says string
}

const (
	placeholder = fault.CredentialsPlaceholder
	foreign     = fault.CredentialsForeign

	// variable is like the name of a variable for a credential.
	variable = `[a-z0-9_]*(?:token|key|localstack|secret)[a-z0-9_]*`
	// addressed is a word that instructions use, and no credential.
	addressed = `(?:your[a-z]*|change-?me|replace|placeholder|insert|paste|todo|fixme|localstack)`
	// start is that of an auth token.
	start = `(?:^ls[a-z]*-)`
)

// mistakes are told apart by the first form that fits. Nothing is known of the
// form of an API key: one that fits by chance is less probable than two equal keys.
var mistakes = []mistake{
	{placeholder, `(?s)\{\{.*\}\}`, "{{ … }} was not replaced: only templates and workflows of GitHub Actions do that"},
	{placeholder, `(?is)\$\{[^}]*\}|\$\([^)]*\)|^\$(?:env:\w*|` + variable + `)$|^%` + variable + `%$`,
		"a variable was not replaced with its value: it is in single quotes, or written for another shell"},
	{placeholder, `(?i)^(?:null|nil|none|undefined|nan|n/a|<(?:nil|none|null|unset|no value)>|\(null\))$`,
		`it is a word for "no value", such as null or None`},
	{placeholder, `(?s)^(?:<.*>|\[[^"{]*\]|\{[^"]*\})$`, "it is in brackets, as in instructions"},
	{placeholder, start + `[0*.xX#_…•-]{3,}$|^[*.xX#_…•-]{3,}$|` + start + `.*(?:\*{3}|\.{3}|…|•)`,
		"it is masked, as logs and instructions show a token"},
	{placeholder, `(?i)^(?:[a-z]+[-_. ])*` + addressed + `(?:[-_. ][a-z]+)*[-_.! ]*$`,
		"it is a text from instructions or an example"},

	{foreign, `-----BEGIN `, "it is a certificate or a private key (PEM)"},
	{foreign, `^[\[{]\s*["{\[]`, "it is a JSON document"},
	{foreign, `(?i)^(?:authorization:\s*)?(?:bearer|basic|token)\s+\S`,
		`it begins like an HTTP header ("Bearer …"); use only what follows`},
	{foreign, `(?im)^[^=:\n]*\b(?:LOCALSTACK_)?(?:AUTH_TOKEN|API_KEY)(?:_FILE)?["']?\s*[=:]`,
		`it contains the name of a variable; use only what follows "="`},
	{foreign, `^arn:aws[\w-]*:|^(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{16}$`, "it is an ARN or the ID of an access key of AWS"},
	{foreign, `^[A-Za-z][A-Za-z0-9+.-]*://`, "it is a URL"},
	{foreign, `^(?:/(?:run|var|etc|home|root|mnt|tmp|opt|usr|secrets?|vault|data|workspace)/|\.{1,2}/|~/|[A-Za-z]:\\)`,
		"it is the path of a file; use {variable}_FILE for that"},
	{foreign, `^(?:gh[opsur]_|github_pat_|gl[a-z]{2,5}-|xox[a-z]-|dckr_|npm_|pypi-|hvs\.|eyJ\w+\.)[\w.-]{16,}$`,
		"it is a token of another service, such as GitHub, GitLab or Slack"},
	{foreign, `(?s)^(?:[^l].*|l[^s].*)\n`, "it has more than one line"},
}

// mistaken says what a text in a credential's place is instead; nil where it may
// be a credential, well-formed or not.
func mistaken(belongs, origin, text string) *fault.Error {
	if len(text) > maxLength {
		return nil
	}
	if isEncoded(text) {
		return fault.New(foreign, "%s: it is a base64-encoded Auth Token: the Kubernetes Secret was encoded twice, "+
			"or has it in stringData", origin)
	}
	for _, m := range mistakes {
		if regexp.MustCompile(m.form).MatchString(text) {
			return fault.New(m.id, "%s: %s", origin, strings.ReplaceAll(m.says, "{variable}", belongs))
		}
	}
	return nil
}

// isEncoded reports whether text is an auth token in base64, possibly of a file
// with a line end.
func isEncoded(text string) bool {
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding} {
		if decoded, err := encoding.DecodeString(text); err == nil && checkToken(Clean(string(decoded))) == nil {
			return true
		}
	}
	return false
}
