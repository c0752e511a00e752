package lab

import (
	"crypto"
	"fmt"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// domain is where the licensing server's name belongs.
const domain = "localstack.cloud."

// signed puts a name server with a signed zone at upstream, and one that
// validates in front of it. The signatures end after valid.
func (w *world) signed(valid time.Duration) {
	w.Helper()
	key := &dns.DNSKEY{
		Hdr:   dns.RR_Header{Name: domain, Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 60},
		Flags: 257, Protocol: 3, Algorithm: dns.ECDSAP256SHA256,
	}
	secret, err := key.Generate(256)
	if err != nil {
		w.Fatal(err)
	}
	records := []string{
		domain + " 60 IN SOA ns." + domain + " admin." + domain + " 1 3600 600 86400 60",
		domain + " 60 IN NS ns." + domain, key.String(),
		host + ". 60 IN A " + apiHost,
		domain + " 60 IN NSEC " + host + ". NS SOA RRSIG NSEC DNSKEY", host + ". 60 IN NSEC " + domain + " A RRSIG NSEC",
	}
	var text strings.Builder
	for _, line := range records {
		record, err := dns.NewRR(line)
		if err != nil {
			w.Fatal(err)
		}
		signature := &dns.RRSIG{
			Algorithm: key.Algorithm, KeyTag: key.KeyTag(), SignerName: domain,
			Inception: uint32(time.Now().AddDate(0, -1, 0).Unix()), Expiration: uint32(time.Now().Add(valid).Unix()),
		}
		signature.Hdr.Ttl = 60
		if err := signature.Sign(secret.(crypto.Signer), []dns.RR{record}); err != nil {
			w.Fatal(err)
		}
		fmt.Fprintf(&text, "%s\n%s\n", record, signature)
	}
	w.unbound(upstream, fmt.Sprintf("auth-zone:\n  name: %q\n  zonefile: %q", domain, w.put("signed.zone", text.String())))
	w.unbound(nameServer, fmt.Sprintf("  trust-anchor: %q", strings.ReplaceAll(key.ToDS(dns.SHA256).String(), "\t", " ")),
		"stub-zone:\n  name: "+domain+"\n  stub-addr: "+upstream)
}
