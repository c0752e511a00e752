package credential

import (
	"encoding/base64"
	"regexp"
	"strings"

	"localstack-entrypoint/internal/fault"
)

// mistake is something that is found in a credential's place again and again.
type mistake struct {
	// form is the regular expression that knows it.
	form string
	// says what it is; {variable} stands for the variable that it belongs to.
	// It repeats nothing of what was found: a part of that may be a secret.
	says string
	// id is the row of the failure table.
	id fault.ID
	// tokens is true where an API key, of whose form nothing is known, may
	// look like this. Such a row counts for auth tokens only.
	tokens bool
}

// What the names of variables with a credential are like, and the words that
// instructions and examples put in a credential's place. A text of words alone
// may still be an API key; with one of those that tell it is none.
const (
	variable = `[a-z0-9_]*(?:token|key|localstack|secret)[a-z0-9_]*`
	words    = `(?:[-_. ]*(?:` + telling + `|my|the|an?|some|auth|authentication|access|token|api|key|local|stack|lsc?i?|here|goes|put|enter|add|me|with|this|it|is|to|be|do|tbd|example|sample|test|dummy|fake|mock|foo|bar|baz|secret|password|redacted|hidden|value|real|actual|valid|personal|developer|dev|ci|set|from|of|x{3,}|pro|license|license|default|string|text))`
	telling  = `your|change-?me|replace|placeholder|insert|paste|todo|fixme|localstack`
	quoting  = ": the shell or Compose did not substitute the variable; single quotes prevent it"
	prefixed = `(?:^ls[a-z]*-)`
)

