package authority

import (
	"context"
	"errors"
	"fmt"
	"time"

	"localstack-entrypoint/internal/credential"
)

// TrialLife is how long the license lasts that a workspace gets when somebody signs up.
const TrialLife = 14 * 24 * time.Hour

// trialPlan is the plan of such a license.
const trialPlan = "trial"

// NewAccount is what somebody types to sign up.
type NewAccount struct {
	Email string
	// Name is that of the person; it may be empty.
	Name string
	// Workspace is the name of the new workspace.
	Workspace string
	Password  credential.Secret
}

// Check returns a [Refusal] for each field that cannot be used, joined: email, name, workspace, password.
func (a NewAccount) Check() error {
	_, err := a.read()
	return err
}

// read returns the account in the form in which it is stored.
func (a NewAccount) read() (NewAccount, error) {
	var problems [4]error
	typed := a.Email
	a.Email, problems[0] = ReadEmail(a.Email)
	a.Name, problems[1] = readOptionalName("member", a.Name)
	a.Workspace, problems[2] = readName("workspace", a.Workspace)
	problems[2] = about("workspace", problems[2])
	problems[3] = checkPassword(a.Password, typed)
	return a, errors.Join(problems[:]...)
}

// SignUp makes a workspace with one Admin and a trial subscription of one seat, which the Admin can assign to
// themselves. It begins a session of the Admin, and returns the secret of its cookie, as [Store.LogIn] does. Nobody has
// checked the email address. What [NewAccount.Check] refuses, an email address that is taken, and a form that was sent
// before ([WithForm]) are a [Refusal]; [password.ErrBusy] says that the server cannot hash the password now. The caller
// limits how often somebody tries.
func (s *Store) SignUp(ctx context.Context, wanted NewAccount, client string) (credential.Secret, error) {
	wanted, err := wanted.read()
	if err != nil {
		return credential.Secret{}, err
	}
	hash, err := s.passwords.Hash(ctx, wanted.Password)
	if err != nil {
		return credential.Secret{}, err
	}
	return s.signUp(ctx, wanted, hash, client)
}

func (s *Store) signUp(
	ctx context.Context, wanted NewAccount, hash, client string,
) (cookie credential.Secret, err error) {
	err = s.change(ctx, func(t *tx) error {
		if err := t.sendForm(); err != nil {
			return err
		}
		who := account{id: newID(memberPrefix), email: wanted.Email, hash: hash}
		t = t.as(Actor{ID: who.id, Name: who.email, Address: actorOf(ctx).Address})
		if err := t.addAccount(&who, wanted); err != nil {
			return err
		}
		if err := t.addTrial(who.workspace); err != nil {
			return err
		}
		cookie, err = t.startSession(who, client)
		return err
	})
	if err != nil {
		return credential.Secret{}, fmt.Errorf("cannot sign up: %w", err)
	}
	s.tidier.tidy(s)
	return cookie, nil
}

// addAccount adds the workspace of somebody who signs up, and them as its Admin.
func (t *tx) addAccount(who *account, wanted NewAccount) (err error) {
	if who.workspace, err = t.addWorkspace(wanted.Workspace); err != nil {
		return err
	}
	if _, err := t.exec("UPDATE workspaces SET signed_up = 1 WHERE id = $1", who.workspace); err != nil {
		return err
	}
	rows, err := t.exec(`INSERT INTO members (id, workspace_id, email, name, role, permissions, invited_at, joined_at,
		password_hash) VALUES ($1, $2, $3, $4, $5, '', $6, $6, $7) ON CONFLICT DO NOTHING`, who.id, who.workspace, who.email,
		wanted.Name, string(Admin), t.now.Unix(), who.hash)
	if err == nil && rows == 0 {
		err = Refusal{Verdict: Conflict, Field: "email", text: "this email address has an account already: log in, or " +
			"ask an Admin of its workspace for a link"}
	}
	if err != nil {
		return err
	}
	return t.audit(Event{Workspace: who.workspace, Action: "member.sign-up", Subject: who.id,
		Detail: Member{Email: who.email, Role: Admin}.summary()})
}

// addTrial adds a subscription of one seat to the workspace of somebody who signs up.
func (t *tx) addTrial(workspace string) error {
	terms := Terms{Plan: trialPlan, Expires: t.now.Add(TrialLife)}
	id, err := t.insertSubscription(workspace, "", terms, 1)
	if err != nil {
		return err
	}
	return t.audit(Event{Workspace: workspace, Action: "subscription.create", Subject: id,
		Detail: trialPlan + ", " + seatsText(1)})
}
