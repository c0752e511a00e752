package password

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"localstack-entrypoint/internal/credential"
)

const text = "correct horse battery"

func TestAPasswordIsRightForItsHashOnly(t *testing.T) {
	hasher := New()
	phc, err := hasher.Hash(t.Context(), credential.NewSecret(text))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(phc, text) {
		t.Errorf("the hash is %s", phc)
	}
	for password, right := range map[string]bool{
		text:                      true,
		" " + text:                false,
		text + " ":                false,
		strings.ToUpper(text):     false,
		"":                        false,
		text + "\x00":             false,
		text + "\xff":             false,
		strings.Repeat(text, 100): false,
	} {
		verdict, err := hasher.Verify(t.Context(), phc, credential.NewSecret(password))
		if err != nil || verdict.Right != right || verdict.Outdated {
			t.Errorf("%.40q is %+v, %v, want %t", password, verdict, err, right)
		}
	}
}

func TestTwoHashesOfAPasswordDiffer(t *testing.T) {
	hasher := New()
	one, err := hasher.Hash(t.Context(), credential.NewSecret(text))
	two, err2 := hasher.Hash(t.Context(), credential.NewSecret(text))
	if err := errors.Join(err, err2); err != nil || one == two {
		t.Errorf("the hashes are %s and %s, %v", one, two, err)
	}
}

// macOS writes an accent as a character of its own; Japanese keyboards write letters in two widths.
func TestAPasswordIsTheSameFromEveryKeyboard(t *testing.T) {
	hasher := New()
	phc, err := hasher.Hash(t.Context(), credential.NewSecret("caf\u00e9 cr\u00e8me br\u00fbl\u00e9e 2"))
	if err != nil {
		t.Fatal(err)
	}
	decomposed := credential.NewSecret("cafe\u0301 cre\u0300me bru\u0302le\u0301e \uff12")
	if verdict, err := hasher.Verify(t.Context(), phc, decomposed); err != nil || !verdict.Right {
		t.Errorf("the decomposed password is %+v, %v", verdict, err)
	}
}

// The time of an answer must not tell which accounts there are: a hash is computed in any case.
func TestWithoutAHashEveryPasswordIsWrongAndTakesAsLong(t *testing.T) {
	hasher := New()
	phc, err := hasher.Hash(t.Context(), credential.NewSecret(text))
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 1<<20)
	attempts := [][2]string{{"", ""}, {"", text}, {"", long}, {phc, "wrong"}, {phc, ""}, {phc, long}, {phc, "\xff"}}
	for _, attempt := range attempts {
		verdict, err := hasher.Verify(t.Context(), attempt[0], credential.NewSecret(attempt[1]))
		if err != nil || verdict.Right {
			t.Errorf("%.20q is %+v, %v", attempt, verdict, err)
		}
	}
	for range atOnce {
		hasher.slots <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	for _, attempt := range attempts {
		if _, err := hasher.Verify(ctx, attempt[0], credential.NewSecret(attempt[1])); !errors.Is(err, ErrBusy) {
			t.Errorf("%.20q needs no turn: %v", attempt, err)
		}
	}
}

func TestAHashWithOtherParametersIsOutdated(t *testing.T) {
	hasher := New()
	cheap := parameters{memory: 64, passes: 1, lanes: 2, saltLen: 8, hashLen: 16}
	old := stored{parameters: cheap, salt: []byte("saltsalt")}
	var err error
	if old.hash, err = hasher.derive(t.Context(), text, old); err != nil {
		t.Fatal(err)
	}
	if verdict, err := hasher.Verify(t.Context(), old.String(), credential.NewSecret(text)); err != nil ||
		verdict != (Verdict{Right: true, Outdated: true}) {
		t.Errorf("the password is %+v, %v", verdict, err)
	}
}

