package credential

import (
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
	// in is where the form counts.
	in scope
}

// scope says of which texts a form tells that they are no credential.
type scope int

const (
	// anyText: no API key looks like this.
	anyText scope = iota
	// tokens: an API key, of whose form nothing is known, may look like this.
	tokens
	// odd: the form has characters that no credential has. Other texts need not be compared.
	odd
)

const (
	placeholder = fault.CredentialsPlaceholder
	foreign     = fault.CredentialsForeign

	// variable is like the name of a variable for a credential.
	variable = `[a-z0-9_]*(?:token|key|localstack|secret)[a-z0-9_]*`
	// addressed is a word that instructions use, and no credential. words are those that come with it;
	// alone, they may be an API key.
	addressed = `your|change-?me|replace|placeholder|insert|paste|todo|fixme|localstack|secretkeyref|valuefrom`
	words     = `(?:[-_. ]*(?:` + addressed + `|my|the|an?|some|auth|authentication|access|token|api|key|local|stack|` +
		`lsc?i?|here|goes|put|enter|add|me|with|this|it|is|to|be|do|tbd|example|sample|test|dummy|fake|mock|foo|bar|baz|` +
		`secret|password|redacted|hidden|value|real|actual|valid|personal|developer|dev|ci|set|from|of|x{3,}|pro|` +
		`license|default|string|text))`
	// start is that of an auth token.
	start = `(?:^ls[a-z]*-)`
	// directories are those that files of credentials are in.
	directories = `/(?:run|var|etc|home|root|mnt|tmp|opt|usr|secrets?|vault|data|workspace)/|\.{1,2}/|~/|[A-Za-z]:\\`
	// step is a part of a path in a store of secrets, written as most people do.
	step = `[a-z][a-z0-9_.-]*`

	anExample   = "it is an example text from documentation"
	aPath       = "it is the path of a file; use {variable}_FILE for that"
	aFile       = "it is a reference to a file, which was not read; {variable}_FILE takes the path of one"
	aReference  = "it looks like a reference to a secret store, which was not resolved"
	anEncrypted = "it is an encrypted value, which was not decrypted"
	aTag        = "it is a piece of YAML, such as a tag (!…) or a reference to a Secret, which was not resolved"
	aVariable   = "it is a variable of a template or pipeline, which was not replaced"
)

