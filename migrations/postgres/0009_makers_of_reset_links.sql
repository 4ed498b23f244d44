-- The column of SQLite's migration with the same number.
alter table password_resets add column made_by uuid;
