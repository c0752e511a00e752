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
	// tokens is true where an API key, of whose form nothing is known, may
	// look like this. Such a form counts for auth tokens only.
	tokens bool
}

const (
	placeholder = fault.CredentialsPlaceholder
	foreign     = fault.CredentialsForeign

	// variable is like the name of a variable for a credential.
	variable = `[a-z0-9_]*(?:token|key|localstack|secret)[a-z0-9_]*`
	// addressed is a word that instructions use, and no credential. words are those that come with it;
	// alone, they may be an API key.
	addressed = `your|change-?me|replace|placeholder|insert|paste|todo|fixme|localstack`
	words     = `(?:[-_. ]*(?:` + addressed + `|my|the|an?|some|auth|authentication|access|token|api|key|local|stack|` +
		`lsc?i?|here|goes|put|enter|add|me|with|this|it|is|to|be|do|tbd|example|sample|test|dummy|fake|mock|foo|bar|baz|` +
		`secret|password|redacted|hidden|value|real|actual|valid|personal|developer|dev|ci|set|from|of|x{3,}|pro|` +
		`license|default|string|text))`
	// start is that of an auth token.
	start = `(?:^ls[a-z]*-)`

	anExample = "it is a text from instructions or an example"
	aPath     = "it is the path of a file; use {variable}_FILE for that"
)

// mistakes are told apart by the first form that fits. Nothing is known of the
// form of an API key: one that fits by chance is less probable than two equal keys.
var mistakes = []mistake{
	{placeholder, `(?is)\{\{.*\}\}`, "{{ … }} was not replaced: only templates and GitHub Actions do that", false},
	{placeholder, `(?is)\$\{[^}]*\}|\$\([^)]*\)|^\$(?:env:\w*|` + variable + `)$|^%` + variable + `%$`,
		"a variable was not replaced with its value: it is in single quotes, or written for another shell", false},
	{placeholder, `(?i)^(?:null|nil|none|undefined|nan|n/a|<(?:nil|none|null|unset|no value)>|\(null\))$`,
		`it is a word for "no value", such as null or None`, false},
	{foreign, `-----BEGIN `, "it is a certificate or a private key (PEM)", false},
	{foreign, `^[\[{]\s*["{\[]`, "it is a JSON document", false},
	{placeholder, `(?s)^(?:<.*>|\[.*\]|\{.*\})$`, "it is in brackets, as in instructions", false},
	{placeholder, start + `[0*.xX#_…•-]{3,}$|^[*.xX#_…•-]{3,}$|` + start + `.*(?:\*{3}|\.{3}|…|•)`,
		"it is masked, as logs and instructions show a token", false},
	{placeholder, `(?i)^` + words + `*[-_. ]*(?:` + addressed + `)` + words + `*[-_.! ]*$`, anExample, false},
	{placeholder, `(?i)^` + words + `+[-_.! ]*$`, anExample, true},

	{foreign, `(?i)^(?:authorization:\s*)?(?:bearer|basic|token)\s+\S`,
		`it begins like an HTTP header ("Bearer …"); use only what follows`, false},
	{foreign, `(?im)^\s*(?:export\s+|set\s+|env\s+|-e\s+|-\s+)?["']?` +
		`(?:LOCALSTACK_)?(?:AUTH_TOKEN|API_KEY)(?:_FILE)?["']?\s*[=:]`,
		`it contains the name of a variable; use only what follows "="`, false},
	{foreign, `^arn:aws[\w-]*:|^A(?:KIA|SIA|IDA|ROA)[A-Z0-9]{16}$`, "it is an ARN or an access key ID of AWS", false},
	{foreign, `^[A-Za-z][A-Za-z0-9+.-]*://`, "it is a URL", false},
	{foreign, `^(?:/(?:run|var|etc|home|root|mnt|tmp|opt|usr|secrets?|vault|data|workspace)/|\.{1,2}/|~/|[A-Za-z]:\\)`,
		aPath, false},
	{foreign, `^(?:(?:gh[opsur]_|github_pat_|npm_)\w{16,}|gl[a-z]{2,5}-[\w.-]{16,}|xox[a-z]-[\w-]{10,}|pypi-[\w-]{32,}|` +
		`(?:dckr_[a-z]{3}_|hvs\.)[\w-]{16,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)$`,
		"it is a token of another service, such as GitHub, GitLab or Slack", false},
	{foreign, `^license_[0-9a-f-]{36}$`, "it is the ID of a license", false},
	{foreign, `^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$`, "it is a hexadecimal number, as of a commit", true},
	{foreign, `^[A-Za-z0-9/+]{40}$`, "it has the form of a secret access key of AWS; use " + APIKeyVariable +
		" for a legacy API key", true},
	{foreign, `^/`, aPath, true},
	{foreign, `(?s)^(?:[^l].*|l[^s].*)\n`, "it has more than one line", false},
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
		if (!m.tokens || belongs != APIKeyVariable) && regexp.MustCompile(m.form).MatchString(text) {
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
