//! The parts pages are made of, one file each.

#![allow(clippy::needless_pass_by_value, reason = "components own their props")]
#![allow(unreachable_pub, reason = "the component macro makes public types")]

pub(crate) mod audit_filter;
pub(crate) mod audit_list;
pub(crate) mod audit_words;
pub(crate) mod choice;
pub(crate) mod cloudflare;
pub(crate) mod copy;
pub(crate) mod credential_card;
pub(crate) mod credential_fields;
pub(crate) mod dialog;
pub(crate) mod email;
pub(crate) mod field;
pub(crate) mod form_dialog;
pub(crate) mod frame;
pub(crate) mod group;
pub(crate) mod icon;
pub(crate) mod key_row;
pub(crate) mod keys_list;
pub(crate) mod menu;
pub(crate) mod note;
pub(crate) mod notice;
pub(crate) mod paging;
pub(crate) mod password_again;
pub(crate) mod people_list;
pub(crate) mod person_facts;
pub(crate) mod search_bar;
pub(crate) mod secret;
pub(crate) mod service_tabs;
pub(crate) mod sessions_list;
pub(crate) mod state;
pub(crate) mod summary;
pub(crate) mod surplus;
pub(crate) mod theme_choice;
pub(crate) mod time;
pub(crate) mod tokens_list;
pub(crate) mod vault_facts;
pub(crate) mod vault_keys;
