package trust

import (
	"crypto/x509"
	"fmt"
	"strconv"
)

// hostsOf says for which hosts a certificate is, as the end of "it is not for this host": the first few.
func hostsOf(c *x509.Certificate) string {
	var names []string
	for _, name := range c.DNSNames {
		quoted := strconv.QuoteToASCII(fmt.Sprintf("%.100s", name))
		names = append(names, quoted[1:len(quoted)-1]) // the server has chosen it
	}
	for _, address := range c.IPAddresses {
		names = append(names, address.String())
	}
	switch {
	case len(names) > 0:
		return ", but for " + some(names)
	case c.Subject.CommonName != "":
		return fmt.Sprintf(", and for no other name: it has only the subject %.200s, which does not count", c.Subject)
	}
	return ", and for no other name"
}
