package resolve

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// takeDash reads an option with one dash; its value stands behind it or is the next argument.
func (l *commandLine) takeDash(args []string) (used int, err error) {
	option, value := args[0][:2], args[0][2:]
	switch option {
	case "-4", "-6":
		l.all.Family, l.last().Family = int(option[1]-'0'), int(option[1]-'0')
		return 1, notEmpty(args[0], value == "")
	case "-r", "-i", "-m": // no ~/.digrc is read, and IP6.INT is gone
		return 1, notEmpty(args[0], value == "")
	}
	switch {
	case strings.Contains("-f-k-u-y", option):
		return 0, fmt.Errorf("the option %s of dig is not supported here", option)
	case !strings.Contains("-b-c-p-q-t-x", option):
		return 0, fmt.Errorf("unknown option %.40q", args[0])
	}
	used = 1
	if value == "" {
		if len(args) == 1 || args[1] == "" {
			return 0, fmt.Errorf("the option %s has no value", option)
		}
		value, used = args[1], 2
	}
	return used, l.setDash(option, value)
}

func notEmpty(option string, ok bool) error {
	if !ok {
		return fmt.Errorf("unknown option %.40q", option)
	}
	return nil
}

func (l *commandLine) setDash(option, value string) error {
	q := l.last()
	switch option {
	case "-b":
		return q.setSource(value)
	case "-c":
		class, known := classOf(value)
		if !known {
			return fmt.Errorf("-c: %.40q is not a class", value)
		}
		q.Class = class
	case "-p":
		q.port = value
	case "-q":
		l.begin(value)
	case "-t":
		kind, known := kindOf(value)
		if !known {
			return fmt.Errorf("-t: %.40q is not a type", value)
		}
		return q.setKind(kind)
	case "-x":
		l.begin(reverse(value))
		if q = l.last(); !q.hasKind {
			q.Kind = dns.TypePTR
		}
	}
	return nil
}

// setSource reads ADDRESS[#PORT].
func (q *question) setSource(text string) error {
	host, port, _ := strings.Cut(text, "#")
	address, err := netip.ParseAddr(host)
	number, bad := strconv.ParseUint("0"+port, 10, 16)
	if err != nil || bad != nil {
		return fmt.Errorf("-b: %.60q is not an address", text)
	}
	q.Source = netip.AddrPortFrom(address, uint16(number))
	return nil
}

// reverse is the name under which an address, or the beginning of one, is looked up.
func reverse(text string) string {
	if name, err := dns.ReverseAddr(text); err == nil {
		return name
	}
	labels := strings.Split(strings.Trim(text, "."), ".")
	slices.Reverse(labels)
	return strings.Join(labels, ".") + ".in-addr.arpa."
}

// switches are dig's options that are on or off, and that mean something here.
func (q *question) switches() map[string]*bool {
	return map[string]*bool{
		"tcp": &q.OverTCP, "vc": &q.OverTCP, "ignore": &q.Ignore,
		"recurse": &q.Recurse, "rdflag": &q.Recurse, "adflag": &q.AuthenticData, "ad": &q.AuthenticData,
		"cdflag": &q.CheckingDisabled, "cd": &q.CheckingDisabled,
		"dnssec": &q.DNSSEC, "do": &q.DNSSEC, "edns": &q.EDNS,
		"cmd": &q.Command, "qr": &q.Sent, "comments": &q.Comments, "question": &q.Question, "answer": &q.Answer,
		"authority": &q.Authority, "additional": &q.Additional, "stats": &q.Stats, "short": &q.Short,
		"ttlid": &q.TTL, "class": &q.Show.Class, "multiline": &q.Multiline, "unknownformat": &q.Unknown, "all": nil,
	}
}

// numbers are dig's options with a number, and the largest one.
func (q *question) numbers() map[string]int {
	const any, day = 1<<16 - 1, 24 * 60 * 60
	return map[string]int{"time": day, "timeout": day, "tries": any, "retry": any, "bufsize": any, "edns": 255}
}