// mistakes are told apart by the first form that fits. Nothing is known of the
// form of an API key: one that fits by chance is less probable than two equal keys.
var mistakes = []mistake{
	{placeholder, `\{\{`, "{{ … }} was not replaced: only templates and GitHub Actions do that", odd},
	{placeholder, `(?is)\$\{[^}]*\}|\$\([^)]*\)|\x60[^\x60]+\x60`, notReplaced, odd},
	{placeholder, `(?i)^\$(?:env:\w*|` + variable + `)$|^%` + variable + `%$`, notReplaced, anyText},
	{placeholder, `(?i)^(?:__+` + variable + `__+|[$%@~^:*]+` + variable + `[$%@~^:*]+)$`, aVariable, anyText},
	{placeholder, `(?i)^(?:null|nil|none|undefined|nan|n/a)$`, noValue, anyText},
	{placeholder, `(?i)^(?:<(?:nil|none|null|unset|no value)>|\(null\))$`, noValue, odd},
	{foreign, `-----BEGIN `, "it is a certificate or a private key (PEM)", odd},
	{foreign, `^\[?\s*\{\s*"|^\[\s*"`, "it is a JSON document", odd},
	{placeholder, `(?s)^(?:ENC[\[(].|\{[\w-]+\}\S|\$[A-Z_]+;)`, anEncrypted, odd},
	{placeholder, `(?s)^!!?[A-Za-z][\w.:/-]*[\s\[{("'|>]|^[\s-]*[A-Za-z][\w.-]*:\s+[A-Za-z{\[][A-Za-z_./{}:\s-]*$`,
		aTag, odd},
	{placeholder, `(?s)^(?:<.*>|\[.*\]|\{.*\})$`,
		"it is in brackets, as in documentation and templates, and was not replaced", odd},
	{placeholder, start + `[0*.xX#_…•-]{3,}$|^[*.xX#_…•-]{3,}$|` + start + `.*(?:\*{3}|\.{3}|…|•)`,
		"it is masked, as tokens are in logs and documentation", anyText},
	{placeholder, `(?i)^` + words + `*[-_. ]*(?:` + addressed + `)` + words + `*[-_.! ]*$`, anExample, anyText},
	{placeholder, `(?i)^` + words + `+[-_.! ]*$`, anExample, tokens},

	{foreign, `(?i)^(?:authorization:\s*)?(?:bearer|basic|token)\s+\S`,
		`it begins like an HTTP header ("Bearer …"); use only what follows`, odd},
	{foreign, `(?im)^\s*(?:export\s+|set\s+|env\s+|-e\s+|-\s+)?["']?` +
		`(?:LOCALSTACK_)?(?:AUTH_TOKEN|API_KEY)(?:_FILE|_OVERRIDE)?["']?\s*[=:]`,
		`it contains the name of a variable; use only what follows "="`, anyText},

	{placeholder, `^(?:file:|@(?:` + directories + `))`, aFile, anyText},
	{placeholder, `^@[/.~]`, aFile, tokens},
	{placeholder, `^[a-z]+:v[0-9]+:`, anEncrypted, anyText},
	{placeholder, `(?s)^@?[A-Za-z][\w.+-]*\(.*\)$|^[A-Za-z][\w.+-]*(?:[:!]\S*[#?|;,&]|/.*[#?|])`, aReference, odd},
	{placeholder, `^arn:[\w-]+:[\w-]+:|^projects/[^/]+/.*secrets/`, aReference, anyText},
	{placeholder, `(?i)^(?:secrets?|env|vars?|inputs?|variables|process\.env|os\.environ)[.:/]+` + variable + `$`,
		aReference, anyText},
	{placeholder, `^[a-z][a-z0-9+._-]+:/?` + step + `(?:/[a-z0-9_.-]+)+$|^(?:` + step + `/){3,}[a-z0-9_.-]+$`,
		aReference, anyText},
	{foreign, `(?i)^https?://`, "it is a URL", anyText},
	{placeholder, `^[A-Za-z][A-Za-z0-9+.-]*://`, aReference, anyText},

	{foreign, `^A(?:KIA|SIA|IDA|ROA)[A-Z0-9]{16}$`, "it is an access key ID of AWS", anyText},
	{foreign, `^(?:` + directories + `)`, aPath, anyText},
	{foreign, `^(?:(?:gh[opsur]_|github_pat_|npm_)\w{16,}|gl[a-z]{2,5}-[\w.-]{16,}|xox[a-z]-[\w-]{10,}|pypi-[\w-]{32,}|` +
		`(?:dckr_[a-z]{3}_|hvs\.)[\w-]{16,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)$`,
		"it is a token of another service, such as GitHub, GitLab or Slack", anyText},
	{foreign, `^license_[0-9a-f-]{36}$`, "it is the ID of a license", anyText},
	{foreign, `^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$`, "it is a hexadecimal number, as of a commit", tokens},
	{foreign, `^[A-Za-z0-9/+]{40}$`, "it has the form of a secret access key of AWS; use " + APIKeyVariable +
		" for a legacy API key", tokens},
	{foreign, `^/`, aPath, tokens},
	{placeholder, `^!!?[A-Za-z][\w.:/-]*$`, aTag, tokens},
	{placeholder, `^[a-z][a-z0-9+._-]*[:!](?:[a-z_./-][a-z0-9_./-]*|[A-Za-z_./-]+|[A-Z_][A-Z0-9_]*)$|` +
		`^(?:` + step + `/){2}[a-z0-9_.-]+$|^(?:[a-z_]\w*\.){2,}` + variable + `$`, aReference, tokens},
	{placeholder, `^(?:\$[A-Za-z_][\w.:-]*|%[\w.:-]+%|@+\w+@+|__+\w+__+)$`, aVariable, tokens},
	{placeholder, `(?s)[({\[<].*[)}\]>]|\$[({\[]|\{\{`,
		"it contains something in brackets, as in templates and pipelines, which was not replaced", odd},
	{foreign, `(?s)^(?:[^l].*|l[^s].*)\n`, "it has more than one line", odd},
}

const (
	notReplaced = "a variable was not replaced with its value: it is in single quotes, or written for another shell"
	noValue     = `it is a word for "no value", such as null or None`
)

// mistaken says what a text in a credential's place is instead; nil where it may
// be a credential, well-formed or not.
func mistaken(belongs, origin, text string) *fault.Error {
	if text == "" || len(text) > maxLength {
		return nil
	}
	if isEncoded(text) {
		return fault.New(foreign, "%s: it is a base64-encoded Auth Token: decode it; perhaps a Kubernetes Secret was "+
			"encoded twice or has it in stringData, or podman kube play mounted one, which it does not decode", origin)
	}
	// What is random has no text in it.
	if inner := mistaken(belongs, origin, decode(text)); inner != nil && inner.ID == placeholder {
		return fault.New(placeholder, "%s, in base64", inner.Detail)
	}
	isOdd, hasDigit := strings.Trim(text, credentialCharacters) != "", strings.ContainsAny(text, "0123456789")
	for _, m := range mistakes {
		switch {
		case m.in == tokens && belongs == APIKeyVariable, m.in == odd && !isOdd:
			continue
		case m.says == anExample && hasDigit: // no word has one, and the form takes most of the time
			continue
		}
		if regexp.MustCompile(m.form).MatchString(text) {
			return fault.New(m.id, "%s: %s", origin, strings.ReplaceAll(m.says, "{variable}", belongs))
		}
	}
	return nil
}
