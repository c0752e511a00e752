package limit

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// maxKeys bounds the memory: an entry takes about 130 bytes.
	maxKeys = 1 << 16
	// sample is how many keys are compared before one of them is forgotten.
	sample = 16
)

// Keyed holds each key to a Rate. Its memory is bounded, also when strangers invent keys: the keys that have asked
// least are forgotten first, and a key that must wait never is. Where all keys must wait, the new ones share one
// limit. A Keyed is safe for concurrent use.
type Keyed struct {
	rate Rate
	max  int
	seed maphash.Seed

	mu     sync.Mutex
	byKey  map[uint64]*rate.Limiter
	others *rate.Limiter
}

// New returns limits at this rate for each key.
func New(each Rate) *Keyed {
	k := &Keyed{rate: each, max: maxKeys, seed: maphash.MakeSeed(), byKey: make(map[uint64]*rate.Limiter)}
	k.others = k.limiter()
	return k
}

// Wait counts a request of key at now. It returns 0 where the request may pass. Otherwise the request is not counted,
// and the result is how long key must wait for its next one.
//
// now may come from a clock that is set back: no key then waits longer, and none gets more.
func (k *Keyed) Wait(key string, now time.Time) time.Duration {
	if k.rate.Requests == 0 {
		return 0
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	reservation := k.of(key, now).ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now)
	}
	return wait
}

// of returns the limiter of key, a new one if there is none.
func (k *Keyed) of(key string, now time.Time) *rate.Limiter {
	// The hash bounds the size of a key. Two keys with the same hash would share a limit.
	hash := maphash.String(k.seed, key)
	if known := k.byKey[hash]; known != nil {
		return known
	}
	if len(k.byKey) >= k.max && !k.forget(now) {
		return k.others
	}
	limiter := k.limiter()
	k.byKey[hash] = limiter
	return limiter
}

// forget removes the key that has asked least, of a few. It reports whether there is one that need not wait.
func (k *Keyed) forget(now time.Time) bool {
	var (
		least uint64
		most  = 1.0 // requests left
		found bool
		seen  int
	)
	for hash, limiter := range k.byKey { // in random order
		if left := limiter.TokensAt(now); left >= most {
			least, most, found = hash, left, true
		}
		if seen++; seen == sample {
			break
		}
	}
	if found {
		delete(k.byKey, least)
	}
	return found
}

func (k *Keyed) limiter() *rate.Limiter {
	interval := rate.Every(k.rate.Period / time.Duration(max(k.rate.Requests, 1)))
	return rate.NewLimiter(interval, k.rate.Requests)
}

// Address is the key of a client's address: an IPv4 address, or the /64 network of an IPv6 address, which usually
// belongs to one client as a whole.
func Address(address netip.Addr) string {
	address = address.Unmap().WithZone("")
	if address.Is6() {
		// Cannot fail: 64 bits are fewer than an IPv6 address has.
		network, _ := address.Prefix(64)
		return network.String()
	}
	return address.String()
}