// mistakes are told apart by their first form that fits. The fits of an API key
// that could be one by chance are less probable than two equal keys.
var mistakes = []mistake{
	{`(?is)\$\{\{.*\}\}`, "${{ … }} was not replaced: only a workflow of GitHub Actions does that", fault.CredentialsPlaceholder, false},
	{`(?is)\{\{.*\}\}`, "{{ … }} was not replaced: nothing has filled the template in", fault.CredentialsPlaceholder, false},
	{`(?is)\$\{[^}]*\}`, "${…} was not replaced" + quoting, fault.CredentialsPlaceholder, false},
	{`(?is)\$\([^)]*\)`, "$(…) was not replaced: single quotes keep a shell from that, and Kubernetes replaces only variables of the same container", fault.CredentialsPlaceholder, false},
	{`(?i)^\$env:\w*$`, "$env:… was not replaced: only PowerShell does that, and not in single quotes", fault.CredentialsPlaceholder, false},
	{`(?i)^\$` + variable + `$`, "$… was not replaced" + quoting, fault.CredentialsPlaceholder, false},
	{`(?i)^%` + variable + `%$`, "%…% was not replaced: only the command prompt of Windows does that", fault.CredentialsPlaceholder, false},
	{`(?i)^(?:null|nil|none|undefined|nan|n/a|<(?:nil|none|null|unset|no value)>|\(null\))$`, "it is what programs write for a value that they do not have", fault.CredentialsPlaceholder, false},
	{`(?s)-----BEGIN `, "it is a PEM block, as of a certificate or a private key", fault.CredentialsForeign, false},
	{`^[\[{]\s*["{\[]`, "it is a JSON document", fault.CredentialsForeign, false},
	{`(?s)^(?:<.*>|\[.*\]|\{.*\})$`, "the brackets around it are those of instructions, where the token belongs", fault.CredentialsPlaceholder, false},
	{prefixed + `[0*.xX#_…•-]{3,}$|^[*.xX#_…•-]{3,}$|` + prefixed + `.*(?:\*{3}|\.{3}|…|•)`, "it is masked, as logs and instructions show a token", fault.CredentialsPlaceholder, false},
	{`(?i)^` + words + `*[-_. ]*(?:` + telling + `)` + words + `*[-_.! ]*$`, "it is a text of instructions or examples", fault.CredentialsPlaceholder, false},
	{`(?i)^` + words + `+[-_.! ]*$`, "it is a text of instructions or examples", fault.CredentialsPlaceholder, true},

	{`(?i)^(?:authorization:\s*)?(?:bearer|basic|token)\s+\S`, `it begins as an HTTP header does ("Bearer …"); only what follows can be the token`, fault.CredentialsForeign, false},
	{`(?im)^\s*(?:export\s+|set\s+|env\s+|-e\s+|-\s+)?["']?(?:LOCALSTACK_)?(?:AUTH_TOKEN|API_KEY)(?:_FILE)?["']?\s*[=:]`, `it has the name of a variable in it; only what follows "=" belongs here`, fault.CredentialsForeign, false},
	{`^arn:aws[\w-]*:`, "it is the name of an AWS resource (ARN), not what that contains", fault.CredentialsForeign, false},
	{`^[A-Za-z][A-Za-z0-9+.-]*://`, "it is a URL", fault.CredentialsForeign, false},
	{`^(?:/(?:run|var|etc|home|root|mnt|tmp|opt|usr|secrets?|vault|data|workspace)/|\.{1,2}/|~/|[A-Za-z]:\\)`, "it is the path of a file, not what is in it: use {variable}_FILE for a path", fault.CredentialsForeign, false},
	{`^(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{16}$`, "it is the ID of an AWS access key", fault.CredentialsForeign, false},
	{`^eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*$`, "it is a JSON Web Token (JWT)", fault.CredentialsForeign, false},
	{`^(?:gh[opsur]_|github_pat_)\w{16,}$`, "it is a token of GitHub", fault.CredentialsForeign, false},
	{`^gl[a-z]{2,5}-[\w.-]{16,}$`, "it is a token of GitLab", fault.CredentialsForeign, false},
	{`^xox[a-z]-[\w-]{10,}$`, "it is a token of Slack", fault.CredentialsForeign, false},
	{`^dckr_[a-z]{3}_[\w-]{16,}$`, "it is a token of Docker Hub", fault.CredentialsForeign, false},
	{`^npm_\w{16,}$`, "it is a token of npm", fault.CredentialsForeign, false},
	{`^pypi-[\w-]{32,}$`, "it is a token of PyPI", fault.CredentialsForeign, false},
	{`^hvs\.[\w-]{16,}$`, "it is a token of HashiCorp Vault", fault.CredentialsForeign, false},
	{`^license_[0-9a-f-]{36}$`, "it is the ID of a license", fault.CredentialsForeign, false},
	{`^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$`, "it is a number in hexadecimal digits, as of a commit or an image", fault.CredentialsForeign, true},
	{`^[A-Za-z0-9/+]{40}$`, "it has the form of an AWS secret access key; a legacy API key belongs in " + APIKeyVariable, fault.CredentialsForeign, true},
	{`^/`, "it is the path of a file, not what is in it: use {variable}_FILE for a path", fault.CredentialsForeign, true},
	{`(?s)^(?:[^l].*|l[^s].*)\n`, "it has several lines, a credential has one", fault.CredentialsForeign, false},
}

// mistaken tells a text in a credential's place that is something else; nil
// where it may be a credential, well-formed or not.
func mistaken(belongs, origin, text string) *fault.Error {
	if len(text) > maxLength {
		return nil
	}
	if isEncoded(text) {
		return fault.New(fault.CredentialsForeign, "%s: it is an Auth Token in base64: a Secret of Kubernetes was encoded twice, or takes it as stringData", origin)
	}
	for _, known := range mistakes {
		if known.tokens && belongs == APIKeyVariable || !regexp.MustCompile(known.form).MatchString(text) {
			continue
		}
		return fault.New(known.id, "%s: %s", origin, strings.ReplaceAll(known.says, "{variable}", belongs))
	}
	return nil
}

// isEncoded tells whether text is an auth token in base64, possibly of a file
// with a line end.
func isEncoded(text string) bool {
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding} {
		if decoded, err := encoding.DecodeString(text); err == nil && checkToken(Clean(string(decoded))) == nil {
			return true
		}
	}
	return false
}