func TestAtMostTwoHashesAreComputedAtOnceAndTheOthersAreBusyInTheEnd(t *testing.T) {
	hasher := New()
	for range atOnce {
		hasher.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var busy atomic.Int32
	var group sync.WaitGroup
	for i := range 10 {
		group.Go(func() {
			var err error
			if i%2 == 0 {
				_, err = hasher.Hash(ctx, credential.NewSecret(text))
			} else {
				_, err = hasher.Verify(ctx, "", credential.NewSecret(text))
			}
			if errors.Is(err, ErrBusy) {
				busy.Add(1)
			}
		})
	}
	cancel()
	group.Wait()
	if busy.Load() != 10 {
		t.Errorf("%d of 10 are told that the server is busy", busy.Load())
	}
	<-hasher.slots
	if _, err := hasher.Verify(t.Context(), "", credential.NewSecret(text)); err != nil {
		t.Errorf("with a free slot: %v", err)
	}
}

func TestWhichPasswordsAreAccepted(t *testing.T) {
	const email = "ada.lovelace@example.com"
	accepted := []string{
		text, "               abcde",
		"пароль из пяти слов", "パスワードはとても長いのですよ", "🐎🔋📎🎲🧀🌊🪁🥁🧭🪐🍋🦊🐝🌵🚲",
		strings.Repeat("0123456789abcdef", 64), "ada.lovelace@example.com!",
	}
	for _, password := range accepted {
		if err := Check(credential.NewSecret(password), email); err != nil {
			t.Errorf("%q is refused: %v", password, err)
		}
	}
	for password, want := range map[string]string{
		"":                                  "use at least 15",
		"correct horse":                     "use at least 15",
		"パスワードは長い":                          "use at least 15",
		strings.Repeat("x1y2z3", 171):       "at most 1024 bytes",
		"correct horse battery\xff":         "UTF-8",
		"aaaaaaaaaaaaaaaaaaaa":              "easy to guess",
		"abababababababababab":              "easy to guess",
		"123456789012345":                   "easy to guess",
		"Ada.Lovelace@Example.com":          "easy to guess",
		"ada.lovelaceada.lovelace":          "easy to guess",
		"QwertyUiopAsdfgh":                  "easy to guess",
		"passwordpassword":                  "easy to guess",
		"\uff11\uff12\uff13456789012345678": "easy to guess",
	} {
		err := Check(credential.NewSecret(password), email)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", password, err, want)
		}
		if err != nil && password != "" && strings.Contains(err.Error(), password) {
			t.Errorf("the error contains the password: %v", err)
		}
	}
	if err := Check(credential.NewSecret(text), ""); err != nil {
		t.Errorf("without an email: %v", err)
	}
}

func TestADamagedHashIsNoVerdict(t *testing.T) {
	const salt, hash = "c2FsdHNhbHQ", "MDEyMzQ1Njc4OWFiY2RlZg"
	whole := fmt.Sprintf("$argon2id$v=19$m=64,t=1,p=1$%s$%s", salt, hash)
	if _, err := parse(whole); err != nil {
		t.Fatalf("%s: %v", whole, err)
	}
	for _, damage := range [][2]string{
		{"argon2id", "argon2i"}, {"v=19", "v=16"}, {"v=19", "v=019"}, {"m=64", "m=7"}, {"m=64", "m=65537"},
		{"m=64", "m=4294967360"}, {"m=64", "m=064"}, {"m=64", "m=+64"}, {"t=1", "t=0"}, {"t=1", "t=9"}, {"p=1", "p=5"},
		{"p=1", "p=9"}, {"p=1", "p=1,x=1"}, {"t=1,p=1", "p=1,t=1"}, {salt, "c2FsdA"}, {salt, salt + "\n"},
		{salt, salt + "="}, {hash, ""}, {hash, strings.Repeat(hash, 20)}, {hash, "?" + hash}, {hash, hash + "$"},
		{"$argon2id", "argon2id"}, {hash, hash[:len(hash)-1] + "h"}, {whole, " "},
	} {
		damaged := strings.Replace(whole, damage[0], damage[1], 1)
		verdict, err := New().Verify(t.Context(), damaged, credential.NewSecret(text))
		if err == nil || errors.Is(err, ErrBusy) || verdict.Right {
			t.Errorf("%s is %+v, %v", damaged, verdict, err)
		}
	}
}

func FuzzStoredHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg")
	f.Add("$argon2id$v=19$m=0,t=0,p=0$$")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		read, err := parse(text)
		if err != nil {
			return
		}
		if read.String() != text {
			t.Errorf("%q is written as %q", text, read)
		}
		isTooMuch := read.memory > maxMemory || read.passes > maxPasses || read.lanes > maxLanes
		if isTooMuch || read.lanes == 0 || read.passes == 0 {
			t.Errorf("%q asks for too much: %+v", text, read.parameters)
		}
	})
}

func FuzzCheckedPasswords(f *testing.F) {
	f.Add("correct horse battery", "a@b.c")
	f.Add("\xff\x00", "")
	f.Fuzz(func(t *testing.T, text, email string) {
		if Check(credential.NewSecret(text), email) == nil && len(text) > MaxBytes {
			t.Errorf("%d bytes are accepted", len(text))
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	hasher := New()
	for b.Loop() {
		if _, err := hasher.Verify(b.Context(), "", credential.NewSecret(text)); err != nil {
			b.Fatal(err)
		}
	}
}
