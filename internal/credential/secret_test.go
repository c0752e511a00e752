package credential

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// verbs are all of fmt's, with the flags that change what is printed.
var verbs = strings.Split("%v,%+v,%#v,%s,%+s,%#s,%q,%+q,%#q,%x,%# x,%X,%d,%o,%b,%c,%U,%t,%e,%g,%p,%5.3s,%-60v,%z", ",")

// leaks reports whether text shows more of the sample token than its mask, in
// letters or in hex.
func leaks(text string) bool {
	letters := strings.ToLower(strings.ReplaceAll(text, " ", ""))
	return strings.Contains(text, "AAAA") || strings.Contains(letters, fmt.Sprintf("%x", "AAAA"))
}

func TestNoVerbShowsASecret(t *testing.T) {
	t.Parallel()
	secret := NewSecret(developerToken)
	credential := Credential{secret: secret, Variable: AuthTokenVariable, Origin: AuthTokenVariable}
	type hiding struct {
		inside   Secret
		deeper   struct{ credential Credential }
		Exported Credential
	}
	nested := hiding{inside: secret, Exported: credential}
	nested.deeper.credential = credential
	values := []any{
		secret, &secret, credential, &credential, nested, &nested,
		[]Secret{secret}, map[string]Credential{"": credential}, Sources{AuthToken: secret},
	}
	for _, verb := range verbs {
		for _, value := range values {
			if shown := fmt.Sprintf(verb, value); leaks(shown) {
				t.Errorf("%s of %T shows %s", verb, value, shown)
			}
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		if got := fmt.Sprintf(verb, secret); got != "****" {
			t.Errorf("%s of a Secret is %s", verb, got)
		}
		if got := fmt.Sprintf(verb, credential); got != "ls-demo0000-****-****-****-************" {
			t.Errorf("%s of a Credential is %s", verb, got)
		}
	}
}

func TestNoEncoderShowsASecret(t *testing.T) {
	t.Parallel()
	secret := NewSecret(developerToken)
	credential := Credential{secret: secret, Variable: AuthTokenVariable, Origin: AuthTokenVariable}
	zapLine := func(fields ...zap.Field) (string, error) {
		line, err := zapcore.NewJSONEncoder(zapcore.EncoderConfig{}).EncodeEntry(zapcore.Entry{}, fields)
		return line.String(), err
	}
	values := []any{secret, &secret, credential, map[Secret]Secret{secret: secret}, []any{secret, credential}}
	for _, value := range values {
		encoded, err := json.Marshal(value)
		if err != nil || leaks(string(encoded)) {
			t.Errorf("JSON of %T is %s, %v", value, encoded, err)
		}
		line, err := zapLine(zap.Any("value", value), zap.Reflect("reflect", value))
		if err != nil || leaks(line) {
			t.Errorf("zap writes %T as %s, %v", value, line, err)
		}
	}
	if encoded, err := json.Marshal(secret); string(encoded) != `"****"` {
		t.Errorf("%s, %v", encoded, err)
	}
	line, err := zapLine(zap.Stringer("s", secret), zap.Stringer("c", credential))
	if want := `{"s":"****","c":"ls-demo0000-****-****-****-************"}` + "\n"; err != nil || line != want {
		t.Errorf("%s, %v", line, err)
	}
}

func TestSecretRevealsWhatItWasGiven(t *testing.T) {
	t.Parallel()
	var decoded Secret
	if decoded.IsSet() || decoded.Reveal() != "" {
		t.Errorf("the zero Secret reveals %q", decoded.Reveal())
	}
	if err := decoded.Decode(" x "); err != nil || !decoded.IsSet() || decoded.Reveal() != " x " {
		t.Errorf("decoded %q, %v", decoded.Reveal(), err)
	}
	if NewSecret("").IsSet() {
		t.Error("an empty text counts as a secret")
	}
}
