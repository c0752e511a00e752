// Package crowd fills the database of a license authority with many members, whose rows SQL makes: with licenses,
// tokens, sessions, CI keys and a history.
package crowd

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"localstack-entrypoint/internal/authority/password"
	"localstack-entrypoint/internal/credential"
)

// Password is that of all members. Their email addresses are user-1@example.org and so on.
const Password = "a password of the benchmark"

// The IDs of user-1, who is an Admin and has logged in with lstk 60 times, and of a CI key that 2000 machines use.
const (
	Somebody = "member_00000000-0000-4000-8000-100000000001"
	BusyKey  = "token_00000000-0000-4000-9000-100000000001"
)

// Fill adds members to the first workspace, which must exist. The statements are those of both databases.
func Fill(ctx context.Context, db *sql.DB, members int) error {
	hash, err := password.New().Hash(ctx, credential.NewSecret(Password))
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	for _, statement := range population {
		values := strings.NewReplacer("{hash}", hash, "{number}", "CAST(100000000000 + i AS TEXT)",
			"{id}", "_00000000-0000-4000-8000-' || CAST(100000000000 + i AS TEXT)",
			"{login}", "_00000000-0000-4000-a000-' || CAST(100000000000 + i AS TEXT)",
			"{key}", "_00000000-0000-4000-9000-' || CAST(100000000000 + i AS TEXT)",
			"{secret}", "CAST(1000000000000000 + i * 982451653 % 999999999989 AS TEXT)")
		numbers := fmt.Sprintf(
			"WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < %d) ", members)
		if _, err := tx.ExecContext(ctx, numbers+values.Replace(statement)); err != nil {
			return fmt.Errorf("%w in %s", err, statement)
		}
	}
	return tx.Commit()
}

// population are statements with a table n of numbers, and a workspace. The moments are of 2026.
var population = []string{
	`INSERT INTO members (id, workspace_id, email, name, role, permissions, invited_at, joined_at, password_hash)
		SELECT 'member{id}, (SELECT min(id) FROM workspaces), 'user-' || i || '@example.org', 'User ' || i,
			CASE WHEN i % 100 = 1 THEN 'admin' ELSE 'member' END, '', 1790000000 + i, 1790001000 + i, '{hash}' FROM n`,
	`INSERT INTO subscriptions (id, workspace_id, plan, status, products, seats, expires_at, created_at)
		SELECT 'subscription{id}, (SELECT min(id) FROM workspaces), 'enterprise', 'ACTIVE',
			'[{"name":"localstack-pro","version":"*"}]', 200000, 4000000000, 1790000000 FROM n WHERE i <= 10`,
	`INSERT INTO licenses (id, subscription_id, member_id, assigned_at)
		SELECT 'license{id}, (SELECT min(id) FROM subscriptions WHERE id LIKE 'subscription_00000000-0000-4000-8000-%'),
			'member{id}, 1790002000 FROM n`,
	`INSERT INTO tokens (id, workspace_id, member_id, kind, name, email, hash, hint, simulate, created_at, last_used_at)
		SELECT 'token{id}, (SELECT min(id) FROM workspaces), 'member{id}, 'developer', '', '',
			{secret} || {secret} || {secret} || {secret}, 'ls-demo0000-****-****-****-************', '',
			1790002000 + i, 1795000000 FROM n`,
	`INSERT INTO sessions (id, hash, member_id, address, client, created_at, last_used_at, expires_at)
		SELECT 'session{id}, 'session' || {secret}, 'member{id}, '192.0.2.1', 'Mozilla/5.0', 1790003000, 1790003000,
			4000000000 FROM n`,
	`INSERT INTO tokens (id, workspace_id, kind, name, email, hash, hint, simulate, created_at, last_used_at)
		SELECT 'token{key}, (SELECT min(id) FROM workspaces), 'ci', 'pipeline ' || i, '', {secret} || 'ci',
			'lsci-demo0-****-****-****-************', '', 1790002000 + i, 1795000000 FROM n`,
	`INSERT INTO tokens (id, workspace_id, member_id, kind, name, email, hash, hint, simulate, created_at, last_used_at,
			expires_at)
		SELECT 'token{login}, (SELECT min(id) FROM workspaces), '` + Somebody + `', 'developer', 'lstk 1.4.0, ' || i, '',
			{secret} || 'login', 'ls-demo0000-****-****-****-************', '', 1790002000 + i, 1795000000, 4000000000
		FROM n WHERE i <= 60`,
	`INSERT INTO licenses (id, subscription_id, token_id, assigned_at)
		SELECT 'license{key}, (SELECT min(id) FROM subscriptions WHERE id LIKE 'subscription_00000000-0000-4000-8000-%'),
			'token{key}, 1790002000 FROM n WHERE i <= 1000`,
	`INSERT INTO audit (id, workspace_id, at, actor_id, actor, address, action, subject, detail)
		SELECT 'event{id}, (SELECT min(id) FROM workspaces), 1790000000 + i, '', 'command line',
			'', 'member.add', 'member{id}, 'user-' || i || '@example.org' FROM n`,
	`INSERT INTO activations (token_id, day, machine, count)
		SELECT 'token{id}, 20775, 'dkr_' || {number}, 3 FROM n`,
	`INSERT INTO activations (token_id, day, machine, count)
		SELECT '` + BusyKey + `', 20775 - i % 30, 'ci_' || {number}, i FROM n WHERE i <= 2000`,
	`INSERT INTO auth_requests (id, code, client, address, exchange_hash, created_at, expires_at)
		SELECT 'login{id}, 'AAAA-AAAA', 'lstk', '192.0.2.1', 'login' || {secret}, 1790000000 + i, 1790000600 + i
		FROM n WHERE i <= 1000`,
}
