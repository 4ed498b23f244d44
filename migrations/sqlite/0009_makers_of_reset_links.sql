-- Who made a link for a new password; absent for the operator. What somebody made ends with what they may do.
alter table password_resets add column made_by blob check (length(made_by) = 16);
