package lab

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf16"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/testkit"
)

// reports are what users have reported of other images: networks that are fine
// for one program and not for another, and files that look right.
func reports() []situation {
	all := slices.Concat(middleboxes, proxyVariables, wrongProxies, passwords(), quotes, bundles(), mounted, nameFiles,
		others, lateNetworks, containers())
	for i := range all {
		all[i].reported = true
	}
	return all
}

// wrongProxies are variables of which the one that counts is wrong.
var wrongProxies = []situation{
	{name: "HTTPS_PROXY is right, and https_proxy is not", id: fault.NetworkProxyUnreachable, says: "https_proxy",
		arrange: func(w *world) {
			w.guarded()
			w.env["HTTPS_PROXY"], w.env["https_proxy"] = "http://"+proxyAddress, dead
		}},
}

// passwords are what people put into a proxy's address as it is.
func passwords() []situation {
	var all []situation
	for _, password := range []string{"50%off", "with a blank", "a^b{c}d|e", "geheimniß"} {
		all = append(all, situation{name: "proxy password " + password, arrange: knows(password)})
	}
	for _, c := range []string{"#", "/", "?", `\`, "["} {
		password := "left" + c + "right"
		all = append(all, situation{name: "proxy password " + password, id: fault.ConfigInvalid,
			says: url.QueryEscape(c), arrange: knows(password)})
	}
	return all
}

// knows is a network whose proxy wants a password, which is in its address as it
// is.
func knows(password string) func(*world) {
	return func(w *world) {
		w.internet()
		w.squid(plainPort, w.password(password))
		w.onlyTheProxyGetsOut()
		w.env["HTTPS_PROXY"] = "http://" + proxyUser + ":" + password + "@" + proxyAddress
		w.secret = password
	}
}

// quotes are kept by docker run --env-file.
var quotes = []situation{
	{name: "quotes around the proxy",
		arrange: func(w *world) {
			w.guarded()
			w.env["HTTPS_PROXY"] = `"http://` + proxyAddress + `"`
		}},
	{name: "quotes around API_ENDPOINT", arrange: func(w *world) {
		w.publicDNS(nameServer)
		w.internet()
		w.env["API_ENDPOINT"] = `"https://` + host + `/v1"`
	}},
	{name: "quotes around ACTIVATION_TIMEOUT and ACTIVATE_PRO", arrange: func(w *world) {
		w.publicDNS(nameServer)
		w.internet()
		w.env["ACTIVATION_TIMEOUT"], w.env["ACTIVATE_PRO"] = `"15"`, "'1'"
	}},
	{name: "quotes around the CA bundle", arrange: func(w *world) {
		corporateServer(w)
		w.env["REQUESTS_CA_BUNDLE"] = `"` + w.put("corporate.pem", corporatePEM()) + `"`
	}},
}

func corporatePEM() string { return string(shared.corporate.root.pem()) }

// corporateServer is a server whose certificate is of the corporate authority.
func corporateServer(w *world) { presents(corporate, nil)(w) }

// bundle is a container whose bundle of authorities has this form.
func bundle(form func(*world, string) string) func(*world) {
	return func(w *world) {
		corporateServer(w)
		w.env["REQUESTS_CA_BUNDLE"] = w.put("bundle.pem", form(w, corporatePEM()))
	}
}

func text(form func(string) string) func(*world, string) string {
	return func(_ *world, pem string) string { return form(pem) }
}

func bundles() []situation {
	return []situation{
		{name: "bundle with CRLF line ends", arrange: bundle(text(func(pem string) string {
			return strings.ReplaceAll(pem, "\n", "\r\n")
		}))},
		{name: "bundle with a byte order mark", arrange: bundle(text(func(pem string) string {
			return "\ufeff" + string(shared.public.root.pem()) + pem
		}))},
		{name: "bundle of TRUSTED CERTIFICATE", arrange: bundle(func(w *world, pem string) string {
			return w.must(w.T, pem, "openssl", "x509", "-trustout")
		})},
		{name: "bundle of X509 CERTIFICATE", arrange: bundle(text(func(pem string) string {
			return strings.ReplaceAll(pem, " CERTIFICATE", " X509 CERTIFICATE")
		}))},
		{name: "bundle with text around the certificates", arrange: bundle(text(func(pem string) string {
			return "# Example Corp\nsubject=CN = Root\n" + pem + "\nend of the file"
		}))},
		{name: "bundle that is damaged at its end", warns: fault.NetworkBundle, says: "bundle.pem",
			arrange: bundle(text(func(pem string) string {
				return pem + pem[:len(pem)/2]
			}))},
		{name: "bundle that is damaged at its beginning", id: fault.NetworkIntercepted, says: "bundle.pem",
			arrange: bundle(text(func(pem string) string { return pem[:len(pem)/2] + pem }))},
		{name: "bundle in DER", id: fault.NetworkIntercepted, says: "DER",
			arrange: bundle(text(func(text string) string {
				block, _ := pem.Decode([]byte(text))
				return string(block.Bytes)
			}))},
		{name: "bundle in UTF-16", id: fault.NetworkIntercepted, says: "UTF-16",
			arrange: bundle(text(func(pem string) string {
				var out bytes.Buffer
				out.WriteString("\xff\xfe")
				for _, unit := range utf16.Encode([]rune(pem)) {
					out.Write([]byte{byte(unit), byte(unit >> 8)})
				}
				return out.String()
			}))},
		{name: "bundle in PKCS#7", id: fault.NetworkIntercepted, says: "PKCS",
			arrange: bundle(func(w *world, pem string) string {
				return w.must(w.T, "", "openssl", "crl2pkcs7", "-nocrl", "-certfile", w.put("in.pem", pem))
			})},
		{name: "bundle in PKCS#12", id: fault.NetworkIntercepted, says: "PKCS#12",
			arrange: bundle(func(w *world, pem string) string {
				return w.must(w.T, "", "openssl", "pkcs12", "-export", "-nokeys", "-passout", "pass:", "-in", w.put("in.pem", pem))
			})},
		{name: "bundle of two files without a line end between them", warns: fault.NetworkBundle,
			says: "of what begins in line 1: its END",
			arrange: bundle(text(func(pem string) string {
				return strings.TrimSpace(string(shared.public.root.pem())) + pem
			}))},
		{name: "bundle whose first certificate has no END line", warns: fault.NetworkBundle,
			says: "the certificate before it has no END line",
			arrange: bundle(text(func(pem string) string {
				return strings.Replace(pem, "-----END CERTIFICATE-----\n", "", 1) + string(shared.public.root.pem())
			}))},
		{name: "bundle that was indented", id: fault.NetworkIntercepted, says: "its lines are indented",
			arrange: bundle(text(func(pem string) string { return "  " + strings.ReplaceAll(pem, "\n", "\n  ") }))},
		{name: "bundle in one line", id: fault.NetworkIntercepted, says: "it is all in one line",
			arrange: bundle(text(func(pem string) string { return strings.ReplaceAll(pem, "\n", " ") }))},
		{name: "folder of bundles without hash links", warns: fault.NetworkBundle, says: "openssl rehash",
			arrange: folder("corp.pem")},
		{name: "folder of bundles with hash links", arrange: func(w *world) {
			folder("corp.pem")(w)
			w.must(w.T, "", "openssl", "rehash", w.env["REQUESTS_CA_BUNDLE"])
		}},
		{name: "empty folder in place of a bundle", id: fault.NetworkIntercepted, says: "it is an empty directory",
			arrange: func(w *world) {
				corporateServer(w)
				w.env["REQUESTS_CA_BUNDLE"] = w.TempDir()
			}},
		{name: "PEM text in place of the bundle's path", id: fault.NetworkIntercepted, says: "REQUESTS_CA_BUNDLE",
			arrange: func(w *world) {
				corporateServer(w)
				w.env["REQUESTS_CA_BUNDLE"] = corporatePEM()
			}},
		{name: "bundle that is not there", id: fault.NetworkIntercepted, says: "absent.pem", arrange: func(w *world) {
			corporateServer(w)
			w.env["REQUESTS_CA_BUNDLE"] = "/etc/ssl/absent.pem"
		}},
	}
}

// folder is a container whose bundle is a folder with a file of this name.
func folder(name string) func(*world) {
	return func(w *world) {
		corporateServer(w)
		w.env["REQUESTS_CA_BUNDLE"] = w.TempDir()
		testkit.Put(w.T, w.env["REQUESTS_CA_BUNDLE"], name, corporatePEM())
	}
}

// mounted are authorities where distributions want them, without the command
// that installs them.
var mounted = []situation{
	{name: "CA in /usr/local/share/ca-certificates", says: "ca-certificates",
		arrange: mount("usr/local/share/ca-certificates/corp.crt")},
	{name: "CA in /etc/pki/ca-trust/source/anchors", says: "anchors",
		arrange: mount("etc/pki/ca-trust/source/anchors/corp.pem")},
	{name: "CA in DER in /usr/local/share/ca-certificates", says: "ca-certificates", arrange: func(w *world) {
		corporateServer(w)
		testkit.Put(w.T, w.root, "usr/local/share/ca-certificates/corp.crt", string(shared.corporate.root.certificate.Raw))
	}},
	{name: "CA in /usr/local/share/ca-certificates with another ending", id: fault.NetworkIntercepted,
		says: "corp.pem is ignored: only names that end in .crt are read there", arrange: func(w *world) {
			mount("usr/local/share/ca-certificates/corp.pem")(w)
		}},
	{name: "CA in /usr/local/share/ca-certificates, and another bundle", says: "does not contain CN=Example Corp",
		arrange: func(w *world) {
			mount("usr/local/share/ca-certificates/corp.crt")(w)
			w.env["REQUESTS_CA_BUNDLE"] = w.put("public.pem", string(shared.public.root.pem()))
		}},
	{name: "another CA in /usr/local/share/ca-certificates", id: fault.NetworkIntercepted, says: "but not this issuer",
		arrange: func(w *world) {
			corporateServer(w)
			testkit.Put(w.T, w.root, "usr/local/share/ca-certificates/other.crt", string(shared.public.root.pem()))
		}},
}

func mount(path string) func(*world) {
	return func(w *world) {
		corporateServer(w)
		testkit.Put(w.T, w.root, path, corporatePEM())
	}
}

// nameFiles are resolv.confs that libc reads in its own way.
var nameFiles = []situation{
	{name: "resolv.conf with a port", id: fault.NetworkDNSNoServer, says: nameServer + ":53",
		arrange: resolvConf(nameServer + ":53")},
	{name: "resolv.conf with two addresses in one entry", id: fault.NetworkDNSNoServer,
		says:    nameServer + "," + nameServer2,
		arrange: resolvConf(nameServer + "," + nameServer2)},
	{name: "resolv.conf with a byte order mark", id: fault.NetworkDNSNoServer, says: "byte order mark",
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.internet()
			w.resolv("\ufeffnameserver " + nameServer)
		}},
	{name: "resolv.conf with CRLF line ends", id: fault.NetworkDNSNoServer, says: "CR LF",
		arrange: resolvConf(nameServer + "\r")},
}

func resolvConf(entry string) func(*world) {
	return func(w *world) {
		w.publicDNS(nameServer)
		w.internet()
		w.asks(entry)
	}
}

// others are of the same kind, and nobody's report yet: what Go's TLS and
// OpenSSL judge otherwise.
var others = []situation{
	{name: "authority with a negative serial number", arrange: func(w *world) {
		w.selfSigned("negative", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-set_serial", "-5")
		w.serves("negative")
	}},
	{name: "authority with a key of 1024 bits", warns: fault.NetworkStrict, arrange: func(w *world) {
		w.selfSigned("short", "-newkey", "rsa:1024")
		w.serves("short")
	}},
	{name: "certificate names its host in the common name only", id: fault.NetworkCertificateName,
		arrange: presents(public, func(c *x509.Certificate) { c.DNSNames = nil })},
}

// selfSigned makes an authority with openssl.
func (w *world) selfSigned(name string, options ...string) {
	w.Helper()
	w.must(w.T, "", "openssl", append([]string{"req", "-x509", "-nodes", "-days", "30", "-subj", "/CN=" + name + " CA",
		"-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", filepath.Join(w.dir, name+".key"),
		"-out", filepath.Join(w.dir, name+".pem")}, options...)...)
}

// serves is the licensing server with a certificate of an authority that openssl
// made, and that REQUESTS_CA_BUNDLE has.
func (w *world) serves(name string) {
	w.Helper()
	w.publicDNS(nameServer)
	w.licenseServer()
	api := w.api("", toAuthority)
	request := w.must(w.T, "", "openssl", "req", "-new", "-key", api.key, "-subj", "/CN="+host)
	extensions := w.put("leaf.ext", "subjectAltName=DNS:"+host+"\nauthorityKeyIdentifier=keyid\n")
	leaf := w.must(w.T, request, "openssl", "x509", "-req", "-days", "10", "-set_serial", "77", "-extfile", extensions,
		"-CA", filepath.Join(w.dir, name+".pem"), "-CAkey", filepath.Join(w.dir, name+".key"))
	leaf = leaf[strings.Index(leaf, "-----BEGIN"):]
	api.certificate = w.put("leaf.pem", leaf)
	w.env["REQUESTS_CA_BUNDLE"] = filepath.Join(w.dir, name+".pem")
	w.nginx(api)
}