// otherOptions are dig's options that do nothing here; on is true of those that change nothing when they are on.
func otherOptions() (names map[string]bool) {
	names = map[string]bool{}
	for _, on := range strings.Fields("badcookie besteffort crypto defname ednsnegotiation fail keepopen mapped onesoa") {
		names[on] = true
	}
	for _, off := range strings.Fields(`aaflag aaonly coflag cookie dns64prefix domain dscp ednsflags ednsopt expandaaaa
		expire header-only https https-get https-post http-plain identify idnin idnout keepalive ndots nsid nssearch opcode
		padding proxy proxy-plain qid raflag rrcomments search showallmessages showbadcookie showbadvers
		showsearch sigchase split subnet svcparamkeycompat tcflag tls tls-ca tls-certfile tls-hostname
		tls-keyfile topdown trace trusted-key ttlunits yaml zflag zoneversion`) {
		names[off] = false
	}
	return names
}

// setPlus reads an option such as "+noall" or "+time=1". Like dig, it takes the beginning of a name when that is
// enough to know it.
func (q *question) setPlus(arg string) error {
	word, value, hasValue := strings.Cut(strings.ToLower(arg[1:]), "=")
	switches, numbers, others := q.switches(), q.numbers(), otherOptions()
	names := slices.Concat(slices.Collect(maps.Keys(switches)), slices.Collect(maps.Keys(numbers)),
		slices.Collect(maps.Keys(others)))
	name, on := wholeName(word, names), true
	if negated, isNegated := strings.CutPrefix(word, "no"); name == "" && isNegated {
		name, on = wholeName(negated, names), false
	}
	most, isNumber := numbers[name]
	_, isSwitch := switches[name]
	harmless, isOther := others[name]
	switch {
	case name == "", isNumber && !isSwitch && !on:
		return fmt.Errorf("unknown option %.40q", arg)
	case isOther && on == harmless, isOther && !on && name != "crypto":
		return nil
	case isOther:
		return fmt.Errorf("the option %.40q of dig is not supported here", arg)
	case isNumber && hasValue && on:
		number, err := strconv.ParseUint(value, 10, 31)
		if err != nil || number > uint64(most) {
			return fmt.Errorf("%.40q: the value must be from 0 to %d", arg, most)
		}
		q.setNumber(name, int(number))
		return nil
	case hasValue || !isSwitch:
		return fmt.Errorf("%.40q: this option has %s value", arg, map[bool]string{true: "no", false: "a"}[isSwitch])
	}
	if at := switches[name]; at != nil {
		*at = on
	}
	q.switched(name, on)
	return nil
}

// switched does what else options mean.
func (q *question) switched(name string, on bool) {
	switch {
	case name == "tcp", name == "vc":
		q.isTCP = true
	case name == "all":
		q.Command, q.Comments, q.Question, q.Answer = on, on, on, on
		q.Authority, q.Additional, q.Stats = on, on, on
	case name == "short" && on:
		q.Command, q.Comments, q.Question, q.Authority, q.Additional, q.Stats = false, false, false, false, false, false
		q.Answer = true
	case (name == "dnssec" || name == "do") && on:
		q.EDNS = true
	}
}

func (q *question) setNumber(name string, number int) {
	switch name {
	case "time", "timeout":
		q.Timeout = time.Duration(max(number, 1)) * time.Second
	case "tries":
		q.Tries = max(number, 1)
	case "retry":
		q.Tries = number + 1
	case "bufsize":
		q.Size, q.EDNS = number, true
	case "edns":
		q.Version, q.EDNS = number, true
	}
}

// wholeName is the only name that begins with word; "" when there is none, or several.
func wholeName(word string, names []string) (whole string) {
	if slices.Contains(names, word) {
		return word
	}
	for _, name := range names {
		if word != "" && strings.HasPrefix(name, word) && name != whole {
			if whole != "" {
				return ""
			}
			whole = name
		}
	}
	return whole
}
