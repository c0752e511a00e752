package credential

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"

	"localstack-entrypoint/internal/fault"
)

func TestAnEncodedTokenIsRecognized(t *testing.T) {
	t.Parallel()
	encoded := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	token := encoded(ciToken)
	inEitherVariable(t, fault.CredentialsForeign, "it is a base64-encoded Auth Token: decode it; perhaps a Kubernetes "+
		"Secret was encoded twice or has it in stringData, or podman kube play mounted one, which it does not "+
		"decode", []string{
		encoded(developerToken), encoded(ciToken + "\n"), strings.TrimRight(token, "="), `"` + token + `"`,
		token[:20] + "\n" + token[20:], "base64:" + token, "auth-token: " + token, "data:text/plain;base64," + token,
		encoded(`"` + ciToken + `"` + "\r\n"), encoded("LOCALSTACK_AUTH_TOKEN=" + ciToken),
		encoded(`{"token":"` + ciToken + `"}`),
		encoded(encoded(ciToken+"\n") + "\n"), base64.URLEncoding.EncodeToString([]byte(ciToken + "\n~?>~?>")),
		encoded(inUTF16(ciToken+"\r\n", binary.LittleEndian)), encoded(ciToken[:len(ciToken)-1] + "x"),
	})
}

func TestAnAPIKeyWithATokenInItIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"token=" + developerToken, ciToken[5:] + "." + ciToken, "base64:" + ciToken} {
		id, says := judged(APIKeyVariable, text)
		if want := "it has more in it than a credential" + onlyToken; id != fault.CredentialsMalformed || says != want {
			t.Errorf("%q: %s: %s\nwant %s", text, id, says, want)
		}
	}
}

// inUTF16 is text as Windows PowerShell writes it.
func inUTF16(text string, order binary.AppendByteOrder) string {
	encoded := order.AppendUint16(nil, 0xfeff)
	for _, r := range text {
		encoded = order.AppendUint16(encoded, uint16(r))
	}
	return string(encoded)
}

func TestTextInUTF16IsNamed(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		inUTF16(ciToken, binary.LittleEndian), inUTF16(ciToken+"\r\n", binary.LittleEndian),
		inUTF16(developerToken+"\r\n", binary.BigEndian), inUTF16(ciToken, binary.LittleEndian)[2:],
		inUTF16("ls-", binary.BigEndian), inUTF16("LOCALSTACK_AUTH_TOKEN="+ciToken, binary.LittleEndian),
	} {
		inEitherVariable(t, fault.CredentialsMalformed,
			"it is in UTF-16, as Windows PowerShell writes files; write it in UTF-8", []string{text})
	}
}
