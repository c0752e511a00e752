-- +goose Up
-- A form that makes something has an ID, by which it counts once, however often it is sent. Rows are removed after a
-- week.
CREATE TABLE sent_forms (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL
);
CREATE INDEX sent_forms_at ON sent_forms (at);

-- What it allows is called CI keys everywhere.
UPDATE members SET permissions = replace(permissions, 'manage-ci-tokens', 'manage-ci-keys');

-- 1 for a workspace that somebody has signed up for: nobody has checked the email addresses of its members.
ALTER TABLE workspaces ADD COLUMN signed_up BIGINT NOT NULL DEFAULT 0;

-- For the search of the audit log.
CREATE INDEX audit_actor ON audit (workspace_id, actor, id);
CREATE INDEX audit_subject ON audit (subject, id);
CREATE INDEX members_every_email ON members (email);
